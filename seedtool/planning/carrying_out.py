"""A plan made and carried out: data read, λ found, the model healed, the seed as asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedtool.calibration.batches import Samples
from seedtool.calibration.quality import Quality
from seedtool.plan import Choice
from seedtool.planning import budget
from seedtool.planning.calibrated import Calibrated
from seedtool.planning.healing import heal
from seedtool.planning.passes import Pass
from seedtool.planning.showing import show
from seedtool.planning.weights import Weights
from seedtool.planning.wish import Wish
from seedtool.sources.base import Source
from seedtool.stages import Stage
from seedtool.tensors import BaseModel

if TYPE_CHECKING:
    from seedtool.api import Seed

Make = Callable[[Mapping[str, Choice]], "Seed"]


def carry_out(wish: Wish, source: Source, base: BaseModel | None, make: Make, stage: Stage) -> Seed:
    """The seed that ``make`` gives for the choices at which ``wish`` is met.

    Its ledger has what was measured of the model on data that nothing was fitted to.
    """
    calibrated = None
    if wish.data is not None:
        stage("calibrating", 0)
        calibrated = Calibrated(source, wish.data, training=wish.heal is not None, seed=wish.seed)
    weights = Weights(
        source.entries,
        source.read,
        states=wish.states,
        model=base.tensors if base else None,
        calibrated=calibrated,
    )

    def seed_of(made: Pass, kept: Quality | None, before: Quality | None) -> Seed:
        seed = make(made.choices)
        if calibrated and kept and before:
            seed.ledger.quality = _document(kept, calibrated.samples)
            if wish.heal:
                seed.ledger.quality["before_healing"] = round(before.quality, 6)
        return seed

    def size_of(made: Pass, kept: Quality | None) -> int:
        with Path(os.devnull).open("wb") as nowhere:
            return seed_of(made, kept, kept).save(nowhere)

    plain = sum(entry.nbytes for entry in weights.entries)
    found = budget.find(weights, wish.goal, plain, size_of, stage)
    made, kept = found.made, found.kept
    if calibrated and wish.heal:
        show(weights, made)
        healed = heal(
            weights,
            calibrated,
            made,
            found.scale,
            wish.heal,
            stage,
            seed=wish.seed,
            checkpoint=wish.checkpoint,
        )
        better = calibrated.quality()
        assert kept
        most = found.size
        if wish.goal.kind != "quality":
            most = max(most, int(wish.goal.bytes_for(weights.elements, plain)))
        if better.divergence < kept.divergence and size_of(healed, better) <= most:
            made, kept = healed, better
    seed = seed_of(made, kept, found.kept)
    seed.ledger.losses.update(weights.losses(made))
    return seed


def _document(kept: Quality, samples: Samples) -> dict[str, Any]:
    """What was measured, on what, beside its control."""
    return {
        "kind": kept.kind,
        "quality": round(kept.quality, 6),
        "control": round(kept.control, 6),
        "divergence": round(kept.divergence, 9),
        "divergence_of_control": round(kept.control_divergence, 9),
        "predictions": kept.predictions,
        "data": samples.name,
        "data_sha256": samples.digest.hex(),
        "seed": samples.seed,
    }
