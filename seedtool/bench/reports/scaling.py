"""The report of ``scaling``: exponents with intervals, drawn on, beside what was stated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

from seedtool.bench.inference import powers
from seedtool.bench.inference.powers import Law, Range
from seedtool.bench.inference.sizes import (
    AXES,
    CLOCKED,
    FAR,
    FIXED,
    KEPT,
    PCA,
    RESEARCH,
    STATED,
    Laws,
    Of,
    figure,
    laws_of,
    seconds,
)
from seedtool.bench.inference.student import mean_and_deviation
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

APART = 0.05  # exponents nearer to each other than this count as one
SHOWN = "Bars go from the least to the most of the repeats."


def blocks(document: Document) -> Iterator[Block]:
    rows = [*document.results(kind="size")]
    if rows:
        laws, larger = laws_of(document), laws_of(document, larger=True)
        yield Heading("Exponents")
        yield _exponents("Power laws in parameters, and drawn on to 175B", laws)
        yield _exponents("The same of the larger half of the sizes alone", larger)
        yield from _conclusions(rows, laws, larger)
        yield from _stated(laws)
        yield Heading("Every size")
        yield _coded(rows)
        yield _research(rows)
        yield from _plots(document, rows)
    models = [*document.results(kind="model")]
    if models:
        columns = (Column("model"), Column("weights", ",.0f"), Column("bits a weight", ".3f"))
        names = ("parameters", "bits_distortion", "snr_distortion")
        cells = tuple((r.text("model"), *(r.number(n) for n in names)) for r in models)
        yield Table("Models, at one distortion", (*columns, Column("SNR, dB", ".2f")), cells)


def _exponents(title: str, laws: Laws) -> Table:
    columns = [Column("by"), Column("of"), *_ends("exponent", "+.3f"), *_ends("at 175B", ",.3g")]
    cells = []
    for (axis, name), law in laws.items():
        both = (law.exponent, law.there)
        cells.append((axis, name, *(v for r in both for v in (r.value, r.low, r.high))))
    return Table(title, tuple(columns), tuple(cells))


def _ends(name: str, form: str) -> tuple[Column, ...]:
    return Column(name, form), Column("from", form), Column("to", form)


def _conclusions(rows: Sequence[Result], laws: Laws, larger: Laws) -> Iterator[Block]:
    counts = [max(1.0, r.number("parameters") or 1.0) for r in rows]
    span, beyond = math.log10(max(counts) / min(counts)), math.log10(FAR / max(counts))
    yield Words(
        "Intervals are of 95 %, by the bootstrap over sizes and repeats. 175B lies"
        f" {beyond:.1f} decades beyond the largest network here, {max(counts):,.0f} parameters;"
        f" measured were {span:.1f}. Those columns are a line drawn on: their intervals hold if"
        " the law does, of which nothing here tells. Bytes are of seeds without ONNX graphs."
        " Heads are what minimal takes, and weigh most where a network is small."
    )
    broken = [f"{q} by {a}" for (a, q), law in laws.items() if _apart(law, larger.get((a, q)))]
    if broken:
        yield Words(
            f"No one law for all sizes (the larger half has another exponent): {'; '.join(broken)}."
            " Of these the line to 175B means nothing."
        )
    for axis in AXES:
        kept, fixed = laws.get((axis, KEPT)), laws.get((axis, FIXED))
        mine = [r for r in rows if r.params.get("axis") == axis]
        if kept and fixed:
            yield Words(
                f"By {axis}: the ratio that keeps accuracy grows by {_written(kept.exponent)}:"
                f" {_than_fixed(kept.exponent)}. A seed of one size has exponent 1 by"
                f" arithmetic, and minimal, whose heads alone grow, {_written(fixed.exponent)};"
                f" with 0 steps it reads {_mean(mine, figure('start_minimal')):.1%} right,"
                f" where chance does {_mean(mine, _chance):.1%}. The seeds that keep accuracy"
                f" change it by {-100 * _mean(mine, figure('lost_kept')):+.2f} points on images"
                " that chose nothing."
            )
    yield Words(
        "The task is the same at every size. What it takes to keep it need not grow with the"
        " network, so a ratio that does grow tells of weights to spare, and nothing of networks"
        " that are as large as their tasks ask for; the ratio at one distortion asks nothing of"
        " the task."
    )


def _apart(law: Law, other: Law | None) -> bool:
    """Whether two exponents differ, and their intervals have nothing in common."""
    if other is None:
        return False
    one, two = law.exponent, other.exponent
    if one.low is None or one.high is None or two.low is None or two.high is None:
        return False
    far = abs(one.value - two.value) > APART
    return far and (two.low > one.high or two.high < one.low)


def _than_fixed(exponent: Range) -> str:
    if exponent.low is None or exponent.high is None:
        return "too few sizes to say more"
    if exponent.holds(1.0):
        return "not told from a seed of one size"
    if exponent.holds(0.0):
        return "no change with size that shows"
    if exponent.high < 0:
        return "it gets worse with size"
    if exponent.low > 1:
        return "more than a seed of one size would"
    return "it does improve with size, more slowly than a seed of one size would"


def _stated(laws: Laws) -> Iterator[Block]:
    tested = [
        (f"{name}, by {axis}", laws[axis, quantity].exponent)
        for name, quantity in (("pca", PCA), ("accuracy kept", KEPT))
        for axis in AXES
        if (axis, quantity) in laws
    ]
    columns = [Column("the research states"), Column("exponent", ".2f")]
    columns += [Column(title) for title, _ in tested]
    cells: list[tuple[Cell, ...]] = []
    for words, pairs in STATED:
        stated = powers.exponent(pairs)
        cells.append((words, stated, *(_verdict(found, stated) for _, found in tested)))
    yield Table("Exponents of the ratio as stated", tuple(columns), tuple(cells))
    yield Words(
        "Which network had 106x is not stated: the exponent to 147x at 124M is 0.09 from 3.5M and"
        " 0.52 from 66M. The projection of 1M parameters, 250 KB as about 4,000x, is 16x of"
        " float32. That of 1,000x at 110M and at 175B is no growth at all. None of these numbers"
        " says with what accuracy before training: the table below does, for the same three seeds."
    )


def _verdict(measured: Range, stated: float) -> str:
    holds = measured.holds(stated)
    if holds is None:
        return "too few sizes"
    if holds:
        return "agrees"
    return "more than that" if measured.value > stated else "less than that"


def _written(found: Range) -> str:
    ends = "" if found.low is None else f" ({found.low:.2f} to {found.high:.2f})"
    return f"{found.value:.2f}{ends}"


def _chance(row: Result) -> float | None:
    return row.number("accuracy", "chance")


def _mean(rows: Sequence[Result], of: Of) -> float:
    values = [v for v in map(of, rows) if v is not None]
    return mean_and_deviation(values)[0] if values else math.nan


def _groups(rows: Sequence[Result]) -> Iterator[tuple[str, float, list[Result]]]:
    for group in dict.fromkeys(r.group for r in rows):
        held = [r for r in rows if r.group == group]
        axis = str(held[0].params.get("axis"))
        yield f"{axis} {held[0].params.get(axis)}", held[0].number("parameters") or 0.0, held


def _coded(rows: Sequence[Result]) -> Table:
    wanted = {
        Column("accuracy", ".4f"): "accuracy",
        Column("bytes within 1 %", ",.0f"): "bytes_kept",
        Column("ratio", ".2f"): "ratio_kept",
        Column("lost on the other half", "+.4f"): "lost_kept",
        Column("bits a weight at one distortion", ".3f"): "bits_distortion",
        Column("SNR, dB", ".2f"): "snr_distortion",
    }
    columns = (Column("network"), Column("parameters", ",.0f"), *wanted)
    cells: tuple[tuple[Cell, ...], ...] = tuple(
        (name, count, *(_mean(held, figure(f)) for f in wanted.values()))
        for name, count, held in _groups(rows)
    )
    return Table("At one quality and at one distortion, means of repeats", columns, cells)


def _research(rows: Sequence[Result]) -> Table:
    columns = [Column("network"), Column("parameters", ",.0f")]
    for codec in RESEARCH:
        columns += [Column(f"{codec}, bytes", ",.0f"), Column("ratio", ",.1f")]
        columns += [Column("0 steps", ".4f"), Column("grown", ".4f")]
    columns.append(Column("control: random start, grown", ".4f"))
    cells: list[tuple[Cell, ...]] = []
    for name, count, held in _groups(rows):
        figures = (f"{f}_{c}" for c in RESEARCH for f in ("bytes", "ratio", "start", "grown"))
        random = _mean(held, lambda r: r.number("grown_minimal", "random"))
        cells.append((name, count, *(_mean(held, figure(f)) for f in figures), random))
    return Table("The research's seeds, means of repeats", tuple(columns), tuple(cells))


def _plots(document: Document, rows: Sequence[Result]) -> Iterator[Block]:
    x = Axis("parameters", log=True)
    for axis in AXES:
        mine = [r for r in rows if r.params.get("axis") == axis]
        if not mine:
            continue
        ratios = [_curve("within 1 %", mine, figure("ratio_kept"))]
        ratios += [_curve(c, mine, figure(f"ratio_{c}")) for c in RESEARCH]
        y = Axis("plain bytes / bytes of the seed", log=True)
        yield Plot(f"Ratio by {axis}", x, y, tuple(ratios), about=SHOWN)
        scores = [_curve("as trained", mine, figure("accuracy"))]
        scores += [_curve(f"{c}, 0 steps", mine, figure(f"start_{c}")) for c in RESEARCH]
        chance = ("control: chance", _mean(mine, _chance))
        yield Plot(f"Accuracy by {axis}", x, Axis("accuracy"), tuple(scores), (chance,), SHOWN)
        times = tuple(_curve(p, mine, partial(_seconds, document, p)) for p in CLOCKED)
        y = Axis("CPU seconds", log=True)
        yield Plot(f"Seconds by {axis}", x, y, tuple(c for c in times if c.spots), about=SHOWN)


def _seconds(document: Document, part: str, row: Result) -> float | None:
    return seconds(document, row, part)


def _curve(name: str, rows: Sequence[Result], of: Of) -> Curve:
    spots = []
    for _, count, held in _groups(rows):
        values = [v for v in map(of, held) if v is not None]
        if values:
            spots.append(Spot(count, _mean(held, of), min(values), max(values)))
    control = name.startswith("minimal")
    name, role = (f"control: {name}", "control") if control else (name, "measured")
    return Curve(name, tuple(sorted(spots, key=lambda s: s.x)), cast("Role", role))
