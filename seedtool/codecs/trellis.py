"""``trellis``: dependent quantisation and interleaved rANS (SPEC 6.10).

As ``quant``, but every lane walks a trellis whose state says whether a weight
lies on the even or the odd points of a grid of half the distance: the same
rate at 1.1 to 1.3 dB less noise. :mod:`seedtool.viterbi` finds the points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import rans, viterbi
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, NotCodableError, Params
from seedtool.errors import MalformedError, UsageError
from seedtool.floats import CODABLE, F32, from_float32, to_float32
from seedtool.rans import U16, U32
from seedtool.seed import SCALE_MAX, SCALE_MIN, Entry, Part

SYMBOLS_MAX = 1 << 13  # points of one type
REACH_MAX = SYMBOLS_MAX - 8  # largest point that an encoder takes
LOW_MAX = 1 << 14
SAMPLE_STEPS, SAMPLE_LANES = 128, 256
SEARCHES, CLOSE = 8, 0.004  # for a step, and the bits it may miss the target by
RARE = 0.02  # count given to points that a sample lacks
RATE_MAX = 24.0  # bits that a point is ever thought to cost


@dataclass(frozen=True)
class Options:
    """``bits``: entropy per weight to aim at; ``step`` (between all points) overrides it.

    ``states`` of the trellis: 8, 16 or 32. ``rate_weight``: what a bit is worth in
    squared steps; 0.35 was the best of three tried from 1.5 to 4 bits, or near it.
    """

    bits: float = 4.0
    step: float = 0.0
    states: int = 32
    rate_weight: float = 0.35

    def __post_init__(self) -> None:
        if not 0 < self.bits <= 12:
            raise UsageError(f"bits must lie in 0..12, not {self.bits}")
        if self.step and not SCALE_MIN <= self.step <= SCALE_MAX:
            raise UsageError(f"step must lie in 2^-100..2^100, not {self.step}")
        if self.states not in viterbi.FEEDBACK:
            raise UsageError(f"states are 8, 16 or 32, not {self.states}")
        if not 0 <= self.rate_weight <= 10:
            raise UsageError(f"rate_weight must lie in 0..10, not {self.rate_weight}")


class Codec(base.Codec):
    Options = Options

    def accepts(self, entry: Entry) -> bool:
        return entry.dtype in CODABLE

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        values = to_float32(data, entry.dtype).reshape(-1)
        if not np.all(np.isfinite(values)):
            raise NotCodableError("holds NaN or infinity")
        step, rates, bits = _step(values, options)
        coded = _code(values, step, rates, bits, options)
        base.check_size(coded, entry)
        return coded

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        base.check_accepted(self, entry, "trellis")
        base.expect_parts(parts, 2, "trellis")
        lanes = params.integer("lanes", 1, rans.LANES_MAX)
        tail = params.integer("tail", 0, entry.size)
        states = params.integer("states", 8, 32)
        lows = [params.integer(key, -LOW_MAX, LOW_MAX) for key in ("even", "odd")]
        split = params.integer("split", 1, SYMBOLS_MAX)
        step = params.scale("step")
        params.done()
        if states not in viterbi.FEEDBACK:
            raise MalformedError("trellis: states are not 8, 16 or 32")
        symbols = memoryview(parts[0]).nbytes // 2
        if not split < symbols <= split + SYMBOLS_MAX:
            raise MalformedError("trellis: a table of no or too many symbols")
        table = base.view(parts[0], "<u2", symbols, "a frequency table").astype(np.uint16)
        words = base.view(parts[1], "<u2", memoryview(parts[1]).nbytes // 2, "coded words")
        walk = _walk((table[:split], table[split:]), lows, states, step)
        values = base.allocate(entry.size, np.float32)
        rans.unwind(walk.run, words, lanes, tail, values)
        return from_float32(values, entry.dtype).reshape(entry.shape)


@dataclass(frozen=True)
class _Walk:
    """Two tables by slot, the even type's first: value, frequency, bias, turn of the state."""

    bits: int
    value: F32
    table: U32
    bias: U32
    turn: U32

    def run(self, words: U16, lanes: int, out: F32) -> tuple[int, U32]:
        """One stream, every lane from state 0. The state's lowest bit is kept at bit ``bits``,
        where it picks the table; what is shifted out below it does no harm."""
        coder = rans.first_states(words, lanes)
        at = 2 * lanes
        shift, mask = np.uint32(self.bits), np.uint32((1 << self.bits) - 1)
        odd, one = np.uint32(1 << self.bits), np.uint32(1)
        state, a, b = np.zeros(lanes, np.uint32), np.empty(lanes, np.uint32), np.empty_like(coder)
        slot, low = np.empty(lanes, np.intp), np.empty(lanes, bool)
        for row in range(0, out.size, lanes):
            n = min(lanes, out.size - row)
            x, walker, here = coder[:n], state[:n], slot[:n]
            np.bitwise_and(x, mask, out=a[:n])
            np.bitwise_and(walker, odd, out=b[:n])
            np.bitwise_or(a[:n], b[:n], out=here, casting="unsafe")
            self.value.take(here, out=out[row : row + n], mode="clip")
            self.turn.take(here, out=a[:n], mode="clip")
            np.right_shift(walker, one, out=walker)
            np.bitwise_xor(walker, a[:n], out=walker)
            self.table.take(here, out=a[:n], mode="clip")
            self.bias.take(here, out=b[:n], mode="clip")
            np.right_shift(x, shift, out=x)
            np.multiply(x, a[:n], out=x)
            np.add(x, b[:n], out=x)
            at = rans.refill(x, low[:n], words, at)
        return at, coder


