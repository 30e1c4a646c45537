"""Faults that show in what the model computes: in other data, or after many steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedtool.bench.cases.networks import perceptron
from seedtool.bench.cases.trial import Case, Trial, Trials, coded, decoded, normal, relative
from seedtool.codecs.base import FALLBACK
from seedtool.extracting import code_source
from seedtool.plan import plan
from seedtool.sources import open_source

SIDE, SAMPLES = 128, 256
QUIET = 0.05  # how large the inputs are that a domain hardly has
STEPS = 256


def out_of_domain(seed: int) -> Trials:
    """A plan by data that reads other inputs than the model meets."""
    rng = np.random.default_rng(seed)
    module = perceptron(normal(rng, SIDE, SIDE), normal(rng, 32, SIDE))
    here, there = np.full(SIDE, QUIET), np.full(SIDE, QUIET)
    here[: SIDE // 2] = there[SIDE // 2 :] = 1.0

    def draw(scale: Any) -> Any:
        return (rng.standard_normal((SAMPLES, SIDE)) * scale).astype(np.float32)

    test, own, other = draw(here), draw(here), draw(there)

    def trial(*data: Any) -> Trial:
        batches = [{"input": batch} for batch in data]
        back, bits = coded(module.torch(), bits=2, calibrate=batches)
        return Trial(relative(module.with_arrays(back)(test), module(test)), bits)

    back, _ = coded(module.torch(), bits=2)
    none = relative(module.with_arrays(back)(test), module(test))
    note = f"without any data the error is {none:.3f}"
    return Trials(trial(own), trial(other), trial(other, own), note)


def recurrent(seed: int) -> Trials:
    """A state that is multiplied by the same matrix hundreds of times."""
    rng = np.random.default_rng(seed)
    side = SIDE // 2
    turn = np.linalg.qr(rng.standard_normal((side, side)))[0].astype(np.float32)
    arrays = {"read": normal(rng, side, 8 * SIDE), "turn": turn}
    inputs = rng.standard_normal((8 * SIDE, SAMPLES))

    def run(held: Any, steps: int) -> Any:
        state = held["read"].astype(np.float64) @ inputs
        for _ in range(steps):
            state = held["turn"].astype(np.float64) @ state
        return state

    def trial(steps: int, kept: bool) -> Trial:
        source = open_source(arrays)
        choices = plan(source.entries, "trellis", {"bits": 5})
        if kept:
            choices["turn"] = plan(source.entries, FALLBACK, {})["turn"]
        back, bits = decoded(code_source(source, [], choices))
        return Trial(relative(run(back, steps), run(arrays, steps)), bits)

    return Trials(trial(1, False), trial(STEPS, False), trial(STEPS, True))


CASES = (
    Case(
        "out-of-domain",
        "planned by data in which the inputs that matter are quiet",
        "data of the model's own domain among it",
        "error",
        out_of_domain,
    ),
    Case(
        "deep-recurrent",
        f"a matrix that is applied {STEPS} times, its errors each time, at 5 bits",
        "that matrix without loss, 6 % of the weights",
        "error",
        recurrent,
    ),
)
