"""Scale classes: which of several tables codes a weight, by its row's and its column's spread.

A weight's spread is close to a product of one number a row and one a column,
each stored as a byte in eighths of an octave; their sum, cut into a few
classes, picks the table (SPEC 6.10).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool.floats import F32

CLASSES_MAX = 32
SHIFT_MAX = 7
SUM_MAX = 2 * 255  # of a row's and a column's code
BLOCK = 1 << 16  # weights whose classes are looked up at a time
FINE = 8  # codes an octave
COARSE = 2  # the encoder's codes are multiples of it: a finer class saves less than its code takes
SAMPLE = 1 << 16  # weights that the choice of classes looks at
EDGE = 0.01  # share of the weights that the first and last class hold at least
TABLE_BYTES = 1.3  # what a symbol's frequency costs after zstd
CODE_BYTES = 0.45  # what a row's or a column's code costs after zstd

U8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Classes:
    """The class of weight (r, c) is min(max(row[r] + column[c] - floor, 0) >> shift, count - 1).

    ``row``, ``column``: uint8, one a row and a column of the matrix.
    """

    count: int
    floor: int
    shift: int
    row: U8
    column: U8

    def at(self, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp]) -> U8:
        """The classes of the weights in these rows and columns."""
        found: U8 = self._lookup()[self.row[row].astype(np.intp) + self.column[column]]
        return found

    def _lookup(self) -> U8:
        above = np.maximum(np.arange(SUM_MAX + 1) - self.floor, 0) >> self.shift
        lookup: U8 = np.minimum(above, self.count - 1).astype(np.uint8)
        return lookup

    def matrix(self) -> U8:
        """The class of every weight, rows x columns."""
        lookup = self._lookup()
        row, column = self.row.astype(np.intp)[:, None], self.column.astype(np.intp)
        out = np.empty((self.row.size, self.column.size), np.uint8)
        height = max(1, BLOCK // max(self.column.size, 1))
        for at in range(0, self.row.size, height):
            block = slice(at, at + height)
            lookup.take(row[block] + column, out=out[block], mode="clip")
        return out


def fit(matrix: F32) -> tuple[U8, U8]:
    """Codes of rows and columns whose sums follow the logarithm of the weights' spread."""
    power = np.square(matrix, dtype=np.float32)
    tiny = np.float32(max(float(power.mean()) * 1e-6, 1e-38))
    column = np.ones(matrix.shape[1], np.float32)
    row = np.ones(matrix.shape[0], np.float32)
    for _ in range(3):
        row = power @ (1 / column) / matrix.shape[1] + tiny
        column = (1 / row) @ power / matrix.shape[0] + np.float32(1e-6)
    return _codes(row), _codes(column)


def _codes(power: F32) -> U8:
    code = np.rint(FINE / COARSE / 2 * np.log2(power)) * COARSE
    codes: U8 = np.clip(code - code.max() + 255, 0, 255).astype(np.uint8)
    return codes


def choose(row: U8, column: U8, unit: F32) -> Classes | None:
    """The cut into classes that saves most bytes, None if one table is as good.

    ``unit``: the weights in steps, rows x columns, as a scalar quantiser would round them.
    """
    stride = max(1, unit.size // SAMPLE)
    at = np.arange(0, unit.size, stride)
    points = np.rint(unit.reshape(-1)[at]).astype(np.int64)
    best, least = None, _bytes(points, np.zeros_like(points), unit.size)
    for rows, columns in (
        (row, column),
        (row, np.zeros_like(column)),
        (np.zeros_like(row), column),
    ):
        sums = rows[at // column.size].astype(np.int64) + columns[at % column.size]
        below = np.cumsum(np.bincount(sums))
        low, high = (int(np.searchsorted(below, q * sums.size)) for q in (EDGE, 1 - EDGE))
        codes = CODE_BYTES * (row.size * bool(rows.any()) + column.size * bool(columns.any()))
        for shift in (4, 3, 2, 1):
            count = min((high - low >> shift) + 1, CLASSES_MAX)
            if count < 2:
                continue
            cut = Classes(count, max(low, 0), shift, rows, columns)
            classes = np.minimum(np.maximum(sums - cut.floor, 0) >> shift, count - 1)
            size = _bytes(points, classes, unit.size) + codes
            if size < least:
                best, least = cut, size
    return best


def _bytes(points: npt.NDArray[np.int64], classes: npt.NDArray[np.int64], elements: int) -> float:
    """Bytes of all ``elements`` by the order-0 entropy of a sample in each class, with tables."""
    reach = int(np.max(np.abs(points), initial=0))
    width = 2 * reach + 1
    if width * (int(classes.max(initial=0)) + 1) > 1 << 22:
        return math.inf
    counts = np.bincount(classes * width + points + reach, minlength=width)
    counts = np.concatenate([counts, np.zeros(-counts.size % width, counts.dtype)])
    table = counts.reshape(-1, width)
    used = table > 0
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    bits = -float(np.sum(table[used] * np.log2(share[used])))
    # A sample's entropy is short of the source's by about half a bit's nat a symbol.
    bits += float(used.sum()) * 0.5 / math.log(2)
    return bits / 8 * elements / max(points.size, 1) + TABLE_BYTES * float(used.sum()) * 2