def _walk(tables: tuple[U16, U16], lows: list[int], states: int, step: np.float32) -> _Walk:
    bits = rans.model(*tables).bits
    odd, branch = viterbi.turns(states)
    value, table, bias, turn = [], [], [], []
    for kind, (frequencies, low) in enumerate(zip(tables, lows, strict=True)):
        slots = rans.Slots.of(frequencies)
        half = slots.symbol + low  # of the point, rounded down
        value.append((2 * half + kind).astype(np.float32) * step)
        table.append(slots.table)
        bias.append(slots.bias)
        turn.append(((odd * kind) ^ (branch * (half & 1))).astype(np.uint32) << np.uint32(bits))
    return _Walk(
        bits,
        np.concatenate(value),
        np.concatenate(table),
        np.concatenate(bias),
        np.concatenate(turn),
    )


def _code(values: F32, step: np.float32, rates: F32, bits: float, options: Options) -> Coded:
    lanes = rans.lanes_for(values.size, bits)
    room = 16 * rans.tail_room(lanes) * 0.95
    tail = rans.tail_for(lanes, values.size, int(room / max(bits, 1e-3)))
    unit = values / step
    while True:
        body = values.size - tail
        pieces = [
            _search(unit[:body], lanes, rates, options),
            _search(unit[body:], -(-lanes // rans.TAIL_DIVISOR), rates, options),
        ]
        halves = np.concatenate([points >> 1 for points, _ in pieces])
        types = np.concatenate([types for _, types in pieces])
        lows, tables = _tables(halves, types)
        first = np.array([-lows[0], len(tables[0]) - lows[1]], np.int32)
        symbols = (halves + first[types]).astype(np.uint16)
        words = rans.encode_parts(symbols[:body], symbols[body:], rans.model(*tables), lanes)
        if words is not None:
            break
        tail = tail * 15 // 16
    params = {
        "even": lows[0],
        "lanes": lanes,
        "odd": lows[1],
        "split": len(tables[0]),
        "states": options.states,
        "step": float(step),
        "tail": tail,
    }
    both = np.concatenate(tables).astype("<u2").tobytes()
    return Coded(params, (Part(both), Part(words.astype("<u2").tobytes(), packed=True)))


def _search(
    unit: F32, lanes: int, rates: F32, options: Options
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
    """Points and types of a stream, flat; ``unit`` is in steps, ``rates`` bits by type."""
    rows = -(-unit.size // lanes)
    padded = np.zeros((rows, lanes), np.float32)
    padded.reshape(-1)[: unit.size] = unit
    reach = int(np.max(np.abs(unit), initial=0)) + 6
    wide = np.full((2, 2 * reach + 1), RATE_MAX, np.float32)
    known = rates.shape[1] // 2
    inner = min(reach, known)
    wide[:, reach - inner : reach + inner + 1] = rates[:, known - inner : known + inner + 1]
    wide *= np.float32(options.rate_weight)
    points, types = viterbi.search(padded, wide, reach, options.states)
    return points.reshape(-1)[: unit.size], types.reshape(-1)[: unit.size]


def _tables(
    halves: npt.NDArray[np.int16], types: npt.NDArray[np.uint8]
) -> tuple[list[int], list[U16]]:
    """For each type the least half point and the table, both tables of the same sum."""
    lows, counts = [], []
    for kind in (0, 1):
        mine = halves[types == kind]
        lows.append(int(mine.min()) if mine.size else 0)
        counts.append(
            np.bincount(mine.astype(np.int64) - lows[-1]) if mine.size else np.ones(1, int)
        )
    bits = max(rans.table_bits(rans.normalise(c)) for c in counts)
    return lows, [rans.normalise(c, bits) for c in counts]


def _step(values: F32, options: Options) -> tuple[np.float32, F32, float]:
    """The step at which a sample's entropy is what was asked; bits by type and point; entropy."""
    lanes = max(1, min(SAMPLE_LANES, values.size // 32))
    sample = values[:: max(1, values.size // (SAMPLE_STEPS * SAMPLE_LANES))]
    sample = sample[: sample.size // lanes * lanes]
    spread = float(np.sqrt(np.mean(np.square(sample, dtype=np.float64)))) if sample.size else 0.0
    largest = float(np.max(np.abs(values), initial=0))
    if not spread:
        step = options.step or largest / 64 or 1.0  # so few weights that all their bits are cheap
        _check_span(largest, step, options)
        return _legal(step), np.zeros((2, 13), np.float32), 0.0
    step = options.step or spread * 2.0 ** (1 - options.bits)
    _check_span(largest, step, options)
    rates, entropy = _fit(sample / _legal(step), None, lanes, options)
    for _ in range(SEARCHES):
        if options.step or abs(entropy - options.bits) < CLOSE:
            break
        step *= 2.0 ** float(np.clip(entropy - options.bits, -2, 2))
        _check_span(largest, step, options)
        rates, entropy = _fit(sample / _legal(step), rates, lanes, options)
    return _legal(step), rates, entropy


def _check_span(largest: float, step: float, options: Options) -> None:
    """NotCodableError before anything is made as long as the grid, if that is too long."""
    if not largest / float(_legal(step)) < REACH_MAX:
        wish = {"step": 2 * options.step} if options.step else {"bits": options.bits}
        raise NotCodableError(f"spans more than {REACH_MAX} steps to a side", "quant", **wish)


def _legal(step: float) -> np.float32:
    return np.float32(np.clip(step, SCALE_MIN, SCALE_MAX))


def _fit(unit: F32, rates: F32 | None, lanes: int, options: Options) -> tuple[F32, float]:
    """Bits by type and point as a sample takes them, and its entropy; ``rates`` to begin with."""
    reach = int(np.max(np.abs(unit))) + 6
    point = np.arange(-reach, reach + 1)
    if rates is None:
        spread = float(np.std(unit)) or 1.0
        normal = _bits(np.exp(-0.5 * np.square(point / spread)) * unit.size, point)
        rates, _ = _fit(unit, normal, lanes, options)
    points, types = _search(unit, lanes, rates, options)
    counts = np.zeros((2, point.size))
    np.add.at(counts, (types, points.astype(np.int64) + reach), 1)
    fitted = _bits(counts, point)
    return fitted, float(np.sum(counts * fitted)) / unit.size


def _bits(counts: npt.NDArray[np.float64], point: npt.NDArray[np.int64]) -> F32:
    """Bits of each point of each type (the even and the odd ones) by their counts."""
    mine = np.stack([point % 2 == 0, point % 2 == 1])
    likely = np.where(mine, counts + RARE, 0)
    share = likely / likely.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        rates: F32 = np.minimum(-np.log2(share), RATE_MAX).astype(np.float32)
    return rates
