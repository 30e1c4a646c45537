"""The values that a pass's choices decode to, put into the module that is measured."""

from __future__ import annotations

from seedtool import codecs, difference
from seedtool.codecs.base import Params
from seedtool.floats import CODABLE, to_float32
from seedtool.planning.passes import Pass
from seedtool.planning.weights import Weights
from seedtool.seed import SAME, SUM


def show(weights: Weights, made: Pass) -> None:
    """Make the module what a receiver of the pass will have, unless it is that already."""
    calibrated = weights.calibrated
    if calibrated is None or weights.shown is made:
        return
    calibrated.restore()
    for entry in weights.entries:
        choice = made.choices[entry.name]
        if entry.dtype not in CODABLE or (choice.coded is None and choice.codec != SAME):
            continue
        _, below = weights.values(entry)
        if choice.coded is None:
            assert below is not None
            calibrated.write(entry, below)
            continue
        inner = difference.coded_entry(entry, SUM) if below is not None else entry
        params = Params(choice.coded.params, f"tensor {entry.name!a}")
        data = codecs.load(choice.codec).decode(
            inner, params, [part.data for part in choice.coded.parts]
        )
        values = to_float32(data, inner.dtype)
        calibrated.write(entry, values if below is None else below + values)
    weights.shown = made
