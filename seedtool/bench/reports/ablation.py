"""What ``ablate`` found: the ladder, each start against a random one, and what parts are worth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from seedtool.bench.inference import paired, student
from seedtool.bench.inference.paired import Paired
from seedtool.bench.reports.blocks import (
    Axis,
    Block,
    Cell,
    Column,
    Curve,
    Heading,
    Plot,
    Role,
    Spot,
    Table,
    Words,
)
from seedtool.bench.results.document import Document, Result
from seedtool.bench.starts import components

RANDOM, SELECTED = "random", "selected"
CONTROLS = (RANDOM, SELECTED, "moments", "pca-order")
HELD = ("coded", "lossless", "raw", "quant", "trellis", "delta")  # which keep the values near
MARGIN = 0.02  # where a document has none
TO, AT = "steps_to_", "at_"
DIGITS = 9  # of a number of steps: documents are files of strangers
COMPARED = (("final", "score after all steps"), ("area", "mean score over the steps"))

Rows = Mapping[str, Mapping[int, Result]]  # by start and repeat


def blocks(document: Document) -> Iterator[Block]:
    """Tables, plots and words, from the document alone."""
    rows = _rows(document)
    if not rows:
        return
    lower = document.measures["final"].better == "lower" if "final" in document.measures else False
    margin = document.options.get("margin")
    margin = float(margin) if isinstance(margin, float) and margin > 0 else MARGIN
    ladder = [start for start in rows if start not in components.NAMES]
    yield Heading("The ladder")
    yield _summary(rows, document)
    yield Words(
        "Steps are to a share of the way from chance to the original, on straight lines between the"
        " looks. A repeat that never gets there is not left out: it counts with all the steps there"
        " were, so that such a mean is the least it can be."
    )
    coded = [start for start in ladder if start.partition(":")[0] in HELD]
    others = [start for start in ladder if start not in coded]
    yield from _curves("Learning, from weights as they are coded", rows, [RANDOM, SELECTED, *coded])
    yield from _curves("Learning, from what less leaves", rows, [*others, SELECTED])
    for figure, told in COMPARED:
        yield from _compared(rows, ladder, figure, told, margin, lower=lower)
    parts = [start for start in rows if start in components.NAMES]
    if parts:
        yield Heading("One part less")
        yield from _parts(rows, parts)
        for whole in dict.fromkeys(filter(None, map(components.part_of, parts))):
            less = [start for start in parts if components.part_of(start) == whole]
            yield from _curves(
                f"Learning, {whole} with one part less", rows, [whole, *less, RANDOM]
            )


def _rows(document: Document) -> Rows:
    found: dict[str, dict[int, Result]] = {}
    for row in document.results():
        if row.number("final") is not None:
            found.setdefault(row.text("start") or row.group, {})[row.repeat or 0] = row
    return found


def _looks(document: Document) -> list[int]:
    return sorted(step for name in document.measures if (step := _step(name)) is not None)


def _step(name: str) -> int | None:
    """After how many steps the figure of that name is, None for other figures."""
    digits = name.removeprefix(AT)
    own = name.startswith(AT) and digits.isascii() and digits.isdigit() and len(digits) <= DIGITS
    return int(digits) if own else None


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """The mean and its standard error, 0 of one value."""
    mean, deviation = student.mean_and_deviation(values)
    return mean, deviation / math.sqrt(len(values))


def _values(rows: Mapping[int, Result], figure: str) -> dict[int, float]:
    found = {repeat: row.number(figure) for repeat, row in rows.items()}
    return {repeat: value for repeat, value in found.items() if value is not None}


def _summary(rows: Rows, document: Document) -> Table:
    looks = _looks(document)
    most = float(looks[-1]) if looks else 0.0
    targets = [name for name in document.measures if name.startswith(TO)]
    columns = [Column("start"), Column("bytes", ",.0f")]
    for title in ("0 steps", "all steps", "mean over the steps"):
        columns += [Column(title, ".4f"), Column("±", ".4f")]
    for name in targets:
        columns += [Column(_target(name), ".1f"), Column("±", ".1f"), Column("reached")]
    cells: list[tuple[Cell, ...]] = []
    for start, repeats in rows.items():
        line: list[Cell] = [_shown(start), _bytes(repeats)]
        for figure in ("zero", "final", "area"):
            values = [*_values(repeats, figure).values()]
            line += _mean(values) if values else (None, None)
        for name in targets:
            reached = _values(repeats, name)
            mean, error = _mean([reached.get(repeat, most) for repeat in repeats])
            line += [mean, error, f"{len(reached)} of {len(repeats)}"]
        cells.append(tuple(line))
    cells += _ends(rows, len(columns))
    return Table("Means over seeds, ± their standard errors", tuple(columns), tuple(cells))


def _shown(start: str) -> str:
    return f"control: {start}" if start in CONTROLS else start


def _target(name: str) -> str:
    """What a threshold's column is called: its share of the way as a percentage."""
    try:
        return f"steps to {100 * float(name.removeprefix(TO)):.4g} %"
    except ValueError:
        return "steps"


