"""Faults of what is coded: weights that were quantised before, or a difference to another base."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from seedtool import api
from seedtool.bench.cases.trial import Case, Trial, Trials, coded, normal, relative
from seedtool.errors import DigestError
from seedtool.extracting import extract

SIDE, BLOCK = 256, 32
CHANGE = 0.02  # of the base, as fine-tuning makes it


def already_quantised(seed: int) -> Trials:
    """Weights in blocks of 32 with 15 levels each (as GGUF's Q4_0): a lossy codec errs again."""
    rng = np.random.default_rng(seed)
    weight = normal(rng, SIDE, SIDE)
    blocks = weight.reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(1, keepdims=True) / 7).astype(np.float16)
    levels = np.clip(np.rint(blocks / scale.astype(np.float32)), -7, 7).astype(np.int8)
    held = (levels * scale.astype(np.float32)).reshape(weight.shape)

    def trial(matrix: Any) -> Trial:
        back, bits = coded({"weight": matrix}, codec="trellis", bits=4)
        return Trial(relative(back["weight"], weight), bits)

    back, bits = coded({"levels": levels, "scale": scale}, weight.size)
    again = (back["levels"] * back["scale"].astype(np.float32)).reshape(weight.shape)
    exact = coded({"weight": held})[1]
    note = f"without loss, but as float32, they take {exact:.2f} bits a weight"
    return Trials(trial(weight), trial(held), Trial(relative(again, weight), bits), note)


def wrong_base(seed: int) -> Trials:
    """A difference put on another model than the one that it was taken from."""
    rng = np.random.default_rng(seed)
    base, other = ({"weight": normal(rng, SIDE, SIDE)} for _ in range(2))
    tuned = {"weight": base["weight"] + np.float32(CHANGE) * normal(rng, SIDE, SIDE)}
    file = io.BytesIO()
    size = extract(tuned, base=base, codec="trellis", bits=1).save(file)
    bits = 8 * size / base["weight"].size

    def seed_on(model: Any) -> Any:
        return api.load(io.BytesIO(file.getvalue()), base=model).tensor("weight")

    right = seed_on(base)
    unguarded = other["weight"] + (right - base["weight"])
    error = relative(right, tuned["weight"])
    try:
        found, note = relative(seed_on(other), tuned["weight"]), "the other base was taken"
    except DigestError as refused:
        found, note = error, f"the other base is refused: {refused.message}"
    return Trials(
        Trial(error, bits),
        Trial(relative(unguarded, tuned["weight"]), bits),
        Trial(found, bits),
        note,
    )


CASES = (
    Case(
        "already-quantised",
        "weights that came in 15 levels a block, coded again with loss at 4 bits",
        "their integers and scales without loss",
        "error",
        already_quantised,
    ),
    Case(
        "wrong-base",
        "a difference added to another model of the same form, as nothing would hinder by itself",
        "refused by the base's digest, so the right one is given",
        "error",
        wrong_base,
    ),
)
