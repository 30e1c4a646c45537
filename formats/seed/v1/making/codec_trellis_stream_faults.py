"""What trellis refuses in its tables and words: codec_trellis_* (SPEC 6.10 and 7)."""

from __future__ import annotations

from making.build import Made
from making.codec_trellis import AIMS, BITS, sound, trellis
from making.codec_trellis_coder import joined, stream, tables_of, walk
from making.codec_trellis_faults import LOWS, MISSING, POINTS, RANGE, TABLES, TINY, stated
from making.coder import TOP, u16
from making.register import vector

SUM = "a frequency table does not sum to a power of two up to 2^15"
LEFT = "a coded stream has words left over"
FIRST = "a coded stream does not end in its first state"
WORDS = stream(POINTS, TABLES, LOWS)
BOTH = joined(TABLES)
BYTES = len(BOTH)


def tabled(even: list[int], odd: list[int]) -> Made:
    """Sound but for the tables."""
    sizes = {"size": [len(even), len(odd)]}
    return sound(POINTS, frequencies=joined([even, odd]), words=WORDS, stated=sizes)


@vector("MalformedError", MISSING.format("lanes", "int"))
def codec_trellis_lanes_missing() -> Made:
    """No lanes."""
    return stated(lanes=None)


@vector("MalformedError", RANGE.format("lanes", 1, 65536))
def codec_trellis_lanes_0() -> Made:
    """No lane."""
    return stated(lanes=0)


@vector("MalformedError", RANGE.format("lanes", 1, 65536))
def codec_trellis_lanes_2_16() -> Made:
    """2^16 + 1 lanes."""
    return stated(lanes=65537)


@vector("MalformedError", "a coded stream ends too early")
def codec_trellis_states_fewer() -> Made:
    """The words of 8 states, read by 1: by the even table alone."""
    return stated(states=1)


@vector("MalformedError", "a coded stream has too few lanes")
def codec_trellis_lanes_few() -> Made:
    """One lane for 2^16 + 1 symbols: a decoder would take as many steps."""
    size = (1 << 16) + 1
    return trellis([u16([1, 1]), u16([0, 1])], bytes(4 * size), [size], **TINY)


@vector("MalformedError", MISSING.format("tail", "int"))
def codec_trellis_tail_missing() -> Made:
    """No tail, not even of 0."""
    return stated(tail=None)


@vector("MalformedError", RANGE.format("tail", 0, len(AIMS)))
def codec_trellis_tail_more_than_symbols() -> Made:
    """A tail of more symbols than there are."""
    return sound(walk(AIMS, 64), stated={"tail": len(AIMS) + 1})


@vector("MalformedError", "a coded stream has too long a tail")
def codec_trellis_tail_more_than_lanes() -> Made:
    """A tail of more than 64 symbols a lane."""
    return stated(tail=257)


@vector("MalformedError", "trellis: 1 parts where 2 belong")
def codec_trellis_parts_1() -> Made:
    """Tables and no words."""
    return trellis([u16([1, 1])], bytes(4), [1], **TINY)


@vector("MalformedError", "trellis: 3 parts where 2 belong")
def codec_trellis_parts_3() -> Made:
    """A third part, as of quant's escapes."""
    return sound(POINTS, more=(b"",))


@vector("MalformedError", f"a frequency table has 0 bytes, not {BYTES // 2} x 2")
def codec_trellis_table_empty() -> Made:
    """No frequencies."""
    return sound(POINTS, frequencies=b"", words=WORDS)


@vector("MalformedError", f"a frequency table has {BYTES + 1} bytes, not {BYTES // 2} x 2")
def codec_trellis_table_odd() -> Made:
    """Half a frequency more."""
    return sound(POINTS, frequencies=BOTH + b"\0", words=WORDS)


@vector("MalformedError", f"a frequency table has {BYTES} bytes, not {BYTES // 2 + 1} x 2")
def codec_trellis_table_fewer() -> Made:
    """An odd table of a symbol more than there are."""
    return stated(size=[len(TABLES[0]), len(TABLES[1]) + 1])


@vector("MalformedError", f"a frequency table has {BYTES} bytes, not {BYTES // 2 - 1} x 2")
def codec_trellis_table_more() -> Made:
    """A frequency that no table has."""
    return stated(size=[len(TABLES[0]), len(TABLES[1]) - 1])


