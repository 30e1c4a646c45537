"""``trellis``: dependent quantisation and interleaved rANS (SPEC 6.10).

As ``quant``, but every lane walks a trellis whose state says whether a weight
lies on the even or the odd points of a grid of half the distance: the same
rate at 1.1 to 1.3 dB less noise. Weights have tables by the scale class of
their row and column, and may have steps by row and by column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seedtool import grid, rans, scaleclasses, tcq, viterbi
from seedtool.codecs import base
from seedtool.codecs.base import Array, Buffers, Coded, NotCodableError, Params
from seedtool.errors import MalformedError, UsageError
from seedtool.floats import CODABLE, F32, from_float32, to_float32
from seedtool.scaleclasses import U8, Classes
from seedtool.seed import SCALE_MAX, SCALE_MIN, Entry, Part
from seedtool.tcq import REACH_MAX, SYMBOLS_MAX, Layout, Stream
from seedtool.walk import walk

LOW_MAX = 1 << 14
ORDERS = ("rows", "columns")
SAMPLE_STEPS, SAMPLE_LANES = 128, 256
SEARCHES, CLOSE = 8, 0.004  # for a step, and the bits it may miss the target by


@dataclass(frozen=True)
class Options:
    """``bits``: entropy per weight to aim at; ``step`` (between all points) overrides it.

    ``states`` of the trellis: 8, 16 or 32; 1 is a plain quantiser. ``rate_weight``: what a
    bit is worth in squared steps; 0.35 was the best of three tried from 1.5 to 4 bits.
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
            raise UsageError(f"states are 1, 8, 16 or 32, not {self.states}")
        if not 0 <= self.rate_weight <= 10:
            raise UsageError(f"rate_weight must lie in 0..10, not {self.rate_weight}")


@dataclass(frozen=True)
class Steps:
    """The step of weight (r, c): ``step`` · ``row``[r] · ``column``[c], codes of :mod:`grid`."""

    step: np.float32
    row: grid.Codes | None = None
    column: grid.Codes | None = None

    def scale(self, matrix: F32) -> None:
        """Multiply points times ``step`` by the rest, in place, rows first."""
        with np.errstate(over="ignore"):
            if self.row is not None:
                np.multiply(matrix, grid.steps_of(self.row)[:, None], out=matrix)
            if self.column is not None:
                np.multiply(matrix, grid.steps_of(self.column), out=matrix)

    def divide(self, matrix: F32) -> F32:
        """The matrix in steps."""
        unit = matrix / self.step
        if self.row is not None:
            unit /= grid.steps_of(self.row)[:, None]
        if self.column is not None:
            unit /= grid.steps_of(self.column)
        return unit