def _ends(rows: Rows, width: int) -> list[tuple[Cell, ...]]:
    """The original, and chance, with no step."""
    first = next(iter(next(iter(rows.values())).values()))
    ends: list[tuple[Cell, ...]] = []
    for name in ("original", "chance"):
        score = first.number("final", name)
        if score is not None:
            line = (f"control: {name}", None, score)
            ends.append((*line, *(None for _ in range(width - len(line)))))
    return ends


def _bytes(repeats: Mapping[int, Result]) -> float | None:
    values = [*_values(repeats, "bytes").values()]
    return _mean(values)[0] if values else None


def _compared(
    rows: Rows, ladder: Sequence[str], figure: str, told: str, margin: float, *, lower: bool
) -> Iterator[Block]:
    """Every rung against the random start, by pairs of one seed."""
    rungs = [start for start in ladder if start != RANDOM]
    pairs = _against(rows, [*rungs, SELECTED], RANDOM, figure, margin)
    known = pairs.pop(SELECTED, None)
    if not pairs:
        return
    yield Heading(f"Against a random start: {told}")
    power = known is not None and known.different < paired.LEVEL and (known.mean < 0) == lower
    different = paired.holm([p.different for p in pairs.values()])
    equivalent = paired.holm([p.equivalent for p in pairs.values()])
    cells: list[tuple[Cell, ...]] = []
    for (start, pair), p, q in zip(pairs.items(), different, equivalent, strict=True):
        word = paired.verdict(pair.mean, p, q, power=power, lower=lower)
        cells.append((start, pair.count, pair.mean, pair.low, pair.high, p, q, word))
    if known:
        line = (known.count, known.mean, known.low, known.high, known.different, known.equivalent)
        cells.append((f"control: {SELECTED}", *line, None))
    columns = (
        Column("start"),
        Column("pairs", "d"),
        Column("difference", "+.4f"),
        Column("from", "+.4f"),
        Column("to", "+.4f"),
        Column("p different", ".2g"),
        Column("p equivalent", ".2g"),
        Column("verdict"),
    )
    yield Table(f"{told[:1].upper()}{told[1:]}, less that of random", columns, tuple(cells))
    yield Words(
        "Intervals hold 95 %. Different: the paired t test, two-sided. Equivalent: two one-sided"
        f" tests that the difference lies within {margin:g}. Both are adjusted over the rungs"
        f" (Holm), at {paired.LEVEL:g}; the control is tested by itself."
    )
    yield Words(_power(known, power=power))


def _power(known: Paired | None, *, power: bool) -> str:
    if power and known:
        return (
            "The tests have power: weights selected from the original, which are known to help,"
            f" are seen to ({known.mean:+.4f}, p {known.different:.2g})."
        )
    seen = f" ({known.mean:+.4f}, p {known.different:.2g})" if known else ""
    return (
        "The tests have no power here: weights selected from the original, which are known to"
        f" help, are not seen to{seen}. So nothing is called equivalent; more seeds or fewer"
        " examples would tell."
    )


def _against(
    rows: Rows, starts: Sequence[str], other: str, figure: str, margin: float
) -> dict[str, Paired]:
    theirs = _values(rows.get(other, {}), figure)
    made = {}
    for start in starts:
        ours = _values(rows.get(start, {}), figure)
        both = sorted(ours.keys() & theirs.keys())
        if len(both) > 1:
            one, two = ([values[repeat] for repeat in both] for values in (ours, theirs))
            made[start] = paired.compare(one, two, margin)
    return made


def _parts(rows: Rows, parts: Sequence[str]) -> Iterator[Block]:
    columns = [Column("start"), Column("what it is"), Column("less than")]
    for title in ("0 steps", "mean over the steps", "all steps"):
        columns += [Column(title, "+.4f"), Column("±", ".4f")]
    cells: list[tuple[Cell, ...]] = []
    for start in parts:
        whole = components.part_of(start) or RANDOM
        line: list[Cell] = [_shown(start), components.about(start), whole]
        for figure in ("zero", "area", "final"):
            pair = _against(rows, [start], whole, figure, MARGIN).get(start)
            line += [pair.mean, (pair.high - pair.low) / 2] if pair else [None, None]
        cells.append(tuple(line))
    title = "Less that of the whole, ± half of the 95 % interval"
    yield Table(title, tuple(columns), tuple(cells))


def _curves(title: str, rows: Rows, starts: Sequence[str]) -> Iterator[Block]:
    made = []
    metric = ""
    for start in starts:
        repeats = rows.get(start, {})
        spots = []
        for step in _steps(repeats):
            values = [*_values(repeats, f"{AT}{step}").values()]
            if values:
                mean, error = _mean(values)
                spots.append(Spot(float(step), mean, mean - error, mean + error))
        if spots:
            role: Role = "control" if start in CONTROLS else "measured"
            made.append(Curve(_shown(start), tuple(spots), role))
            metric = next(iter(repeats.values())).text("metric")
    if any(curve.role == "measured" for curve in made):
        first = next(iter(next(iter(rows.values())).values()))
        ends = ((f"control: {n}", first.number("final", n)) for n in ("original", "chance"))
        levels = tuple((name, value) for name, value in ends if value is not None)
        yield Plot(title, Axis("steps", log=True), Axis(metric), tuple(made), levels)


def _steps(repeats: Mapping[int, Result]) -> list[int]:
    found = {_step(name) for row in repeats.values() for name in row.figures}
    return sorted(step for step in found if step is not None)