@vector("MalformedError", "a frequency table has 8 bytes, not 524288 x 2")
def codec_trellis_table_largest() -> Made:
    """64 tables of 2^13 symbols, in eight bytes."""
    params = {"low": [0] * 64, "size": [1 << 13] * 64, "floor": 0, "shift": 0}
    parts = [u16([1] * 4), u16([0, 1]), b"\0", bytes(2)]
    return trellis(parts, bytes(8), [2], **{**TINY, **params})


@vector("MalformedError", "the frequency tables of a stream have different sums")
def codec_trellis_table_sums() -> Made:
    """Tables of 2^8 and 2^9."""
    return tabled(TABLES[0], [2 * f for f in TABLES[1]])


@vector("MalformedError", "the frequency tables of a stream have different sums")
def codec_trellis_table_sums_of_classes() -> Made:
    """Two classes, of 1 and of 2, of which no element is of the second."""
    params = {"low": [0] * 4, "size": [1] * 4, "floor": 0, "shift": 0}
    parts = [u16([1, 1, 2, 2]), u16([0, 1]), b"\0", bytes(2)]
    return trellis(parts, bytes(8), [2], **{**TINY, **params})


@vector("MalformedError", "the frequency tables of a stream have different sums")
def codec_trellis_table_sums_unused() -> Made:
    """Tables of 2^8 and 2^9, of which the odd one is never used."""
    points = walk(AIMS, grid=2)
    tables, lows = tables_of(points, BITS)
    both = joined([tables[0], [1 << BITS + 1]])
    return sound(points, frequencies=both, words=stream(points, tables, lows))


@vector("MalformedError", SUM)
def codec_trellis_table_sum_even() -> Made:
    """An even table that sums to 2^8 + 1."""
    return tabled([TABLES[0][0] + 1, *TABLES[0][1:]], TABLES[1])


@vector("MalformedError", SUM)
def codec_trellis_table_sum_odd() -> Made:
    """An odd table that sums to 2^8 + 1; the even one is sound."""
    return tabled(TABLES[0], [TABLES[1][0] + 1, *TABLES[1][1:]])


@vector("MalformedError", SUM)
def codec_trellis_table_sum_together() -> Made:
    """Tables whose sums make a power of two together, and neither alone."""
    return tabled([TABLES[0][0] + 1, *TABLES[0][1:]], [*TABLES[1][:-1], TABLES[1][-1] - 1])


@vector("MalformedError", SUM)
def codec_trellis_table_sum_0() -> Made:
    """An odd table of zeros, though it is never used."""
    points = walk(AIMS, grid=2)
    tables, lows = tables_of(points, BITS)
    return sound(points, frequencies=joined([tables[0], [0]]), words=stream(points, tables, lows))


@vector("MalformedError", SUM)
def codec_trellis_table_sum_2_16() -> Made:
    """Tables that sum to 2^16, which is 0 in their own width."""
    return tabled([1 << 15] * 2, [1 << 15] * 2)


@vector("MalformedError", f"coded words has {len(WORDS) + 1} bytes, not {len(WORDS) // 2} x 2")
def codec_trellis_words_odd() -> Made:
    """Half a word more."""
    return sound(POINTS, words=WORDS + b"\0")


@vector("MalformedError", "a coded stream is shorter than its states")
def codec_trellis_words_no_states() -> Made:
    """Fewer words than the lanes' states take."""
    return sound(POINTS, words=WORDS[:14])


@vector("MalformedError", "a coded stream ends too early")
def codec_trellis_words_fewer() -> Made:
    """The last word is missing."""
    return sound(POINTS, words=WORDS[:-2])


@vector("MalformedError", LEFT)
def codec_trellis_words_more() -> Made:
    """A word too many."""
    return sound(POINTS, words=WORDS + b"\0\0")


@vector("MalformedError", FIRST)
def codec_trellis_last_state() -> Made:
    """A stream that ends in another state than encoders start from."""
    return sound(POINTS, first=TOP + 1)


@vector("MalformedError", FIRST)
def codec_trellis_tail_last_state() -> Made:
    """The tail's own stream ends in another state."""
    return sound(walk(AIMS, 64, 90), first=TOP + 1)


@vector("MalformedError", LEFT)
def codec_trellis_tail_padding() -> Made:
    """First states that a tail leaves free hold ones, not zeros."""
    return sound(walk(AIMS, 64, 80), pad=1)


@vector("MalformedError", FIRST)
def codec_trellis_tail_states() -> Made:
    """A stream that was coded without a tail and states one."""
    points = walk(AIMS[:-1])
    return sound(points, stated={"tail": 1})
