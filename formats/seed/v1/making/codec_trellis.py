"""trellis: ok_trellis_* (SPEC 6.10)."""

from __future__ import annotations

from typing import Any

import numpy as np

from making.build import Made, frame, framed, meta, plain, seal, table, tensor
from making.codec_trellis_coder import Points, joined, stream, tables_of, walk
from making.coder import TOP, numbers, u16
from making.register import vector

STEP = 0.12345679104328156  # a float32
AIMS = [n - 12 for n in numbers(400, 33, 5)]
BITS = 8
LONGEST = 1 << 13


def trellis(
    parts: list[bytes],
    elements: bytes,
    shape: list[int],
    dtype: str = "F32",
    body: bytes | None = None,
    **params: Any,
) -> Made:
    """A tensor; params of None are left out."""
    chosen = {k: v for k, v in params.items() if v is not None}
    part = tensor("trellis", parts, elements, chosen, body=body)
    return seal(table(["w", dtype, shape]), meta(), part).holds(w=elements)


def f32(points: Points, step: float) -> np.ndarray:
    return np.array(points.numbers).astype("<f4") * np.float32(step)


def params_of(points: Points, sizes: list[int], lows: list[int]) -> dict[str, Any]:
    """All that one class needs but the step."""
    lanes = {"lanes": points.lanes, "tail": points.tail, "states": points.states}
    return {**lanes, "low": lows, "size": sizes, "order": "rows"}


def sound(
    points: Points,
    *,
    shape: list[int] | None = None,
    bits: int = BITS,
    step: float = STEP,
    dtype: str = "F32",
    kind: str = "<f4",
    frequencies: bytes | None = None,
    words: bytes | None = None,
    pad: int = 0,
    first: int = TOP,
    more: tuple[bytes, ...] = (),
    stated: dict[str, Any] | None = None,
) -> Made:
    """The points of one class in the order of rows, coded well but for what is given."""
    tables, lows = tables_of(points, bits)
    with np.errstate(over="ignore"):
        elements = f32(points, step).astype(kind).tobytes()
    made = [
        joined(tables) if frequencies is None else frequencies,
        stream(points, tables, lows, pad, first) if words is None else words,
        *more,
    ]
    params = {**params_of(points, [len(t) for t in tables], lows), "step": step, **(stated or {})}
    return trellis(made, elements, shape or [len(points.pairs)], dtype, **params)


def long_tables(split: int, others: int) -> Made:
    """Tables of one symbol each, the last, which stands for h = 1 in both."""
    points = walk([2] * 40, 2, 0, 16, reach=((1, 1), (1, 1)))
    runs = [(0, 2 * split - 2), b"\1\0", (0, 2 * others - 2), b"\1\0"]
    frequencies = u16([*[0] * (split - 1), 1, *[0] * (others - 1), 1])
    words = u16([0, 1] * 2)
    body = framed(frame(*runs, size=len(frequencies))) + plain(words)
    params = params_of(points, [split, others], [2 - split, 2 - others])
    elements = f32(points, STEP).tobytes()
    return trellis([frequencies, words], elements, [40], body=body, step=STEP, **params)


def furthest(even: int, odd: int) -> Made:
    """Tables of two symbols each, which begin there."""
    aims = [2 * even, 2 * odd + 3, 2 * even + 2, 2 * odd + 1] * 10
    points = walk(aims, 3, states=32, reach=((even, even + 1), (odd, odd + 1)))
    assert tables_of(points, 4)[1] == [even, odd]
    return sound(points, bits=4)


@vector()
def ok_trellis_1() -> Made:
    """1 state, seven lanes: all points even, the odd table unused."""
    points = walk(AIMS, 7, states=1)
    assert {n % 2 for n in points.numbers} == {0}
    return sound(points)


@vector()
def ok_trellis_8() -> Made:
    """8 states, one lane."""
    return sound(walk(AIMS, 1, states=8))


@vector()
def ok_trellis_16() -> Made:
    """16 states; seven lanes, of which the last step has one."""
    return sound(walk(AIMS, 7, states=16))


@vector()
def ok_trellis_32() -> Made:
    """32 states; seven lanes, of which the last step has one."""
    return sound(walk(AIMS, 7, states=32))


@vector()
def ok_trellis_shape() -> Made:
    """A tensor of three dimensions: its elements in C order."""
    return sound(walk(AIMS[:60], 4, states=32), shape=[3, 4, 5])


