"""Coded integers and quant: ok_quant_*, codec_integers_*, codec_quant_* (SPEC 6.5, 6.6, 7)."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from making.build import Made, meta, seal, table, tensor
from making.coder import numbers, stream, table_of, u16
from making.register import vector

STEP = 0.12345679104328156  # a float32
INTEGERS = numbers(400, 9)
TABLE = table_of(INTEGERS, 9)


def f32(integers: list[int], step: float) -> np.ndarray:
    return np.array(integers).astype("<f4") * np.float32(step)


def quant(
    parts: list[bytes],
    elements: bytes,
    shape: list[int],
    dtype: str = "F32",
    **params: Any,
) -> Made:
    chosen = {k: v for k, v in params.items() if v is not None}
    part = tensor("quant", parts, elements, chosen)
    return seal(table(["w", dtype, shape]), meta(), part).holds(w=elements)


def sound(
    lanes: int = 4,
    tail: int = 0,
    *,
    low: int = -4,
    dtype: str = "F32",
    kind: str = "<f4",
    frequencies: bytes | None = None,
    words: bytes | None = None,
    more: tuple[bytes, ...] = (),
    stated: dict[str, Any] | None = None,
) -> Made:
    """The 400 integers in a 20 x 20 tensor, coded well but for what is given."""
    values = f32([low + i for i in INTEGERS], STEP).astype(kind).tobytes()
    made = [
        u16(TABLE) if frequencies is None else frequencies,
        stream(INTEGERS, TABLE, lanes, tail) if words is None else words,
        *more,
    ]
    params = {"lanes": lanes, "tail": tail, "low": low, "step": STEP, **(stated or {})}
    return quant(made, values, [20, 20], dtype, **params)


def quant_step(step: Any, low: int = 0, dtype: str = "F32") -> Made:
    with np.errstate(all="ignore"):
        kind = isinstance(step, float)
        values = f32([low, low + 1], step).tobytes() if kind else bytes(8)
    parts = [u16([1, 1]), stream([0, 1], [1, 1], 1)]
    return quant(parts, values, [2], dtype, lanes=1, tail=0, low=low, step=step)


@vector()
def ok_quant_one_lane() -> Made:
    """One lane, which takes every symbol."""
    return sound(1)


@vector()
def ok_quant_lanes() -> Made:
    """Seven lanes, the last step of one lane alone."""
    return sound(7)


@vector()
def ok_quant_tail() -> Made:
    """64 lanes whose first states hold the last 120 symbols."""
    return sound(64, 120)


@vector()
def ok_quant_all_tail() -> Made:
    """A tail of all symbols there are."""
    words = stream(INTEGERS[:50], TABLE, 64, 50)
    values = f32(INTEGERS[:50], 0.5).tobytes()
    return quant([u16(TABLE), words], values, [50], lanes=64, tail=50, low=0, step=0.5)


@vector()
def ok_quant_more_lanes_than_symbols() -> Made:
    """500 lanes of which 400 have a symbol."""
    return sound(500)


@vector()
def ok_quant_f64() -> Made:
    """float64, widened from float32."""
    return sound(dtype="F64", kind="<f8")


@vector()
def ok_quant_f16() -> Made:
    """float16, rounded from float32."""
    return sound(dtype="F16", kind="<f2")


@vector()
def ok_quant_f16_overflow() -> Made:
    """Values that float16 holds as infinities."""
    words = stream([0, 1, 2, 1], [1, 1, 2], 1)
    values = np.array([-np.inf, 0, np.inf, 0], "<f2").tobytes()
    parts = [u16([1, 1, 2]), words]
    return quant(parts, values, [4], "F16", lanes=1, tail=0, low=-1, step=65536.0)


@vector()
def ok_quant_bf16() -> Made:
    """bfloat16, rounded to nearest even: 257 steps of 2^-8 are a tie, as are 259."""
    integers = [0, 1, 2, 3, 4, 5]
    frequencies = [1, 1, 1, 1, 2, 2]
    words = stream(integers, frequencies, 2)
    bits = [0x3F80, 0x3F80, 0x3F81, 0x3F82, 0x3F82, 0x3F82]
    params = {"lanes": 2, "tail": 0, "low": 256, "step": 2.0**-8}
    return quant([u16(frequencies), words], u16(bits), [6], "BF16", **params)


@vector()
def ok_quant_one_symbol() -> Made:
    """A table of one symbol: a tensor of one value, in no bits."""
    values = f32([7] * 100, STEP).tobytes()
    words = u16([0, 1] * 2)
    return quant([u16([1]), words], values, [100], lanes=2, tail=0, low=7, step=STEP)


@vector()
def ok_quant_unused_symbols() -> Made:
    """Frequencies of 0 for integers that do not occur."""
    integers, frequencies = [0, 5, 0, 5, 5], [1, 0, 0, 0, 0, 3, 0]
    words = stream(integers, frequencies, 1)
    values = f32(integers, STEP).tobytes()
    return quant([u16(frequencies), words], values, [5], lanes=1, tail=0, low=0, step=STEP)


@vector()
def ok_quant_table_15_bits() -> Made:
    """The largest table: 2^15, of which one symbol has all but one."""
    symbols, frequencies = [0] * 40 + [1] + [0] * 9, [32767, 1]
    words = stream(symbols, frequencies, 3)
    values = f32(symbols, STEP).tobytes()
    return quant([u16(frequencies), words], values, [50], lanes=3, tail=0, low=0, step=STEP)


@vector()
def ok_quant_escapes() -> Made:
    """Three integers that the table does not reach, at both ends of 32 bits."""
    symbols, frequencies = [0, 2, 1, 2, 0, 2, 1, 0], [3, 2, 3]
    far = [-(1 << 31), (1 << 31) - 1, 123456789]
    values = f32([10, far[0], 11, far[1], 10, far[2], 11, 10], STEP).tobytes()
    parts = [u16(frequencies), stream(symbols, frequencies, 2), struct.pack("<3i", *far)]
    return quant(parts, values, [8], lanes=2, tail=0, low=10, step=STEP)


@vector()
def ok_quant_integers_rounded() -> Made:
    """Integers of 30 bits are rounded to float32 before they are multiplied."""
    symbols = [0, 1, 1, 0]
    low = (1 << 30) - 33
    values = f32([low + s for s in symbols], STEP)
    words = stream(symbols, [1, 1], 1)
    params = {"lanes": 1, "tail": 0, "low": low, "step": STEP}
    return quant([u16([1, 1]), words], values.tobytes(), [4], **params)


@vector()
def ok_quant_rows() -> Made:
    """A step a row, over the widest range that one tensor may have."""
    symbols = numbers(12, 5, 3)
    frequencies = table_of(symbols, 5, 5)
    codes = [900, 1021, 1155]
    steps = (np.array(codes, "<u4") << 20).view("<f4")
    values = (np.array(symbols).astype("<f4") - 2).reshape(3, 4) * steps[:, None]
    parts = [u16(frequencies), stream(symbols, frequencies, 2), bytes(c - 900 for c in codes)]
    return quant(parts, values.tobytes(), [3, 2, 2], lanes=2, tail=0, low=-2, steps=900)


@vector()
def ok_quant_rows_of_one() -> Made:
    """A step a row where a tensor of one dimension is one row; the largest step, 2^100."""
    values = np.full(3, 2.0**100, "<f4").tobytes()
    parts = [u16([1]), u16([0, 1]), b"\0"]
    return quant(parts, values, [3], lanes=1, tail=0, low=1, steps=1816)


@vector()
def ok_quant_step_smallest() -> Made:
    """A step of 2^-100."""
    return quant_step(2.0**-100)


@vector()
def ok_quant_step_largest() -> Made:
    """A step of 2^100, whose multiples overflow to infinity."""
    return quant_step(2.0**100, low=1 << 29)


@vector()
def ok_quant_empty() -> Made:
    """No element: the lanes' states and nothing else."""
    return quant([u16([1]), u16([0, 1])], b"", [0], lanes=1, tail=0, low=0, step=1.0)


@vector()
def ok_quant_empty_wide() -> Made:
    """2^40 rows of no elements."""
    parts = [u16([1]), u16([0, 1])]
    return quant(parts, b"", [1 << 40, 0], lanes=1, tail=0, low=0, step=1.0)
