"""Everything that is compared, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.deltas import adapters, ours, pruning
from benchmarks.deltas.garments import Garments
from benchmarks.deltas.rival import Change, Made, packed
from benchmarks.deltas.sentences import Sentences
from benchmarks.deltas.tunes import Tune

HEAL = "5m"
TUNES: dict[str, type[Tune]] = {"sentences": Sentences, "garments": Garments}


@dataclass(frozen=True)
class Method:
    """``make``: of a tune and its bytes over those allowed. ``sized``: those are heeded."""

    make: Callable[[Tune, float], Made]
    sized: bool = True
    ours: bool = False


def _rival(way: Callable[[Change, float], Made]) -> Callable[[Tune, float], Made]:
    return lambda tune, ratio: way(Change.of(tune), tune.size / (ratio or 1.0))


def _head(change: Change, _: float) -> Made:
    return Made(packed([change.head_bytes()]), change.applied({}))


METHODS = {
    "seed": Method(lambda tune, ratio: ours.code(tune, ratio, calibrated=False), ours=True),
    "seed calibrated": Method(
        lambda tune, ratio: ours.code(tune, ratio, calibrated=True), ours=True
    ),
    "seed healed": Method(
        lambda tune, ratio: ours.code(tune, ratio, calibrated=True, heal=HEAL), ours=True
    ),
    "LoRA extraction": Method(_rival(adapters.cut)),
    "mergekit": Method(adapters.extract),
    "signs of the largest": Method(_rival(pruning.sign)),
    "magnitude pruning": Method(_rival(pruning.prune)),
    "DARE": Method(_rival(pruning.drop)),
    "BitDelta": Method(_rival(pruning.one_bit), sized=False),
    "head alone": Method(_rival(_head), sized=False),
    "base": Method(lambda tune, _: Made(0, tune.tensors("base")), sized=False),
}
