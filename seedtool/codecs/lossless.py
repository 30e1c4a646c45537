"""``lossless``: byte planes, each stretch of one coded by what suits it (SPEC 6.4).

Floats are rotated left by one bit, so that the exponent comes first and the
sign goes with the mantissa: after Hershcovitch et al., "ZipNN" (arXiv
2411.05239). Each byte plane is cut into runs that are constant, noise (stored),
loose (left to the container's zstd) or coded (rANS with a table of their own).
A tensor of few distinct values is coded as indices of these instead, and one
that repeats itself otherwise, dequantised by blocks say, is left to zstd as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import rans
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, Params
from seedtool.errors import MalformedError
from seedtool.planes import (
    BLOCK,
    CODED,
    CONSTANT,
    LOOSE,
    NOISE,
    RUN_MAX,
    TABLE_COST,
    WORTH,
    Run,
    coded_cost,
    cut,
    plain_cost,
)
from seedtool.seed import DTYPES, Entry, Part

U8 = npt.NDArray[np.uint8]

FIELDS = ("mode", "low", "symbols", "lanes", "tail", "words", "count")
RUN = np.dtype({"names": FIELDS, "formats": ("u1", "u1", "<u2", "<u4", "<u4", "<u4", "<u4")})
SMALL = 1 << 12  # bytes of a tensor below which tables cost more than they save


class Codec(base.Codec):
    lossless = True

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        plain = base.plain_bytes(data)
        coded = Coded({"form": "plain"}, (Part(plain),))
        if entry.nbytes < SMALL:
            return coded
        planes = _split(entry, np.frombuffer(plain, np.uint8))
        plans = [cut(plane) for plane in planes]
        cost = sum(run.cost for runs in plans for run in runs)
        cost_plain = plain_cost(np.frombuffer(plain, np.uint8)) / WORTH
        indexed = _index(entry, np.frombuffer(plain, np.uint8), min(cost, cost_plain))
        if indexed or cost_plain < cost:
            return indexed or coded
        records: list[tuple[int, ...]] = []
        tables: list[bytes] = []
        loose: list[bytes] = []
        packed: list[bytes] = []
        for plane, runs in zip(planes, plans, strict=True):
            for run in runs:
                record, table, body = _write(run, plane[run.start : run.start + run.count])
                records.append(record)
                tables.append(table)
                (loose if run.mode == LOOSE else packed).append(body)
        parts = (
            Part(np.array(records, RUN).tobytes()),
            Part(b"".join(tables)),
            Part(b"".join(loose)),
            Part(b"".join(packed), packed=True),
        )
        return Coded({"form": "planes"}, parts)

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        form = params.text("form")
        kind = base.storage(entry)
        if form == "values":
            return _look_up(entry, params, parts)
        params.done()
        if form == "plain":
            base.expect_parts(parts, 1, "lossless")
            return base.view(parts[0], kind.str, entry.size, "plain data").reshape(entry.shape)
        if form != "planes":
            raise MalformedError(f"lossless: the form {form!a} is not known")
        base.expect_parts(parts, 4, "lossless")
        return _join(entry, parts).view(kind).reshape(entry.shape)


def _turns(entry: Entry) -> bool:
    return DTYPES[entry.dtype].is_float and DTYPES[entry.dtype].itemsize > 1


def _split(entry: Entry, plain: U8) -> list[U8]:
    """The byte planes, most significant first."""
    width = DTYPES[entry.dtype].itemsize
    words = plain.view(f"<u{width}")
    if _turns(entry):
        one, rest = words.dtype.type(1), words.dtype.type(8 * width - 1)
        words = (words << one) | (words >> rest)
    rows = words.view(np.uint8).reshape(-1, width)
    return [np.ascontiguousarray(rows[:, at]) for at in reversed(range(width))]


def _index(entry: Entry, plain: U8, limit: float) -> Coded | None:
    """The tensor as indices into its distinct values, if that takes under ``limit`` bytes."""
    words = plain.view(f"<u{DTYPES[entry.dtype].itemsize}")
    if np.unique(words[:BLOCK]).size > rans.SYMBOLS_MAX:
        return None
    values, symbols, counts = _distinct(words)
    bits = -float((counts * np.log2(counts / words.size)).sum())
    if values.size > rans.SYMBOLS_MAX or bits / 8 + values.nbytes + TABLE_COST > limit:
        return None
    table = rans.normalise(counts)
    lanes = rans.lanes_for(words.size, bits / words.size)
    coded, tail = rans.encode(symbols.astype(np.uint16), table, lanes)
    parts = (
        Part(values.tobytes()),
        Part(table.astype("<u2").tobytes()),
        Part(coded.astype("<u2").tobytes(), packed=True),
    )
    return Coded({"form": "values", "lanes": lanes, "tail": tail}, parts)


def _distinct(
    words: npt.NDArray[Any],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The distinct words, each word's place among them, and how often each occurs."""
    if words.itemsize > 2:
        values, places, counts = np.unique(words, return_inverse=True, return_counts=True)
        return values, places.reshape(-1), counts
    every = np.bincount(words)
    used = np.flatnonzero(every)
    place_of = np.zeros(every.size, np.uint16)
    place_of[used] = np.arange(used.size)
    return used.astype(words.dtype), place_of[words], every[used]


