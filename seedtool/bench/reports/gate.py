"""What a gate found, as a page."""

from __future__ import annotations

from collections.abc import Sequence

from seedtool.bench.reports.blocks import Column, Page, Table, Words
from seedtool.bench.results.comparison import Change


def gate_page(changes: Sequence[Change]) -> Page:
    """Every figure then and now."""
    columns = (
        Column("of"),
        Column("figure"),
        Column("baseline", ",.6g"),
        Column("now", ",.6g"),
        Column("may be worse by", ",.3g"),
        Column("repeats, then", "d"),
        Column("now", "d"),
        Column("found"),
    )
    rows = tuple(
        (c.group, c.figure, c.then, c.now, c.allowed, *c.repeats, c.state) for c in changes
    )
    worse = sum(change.state in ("worse", "missing") for change in changes)
    told = f"{worse} of {len(changes)} figures are worse than noise explains."
    return Page("Gate", (Table("Against the baseline", columns, rows), Words(told)))
