"""A page as Markdown. Plots are their curves' names: the numbers stand in the tables."""

from __future__ import annotations

from seedtool.bench.reports.blocks import Block, Heading, Page, Plot, Table, Words, written
from seedtool.bench.reports.letters import printable

# What Markdown or the HTML in it would act on.
ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})


def render(page: Page) -> str:
    """The page, its words with nothing in them that Markdown would act on."""
    return "\n".join([f"# {_safe(page.title)}\n", *map(_block, page.blocks)])


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"## {_safe(block.text)}\n"
        case Words():
            return f"{_safe(block.text)}\n"
        case Table():
            return _table(block)
        case Plot():
            names = ", ".join(curve.name for curve in block.curves)
            return f"Plot (in the report as HTML): {_safe(block.title)}; {_safe(names)}.\n"


def _table(table: Table) -> str:
    sides = ["---:" if column.form else "---" for column in table.columns]
    lines = [_row([_safe(c.title) for c in table.columns]), _row(sides)]
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        lines.append(_row([_safe(written(cell, column)) for cell, column in cells]))
    return f"**{_safe(table.title)}**\n\n" + "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(text: str) -> str:
    return printable(text).translate(ESCAPES)