def _look_up(entry: Entry, params: Params, parts: Buffers) -> Array:
    """The tensor from indices into its distinct values."""
    lanes = params.integer("lanes", 1, rans.LANES_MAX)
    tail = params.integer("tail", 0, entry.size)
    params.done()
    base.expect_parts(parts, 3, "lossless")
    kind = base.storage(entry)
    symbols = memoryview(parts[0]).nbytes // kind.itemsize
    if not 1 <= symbols <= rans.SYMBOLS_MAX:
        raise MalformedError("lossless: no or too many values")
    values = base.view(parts[0], f"<u{kind.itemsize}", symbols, "values")
    if np.any(values[1:] <= values[:-1]):
        raise MalformedError("lossless: the values do not ascend")
    table = base.view(parts[1], "<u2", symbols, "a frequency table").astype(np.uint16)
    words = base.view(parts[2], "<u2", memoryview(parts[2]).nbytes // 2, "coded words")
    out = base.allocate(entry.size, values.dtype)
    rans.decode(words, table, lanes, tail, values, out)
    return out.view(kind).reshape(entry.shape)


def _write(run: Run, values: U8) -> tuple[tuple[int, ...], bytes, bytes]:
    """The record, table and body of a run."""
    low = int(np.flatnonzero(run.counts)[0])
    if run.mode == CONSTANT:
        return (CONSTANT, low, 0, 0, 0, 0, run.count), b"", b""
    if run.mode != CODED:
        return (run.mode, 0, 0, 0, 0, 0, run.count), b"", values.tobytes()
    counts = np.trim_zeros(run.counts)
    table = rans.normalise(counts)
    bits = 8 * (coded_cost(counts) - TABLE_COST) / run.count
    # Twice the usual lanes: 0.5 % of a plane that is a tenth of all, for twice the speed.
    lanes = rans.lanes_for(run.count, 2 * bits)
    words, tail = rans.encode((values - np.uint8(low)).astype(np.uint16), table, lanes)
    record = (CODED, low, table.size, lanes, tail, words.size, run.count)
    return record, table.astype("<u2").tobytes(), words.astype("<u2").tobytes()


class _Cursor:
    """A part read from its start to its end, no byte twice."""

    def __init__(self, part: bytes | bytearray | memoryview, name: str) -> None:
        self._data = np.frombuffer(part, np.uint8)
        self._name = name
        self._at = 0

    def take(self, size: int) -> U8:
        if size > self._data.size - self._at:
            raise MalformedError(f"lossless: the {self._name} end too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def done(self) -> None:
        if self._at != self._data.size:
            raise MalformedError(f"lossless: {self._name} are left over")


def _join(entry: Entry, parts: Buffers) -> npt.NDArray[Any]:
    """The tensor as unsigned words, one-dimensional, from its runs (SPEC 6.4)."""
    width = DTYPES[entry.dtype].itemsize
    runs = base.view(parts[0], "V20", memoryview(parts[0]).nbytes // RUN.itemsize, "runs").view(RUN)
    if int(runs["count"].sum(dtype=np.uint64)) != entry.nbytes:
        raise MalformedError("lossless: the runs cover another number of bytes than there are")
    tables, loose = _Cursor(parts[1], "tables"), _Cursor(parts[2], "loose bytes")
    packed = _Cursor(parts[3], "packed bytes")
    words = base.allocate(entry.size, f"<u{width}")
    rows = words.view(np.uint8).reshape(-1, width)
    plane, at = width - 1, 0
    for row in runs:
        run = dict(zip(FIELDS, row.tolist(), strict=True))
        count = run["count"]
        if not 1 <= count <= min(RUN_MAX, entry.size - at):
            raise MalformedError("lossless: a run is empty, too long or leaves its plane")
        rows[at : at + count, plane] = _read(run, tables, loose, packed)
        at += count
        if at == entry.size:
            plane, at = plane - 1, 0
    for cursor in (tables, loose, packed):
        cursor.done()
    if _turns(entry):
        one, rest = words.dtype.type(1), words.dtype.type(8 * width - 1)
        for start in range(0, words.size, BLOCK):
            block = words[start : start + BLOCK]
            block[...] = (block >> one) | (block << rest)
    return words


def _read(run: dict[str, int], tables: _Cursor, loose: _Cursor, packed: _Cursor) -> Any:
    """The bytes of a run, or the one byte that it repeats."""
    mode, low, count = run["mode"], run["low"], run["count"]
    symbols, lanes, tail = run["symbols"], run["lanes"], run["tail"]
    if mode != CODED and (symbols or lanes or tail or run["words"] or (low and mode != CONSTANT)):
        raise MalformedError("lossless: a run states what its mode has no use for")
    if mode == CONSTANT:
        return np.uint8(low)
    if mode == NOISE:
        return packed.take(count)
    if mode == LOOSE:
        return loose.take(count)
    if mode != CODED:
        raise MalformedError(f"lossless: the mode {mode} is not known")
    if not 1 <= symbols <= 256 - low or not 1 <= lanes <= rans.LANES_MAX:
        raise MalformedError("lossless: a run has an impossible table or number of lanes")
    table = tables.take(2 * symbols).view("<u2").astype(np.uint16)
    words = packed.take(2 * run["words"]).view("<u2").astype(np.uint16)
    out = np.empty(count, np.uint8)
    alphabet = np.arange(low, low + symbols).astype(np.uint8)
    rans.decode(words, table, lanes, tail, alphabet, out)
    return out
