"""Bytes of recipes with their examples, judged by what reaches the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seedtool.bench.inference import student
from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED, Judged
from seedtool.bench.results.document import Document, Result

NAME, RANDOM = "budget", "random"


@dataclass(frozen=True)
class Place:
    """A start with so many examples and steps; ``half``: of the score's 95 % interval."""

    start: str
    examples: int
    steps: int
    bytes: float
    score: float
    half: float

    def __str__(self) -> str:
        return (
            f"{self.start} with {self.examples} examples and {self.steps} steps {self.bytes:,.0f}"
            f" bytes ({self.score:.3f} ± {self.half:.3f})"
        )


def places(document: Document) -> tuple[list[Place], float, float]:
    """The grid, the target and the original's score."""
    groups: dict[str, list[Result]] = {}
    for row in document.results():
        groups.setdefault(row.group, []).append(row)
    made = []
    for rows in groups.values():
        scores = [v for r in rows if (v := r.number("score")) is not None]
        sizes = [v for r in rows if (v := r.number("bytes")) is not None]
        params = rows[0].params
        counts = (int(params["examples"] or 0), int(params["steps"] or 0))
        size = student.mean_and_deviation(sizes)[0]
        mean, half = student.mean_and_deviation(scores)[0], student.half_interval(scores)
        made.append(Place(str(params["start"]), *counts, size, mean, half))
    first = next(document.results())
    target, own = first.number("target"), first.number("score", "original")
    if target is None or own is None:
        raise LookupError(NAME)
    return made, target, own


def recipe(documents: Mapping[str, Document]) -> Judged:
    """A recipe with examples is much less than the model, and reaches its score."""
    document = documents[NAME]
    grid, target, own = places(document)
    plain = document.inputs["model"].size
    sent = [p for p in grid if p.start == RANDOM]
    good = [p for p in sent if p.score - p.half >= target]
    held = [p for p in grid if p.start != RANDOM and p.score - p.half >= target]
    coded = min(held, key=lambda p: p.bytes, default=None)
    controls = f"original {own:.3f}, {plain:,} bytes; with weights: {coded or 'not reached'}"
    if not good:
        least = max(sent, key=lambda p: p.score)
        verdict = FAILS if least.score + least.half < target else UNDECIDED
        return Judged(verdict, f"target {target:.3f} not surely reached: {least}", controls)
    best = min(good, key=lambda p: p.bytes)
    found = f"target {target:.3f}: {best}, {plain / best.bytes:.0f} times fewer than the weights"
    if coded and coded.bytes < best.bytes:
        but = f"more bytes than a coded seed of the same score takes ({coded.bytes:,.0f})"
        return Judged(ONLY, found, controls, but)
    return Judged(HOLDS, found, controls)


def whole(documents: Mapping[str, Document]) -> Judged:
    """106x and more with training behind it, all that is sent being counted."""
    document = documents[NAME]
    grid, target, own = places(document)
    plain = document.inputs["model"].size
    far = [p for p in grid if plain / p.bytes >= 100]
    near = [p for p in grid if p.score - p.half >= target]
    best = min(near, key=lambda p: p.bytes, default=None)
    top = max(far, key=lambda p: p.score, default=None)
    reached = f"{best}, {plain / best.bytes:.0f}x" if best else "not reached"
    found = f"smallest that surely reaches {target:.3f}: {reached}; best of 100x: {top or 'none'}"
    controls = f"original {own:.3f}; the random start's places are among these"
    if top is None or top.score + top.half < own - 0.01:
        return Judged(FAILS, found, controls)
    return Judged(HOLDS if top.score - top.half > own - 0.01 else UNDECIDED, found, controls)
