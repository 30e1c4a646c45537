"""What trellis refuses in its params: codec_trellis_* (SPEC 6.2, 6.10)."""

from __future__ import annotations

from typing import Any

from making.build import Made
from making.codec_trellis import AIMS, BITS, LONGEST, STEP, furthest, long_tables, sound, trellis
from making.codec_trellis_coder import tables_of, walk
from making.coder import u16
from making.register import vector

NUMBERS = "trellis: low and size are not two numbers for each of 1 to 32 classes"
SCALE = "tensor 'w': parameter 'step' is no legal scale"
MISSING = "tensor 'w': parameter '{}' is missing or no {}"
RANGE = "tensor 'w': parameter '{}' is not in {}..{}"
LOW = "tensor 'w': parameter 'low' is not all in -16384..16384"
SIZE = "tensor 'w': parameter 'size' is not all in 1..8192"
ORDER = "tensor 'w': parameter 'order' is not rows or columns"
STATES = "trellis: states are not 1, 8, 16 or 32"
POINTS = walk(AIMS)
TABLES, LOWS = tables_of(POINTS, BITS)
SIZES = [len(t) for t in TABLES]
TINY = {"low": [0, 0], "size": [1, 1], "states": 8, "step": 1.0, "lanes": 1, "tail": 0}
TINY["order"] = "rows"


def stated(**params: Any) -> Made:
    """Sound but for these params."""
    return sound(POINTS, stated=params)


def other_dtype(dtype: str, width: int) -> Made:
    return trellis([u16([1, 1]), u16([0, 1])], bytes(2 * width), [2], dtype, **TINY)


def classes(count: int) -> Made:
    """Zeros in so many classes, by tables of one symbol; codes of rows and of columns are 0."""
    params = {**TINY, "low": [0] * 2 * count, "size": [1] * 2 * count, "floor": 0, "shift": 0}
    parts = [u16([1] * 2 * count), u16([0, 1]), bytes(3), bytes(4)]
    return trellis(parts, bytes(48), [3, 4], **params)


@vector("MalformedError", "tensor 'w': codec trellis can't hold I32")
def codec_trellis_dtype() -> Made:
    """A tensor of integers."""
    return other_dtype("I32", 4)


@vector("MalformedError", "tensor 'w': codec trellis can't hold F8_E4M3")
def codec_trellis_dtype_f8() -> Made:
    """A tensor of floats that lossy codecs do not take."""
    return other_dtype("F8_E4M3", 1)


@vector("MalformedError", RANGE.format("states", 1, 32))
def codec_trellis_states_0() -> Made:
    """No state."""
    return stated(states=0)


@vector("MalformedError", STATES)
def codec_trellis_states_2() -> Made:
    """2 states."""
    return stated(states=2)


@vector("MalformedError", STATES)
def codec_trellis_states_7() -> Made:
    """7 states."""
    return stated(states=7)


@vector("MalformedError", RANGE.format("states", 1, 32))
def codec_trellis_states_64() -> Made:
    """64 states."""
    return stated(states=64)


@vector("MalformedError", STATES)
def codec_trellis_states_24() -> Made:
    """24 states."""
    return stated(states=24)


@vector("MalformedError", MISSING.format("states", "int"))
def codec_trellis_states_float() -> Made:
    """States of 8.0."""
    return stated(states=8.0)


@vector("MalformedError", MISSING.format("states", "int"))
def codec_trellis_states_missing() -> Made:
    """No states."""
    return stated(states=None)


@vector("MalformedError", MISSING.format("step", "float"))
def codec_trellis_step_missing() -> Made:
    """No step."""
    return stated(step=None)


@vector("MalformedError", MISSING.format("step", "float"))
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


@vector("MalformedError", LOW)
def codec_trellis_low_low() -> Made:
    """An even table that begins at -2^14 - 1."""
    return furthest(-(1 << 14) - 1, 1 << 14)


@vector("MalformedError", LOW)
def codec_trellis_low_high() -> Made:
    """An odd table that begins at 2^14 + 1."""
    return furthest(-(1 << 14), (1 << 14) + 1)


@vector("MalformedError", LOW)
def codec_trellis_low_float() -> Made:
    """Tables that begin at floats."""
    return stated(low=[float(n) for n in LOWS])


