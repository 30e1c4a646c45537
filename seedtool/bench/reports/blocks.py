"""What a report is made of, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from seedtool.bench.results import writing

Cell = str | int | float | bool | None
Role = Literal["measured", "control", "limit"]


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Column:
    """``form``: how a number is written, as Python's format has it; "" for words."""

    title: str
    form: str = ""


@dataclass(frozen=True)
class Table:
    """``rows``: a cell a column, None where there is nothing."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Axis:
    label: str
    log: bool = False


@dataclass(frozen=True)
class Spot:
    """A point of a curve; ``low`` and ``high``: ends of its error bar, or None."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """Spots in the order of x. ``joined``: a line through them."""

    name: str
    spots: tuple[Spot, ...]
    role: Role = "measured"
    joined: bool = True


@dataclass(frozen=True)
class Plot:
    """``levels``: horizontal lines by name, controls that have no x."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    levels: tuple[tuple[str, float], ...] = ()
    about: str = ""


@dataclass(frozen=True)
class Page:
    title: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)


Block = Heading | Words | Table | Plot


def written(cell: Cell, column: Column) -> str:
    """A cell as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str) or not column.form:
        return str(cell)
    return writing.written(cell, column.form)
