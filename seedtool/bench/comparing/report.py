"""The report of a comparison: sweet spots, plots, fronts, every row, and what it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seedtool.bench.comparing import fronts
from seedtool.bench.comparing.fronts import FIGURES, Row
from seedtool.bench.reports.blocks import (
    Axis,
    Block,
    Cell,
    Column,
    Curve,
    Heading,
    Plot,
    Spot,
    Table,
    Words,
)
from seedtool.bench.results.document import Document

TITLES = {"score": "with 0 steps", "grown": "grown"}
MIB = 1 << 20


def blocks(document: Document) -> Iterator[Block]:
    """All of it, from the document alone."""
    rows = fronts.rows_of(document)
    if not rows:
        return
    lower = document.measures["score"].better == "lower"
    first = rows[0].first
    yield Words(
        f"The score is {first.text('metric')}. All rows are grown on the same"
        f" {first.text('examples')} examples for {first.text('steps')} steps, by each of the same"
        f" random seeds; recipe and examples take {first.text('growing_bytes') or '?'} bytes,"
        " which are added where a row is grown. Plans by data, healing and students have"
        " the same examples too, and healing and students as many steps before they are shipped;"
        " a student ships in int8."
    )
    yield from _sweet(rows, lower=lower)
    for figure in FIGURES:
        yield from _plot(rows, figure, first.text("metric"), lower=lower)
    for figure in FIGURES:
        yield _front(rows, figure, lower=lower)
    yield _table(rows)
    yield from _absent(document)
    yield _taken(document, rows)


def _sweet(rows: Sequence[Row], *, lower: bool) -> Iterator[Block]:
    yield Heading("Sweet spots")
    columns = (
        Column("score"),
        Column("rule"),
        Column("no more than" if lower else "no less than", ".4f"),
        Column("smallest of ours"),
        Column("bytes", ",.0f"),
        Column("smallest of others"),
        Column("bytes", ",.0f"),
        Column("others over ours", ".2f"),
    )
    cells: list[tuple[Cell, ...]] = []
    for spot in fronts.sweet_spots(rows, lower=lower):
        sizes = [row.bytes_for(spot.figure) if row else None for row in (spot.ours, spot.others)]
        own, other = sizes
        cells.append(
            (
                TITLES[spot.figure],
                spot.rule,
                spot.least,
                spot.ours.key if spot.ours else "none",
                own,
                spot.others.key if spot.others else "none",
                other,
                other / own if own and other else None,
            )
        )
    yield Table("The knees: fewest bytes that keep the score", columns, tuple(cells))
    yield Words(
        "The rule: of all rows whose mean score over the seeds is no worse than the original's by"
        f" more than {fronts.NEAR:.0%} of it, or by more than one standard error of the original's"
        " (its spread over seeds and the test examples' sampling together), the one of fewest"
        " bytes. Grown rows are held against the original grown alike, and their bytes hold recipe"
        " and examples."
    )


def _plot(rows: Sequence[Row], figure: str, metric: str, *, lower: bool) -> Iterator[Block]:
    made = fronts.coded(rows, figure)
    curves = []
    for name in dict.fromkeys(row.name for row in made):
        own = [row for row in made if row.name == name]
        spots = sorted((_spot(row, figure) for row in own), key=lambda spot: spot.x)
        curves.append(Curve(name, tuple(spots), joined=False))
    best = [_spot(row, figure) for row in fronts.front(rows, figure, lower=lower)]
    edge = tuple(Spot(spot.x, spot.y) for spot in best)
    curves.append(Curve("Pareto front", edge, "limit"))
    levels = [
        (f"control: {row.key}", row.scores[figure].mean)
        for row in rows
        if row.kind in ("original", "random") and figure in row.scores
    ]
    chance = rows[0].first.number("score", "chance")
    if chance is not None:
        levels.append(("control: chance", chance))
    if not made:
        return
    what = "bytes shipped" + (", recipe and examples too" if figure == "grown" else "")
    yield Plot(
        f"{metric}, {TITLES[figure]}, by bytes",
        Axis(what, log=True),
        Axis(metric, log=metric == "perplexity"),
        tuple(curves),
        tuple(levels),
        "Bars: one standard error over the seeds. Original and random start are grown alike.",
    )


def _spot(row: Row, figure: str) -> Spot:
    score = row.scores[figure]
    low, high = score.mean - score.spread, score.mean + score.spread
    bar = (low, high) if score.spread else (None, None)
    return Spot(float(row.bytes_for(figure) or 0), score.mean, *bar)


def _front(rows: Sequence[Row], figure: str, *, lower: bool) -> Table:
    columns = (Column("row"), Column("whose"), Column("bytes", ",.0f"), Column("score", ".4f"))
    cells = tuple(
        (
            row.key,
            "ours" if row.is_ours else "others'",
            row.bytes_for(figure),
            row.scores[figure].mean,
            row.scores[figure].spread,
        )
        for row in fronts.front(rows, figure, lower=lower)
    )
    title = f"The Pareto front {TITLES[figure]}: no other row has fewer bytes and a better score"
    return Table(title, (*columns, Column("±", ".4f")), cells)


def _table(rows: Sequence[Row]) -> Table:
    columns = (
        Column("row"),
        Column("bytes", ",.0f"),
        Column("bits a weight", ".2f"),
        Column("ratio", ".1f"),
        Column("0 steps", ".4f"),
        Column("±", ".4f"),
        Column("KL, nats", ".4g"),
        Column("grown", ".4f"),
        Column("±", ".4f"),
        Column("ONNX bytes", ",.0f"),
    )
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        scores = [
            value
            for figure in FIGURES
            for score in [row.scores.get(figure)]
            for value in ((score.mean, score.spread) if score else (None, None))
        ]
        first = row.first
        name = f"control: {row.key}" if row.kind in ("original", "random") else row.key
        sizes = (row.size, first.number("bits"), first.number("ratio"))
        cells.append(
            (name, *sizes, *scores[:2], first.number("kl"), *scores[2:], first.number("onnx_bytes"))
        )
    return Table("Every row, ± one standard error over the seeds", columns, tuple(cells))


def _absent(document: Document) -> Iterator[Block]:
    cells = tuple(
        dict.fromkeys(
            (result.group, " ".join(result.notes))
            for result in document.results()
            if result.figures.get("reached") is False
        )
    )
    if cells:
        yield Table("Rows that there are not", (Column("row"), Column("why")), cells)


def _taken(document: Document, rows: Sequence[Row]) -> Table:
    columns = (
        Column("row"),
        Column("encode, s", ".3f"),
        Column("decode, s", ".3f"),
        Column("memory, MiB", ".1f"),
        Column("of the process, MiB", ".0f"),
        Column("growing, s", ".2f"),
        Column("ONNX run, ms", ".3f"),
    )
    cells: list[tuple[Cell, ...]] = []
    for row in rows:
        timing = document.timings.get(row.first.key)
        parts = timing.parts if timing else {}
        memory = [parts.get(name) for name in ("encode_bytes", "peak_bytes")]
        run = parts.get("onnx_seconds")
        cells.append(
            (
                row.key,
                parts.get("encode_seconds"),
                parts.get("decode_seconds"),
                *(None if held is None else held / MIB for held in memory),
                parts.get("growing_seconds"),
                None if run is None else run * 1e3,
            )
        )
    title = "Time, and memory that encoding took at its highest, of the first seed"
    return Table(title, columns, tuple(cells))
