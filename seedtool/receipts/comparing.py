"""Whether figures made again are those of a receipt, within both their errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from seedtool.receipts.schema import ROWS, Figure, Receipt

ERRORS = 2.0  # standard errors of the difference that figures may lie apart


@dataclass(frozen=True)
class Comparison:
    """A figure of a receipt and the same made again, by the same seeds."""

    row: str
    stated: Figure
    found: Figure

    @property
    def allowed(self) -> float:
        """How far the means may lie apart: not at all where neither has an error."""
        return ERRORS * math.hypot(self.stated.uncertainty, self.found.uncertainty)

    @property
    def equal(self) -> bool:
        return self.stated.values == self.found.values

    @property
    def near(self) -> bool:
        return self.equal or abs(self.stated.mean - self.found.mean) <= self.allowed


def compare(stated: Receipt, found: Receipt) -> Iterator[Comparison]:
    """Each figure that both have; ``found`` may be of the first of the seeds alone.

    The original's is not made again: whoever receives a seed does not have it.
    """
    count = len(found.seeds)
    for row in ROWS:
        if row in stated.figures and row in found.figures:
            yield Comparison(row, stated.figures[row].first(count), found.figures[row])


def differing(stated: Receipt, found: Receipt) -> tuple[str, ...]:
    """What differs by name where they were made; none: equal figures are to be expected."""
    here, there = (
        {**one.environment, "device": one.device, "processes": one.processes}
        for one in (stated, found)
    )
    return tuple(sorted(name for name in {*here, *there} if here.get(name) != there.get(name)))
