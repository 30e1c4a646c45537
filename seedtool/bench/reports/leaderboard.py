"""Several documents as one page; a column holds figures of one bench on one set of data alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seedtool.bench.inference import student
from seedtool.bench.reports.blocks import (
    Axis,
    Block,
    Cell,
    Column,
    Curve,
    Heading,
    Page,
    Plot,
    Spot,
    Table,
    Words,
)
from seedtool.bench.results.document import Document
from seedtool.errors import UsageError

Named = tuple[str, Document]


def board(documents: Sequence[Named]) -> Page:
    """A table for each bench and data, the best first, with a row for what each repeats.

    Data are told apart by their digests, and where a bench has none, models are. UsageError
    where there is nothing to show.
    """
    if not documents:
        raise UsageError("there is no document to show")
    by_data: dict[tuple[str, str], list[Named]] = {}
    for name, document in documents:
        by_data.setdefault((document.bench, _digest(document)), []).append((name, document))
    blocks: list[Block] = [
        Words(
            "Figures of different data never stand in one column: data are told apart by the"
            " SHA-256 of their content. Means of repeats, ± half of their 95 % interval."
        )
    ]
    for (bench, digest), held in by_data.items():
        blocks += _section(bench, digest, held)
    return Page("Leaderboard", tuple(blocks))


def _digest(document: Document) -> str:
    held = document.inputs.get("data") or document.inputs.get("model")
    return held.sha256 if held else ""


def _section(bench: str, digest: str, held: Sequence[Named]) -> Iterator[Block]:
    first = held[0][1]
    of = "data" if "data" in first.inputs else "model"
    name = first.inputs[of].name if of in first.inputs else "made by the bench itself"
    yield Heading(f"{bench}: {name}" + (f", {of} {digest[:16]}" if digest else ""))
    figures = [n for n, m in first.measures.items() if m.better and _is_held(n, held)]
    rows = [row for file, document in held for row in _rows(file, document, figures)]
    if not figures or not rows:
        yield Words("No document has a figure that can be better or worse.")
        return
    lower = first.measures[figures[0]].better == "lower"
    rows.sort(key=lambda row: _order(row[2], lower))
    columns = [Column("document"), Column("point")]
    for figure in figures:
        unit = first.measures[figure].unit
        named = figure + (f", {unit}" if unit and not figure.endswith(unit) else "")
        columns += [Column(named, ",.6g"), Column("±", ",.2g")]
    yield _without_empty(Table(f"Ordered by {figures[0]}", tuple(columns), tuple(rows)))
    yield from _plot(held)


def _without_empty(table: Table) -> Table:
    """The table without columns that hold nothing: what was done once has no interval."""
    full = [
        i
        for i, cells in enumerate(zip(*table.rows, strict=True))
        if any(c is not None for c in cells)
    ]
    rows = tuple(tuple(row[i] for i in full) for row in table.rows)
    return Table(table.title, tuple(table.columns[i] for i in full), rows)


def _is_held(figure: str, held: Sequence[Named]) -> bool:
    return any(r.number(figure) is not None for _, d in held for r in d.results())


def _rows(file: str, document: Document, figures: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    for group in dict.fromkeys(r.group for r in document.results()):
        repeats = [r for r in document.results() if r.group == group]
        cells: list[Cell] = []
        for figure in figures:
            values = [v for r in repeats if (v := r.number(figure)) is not None]
            cells.append(student.mean_and_deviation(values)[0] if values else None)
            cells.append(student.half_interval(values) if len(values) > 1 else None)
        if any(cell is not None for cell in cells):
            yield (file, group, *cells)


def _order(cell: Cell, lower: bool) -> tuple[bool, float]:
    if not isinstance(cell, (int, float)):
        return True, 0.0
    return False, cell if lower else -cell


def _plot(held: Sequence[Named]) -> Iterator[Block]:
    """Scores by bytes, a curve a document, where documents have both."""
    curves = []
    for file, document in held:
        spots = []
        for group in dict.fromkeys(r.group for r in document.results()):
            repeats = [r for r in document.results() if r.group == group]
            size, score = (
                [v for r in repeats if (v := r.number(f)) is not None] for f in ("bytes", "score")
            )
            if size and score:
                mean, half = student.mean_and_deviation(score)[0], student.half_interval(score)
                ends = (mean - half, mean + half) if half else (None, None)
                spots.append(Spot(student.mean_and_deviation(size)[0], mean, *ends))
        if spots:
            curves.append(Curve(file, tuple(sorted(spots, key=lambda s: s.x)), joined=False))
    if curves:
        x = Axis("bytes of the seed", log=True)
        yield Plot("Score by bytes", x, Axis("score"), tuple(curves))
