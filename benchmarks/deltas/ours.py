"""seedtool's own way: the file of a difference as a whole, and what assembly makes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import seedtool
from benchmarks.deltas.rival import Made
from benchmarks.deltas.tunes import Tune

SEED = 0


def code(tune: Tune, ratio: float, *, calibrated: bool, heal: str | None = None) -> Made:
    """The fine-tune's tensors over ``ratio``, every byte of the seed counted, without a graph."""
    wishes: dict[str, Any] = {"ratio": ratio, "seed": SEED, "heal": heal}
    if calibrated:
        wishes["calibrate"] = tune.calibration
    base = tune.given("base")
    seed = seedtool.extract(tune.given("tuned"), base=base, with_graph=False, **wishes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tuned.seed"
        size = seed.save(path)
        tensors = dict(seedtool.load(path, base=base).tensors())
    return Made(size, tensors, seed.ledger.quality or {})
