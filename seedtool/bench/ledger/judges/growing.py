"""Ways to assemble, and hints at the task, judged by pairs of equal seeds."""

from __future__ import annotations

from collections.abc import Mapping

from seedtool.bench.inference import paired, student
from seedtool.bench.inference.paired import LEVEL, Paired
from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED, Judged
from seedtool.bench.ledger.growers import WAYS
from seedtool.bench.ledger.judges.ladder import written
from seedtool.bench.ledger.specialised import HINTS, TASKS
from seedtool.bench.results.document import Document

MARGIN, GAIN = 0.02, 0.05


def _values(document: Document, figure: str, **params: str) -> dict[int, float]:
    found = {r.repeat or 0: r.number(figure) for r in document.results(**params)}
    return {n: v for n, v in found.items() if v is not None}


def _mean(values: Mapping[int, float]) -> float:
    return student.mean_and_deviation([*values.values()])[0]


def _pair(one: Mapping[int, float], other: Mapping[int, float]) -> Paired:
    both = sorted(one.keys() & other.keys())
    return paired.compare([one[n] for n in both], [other[n] for n in both], MARGIN)


def hybrid_best(documents: Mapping[str, Document]) -> Judged:
    """Heat before gradients ends better than either alone."""
    document = documents["growers"]
    starts = dict.fromkeys(r.text("start") for r in document.results())
    pairs: list[Paired] = []
    words = []
    for start in starts:
        held = {way: _values(document, "final", start=start, way=way) for way in WAYS}
        own = held["hybrid"]
        mine = {way: _pair(own, held[way]) for way in WAYS if way != "hybrid"}
        pairs += mine.values()
        told = ", ".join(f"{way} {_mean(values):.3f}" for way, values in held.items())
        less = ", ".join(f"{way} {written(pair)}" for way, pair in mine.items())
        words.append(f"from {start}: {told}; hybrid less {less}")
    different = paired.holm([p.different for p in pairs])
    better = [p < LEVEL and pair.mean > 0 for pair, p in zip(pairs, different, strict=True)]
    equal = [pair.equivalent < LEVEL and pair.low <= 0 for pair in pairs]
    no_better = [pair.high < 0 or same for pair, same in zip(pairs, equal, strict=True)]
    found = f"{len(_values(document, 'final', way='hybrid'))} seeds; {'; '.join(words)}"
    zero = _mean(_values(document, "zero", way="gradient"))
    control = f"0 steps {zero:.3f}; examples, start and batches are alike in a pair"
    if all(better):
        return Judged(HOLDS, found, control)
    return Judged(FAILS if any(no_better) else UNDECIDED, found, control)


def five_percent(documents: Mapping[str, Document]) -> Judged:
    """The right task's examples gain 5 points or more over those of all tasks."""
    document = documents["specialised"]
    words, gains, told_gains = [], {}, {}
    for task in TASKS:
        held = {hint: _values(document, "final", task=task, hint=hint) for hint in HINTS}
        zero = _values(document, "zero", task=task, hint="right")
        gains[task] = _pair(held["right"], held["generic"])
        wrong = _pair(held["wrong"], held["generic"])
        ruled = [_values(document, "told", task=task, hint=hint) for hint in ("right", "generic")]
        told_gains[task] = _pair(*ruled)
        told = ", ".join(f"{hint} {_mean(values):.3f}" for hint, values in held.items())
        words.append(
            f"{task}: 0 steps {_mean(zero):.3f}, {told}; right less generic {written(gains[task])},"
            f" wrong less generic {written(wrong)}; with answers outside the task ruled out for"
            f" both {written(told_gains[task])}"
        )
    control = "the wrong task's examples at equal steps; 0 steps; pairs of equal seeds"
    found = "; ".join(words)
    sure = [task for task, pair in gains.items() if pair.low > GAIN]
    less = [task for task, pair in gains.items() if pair.high < GAIN]
    known = [task for task, pair in told_gains.items() if pair.low > GAIN]
    if len(known) == len(gains):
        return Judged(HOLDS, found, control)
    if len(less) == len(gains):
        return Judged(FAILS, found, control)
    if sure:
        but = f"the task {', '.join(sure)}"
        but += "" if known else ", and by giving up all other answers"
        return Judged(ONLY, found, control, but)
    return Judged(UNDECIDED, found, control)
