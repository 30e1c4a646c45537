"""Trellis-coded quantisation with entropy coding of one stream: rates, points, words.

Fischer and Wang, "Entropy-constrained trellis coded quantization" (1992):
points cost what their tables will make them cost, which a sample tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from seedtool import rans, viterbi
from seedtool.floats import F32
from seedtool.rans import U16
from seedtool.scaleclasses import U8

SYMBOLS_MAX = 1 << 13  # points of one type
REACH_MAX = SYMBOLS_MAX - 8  # largest point that an encoder takes
TABLE_BITS = 12  # of the tables where there are many: they have to stay in the cache
RARE = 0.02  # count given to points that a sample lacks
RATE_MAX = 24.0  # bits that a point is ever thought to cost
BLOCK = 1 << 17  # points counted at a time

I16 = npt.NDArray[np.int16]
Counts = npt.NDArray[np.intp]
Item = TypeVar("Item", bound=np.generic)


@dataclass(frozen=True)
class Layout:
    """Lanes, and how many elements at the end are the stream's tail (SPEC 7)."""

    lanes: int
    tail: int

    @classmethod
    def of(cls, count: int, bits: float) -> Layout:
        """For ``count`` elements of ``bits`` each."""
        lanes = rans.lanes_for(count, bits)
        room = 16 * rans.tail_room(lanes) * 0.95
        return cls(lanes, rans.tail_for(lanes, count, int(room / max(bits, 1e-3))))

    @property
    def tail_lanes(self) -> int:
        return -(-self.lanes // rans.TAIL_DIVISOR)

    def shorter(self) -> Layout:
        """The next try where the tail was too long for its place."""
        return Layout(self.lanes, self.tail * 15 // 16)


@dataclass(frozen=True)
class Stream:
    """A coded stream: the least half point of each table, the tables, the words."""

    lows: list[int]
    tables: list[U16]
    words: U16


def pack(points: I16, classes: U8 | None, count: int, layout: Layout) -> Stream | None:
    """Code points, flat in coded order, by ``count`` classes; None if the tail has no room."""
    least, most = (int(end) >> 1 for end in (points.min(initial=0), points.max(initial=0)))
    width = most - least + 1  # half points from the least of any table to the most
    blocks = [slice(at, at + BLOCK) for at in range(0, points.size, BLOCK)]

    def places(block: slice) -> npt.NDArray[np.intp]:
        """Where in classes x half points x types each point of the block is."""
        place = points[block].astype(np.intp) - 2 * least
        if classes is not None:
            place += 2 * width * classes[block].astype(np.intp)
        return place

    every = np.zeros(2 * count * width, np.intp)
    for block in blocks:
        every += np.bincount(places(block), minlength=every.size)
    by_kind = every.reshape(count, width, 2).transpose(0, 2, 1).reshape(2 * count, width)
    firsts, counts = zip(*map(_trim, by_kind), strict=True)
    bits = max(rans.table_bits(rans.normalise(c)) for c in counts)
    if count > 1:
        widest = max(np.count_nonzero(c) for c in counts)
        bits = min(bits, max(TABLE_BITS, int(widest - 1).bit_length() + 1))
    tables = [rans.normalise(c, bits) for c in counts]
    starts = np.cumsum([0, *map(len, tables[:-1])]) - np.array(firsts)
    lookup = (starts[:, None] + np.arange(width)).astype(np.uint32)
    lookup = lookup.reshape(count, 2, width).transpose(0, 2, 1).reshape(-1)
    symbols = np.empty(points.size, np.uint32)
    for block in blocks:
        lookup.take(places(block), out=symbols[block], mode="clip")
    body = points.size - layout.tail
    words = rans.encode_parts(symbols[:body], symbols[body:], rans.model(*tables), layout.lanes)
    lows = [first + least if c.any() else 0 for first, c in zip(firsts, by_kind, strict=True)]
    return None if words is None else Stream(lows, tables, words)


def _trim(counts: Counts) -> tuple[int, Counts]:
    """Where the counts begin that are not zero, and those from there to the last; or a lone 1."""
    used = np.flatnonzero(counts)
    if not used.size:
        return 0, np.ones(1, counts.dtype)
    return int(used[0]), counts[used[0] : used[-1] + 1]


def code(
    unit: F32, classes: U8 | None, rates: F32, bits: float, *, rate_weight: float, states: int
) -> tuple[Stream, Layout, I16]:
    """Search and pack ``unit``, flat in coded order and in steps; ``bits`` an element, about.

    Also returns the points. ``rates``: float32, classes x points, bits (see :func:`fit`).
    """
    layout = Layout.of(unit.size, bits)
    while True:
        body = unit.size - layout.tail
        points = np.concatenate(
            [
                search(
                    unit[part],
                    classes if classes is None else classes[part],
                    lanes,
                    rates,
                    rate_weight=rate_weight,
                    states=states,
                )
                for part, lanes in (
                    (slice(0, body), layout.lanes),
                    (slice(body, None), layout.tail_lanes),
                )
            ]
        )
        stream = pack(points, classes, len(rates), layout)
        if stream is not None:
            return stream, layout, points
        layout = layout.shorter()


def search(
    unit: F32, classes: U8 | None, lanes: int, rates: F32, *, rate_weight: float, states: int
) -> I16:
    """The points of a stream, flat; its last step is filled up with zeros."""
    reach = int(np.max(np.abs(unit), initial=0)) + 6
    wide = spread(rates, reach) * np.float32(rate_weight)
    of = None if classes is None else _rows(classes, lanes)
    found = viterbi.search(_rows(unit, lanes), wide, reach, states, of)
    return found.reshape(-1)[: unit.size]


def spread(rates: F32, reach: int) -> F32:
    """``rates`` from point -reach to reach, whatever they reached to before."""
    wide = np.full((len(rates), 2 * reach + 1), RATE_MAX, np.float32)
    known = rates.shape[1] // 2
    inner = min(reach, known)
    wide[:, reach - inner : reach + inner + 1] = rates[:, known - inner : known + inner + 1]
    return wide


def _rows(flat: npt.NDArray[Item], lanes: int) -> npt.NDArray[Item]:
    padded = np.zeros((-(-flat.size // lanes), lanes), flat.dtype)
    padded.reshape(-1)[: flat.size] = flat
    return padded


def fit(
    unit: F32,
    classes: U8 | None,
    rates: F32 | None,
    *,
    count: int,
    lanes: int,
    rate_weight: float,
    states: int,
) -> tuple[F32, float]:
    """Bits of each point as a sample takes them, and its entropy; ``rates`` to begin with.

    ``unit``: a sample, flat, in steps; ``classes`` its classes of ``count``.
    """
    reach = int(np.max(np.abs(unit), initial=0)) + 6
    point = np.arange(-reach, reach + 1)
    of = np.zeros(unit.size, np.intp) if classes is None else classes.astype(np.intp)
    if rates is None:
        power = np.bincount(of, np.square(unit, dtype=np.float64), count)
        many = np.bincount(of, minlength=count)
        deviation = np.sqrt(power / np.maximum(many, 1)) + 0.05
        normal = np.exp(-0.5 * np.square(point / deviation[:, None])) * (many[:, None] + 1)
        rates, _ = fit(
            unit,
            classes,
            _bits(normal, point),
            count=count,
            lanes=lanes,
            rate_weight=rate_weight,
            states=states,
        )
    points = search(unit, classes, lanes, rates, rate_weight=rate_weight, states=states)
    counts = np.bincount(of * point.size + points + reach, minlength=count * point.size)
    table = counts.reshape(count, point.size).astype(np.float64)
    fitted = _bits(table, point)
    return fitted, float(np.sum(table * fitted)) / max(unit.size, 1)


def _bits(counts: npt.NDArray[Any], point: npt.NDArray[np.int64]) -> F32:
    """Bits of each point of each class among those of its type (the even or the odd ones)."""
    likely = counts + RARE
    odd = point % 2 == 1
    total = np.where(odd, likely[:, odd].sum(1)[:, None], likely[:, ~odd].sum(1)[:, None])
    rates: F32 = np.minimum(-np.log2(likely / total), RATE_MAX).astype(np.float32)
    return rates