@vector("MalformedError", LOW)
def codec_trellis_low_boolean() -> Made:
    """An odd table that begins at false."""
    return stated(low=[LOWS[0], False])


@vector("MalformedError", MISSING.format("low", "list"))
def codec_trellis_low_missing() -> Made:
    """No word of where the tables begin."""
    return stated(low=None)


@vector("MalformedError", MISSING.format("low", "list"))
def codec_trellis_low_integer() -> Made:
    """One number for where both tables begin."""
    return stated(low=LOWS[0])


@vector("MalformedError", NUMBERS)
def codec_trellis_low_one() -> Made:
    """One table's number and both sizes."""
    return stated(low=LOWS[:1])


@vector("MalformedError", NUMBERS)
def codec_trellis_low_three() -> Made:
    """A number too many."""
    return stated(low=[*LOWS, 0])


@vector("MalformedError", MISSING.format("size", "list"))
def codec_trellis_size_missing() -> Made:
    """No word of how many symbols the tables have."""
    return stated(size=None)


@vector("MalformedError", SIZE)
def codec_trellis_size_0() -> Made:
    """An even table of all symbols, an odd one of none."""
    return stated(size=[sum(SIZES), 0])


@vector("MalformedError", SIZE)
def codec_trellis_size_even_8193() -> Made:
    """An even table of 2^13 + 1 symbols."""
    return long_tables(LONGEST + 1, 1)


@vector("MalformedError", SIZE)
def codec_trellis_size_odd_8193() -> Made:
    """An odd table of 2^13 + 1 symbols."""
    return long_tables(1, LONGEST + 1)


@vector("MalformedError", SIZE)
def codec_trellis_size_float() -> Made:
    """Sizes that are floats."""
    return stated(size=[float(n) for n in SIZES])


@vector("MalformedError", NUMBERS)
def codec_trellis_size_one() -> Made:
    """The size of both tables together."""
    return stated(size=[sum(SIZES)])


@vector("MalformedError", NUMBERS)
def codec_trellis_classes_0() -> Made:
    """No class, and no element."""
    return trellis([b"", u16([0, 1])], b"", [0], **{**TINY, "low": [], "size": []})


@vector("MalformedError", NUMBERS)
def codec_trellis_classes_33() -> Made:
    """33 classes."""
    return classes(33)


@vector("MalformedError", NUMBERS)
def codec_trellis_classes_half() -> Made:
    """Two classes, the second without an odd table."""
    params = {**TINY, "low": [0] * 3, "size": [1] * 3, "floor": 0, "shift": 0}
    parts = [u16([1] * 3), u16([0, 1]), bytes(3), bytes(4)]
    return trellis(parts, bytes(48), [3, 4], **params)


@vector("MalformedError", MISSING.format("order", "str"))
def codec_trellis_order_missing() -> Made:
    """No order."""
    return stated(order=None)


@vector("MalformedError", MISSING.format("order", "str"))
def codec_trellis_order_number() -> Made:
    """An order of the integer 0."""
    return stated(order=0)


@vector("MalformedError", ORDER)
def codec_trellis_order_other() -> Made:
    """An order that there is not."""
    return stated(order="diagonals")


@vector("MalformedError", "tensor 'w': unknown parameters 'even', 'odd', 'split'")
def codec_trellis_params() -> Made:
    """Parameters of an earlier draft."""
    return stated(even=0, odd=0, split=1)


@vector("MalformedError", "tensor 'w': unknown parameters 'steps'")
def codec_trellis_params_steps() -> Made:
    """A parameter that quant has."""
    return stated(steps=1000)


@vector("MalformedError", "tensor 'w': unknown parameters 'bits', 'rate_weight'")
def codec_trellis_params_encoder() -> Made:
    """Parameters that only the encoder has."""
    return stated(bits=4.0, rate_weight=0.35)


@vector("MalformedError", "tensor 'w': unknown parameters 'floor'")
def codec_trellis_floor_of_one_class() -> Made:
    """A floor where there is one class."""
    return stated(floor=0)


@vector("MalformedError", "tensor 'w': unknown parameters 'shift'")
def codec_trellis_shift_of_one_class() -> Made:
    """A shift where there is one class."""
    return stated(shift=0)
