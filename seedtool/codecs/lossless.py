"""``lossless``: byte planes, each stretch of one coded by what suits it (SPEC 6.4).

Floats are rotated left by one bit, so that the exponent comes first and the
sign goes with the mantissa: after Hershcovitch et al., "ZipNN" (arXiv
2411.05239). Each byte plane is cut into runs that are constant, noise (stored),
loose (left to the container's zstd) or coded (rANS with a table of their own).
A tensor of few distinct values is coded as indices of these instead, and one
that repeats itself otherwise, dequantised by blocks say, is left to zstd as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import rans
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, Params
from seedtool.errors import MalformedError
from seedtool.repeats import repeat_cost
from seedtool.seed import DTYPES, Entry, Part

U8 = npt.NDArray[np.uint8]

CONSTANT, NOISE, LOOSE, CODED = range(4)
FIELDS = ("mode", "low", "symbols", "lanes", "tail", "words", "count")
RUN = np.dtype({"names": FIELDS, "formats": ("u1", "u1", "<u2", "<u4", "<u4", "<u4", "<u4")})
RUN_MAX = 1 << 24  # elements of a run
BLOCK = 1 << 16  # elements that get a mode of their own
SMALL = 1 << 12  # bytes of a tensor below which tables cost more than they save
TABLE_COST = 512.0  # bytes by which a coded run must be worth its table and its time
WORTH = 0.95  # share of a sure size that an estimate must promise
NOISE_WORTH = 0.97  # share of its bytes that coding must get below to be worth its time
HASH = np.arange(1, 16, 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
SAMPLE = 1 << 13  # bytes of a block in which repeats are looked for


@dataclass
class _Run:
    """A stretch of one plane: its first element, length, mode, histogram and bytes."""

    start: int
    count: int
    mode: int
    counts: npt.NDArray[np.int64]
    cost: float


class Codec(base.Codec):
    lossless = True

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        plain = base.plain_bytes(data)
        coded = Coded({"form": "plain"}, (Part(plain),))
        if entry.nbytes < SMALL:
            return coded
        planes = _split(entry, np.frombuffer(plain, np.uint8))
        plans = [_plan(plane) for plane in planes]
        cost = sum(run.cost for plan in plans for run in plan)
        cost_plain = _plain_cost(np.frombuffer(plain, np.uint8)) / WORTH
        indexed = _index(entry, np.frombuffer(plain, np.uint8), min(cost, cost_plain))
        if indexed or cost_plain < cost:
            return indexed or coded
        records: list[tuple[int, ...]] = []
        tables: list[bytes] = []
        loose: list[bytes] = []
        packed: list[bytes] = []
        for plane, plan in zip(planes, plans, strict=True):
            for run in plan:
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


def _plan(plane: U8) -> list[_Run]:
    """Runs that cover the plane: the cheapest mode of each block, neighbours joined."""
    runs: list[_Run] = []
    for start in range(0, plane.size, BLOCK):
        run = _cheapest(start, plane[start : start + BLOCK])
        last = runs[-1] if runs else None
        joint = last and _joined(last, run)
        if joint:
            runs[-1] = joint
        else:
            runs.append(run)
    return runs


def _cheapest(start: int, block: U8) -> _Run:
    counts = np.bincount(block, minlength=256)
    if np.max(counts) == block.size:
        return _Run(start, block.size, CONSTANT, counts, 1.0)
    sample = block[:SAMPLE]
    costs = {
        NOISE: NOISE_WORTH * block.size,
        LOOSE: repeat_cost(sample) * block.size / sample.size / WORTH,
        CODED: _coded_cost(counts),
    }
    mode = min(costs, key=lambda m: costs[m])
    return _Run(start, block.size, mode, counts, costs[mode])


def _coded_cost(counts: npt.NDArray[np.int64]) -> float:
    used = counts[counts > 0]
    total = int(used.sum())
    return float(-(used * np.log2(used / total)).sum()) / 8 + 1.5 * used.size + TABLE_COST


def _joined(last: _Run, run: _Run) -> _Run | None:
    """Both as one run, or None where two are better."""
    if last.mode != run.mode or last.count + run.count > RUN_MAX:
        return None
    counts = last.counts + run.counts
    cost = last.cost + run.cost
    if run.mode == CONSTANT and np.count_nonzero(counts) > 1:
        return None
    if run.mode == CODED:
        joint = _coded_cost(counts)
        if joint > cost:
            return None
        cost = joint
    return _Run(last.start, last.count + run.count, run.mode, counts, cost)


def _plain_cost(plain: U8) -> float:
    """What zstd is thought to make of the plain bytes.

    From eight places among them, and the share of 64-byte pieces that came before.
    """
    size = 4 * SAMPLE
    samples = [plain[at : at + size] for at in range(0, plain.size, max(size, plain.size // 8))]
    rate = sum(map(repeat_cost, samples)) / sum(s.size for s in samples)
    pieces = plain[: plain.size // 64 * 64].view("<u8").reshape(-1, 8)
    hashes = (pieces * HASH).sum(axis=1, dtype=np.uint64)
    return float(plain.size * min(rate, np.unique(hashes).size / hashes.size))


def _index(entry: Entry, plain: U8, limit: float) -> Coded | None:
    """The tensor as indices into its distinct values, if that takes under ``limit`` bytes."""
    words = plain.view(f"<u{DTYPES[entry.dtype].itemsize}")
    if np.unique(words[:BLOCK]).size > rans.SYMBOLS_MAX:
        return None
    values, symbols, counts = np.unique(words, return_inverse=True, return_counts=True)
    bits = -float((counts * np.log2(counts / words.size)).sum())
    if values.size > rans.SYMBOLS_MAX or bits / 8 + values.nbytes + TABLE_COST > limit:
        return None
    table = rans.normalise(counts)
    lanes = rans.lanes_for(words.size, bits / words.size)
    coded, tail = rans.encode(symbols.reshape(-1).astype(np.uint16), table, lanes)
    parts = (
        Part(values.tobytes()),
        Part(table.astype("<u2").tobytes()),
        Part(coded.astype("<u2").tobytes(), packed=True),
    )
    return Coded({"form": "values", "lanes": lanes, "tail": tail}, parts)


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


def _write(run: _Run, values: U8) -> tuple[tuple[int, ...], bytes, bytes]:
    """The record, table and body of a run."""
    low = int(np.flatnonzero(run.counts)[0])
    if run.mode == CONSTANT:
        return (CONSTANT, low, 0, 0, 0, 0, run.count), b"", b""
    if run.mode != CODED:
        return (run.mode, 0, 0, 0, 0, 0, run.count), b"", values.tobytes()
    counts = np.trim_zeros(run.counts)
    table = rans.normalise(counts)
    bits = 8 * (_coded_cost(counts) - TABLE_COST) / run.count
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
