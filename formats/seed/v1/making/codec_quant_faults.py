"""What coded integers and quant refuse: codec_quant_* (SPEC 6.5, 6.6 and 7)."""

from __future__ import annotations

import struct

from making.build import Made
from making.codec_quant import INTEGERS, STEP, TABLE, quant, quant_step, sound
from making.coder import TOP, stream, u16, words_of
from making.register import vector

PARTS = "coded integers have {} parts, not 2 or 3"
ALPHABET = "coded integers have a table of no or too many symbols"
SUM = "a frequency table does not sum to a power of two up to 2^15"
LEFT = "a coded stream has words left over"
FIRST = "a coded stream does not end in its first state"
SCALE = "tensor 'w': parameter 'step' is no legal scale"
WORDS = stream(INTEGERS, TABLE, 4)


def rows(codes: bytes, steps: object = 900) -> Made:
    """A tensor of two rows of one element, with these codes of steps."""
    parts = [u16([1]), u16([0, 1]), codes]
    return quant(parts, bytes(8), [2, 1], lanes=1, tail=0, low=0, steps=steps)


@vector("MalformedError", "tensor 'w': codec quant can't hold I32")
def codec_quant_dtype() -> Made:
    """A tensor of integers."""
    return quant_step(1.0, dtype="I32")


@vector("MalformedError", SCALE)
def codec_quant_step_small() -> Made:
    """A step under 2^-100, by the last bit of a float32."""
    return quant_step(2.0**-100 * (1 - 2.0**-24))


@vector("MalformedError", SCALE)
def codec_quant_step_large() -> Made:
    """A step over 2^100, by the last bit of a float32."""
    return quant_step(2.0**100 * (1 + 2.0**-23))


@vector("MalformedError", SCALE)
def codec_quant_step_zero() -> Made:
    """A step of 0."""
    return quant_step(0.0)


@vector("MalformedError", SCALE)
def codec_quant_step_negative() -> Made:
    """A step of -1."""
    return quant_step(-1.0)


@vector("MalformedError", SCALE)
def codec_quant_step_double() -> Made:
    """A step that no float32 holds."""
    return quant_step(0.1)


@vector("MalformedError", "tensor 'w': parameter 'step' is missing or no float")
def codec_quant_step_integer() -> Made:
    """A step of the integer 1."""
    return quant_step(1)


@vector("MalformedError", "tensor 'w': parameter 'steps' is missing or no int")
def codec_quant_step_missing() -> Made:
    """Neither a step nor steps."""
    return sound(stated={"step": None})


@vector("MalformedError", "tensor 'w': unknown parameters 'steps'")
def codec_quant_step_twice() -> Made:
    """A step and steps."""
    return sound(stated={"steps": 900})


@vector("MalformedError", "tensor 'w': unknown parameters 'deadzone'")
def codec_quant_params() -> Made:
    """A parameter that only the encoder has."""
    return sound(stated={"deadzone": 1.5})


@vector("MalformedError", "quant: steps has 3 bytes, not 2 x 1")
def codec_quant_rows_more() -> Made:
    """Three steps for two rows."""
    return rows(bytes(3))


@vector("MalformedError", "quant: a step is over 2^100")
def codec_quant_rows_large() -> Made:
    """A row whose step is over 2^100."""
    return rows(b"\0\1", 1816)


@vector("MalformedError", "tensor 'w': parameter 'steps' is not in 216..1816")
def codec_quant_rows_small() -> Made:
    """Steps from under 2^-100."""
    return rows(bytes(2), 215)


@vector("MalformedError", PARTS.format(1))
def codec_quant_rows_missing() -> Made:
    """The steps' part is missing, so that the words are taken for it."""
    parts = [u16([1]), u16([0]), bytes(2)]
    return quant(parts[::2], bytes(8), [2, 1], lanes=1, tail=0, low=0, steps=900)


@vector("MalformedError", "tensor 'w': parameter 'lanes' is not in 1..65536")
def codec_quant_lanes_0() -> Made:
    """No lane."""
    return sound(words=WORDS, stated={"lanes": 0})


@vector("MalformedError", "tensor 'w': parameter 'lanes' is not in 1..65536")
def codec_quant_lanes_2_16() -> Made:
    """2^16 + 1 lanes."""
    return sound(words=WORDS, stated={"lanes": 65537})


@vector("MalformedError", "tensor 'w': parameter 'lanes' is missing or no int")
def codec_quant_lanes_true() -> Made:
    """Lanes of true."""
    return sound(words=WORDS, stated={"lanes": True})


@vector("MalformedError", "a coded stream has too few lanes")
def codec_quant_lanes_few() -> Made:
    """One lane for 2^16 + 1 symbols: a decoder would take as many steps."""
    size = (1 << 16) + 1
    parts = [u16([1]), u16([0, 1])]
    return quant(parts, bytes(4 * size), [size], lanes=1, tail=0, low=0, step=1.0)


@vector("MalformedError", "tensor 'w': parameter 'low' is not in -1073741824..1073741824")
def codec_quant_low() -> Made:
    """An alphabet that begins at 2^30 + 1."""
    return sound(words=WORDS, stated={"low": (1 << 30) + 1})


