"""trellis with classes, steps of rows and columns, and both orders: ok_trellis_* (SPEC 6.10)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from making.build import Made
from making.codec_trellis import AIMS, STEP, params_of, trellis
from making.codec_trellis_coder import joined, stream, tables_of, walk
from making.register import vector

SHAPE = [12, 16]
LARGEST = 1816  # the code of 2^100


@dataclass(frozen=True)
class Cut:
    """Classes as SPEC 6.10 has them."""

    count: int
    floor: int
    shift: int
    row: list[int]
    column: list[int]

    def of(self, r: int, c: int) -> int:
        above = max(self.row[r] + self.column[c] - self.floor, 0)
        return min(above >> self.shift, self.count - 1)


CUT = Cut(4, 20, 3, [3 * r for r in range(12)], [2 * (c * 5 % 16) for c in range(16)])


def steps_of(codes: list[int]) -> np.ndarray:
    return (np.array(codes, "<u4") << 20).view("<f4")


def matrix(
    cut: Cut | None = None,
    *,
    shape: list[int] | None = None,
    order: str = "rows",
    rows: list[int] | None = None,
    columns: list[int] | None = None,
    lanes: int = 4,
    tail: int = 0,
    states: int = 8,
    bits: int = 6,
    step: float = STEP,
    dtype: str = "F32",
    kind: str = "<f4",
    codes: list[bytes] | None = None,
    rounded: np.ndarray | None = None,
    stated: dict[str, Any] | None = None,
) -> Made:
    """Numbers in a tensor, coded well but for what is given.

    ``rows`` and ``columns`` are the codes of steps; ``codes`` replaces the parts after the words,
    ``rounded`` the elements, and ``stated`` single params, those of None being left out.
    """
    shape = SHAPE if shape is None else shape
    height, width = (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))
    places = [(r, c) for c in range(width) for r in range(height)]
    if order == "rows":
        places.sort()
    classes = [cut.of(r, c) if cut else 0 for r, c in places]
    aims = [AIMS[i % len(AIMS)] * (k + 1) // 4 for i, k in enumerate(classes)]
    points = walk(aims, lanes, tail, states, classes=classes, count=cut.count if cut else 1)
    tables, lows = tables_of(points, bits)
    values = np.zeros((height, width), "<f4")
    for (r, c), number in zip(places, points.numbers, strict=True):
        values[r, c] = number
    further = [bytes(cut.row), bytes(cut.column)] if cut else []
    params = {**params_of(points, [len(t) for t in tables], lows), "order": order, "step": step}
    if cut:
        params |= {"floor": cut.floor, "shift": cut.shift}
    with np.errstate(over="ignore"):
        values *= np.float32(step)
        if rows is not None:
            values *= steps_of(rows)[:, None]
            params["row_step"] = min(rows)
            further.append(bytes(code - min(rows) for code in rows))
        if columns is not None:
            values *= steps_of(columns)
            params["column_step"] = min(columns)
            further.append(bytes(code - min(columns) for code in columns))
        elements = (values.astype(kind) if rounded is None else rounded).tobytes()
    parts = [joined(tables), stream(points, tables, lows), *(further if codes is None else codes)]
    return trellis(parts, elements, shape, dtype, **{**params, **(stated or {})})


ROWS = [1008 + 3 * r for r in range(12)]  # from 1/2 on, with every mantissa
COLUMNS = [1027 - 2 * c for c in range(16)]


@vector()
def ok_trellis_classes() -> Made:
    """Four classes, the least and the largest sums beyond them both."""
    found = {CUT.of(r, c) for r in range(12) for c in range(16)}
    sums = [r + c for r in CUT.row for c in CUT.column]
    assert found == {0, 1, 2, 3}
    assert min(sums) < CUT.floor
    assert (max(sums) - CUT.floor) >> CUT.shift > 3
    return matrix(CUT)


@vector()
def ok_trellis_classes_columns() -> Made:
    """Four classes where the symbols go down the columns."""
    return matrix(CUT, order="columns", states=16)


@vector()
def ok_trellis_classes_1() -> Made:
    """Four classes and 1 state."""
    return matrix(CUT, states=1)


@vector()
def ok_trellis_classes_tail() -> Made:
    """A tail's symbols are of their own elements' classes; its walks begin at 0."""
    return matrix(CUT, lanes=64, tail=60, states=32)


@vector()
def ok_trellis_classes_tail_columns() -> Made:
    """A tail that goes down the last columns."""
    return matrix(CUT, lanes=64, tail=60, order="columns")


@vector()
def ok_trellis_classes_two() -> Made:
    """Two classes, the fewest that are stated; those of rows alone."""
    return matrix(Cut(2, 7, 0, [7, 8] * 6, [0] * 16))


@vector()
def ok_trellis_classes_32() -> Made:
    """32 classes, as many as there may be, and tables of 2^15."""
    cut = Cut(32, 0, 0, list(range(12)), [0, *range(5, 20)])
    return matrix(cut, bits=15)


@vector()
def ok_trellis_classes_unused() -> Made:
    """Three classes of which one has an element."""
    return matrix(Cut(3, 0, 1, [0] * 12, [2] * 16))


@vector()
def ok_trellis_classes_sum() -> Made:
    """Codes of 255, whose sum 510 is taken whole, and a shift of 7."""
    return matrix(Cut(32, 0, 7, [255, 1] * 6, [255, 0] * 8))


@vector()
def ok_trellis_classes_floor() -> Made:
    """A floor of 510, which no sum is above: class 0 alone."""
    return matrix(Cut(2, 510, 0, [255, 1] * 6, [255, 0] * 8))


@vector()
def ok_trellis_classes_convolution() -> Made:
    """Four dimensions: columns are those of the last three together."""
    cut = Cut(3, 2, 1, [0, 1, 4], [c % 6 for c in range(18)])
    return matrix(cut, shape=[3, 2, 3, 3])


@vector()
def ok_trellis_classes_vector() -> Made:
    """One dimension: one row and a code for each element."""
    return matrix(Cut(3, 9, 1, [9], list(range(20))), shape=[20])


@vector()
def ok_trellis_classes_scalar() -> Made:
    """No dimension: one row and one column."""
    return matrix(Cut(2, 0, 0, [0], [1]), shape=[], lanes=1)


@vector()
def ok_trellis_classes_empty() -> Made:
    """Codes of rows that hold no element."""
    return matrix(Cut(2, 0, 0, [0, 1, 2], []), shape=[3, 0], lanes=1)


@vector()
def ok_trellis_columns() -> Made:
    """One class where the symbols go down the columns."""
    return matrix(order="columns", lanes=5)


@vector()
def ok_trellis_columns_convolution() -> Made:
    """Four dimensions: symbols go down the columns of all but the first."""
    return matrix(order="columns", shape=[3, 2, 3, 3])


@vector()
def ok_trellis_columns_vector() -> Made:
    """One dimension: columns of one element each, so that the orders are the same."""
    return matrix(order="columns", shape=[20])


@vector()
def ok_trellis_columns_empty() -> Made:
    """2^40 rows of no elements."""
    return matrix(order="columns", shape=[1 << 40, 0], lanes=1)


@vector()
def ok_trellis_row_step() -> Made:
    """A step for each row."""
    return matrix(rows=ROWS)


@vector()
def ok_trellis_column_step() -> Made:
    """A step for each column."""
    return matrix(columns=COLUMNS)


@vector()
def ok_trellis_both_steps() -> Made:
    """Steps of rows and of columns: three products, each of which is rounded."""
    return matrix(rows=ROWS, columns=COLUMNS)


@vector()
def ok_trellis_everything() -> Made:
    """Classes, steps of rows and of columns, down the columns, with a tail."""
    return matrix(CUT, rows=ROWS, columns=COLUMNS, order="columns", lanes=64, tail=60, states=32)


@vector()
def ok_trellis_everything_bf16() -> Made:
    """Classes and steps of columns down the columns of bfloat16."""
    made = matrix(CUT, columns=COLUMNS, order="columns", step=0.5)
    values = np.frombuffer(made.tensors["w"], "<u4").astype("<u8")
    rounded = (values + (values >> 16 & 1) + 0x7FFF >> 16).astype("<u2")
    return matrix(CUT, columns=COLUMNS, order="columns", step=0.5, dtype="BF16", rounded=rounded)


@vector()
def ok_trellis_steps_f16() -> Made:
    """Steps of rows and columns in float16: rounded once, after the last product."""
    return matrix(rows=ROWS, columns=COLUMNS, dtype="F16", kind="<f2")


@vector()
def ok_trellis_steps_vector() -> Made:
    """One dimension: one row's step and a column's for each element."""
    return matrix(shape=[20], rows=[1013], columns=list(range(1000, 1020)))


@vector()
def ok_trellis_steps_overflow() -> Made:
    """Products beyond float32: infinities, which small steps of columns leave as they are."""
    return matrix(rows=[LARGEST] * 12, columns=[216 + c for c in range(16)], step=2.0**100)


@vector()
def ok_trellis_steps_underflow() -> Made:
    """Products below float32's normal numbers: subnormal ones, zeros, and zeros below zero."""
    rows = [600 + 23 * r for r in range(12)]
    return matrix(rows=rows, columns=[800 + 16 * c for c in range(16)], step=2.0**-80)