class Codec(base.Codec):
    Options = Options

    def accepts(self, entry: Entry) -> bool:
        return entry.dtype in CODABLE

    def encode(self, entry: Entry, data: Array, options: Any) -> Coded:
        values = to_float32(data, entry.dtype).reshape(base.rows_of(entry), base.columns_of(entry))
        if not np.all(np.isfinite(values)):
            raise NotCodableError("holds NaN or infinity")
        chosen = _step(values, options)
        unit = (values / chosen.step).reshape(-1)
        classes = chosen.classes.matrix().reshape(-1) if chosen.classes else None
        stream, layout, _ = tcq.code(
            unit,
            classes,
            chosen.rates,
            chosen.bits,
            rate_weight=options.rate_weight,
            states=options.states,
        )
        coded = assembled(stream, layout, Steps(chosen.step), chosen.classes, options.states)
        base.check_size(coded, entry)
        return coded

    def decode(self, entry: Entry, params: Params, parts: Buffers) -> Array:
        base.check_accepted(self, entry, "trellis")
        rows, columns = base.rows_of(entry), base.columns_of(entry)
        lanes = params.integer("lanes", 1, rans.LANES_MAX)
        tail = params.integer("tail", 0, entry.size)
        states = params.integer("states", 1, 32)
        lows = params.integers("low", -LOW_MAX, LOW_MAX)
        sizes = params.integers("size", 1, SYMBOLS_MAX)
        transposed = ORDERS.index(params.choice("order", ORDERS))
        step = params.scale("step")
        if states not in viterbi.FEEDBACK:
            raise MalformedError("trellis: states are not 1, 8, 16 or 32")
        count = len(lows) // 2
        if not 1 <= count <= scaleclasses.CLASSES_MAX or not len(lows) == len(sizes) == 2 * count:
            raise MalformedError(
                "trellis: low and size are not two numbers for each of 1 to 32 classes"
            )
        shift = floor = 0
        if count > 1:
            shift = params.integer("shift", 0, scaleclasses.SHIFT_MAX)
            floor = params.integer("floor", 0, scaleclasses.SUM_MAX)
        stepped = [
            params.integer(key, grid.LOW, grid.HIGH) if params.has(key) else None
            for key in ("row_step", "column_step")
        ]
        params.done()
        wanted = [rows, columns] * (count > 1) + [
            n for n, low in zip((rows, columns), stepped, strict=True) if low is not None
        ]
        base.expect_parts(parts, 2 + len(wanted), "trellis")
        symbols = base.view(parts[0], "<u2", sum(sizes), "a frequency table").astype(np.uint16)
        words = base.view(parts[1], "<u2", memoryview(parts[1]).nbytes // 2, "coded words")
        codes = [
            base.view(part, "|u1", n, "trellis: codes of rows or columns")
            for part, n in zip(parts[2:], wanted, strict=True)
        ]
        steps = Steps(step, *_step_codes(stepped, codes[2 * (count > 1) :]))
        walker = walk(np.split(symbols, np.cumsum(sizes[:-1])), lows, states, step)
        classes = None
        if count > 1:
            outer, inner = codes[1::-1] if transposed else codes[:2]
            classes = Classes(count, floor, shift, outer, inner).matrix().reshape(-1)
        values = base.allocate(entry.size, np.float32)

        def run(words: rans.U16, lanes: int, part: slice) -> tuple[int, rans.U32]:
            mine = None if classes is None else classes[part]
            return walker.run(mine, words, lanes, values[part])

        rans.unwind(run, words, lanes, tail, entry.size)
        matrix = values.reshape(columns, rows).T if transposed else values.reshape(rows, columns)
        steps.scale(matrix)
        return from_float32(np.ascontiguousarray(matrix), entry.dtype).reshape(entry.shape)


def _step_codes(lows: list[int | None], parts: list[U8]) -> list[grid.Codes | None]:
    """Step codes of rows and of columns; MalformedError if one is above the grid."""
    left = iter(parts)
    codes: list[grid.Codes | None] = []
    for low in lows:
        codes.append(None if low is None else next(left).astype(np.uint32) + np.uint32(low))
        if codes[-1] is not None and np.any(codes[-1] > grid.HIGH):
            raise MalformedError("trellis: a step is over 2^100")
    return codes


def assembled(
    stream: Stream,
    layout: Layout,
    steps: Steps,
    classes: Classes | None,
    states: int,
    order: str = "rows",
) -> Coded:
    """A coded stream as parameters and parts."""
    params: dict[str, Any] = {
        "lanes": layout.lanes,
        "low": stream.lows,
        "order": order,
        "size": [len(table) for table in stream.tables],
        "states": states,
        "step": float(steps.step),
        "tail": layout.tail,
    }
    tables = np.concatenate(stream.tables).astype("<u2").tobytes()
    parts = [Part(tables), Part(stream.words.astype("<u2").tobytes(), packed=True)]
    if classes:
        params |= {"floor": classes.floor, "shift": classes.shift}
        parts += [Part(classes.row.tobytes()), Part(classes.column.tobytes())]
    for key, codes in (("row_step", steps.row), ("column_step", steps.column)):
        if codes is not None:
            params[key] = int(codes.min())
            parts.append(Part((codes - codes.min()).astype(np.uint8).tobytes()))
    return Coded(params, tuple(parts))


@dataclass(frozen=True)
class _Chosen:
    """A step, the classes at that step, bits of the points, entropy in bits a weight."""

    step: np.float32
    classes: Classes | None
    rates: F32
    bits: float


def _step(values: F32, options: Options) -> _Chosen:
    """The step at which a sample's entropy is what was asked."""
    flat = values.reshape(-1)
    lanes = max(1, min(SAMPLE_LANES, flat.size // 32))
    at = np.arange(0, flat.size, max(1, flat.size // (SAMPLE_STEPS * SAMPLE_LANES)))
    at = at[: at.size // lanes * lanes]
    sample = flat[at]
    spread = float(np.sqrt(np.mean(np.square(sample, dtype=np.float64)))) if sample.size else 0.0
    largest = float(np.max(np.abs(flat), initial=0))
    if not spread:
        step = options.step or largest / 64 or 1.0  # so few weights that all their bits are cheap
        _check_span(largest, step, options)
        return _Chosen(legal(step), None, np.zeros((1, 13), np.float32), 0.0)
    step = options.step or spread * 2.0 ** (1 - options.bits)
    _check_span(largest, step, options)
    cut = scaleclasses.choose(*scaleclasses.fit(values), values / legal(2 * step))
    classes = None
    if cut:
        row, column = np.divmod(at, values.shape[1])
        classes = cut.at(row, column)

    def fitted(rates: F32 | None) -> tuple[F32, float]:
        return tcq.fit(
            sample / legal(step),
            classes,
            rates,
            count=cut.count if cut else 1,
            lanes=lanes,
            rate_weight=options.rate_weight,
            states=options.states,
        )

    rates, entropy = fitted(None)
    for _ in range(SEARCHES):
        if options.step or abs(entropy - options.bits) < CLOSE:
            break
        step *= 2.0 ** float(np.clip(entropy - options.bits, -2, 2))
        _check_span(largest, step, options)
        rates, entropy = fitted(rates)
    return _Chosen(legal(step), cut, rates, entropy)


def _check_span(largest: float, step: float, options: Options) -> None:
    """NotCodableError before anything is made as long as the grid, if that is too long."""
    if not largest / float(legal(step)) < REACH_MAX:
        wish = {"step": 2 * options.step} if options.step else {"bits": options.bits}
        raise NotCodableError(f"spans more than {REACH_MAX} steps to a side", "quant", **wish)


def legal(step: float) -> np.float32:
    return np.float32(np.clip(step, SCALE_MIN, SCALE_MAX))
