"""What the quadratic forms predict, set right by trial: one kind of tensor coded at a time."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seedtool.planning.passes import Matrix, Pass

if TYPE_CHECKING:
    from seedtool.planning.weights import Weights

TRUST = 8.0  # the most by which a kind's sensitivities are thought too high
# And too low: of a saturated layer, as poolers are before their tanh, the slopes say that nothing
# matters, and coded as nothing it takes most of the answers with it.
DOUBT = 1e6


def set_right(weights: Weights, made: Pass) -> None:
    """Multiply the sensitivities of each kind of matrix by what the forms were wrong by.

    That is how far the outputs diverge with all of that kind as ``made`` has them, over how far
    they were thought to; and by what the kind is worth. Names alike but for numbers are a kind.
    """
    assert weights.calibrated
    kinds: dict[tuple[str, int], list[Matrix]] = {}
    for name, matrix in made.shaped.items():
        if name in weights.calibrated.sensitivities:
            kind = re.sub(r"\d+", "#", name), len(matrix.entry.shape)
            kinds.setdefault(kind, []).append(matrix)
    for matrices in kinds.values():
        _set_right(weights, matrices)


def _set_right(weights: Weights, matrices: list[Matrix]) -> None:
    assert weights.calibrated
    weights.calibrated.restore()
    known, thought = weights.calibrated.sensitivities, 0.0
    for matrix in matrices:
        values, below = weights.values(matrix.entry)
        thought += known[matrix.entry.name].divergence(matrix.shaped.values - values)
        weights.show(matrix.entry, matrix.shaped.values, below)
    if not thought > 0:
        return
    factor = float(np.clip(weights.calibrated.divergence() / thought, 1 / TRUST, DOUBT))
    for matrix in matrices:
        mine = known[matrix.entry.name]
        worth = weights.calibrated.worth.get(matrix.entry.name, 1.0)
        rows = mine.rows * np.float32(factor * worth)
        known[matrix.entry.name] = replace(mine, rows=rows)
