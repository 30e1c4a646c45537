"""Rows over their seeds, the Pareto front of bytes and quality, and the sweet spots on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedtool.bench.inference import student
from seedtool.bench.results.document import Document, Result

NEAR = 0.01  # of the original's score
FIGURES = ("score", "grown")


@dataclass(frozen=True)
class Score:
    """``spread``: standard error of the mean over seeds; ``error``: that of the test examples."""

    mean: float
    spread: float
    error: float

    @property
    def whole(self) -> float:
        """Both together, taken to be independent."""
        return math.hypot(self.spread, self.error)


@dataclass(frozen=True)
class Row:
    """``scores`` by the names of FIGURES; ``size``: bytes shipped, None of a control."""

    key: str
    kind: str
    name: str
    size: int | None
    scores: dict[str, Score]
    first: Result

    @property
    def is_ours(self) -> bool:
        return self.kind == "seed"

    def bytes_for(self, figure: str) -> float | None:
        """All that the receiver needs: to grow it, the recipe and the examples too."""
        if self.size is None:
            return None
        return self.size + ((self.first.number("growing_bytes") or 0) if figure == "grown" else 0)


def rows_of(document: Document) -> list[Row]:
    """The rows that were measured, in order; bytes of several seeds are their mean."""
    groups: dict[str, list[Result]] = {}
    for result in document.results():
        if result.figures.get("reached") is True:
            groups.setdefault(result.group, []).append(result)
    return [_row(key, found) for key, found in groups.items()]


def _row(key: str, found: Sequence[Result]) -> Row:
    first = found[0]
    sizes = [size for r in found if (size := r.number("bytes")) is not None]
    scores = {}
    for figure, error in zip(FIGURES, ("error", "grown_error"), strict=True):
        values = [v for r in found if (v := r.number(figure)) is not None]
        errors = [v for r in found if (v := r.number(error)) is not None]
        if values:
            mean, deviation = student.mean_and_deviation(values)
            off = sum(errors) / len(errors) if errors else 0.0
            scores[figure] = Score(mean, deviation / math.sqrt(len(values)), off)
    size = round(sum(sizes) / len(sizes)) if sizes else None
    kind = str(first.params.get("kind"))
    return Row(key, kind, str(first.params.get("name") or key), size, scores, first)


def coded(rows: Sequence[Row], figure: str) -> list[Row]:
    """Rows that are no controls and have that figure."""
    return [r for r in rows if r.kind not in ("original", "random") and figure in r.scores]


def front(rows: Sequence[Row], figure: str, *, lower: bool) -> list[Row]:
    """Those that no other beats in both bytes and the mean score, by bytes."""
    sign = -1 if lower else 1
    ordered = sorted(coded(rows, figure), key=lambda r: (r.size, -sign * r.scores[figure].mean))
    found: list[Row] = []
    for row in ordered:
        if not found or sign * row.scores[figure].mean > sign * found[-1].scores[figure].mean:
            found.append(row)
    return found


@dataclass(frozen=True)
class Spot:
    """The smallest of ours, and of others, that meet a rule: a score no worse than ``least``."""

    figure: str
    rule: str
    least: float
    ours: Row | None
    others: Row | None


def sweet_spots(rows: Sequence[Row], *, lower: bool) -> Iterator[Spot]:
    """For either figure the smallest rows within NEAR, and within a standard error, of the
    original (of the original grown alike)."""
    original = next((r for r in rows if r.kind == "original"), None)
    for figure in FIGURES:
        own = original.scores.get(figure) if original else None
        if own is None:
            continue
        for rule, slack in (
            (f"within {NEAR:.0%}", NEAR * abs(own.mean)),
            ("within one standard error", own.whole),
        ):
            least = own.mean + slack if lower else own.mean - slack
            meeting = [
                r
                for r in coded(rows, figure)
                if (r.scores[figure].mean <= least if lower else r.scores[figure].mean >= least)
            ]
            yield Spot(
                figure,
                rule,
                least,
                _smallest([r for r in meeting if r.is_ours]),
                _smallest([r for r in meeting if not r.is_ours]),
            )


def _smallest(rows: Sequence[Row]) -> Row | None:
    return min(rows, key=lambda r: r.size or 0, default=None)