@vector("MalformedError", "tensor 'w': parameter 'low' is missing or no int")
def codec_quant_low_missing() -> Made:
    """No lowest integer."""
    return sound(words=WORDS, stated={"low": None})


@vector("MalformedError", "tensor 'w': parameter 'tail' is not in 0..400")
def codec_quant_tail_negative() -> Made:
    """A tail of -1 symbols."""
    return sound(words=WORDS, stated={"tail": -1})


@vector("MalformedError", "tensor 'w': parameter 'tail' is not in 0..400")
def codec_quant_tail_more_than_symbols() -> Made:
    """A tail of more symbols than there are."""
    return sound(64, words=stream(INTEGERS, TABLE, 64), stated={"tail": 401})


@vector("MalformedError", "a coded stream has too long a tail")
def codec_quant_tail_more_than_lanes() -> Made:
    """A tail of more than 64 symbols a lane."""
    return sound(words=WORDS, stated={"tail": 257})


@vector("MalformedError", PARTS.format(1))
def codec_quant_parts_1() -> Made:
    """A table and no words."""
    return quant([u16(TABLE)], bytes(4), [1], lanes=1, tail=0, low=0, step=1.0)


@vector("MalformedError", PARTS.format(4))
def codec_quant_parts_4() -> Made:
    """A fourth part."""
    return sound(more=(b"", b""))


@vector("MalformedError", ALPHABET)
def codec_quant_table_empty() -> Made:
    """A table of no symbols."""
    return sound(frequencies=b"", words=WORDS)


@vector("MalformedError", ALPHABET)
def codec_quant_table_4097() -> Made:
    """A table of 2^12 + 1 symbols."""
    return sound(frequencies=u16([0] * 4096 + [1]), words=WORDS)


@vector("MalformedError", "a frequency table has 19 bytes, not 9 x 2")
def codec_quant_table_odd() -> Made:
    """A table of nine and a half frequencies."""
    return sound(frequencies=u16(TABLE) + b"\0", words=WORDS)


@vector("MalformedError", SUM)
def codec_quant_table_sum_0() -> Made:
    """A table of zeros."""
    return sound(frequencies=bytes(18), words=WORDS)


@vector("MalformedError", SUM)
def codec_quant_table_sum_odd() -> Made:
    """A table that sums to 2^8 + 1."""
    return sound(frequencies=u16([TABLE[0] + 1, *TABLE[1:]]), words=WORDS)


@vector("MalformedError", SUM)
def codec_quant_table_sum_2_16() -> Made:
    """A table that sums to 2^16, which is 0 in its own width."""
    return sound(frequencies=u16([1 << 15, 1 << 15]), words=WORDS)


@vector("MalformedError", f"coded words has {len(WORDS) + 1} bytes, not {len(WORDS) // 2} x 2")
def codec_quant_words_odd() -> Made:
    """Half a word more."""
    return sound(words=WORDS + b"\0")


@vector("MalformedError", "a coded stream is shorter than its states")
def codec_quant_words_no_states() -> Made:
    """Fewer words than the lanes' states take."""
    return sound(words=WORDS[:14])


@vector("MalformedError", "a coded stream ends too early")
def codec_quant_words_fewer() -> Made:
    """The last word is missing."""
    return sound(words=WORDS[:-2])


@vector("MalformedError", LEFT)
def codec_quant_words_more() -> Made:
    """A word too many."""
    return sound(words=WORDS + b"\0\0")


@vector("MalformedError", FIRST)
def codec_quant_last_state() -> Made:
    """A stream that ends in another state than encoders start from."""
    return sound(words=u16(words_of(INTEGERS, TABLE, 4, first=TOP + 1)))


@vector("MalformedError", FIRST)
def codec_quant_tail_states() -> Made:
    """A stream that was coded without a tail and states one."""
    return sound(words=stream(INTEGERS[:-1], TABLE, 4), stated={"tail": 1})


@vector("MalformedError", LEFT)
def codec_quant_tail_padding() -> Made:
    """First states that a tail leaves free hold ones, not zeros."""
    return sound(64, words=u16(words_of(INTEGERS, TABLE, 64, 100, pad=1)), stated={"tail": 100})


@vector("MalformedError", FIRST)
def codec_quant_tail_last_state() -> Made:
    """The tail's own stream ends in another state."""
    words = words_of(INTEGERS, TABLE, 64, 100, first=TOP + 1)
    return sound(64, words=u16(words), stated={"tail": 100})


@vector("MalformedError", "escaped integers has 4 bytes, not 2 x 4")
def codec_quant_escapes_fewer() -> Made:
    """Two escapes and one integer for them."""
    return escaped([5])


@vector("MalformedError", "escaped integers has 12 bytes, not 2 x 4")
def codec_quant_escapes_more() -> Made:
    """Two escapes and three integers for them."""
    return escaped([5, 6, 7])


def escaped(integers: list[int]) -> Made:
    symbols, frequencies = [0, 1, 1, 0], [1, 1]
    packed = struct.pack(f"<{len(integers)}i", *integers)
    parts = [u16(frequencies), stream(symbols, frequencies, 1), packed]
    return quant(parts, bytes(16), [4], lanes=1, tail=0, low=0, step=STEP)