@vector()
def ok_trellis_tail() -> Made:
    """64 lanes whose first states hold the last 90 symbols, in two lanes that walk from 0."""
    return sound(walk(AIMS, 64, 90, 32))


@vector()
def ok_trellis_tail_one_lane() -> Made:
    """A tail of one lane."""
    return sound(walk(AIMS, 32, 40, 16))


@vector()
def ok_trellis_all_tail() -> Made:
    """A tail of all symbols there are."""
    return sound(walk(AIMS[:50], 64, 50, 8))


@vector()
def ok_trellis_more_lanes_than_symbols() -> Made:
    """70 lanes of which 50 have a symbol, each that of state 0."""
    return sound(walk(AIMS[:50], 70))


@vector()
def ok_trellis_f64() -> Made:
    """float64, widened from float32."""
    return sound(walk(AIMS, 4, states=32), dtype="F64", kind="<f8")


@vector()
def ok_trellis_f16() -> Made:
    """float16, rounded from float32."""
    return sound(walk(AIMS, 4, states=32), dtype="F16", kind="<f2")


@vector()
def ok_trellis_f16_overflow() -> Made:
    """Values that float16 holds as infinities."""
    points = walk([-1, 2, 0, 2, -2, 1, -1, 0], 2)
    return sound(points, dtype="F16", kind="<f2", step=65536.0)


@vector()
def ok_trellis_bf16() -> Made:
    """bfloat16, rounded to nearest even: odd numbers of steps of 2^-8 from 257 on are ties."""
    points = walk([257 + n for n in range(12)], 1, states=8)
    steps = points.numbers
    assert any(n % 4 == 1 for n in steps)
    assert any(n % 4 == 3 for n in steps)
    bits = [0x3F80 + (n - 256 + (n % 4 == 3)) // 2 for n in steps]
    tables, lows = tables_of(points, BITS)
    parts = [joined(tables), stream(points, tables, lows)]
    params = params_of(points, [len(t) for t in tables], lows)
    return trellis(parts, u16(bits), [12], "BF16", step=2.0**-8, **params)


@vector()
def ok_trellis_zeros() -> Made:
    """Zeros in no bits: one symbol, state 0 for ever."""
    return sound(walk([0] * 100, 3, states=32), bits=0)


@vector()
def ok_trellis_odd_unused() -> Made:
    """Even h alone, so that state 0 is never left and the odd table never used."""
    return sound(walk(AIMS, 5, states=16, grid=2))


@vector()
def ok_trellis_one_point_each() -> Made:
    """One symbol a table, of odd h: values in no bits, by the turns of the walks alone."""
    return sound(walk([2] * 60, 2, states=32, reach=((1, 1), (-3, -3))), bits=0)


@vector()
def ok_trellis_negative() -> Made:
    """Negative points alone, odd ones among them: -1 is of h = -1."""
    return sound(walk([-1 - abs(n) for n in AIMS[:80]], 3, states=16))


@vector()
def ok_trellis_unused_symbols() -> Made:
    """Frequencies of 0 for points that do not occur."""
    return sound(walk([-40, 30, -7, 1, 0, 33, -40, -39, 2, 8], 1, states=8))


@vector()
def ok_trellis_lows_furthest() -> Made:
    """An even table from -2^14, the least, and an odd one from 2^14, the greatest."""
    return furthest(-(1 << 14), 1 << 14)


@vector()
def ok_trellis_lows_crossed() -> Made:
    """An even table from 2^14, the greatest, and an odd one from -2^14, the least."""
    return furthest(1 << 14, -(1 << 14))


@vector()
def ok_trellis_table_15_bits() -> Made:
    """The largest tables: 2^15 each."""
    return sound(walk(AIMS[:60], 3, states=32), bits=15)


@vector()
def ok_trellis_tables_longest() -> Made:
    """2^13 symbols of each type."""
    return long_tables(LONGEST, LONGEST)


@vector()
def ok_trellis_step_largest() -> Made:
    """A step of 2^100."""
    return sound(walk(AIMS[:20], 2, states=8), step=2.0**100)


@vector()
def ok_trellis_step_smallest() -> Made:
    """A step of 2^-100."""
    return sound(walk(AIMS[:20], 2, states=8), step=2.0**-100)


@vector()
def ok_trellis_empty() -> Made:
    """No element: the lanes' states and nothing else."""
    return sound(walk([], 2, states=32))
