"""An ``ablate`` document read for judging: starts in pairs of equal seeds, and their power."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seedtool.bench.inference import paired, student
from seedtool.bench.inference.paired import LEVEL, Paired
from seedtool.bench.results.document import Document, Result

RANDOM, SELECTED = "random", "selected"


class Ladder:
    """``original``, ``chance``: scores; ``margin``: within which scores are equivalent."""

    def __init__(self, document: Document) -> None:
        self._rows: dict[str, dict[int, Result]] = {}
        for row in document.results():
            self._rows.setdefault(row.text("start"), {})[row.repeat or 0] = row
        self.original = self._control("original")
        self.chance = self._control("chance")
        self.margin = float(document.options["margin"])
        self.examples, self.steps = (int(document.options[n]) for n in ("examples", "steps"))

    def _control(self, name: str) -> float:
        for row in self._rows[RANDOM].values():
            value = row.number("final", name)
            if value is not None:
                return value
        raise LookupError(name)

    def values(self, start: str, figure: str) -> dict[int, float]:
        """By repeat."""
        found = {n: row.number(figure) for n, row in self._rows[start].items()}
        return {n: value for n, value in found.items() if value is not None}

    def pair(self, one: str, other: str, figure: str) -> Paired:
        """A start less another, seed by seed."""
        ours, theirs = self.values(one, figure), self.values(other, figure)
        both = sorted(ours.keys() & theirs.keys())
        return paired.compare([ours[n] for n in both], [theirs[n] for n in both], self.margin)

    def to_original(self, start: str) -> Paired:
        """A start's last score less the original's."""
        ours = [*self.values(start, "final").values()]
        return paired.compare(ours, [self.original] * len(ours), self.margin)

    def power(self, figure: str) -> bool:
        """Whether a start that is known to help is seen to."""
        known = self.pair(SELECTED, RANDOM, figure)
        return known.different < LEVEL and known.mean > 0

    def against(self, starts: Sequence[str], other: str, figure: str) -> dict[str, str]:
        """For each start one of ``paired.WORDS``, adjusted over all of them."""
        pairs = [self.pair(start, other, figure) for start in starts]
        different = paired.holm([p.different for p in pairs])
        equivalent = paired.holm([p.equivalent for p in pairs])
        power = self.power(figure)
        return {
            start: paired.verdict(pair.mean, p, q, power=power, lower=False)
            for start, pair, p, q in zip(starts, pairs, different, equivalent, strict=True)
        }

    def told(self, start: str, figure: str = "final") -> str:
        """The mean and its standard error."""
        values = [*self.values(start, figure).values()]
        mean, deviation = student.mean_and_deviation(values)
        return f"{start} {mean:.3f} ± {deviation / math.sqrt(len(values)):.3f}"

    def mean(self, start: str, figure: str) -> float:
        return student.mean_and_deviation([*self.values(start, figure).values()])[0]

    @property
    def where(self) -> str:
        return f"{self.examples} examples, {self.steps} steps"

    @property
    def controls(self) -> str:
        """The original, chance, and what shows that the tests have power."""
        known = self.pair(SELECTED, RANDOM, "final")
        return (
            f"original {self.original:.3f}, chance {self.chance:.3f}; {SELECTED} (half of the"
            f" original's channels) over random {known.mean:+.3f} [{known.low:+.3f},"
            f" {known.high:+.3f}]: the test has {'' if self.power('final') else 'no '}power"
        )


def written(pair: Paired) -> str:
    """A difference with its 95 % interval."""
    return f"{pair.mean:+.3f} [{pair.low:+.3f}, {pair.high:+.3f}]"
