"""What trellis refuses in its params: codec_trellis_* (SPEC 6.2, 6.10)."""

from __future__ import annotations

from typing import Any

from making.build import Made
from making.codec_trellis import AIMS, BITS, LONGEST, STEP, furthest, long_tables, sound, trellis
from making.codec_trellis_coder import tables_of, walk
from making.coder import u16
from making.register import vector

TABLE = "trellis: a table of no or too many symbols"
SCALE = "tensor 'w': parameter 'step' is no legal scale"
MISSING = "tensor 'w': parameter '{}' is missing or no int"
RANGE = "tensor 'w': parameter '{}' is not in {}..{}"
POINTS = walk(AIMS)
SYMBOLS = sum(map(len, tables_of(POINTS, BITS)[0]))


def stated(**params: Any) -> Made:
    """Sound but for these params."""
    return sound(POINTS, stated=params)


def other_dtype(dtype: str, width: int) -> Made:
    params = {"even": 0, "odd": 0, "split": 1, "states": 8, "step": 1.0, "lanes": 1, "tail": 0}
    return trellis([u16([1, 1]), u16([0, 1])], bytes(2 * width), [2], dtype, **params)


@vector("MalformedError", "tensor 'w': codec trellis can't hold I32")
def codec_trellis_dtype() -> Made:
    """A tensor of integers."""
    return other_dtype("I32", 4)


@vector("MalformedError", "tensor 'w': codec trellis can't hold F8_E4M3")
def codec_trellis_dtype_f8() -> Made:
    """A tensor of floats that lossy codecs do not take."""
    return other_dtype("F8_E4M3", 1)


@vector("MalformedError", RANGE.format("states", 8, 32))
def codec_trellis_states_7() -> Made:
    """7 states."""
    return stated(states=7)


@vector("MalformedError", RANGE.format("states", 8, 32))
def codec_trellis_states_64() -> Made:
    """64 states."""
    return stated(states=64)


@vector("MalformedError", "trellis: states are not 8, 16 or 32")
def codec_trellis_states_24() -> Made:
    """24 states."""
    return stated(states=24)


@vector("MalformedError", MISSING.format("states"))
def codec_trellis_states_float() -> Made:
    """States of 8.0."""
    return stated(states=8.0)


@vector("MalformedError", MISSING.format("states"))
def codec_trellis_states_missing() -> Made:
    """No states."""
    return stated(states=None)


@vector("MalformedError", "tensor 'w': parameter 'step' is missing or no float")
def codec_trellis_step_missing() -> Made:
    """No step."""
    return stated(step=None)


@vector("MalformedError", "tensor 'w': parameter 'step' is missing or no float")
def codec_trellis_step_integer() -> Made:
    """A step of the integer 1."""
    return sound(POINTS, step=1)


@vector("MalformedError", SCALE)
def codec_trellis_step_double() -> Made:
    """A step that no float32 holds."""
    return sound(POINTS, step=0.1)


@vector("MalformedError", SCALE)
def codec_trellis_step_small() -> Made:
    """A step under 2^-100, by the last bit of a float32."""
    return sound(POINTS, step=2.0**-100 * (1 - 2.0**-24))


@vector("MalformedError", SCALE)
def codec_trellis_step_large() -> Made:
    """A step over 2^100, by the last bit of a float32."""
    return sound(POINTS, step=2.0**100 * (1 + 2.0**-23))


@vector("MalformedError", SCALE)
def codec_trellis_step_negative() -> Made:
    """A step under 0."""
    return sound(POINTS, step=-STEP)


@vector("MalformedError", RANGE.format("even", -(1 << 14), 1 << 14))
def codec_trellis_even_low() -> Made:
    """An even table that begins at -2^14 - 1."""
    return furthest(-(1 << 14) - 1, 1 << 14)


@vector("MalformedError", RANGE.format("even", -(1 << 14), 1 << 14))
def codec_trellis_even_high() -> Made:
    """An even table that begins at 2^14 + 1."""
    return furthest((1 << 14) + 1, -(1 << 14))


@vector("MalformedError", RANGE.format("odd", -(1 << 14), 1 << 14))
def codec_trellis_odd_low() -> Made:
    """An odd table that begins at -2^14 - 1."""
    return furthest(1 << 14, -(1 << 14) - 1)


@vector("MalformedError", RANGE.format("odd", -(1 << 14), 1 << 14))
def codec_trellis_odd_high() -> Made:
    """An odd table that begins at 2^14 + 1."""
    return furthest(-(1 << 14), (1 << 14) + 1)


@vector("MalformedError", MISSING.format("even"))
def codec_trellis_even_missing() -> Made:
    """No word of where the even table begins."""
    return stated(even=None)


@vector("MalformedError", MISSING.format("odd"))
def codec_trellis_odd_missing() -> Made:
    """No word of where the odd table begins."""
    return stated(odd=None)


@vector("MalformedError", MISSING.format("split"))
def codec_trellis_split_missing() -> Made:
    """No word of where the odd table's symbols begin."""
    return stated(split=None)


@vector("MalformedError", RANGE.format("split", 1, LONGEST))
def codec_trellis_split_0() -> Made:
    """No even table."""
    return stated(split=0)


@vector("MalformedError", TABLE)
def codec_trellis_split_all() -> Made:
    """No odd table: a split of all symbols there are."""
    return stated(split=SYMBOLS)


@vector("MalformedError", TABLE)
def codec_trellis_split_more() -> Made:
    """A split of more symbols than there are."""
    return stated(split=SYMBOLS + 1)


@vector("MalformedError", RANGE.format("split", 1, LONGEST))
def codec_trellis_even_8193() -> Made:
    """An even table of 2^13 + 1 symbols."""
    return long_tables(LONGEST + 1, 1)


@vector("MalformedError", TABLE)
def codec_trellis_odd_8193() -> Made:
    """An odd table of 2^13 + 1 symbols."""
    return long_tables(1, LONGEST + 1)


@vector("MalformedError", "tensor 'w': unknown parameters 'low'")
def codec_trellis_params() -> Made:
    """A parameter that quant has."""
    return stated(low=0)


@vector("MalformedError", "tensor 'w': unknown parameters 'bits', 'rate_weight'")
def codec_trellis_params_encoder() -> Made:
    """Parameters that only the encoder has."""
    return stated(bits=4.0, rate_weight=0.35)
