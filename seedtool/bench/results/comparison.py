"""A document beside a baseline: what got worse by more than the baseline's repeats explain."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seedtool.bench.base import Measure
from seedtool.bench.inference import student
from seedtool.bench.results.document import Document
from seedtool.bench.results.writing import written
from seedtool.errors import UsageError

CONFIDENCE = 0.99  # that what is called worse is worse, one-sided
PLACES = ("model", "data", "test", "task", "calibrate")  # options that are names of files
ROUNDING = 1e-9  # of a figure

State = Literal["worse", "same", "better", "missing"]


@dataclass(frozen=True)
class Change:
    """A figure of a group then and now: means, and by how much the latter may be worse.

    ``now`` is None where there is no figure; ``repeats``: of both.
    """

    group: str
    figure: str
    unit: str
    then: float
    now: float | None
    allowed: float
    repeats: tuple[int, int]
    state: State

    def __str__(self) -> str:
        then = written(self.then, ",.6g")
        if self.now is None:
            return f"{self.group}: {self.figure} was not measured, {then} in the baseline"
        now, allowed = written(self.now, ",.6g"), written(self.allowed, ",.3g")
        noise = f"{allowed} more would be noise" if self.allowed else "no noise is allowed"
        unit = f" {self.unit}" if self.unit and self.unit != self.figure else ""
        return f"{self.group}: {self.figure} is {now}{unit}, was {then} ({noise})"


def compare(
    baseline: Document, current: Document, *, confidence: float = CONFIDENCE, slack: float = 0.0
) -> list[Change]:
    """Every figure of the baseline that can get better or worse, as it is now.

    Figures with noise may be worse by the prediction interval of Student's t: with deviation
    s of n repeats, the mean of m others by t·s·√(1/n + 1/m); one repeat tells no noise.
    ``slack``: a share of the old figure that it may be worse besides. UsageError for
    documents of another bench, other data or other options.
    """
    _check(baseline, current)
    return [*_changes(baseline, current, confidence, slack)]


def _check(baseline: Document, current: Document) -> None:
    if baseline.bench != current.bench:
        raise UsageError(
            f"the baseline is of bench {baseline.bench[:64]!a}, the document of"
            f" {current.bench[:64]!a}"
        )
    for name, old in baseline.inputs.items():
        new = current.inputs.get(name)
        if name != "model" and new and new.sha256 != old.sha256:
            raise UsageError(
                f"the baseline is of other {name}: {old.sha256[:16]}..., not {new.sha256[:16]}...",
                hint="--update measures a new baseline",
            )
    asked = [{k: v for k, v in d.options.items() if k not in PLACES} for d in (baseline, current)]
    for option in asked[0].keys() | asked[1].keys():
        then, now = (_plain(a.get(option)) for a in asked)
        if then != now and option != "repeats":
            raise UsageError(
                f"the baseline was measured with {option} {then}, not {now}",
                hint="--update measures a new baseline",
            )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _changes(
    baseline: Document, current: Document, confidence: float, slack: float
) -> Iterator[Change]:
    for group in dict.fromkeys(result.group for result in baseline.results()):
        for figure, measure in baseline.measures.items():
            then, now = (_values(d, group, figure) for d in (baseline, current))
            if measure.better and then:
                yield _change(group, figure, measure, then, now, confidence, slack)


def _values(document: Document, group: str, figure: str) -> list[float]:
    found = (r.number(figure) for r in document.results() if r.group == group)
    return [value for value in found if value is not None]


def _change(
    group: str,
    figure: str,
    measure: Measure,
    then: Sequence[float],
    now: Sequence[float],
    confidence: float,
    slack: float,
) -> Change:
    mean, deviation = student.mean_and_deviation(then)
    counts = (len(then), len(now))
    if not now:
        return Change(group, figure, measure.unit, mean, None, 0.0, counts, "missing")
    allowed = slack * abs(mean)
    if not measure.exact and len(then) > 1 and deviation:
        t = student.quantile(confidence, len(then) - 1)
        allowed += t * deviation * math.sqrt(1 / len(then) + 1 / len(now))
    found = student.mean_and_deviation(now)[0]
    worse_by = (found - mean) if measure.better == "lower" else (mean - found)
    room = allowed + ROUNDING * abs(mean)
    state: State = "worse" if worse_by > room else "better" if worse_by < -room else "same"
    return Change(group, figure, measure.unit, mean, found, allowed, counts, state)
