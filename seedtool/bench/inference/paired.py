"""Pairs of figures that differ by one thing alone: how far apart they are, and whether they are
near enough to be called equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seedtool.bench.inference import student
from seedtool.errors import UsageError

LEVEL = 0.05  # of every test
WORDS = ("better", "worse", "equivalent", "undecided")


@dataclass(frozen=True)
class Paired:
    """The mean difference of ``count`` pairs, with the ends of its 95 % interval.

    ``different``: p of the two-sided paired t test. ``equivalent``: p that the difference is
    within a margin, by two one-sided tests (Schuirmann 1987).
    """

    count: int
    mean: float
    low: float
    high: float
    different: float
    equivalent: float


def compare(ours: Sequence[float], theirs: Sequence[float], margin: float) -> Paired:
    """``ours`` less ``theirs``, pair by pair; UsageError for fewer than two pairs."""
    gaps = [one - other for one, other in zip(ours, theirs, strict=True)]
    if len(gaps) < 2 or not margin > 0:
        raise UsageError("a paired test needs two pairs or more, and a margin over 0")
    mean, deviation = student.mean_and_deviation(gaps)
    error, freedom = deviation / math.sqrt(len(gaps)), len(gaps) - 1
    half = student.half_interval(gaps)
    above = _beyond(margin + mean, error, freedom)
    below = _beyond(margin - mean, error, freedom)
    different = min(1.0, 2 * _beyond(abs(mean), error, freedom))
    return Paired(len(gaps), mean, mean - half, mean + half, different, max(above, below))


def holm(values: Sequence[float]) -> list[float]:
    """p values of tests that stand together, adjusted by Holm (1979), in their order."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    made, most = [0.0] * len(values), 0.0
    for rank, i in enumerate(order):
        most = max(most, min(1.0, (len(values) - rank) * values[i]))
        made[i] = most
    return made


def verdict(mean: float, different: float, equivalent: float, *, power: bool, lower: bool) -> str:
    """One of WORDS for a difference of that mean and adjusted p values.

    What lies within the margin is equivalent, however sure its sign is. ``power``: a start that is
    known to help was seen to help by the same test; without it nothing is called equivalent.
    ``lower``: a smaller figure is better.
    """
    if power and equivalent < LEVEL:
        return "equivalent"
    if different < LEVEL:
        return "better" if (mean < 0) == lower else "worse"
    return "undecided"


def _beyond(distance: float, error: float, freedom: int) -> float:
    """The share of t's distribution above ``distance`` in units of ``error``."""
    if not error:
        return 0.5 if distance == 0 else float(distance < 0)
    t = distance / error
    tail = 1 - student.cumulative(abs(t), freedom)
    return tail if t >= 0 else 1 - tail
