"""Weights of very different sizes, of which one step for all keeps the large alone."""

from __future__ import annotations

import numpy as np

from seedtool.bench.cases.networks import perceptron
from seedtool.bench.cases.trial import Case, Trial, Trials, coded, normal, relative

SIDE, SAMPLES = 128, 256
LOUD = 16.0  # times as large


def outlier_channels(seed: int) -> Trials:
    """Some inputs are large and the weights that read them small, as in large transformers."""
    rng = np.random.default_rng(seed)
    first, second = normal(rng, SIDE, SIDE), normal(rng, 32, SIDE)
    inputs = rng.standard_normal((2 * SAMPLES, SIDE)).astype(np.float32)
    size = np.ones(SIDE, np.float32)
    size[rng.permutation(SIDE)[: SIDE // 2]] = LOUD

    def trial(scale: np.ndarray, *, by_data: bool) -> Trial:
        module = perceptron(first / scale, second)
        wanted = module(inputs[SAMPLES:] * scale)
        data = [{"input": inputs[:SAMPLES] * scale}] if by_data else None
        back, bits = coded(module.torch(), bits=2.5, calibrate=data)
        return Trial(relative(module.with_arrays(back)(inputs[SAMPLES:] * scale), wanted), bits)

    plain = np.ones(SIDE, np.float32)
    return Trials(
        trial(plain, by_data=False), trial(size, by_data=False), trial(size, by_data=True)
    )


def uneven_rows(seed: int) -> Trials:
    """Outputs of very different sizes, as where a norm's gains are folded into the weights."""
    rng = np.random.default_rng(seed)
    weight, inputs = normal(rng, SIDE, SIDE), rng.standard_normal((SIDE, SAMPLES))
    gains = (2.0 ** rng.uniform(-5, 5, (SIDE, 1))).astype(np.float32)

    def trial(scale: np.ndarray, per_row: bool) -> Trial:
        made = {"weight": weight * scale}
        back, bits = coded(made, codec="quant", bits=3, per_row=per_row)
        # The norm behind it makes all outputs alike again.
        return Trial(relative(back["weight"] / scale @ inputs, weight @ inputs), bits)

    plain = np.ones((SIDE, 1), np.float32)
    return Trials(trial(plain, False), trial(gains, False), trial(gains, True))


def small_layer(seed: int) -> Trials:
    """One step for all layers, where one of them has small weights that matter as much."""
    rng = np.random.default_rng(seed)
    first, second = normal(rng, SIDE, SIDE), normal(rng, SIDE, SIDE)
    inputs = rng.standard_normal((SIDE, SAMPLES))

    def trial(scale: float, **settings: float) -> Trial:
        made = {"first": first * np.float32(scale), "second": second / np.float32(scale)}
        back, bits = coded(made, 0, codec="quant", **settings)
        wanted = second @ np.maximum(first @ inputs, 0)
        found = back["second"] @ np.maximum(back["first"] @ inputs, 0)
        return Trial(relative(found, wanted), bits)

    step = float(first.std()) / 2
    return Trials(trial(1, step=step), trial(1 / LOUD, step=step), trial(1 / LOUD, bits=3.1))


CASES = (
    Case(
        "outlier-channels",
        "half of the inputs are 16 times as large, the weights that read them as small",
        "a plan by data (--calibrate)",
        "error",
        outlier_channels,
    ),
    Case(
        "uneven-rows",
        "rows of weights from 1/32 to 32 times as large, one step for all",
        "a step for each row (quant, per_row=true)",
        "error",
        uneven_rows,
    ),
    Case(
        "small-layer",
        "one step for two layers, one of them with weights 256 times as small",
        "each tensor a step of its own (bits, not step)",
        "error",
        small_layer,
    ),
)
