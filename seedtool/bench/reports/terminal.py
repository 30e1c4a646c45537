"""A page as lines for a terminal; whoever prints them makes them safe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seedtool.bench.reports.blocks import Block, Heading, Page, Plot, Table, Words, written


@dataclass(frozen=True)
class Grid:
    """A table as texts; ``right``: columns of numbers."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int]


def render(page: Page) -> Iterator[str | Grid]:
    """Lines and grids, the title first; of a plot nothing, its figures stand in the tables."""
    yield page.title
    for block in page.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str | Grid]:
    match block:
        case Heading():
            yield f"{block.text}:"
        case Words():
            yield block.text
        case Table():
            head = tuple(column.title for column in block.columns)
            rows = tuple(
                tuple(written(c, column) for c, column in zip(row, block.columns, strict=True))
                for row in block.rows
            )
            right = frozenset(i for i, column in enumerate(block.columns) if column.form)
            yield Grid(block.title, (head, *rows), right)
        case Plot():
            pass
