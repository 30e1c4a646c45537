"""A page's tables as CSV, one under another, each with its title in a line of its own."""

from __future__ import annotations

import csv
import io

from seedtool.bench.reports.blocks import Cell, Page, Table

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def render(page: Page) -> str:
    """Numbers in full; words that a spreadsheet would take for a formula begin with a quote."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    tables = [block for block in page.blocks if isinstance(block, Table)]
    for at, table in enumerate(tables):
        writer.writerows([[]] if at else [])
        writer.writerow([_cell(table.title)])
        writer.writerow([_cell(column.title) for column in table.columns])
        writer.writerows([[_cell(cell) for cell in row] for row in table.rows])
    return text.getvalue()


def _cell(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
