"""What lossless refuses: codec_lossless_* (SPEC 6.4)."""

from __future__ import annotations

from typing import Any

from making.build import Made
from making.codec_lossless import CODED, FREQUENCIES, INTEGERS, RUN, bytes_of, lossless, run
from making.coder import stream, u16
from making.register import vector

LEFT = "lossless: {} are left over"
EARLY = "lossless: the {} end too early"
COUNT = "lossless: a run is empty, too long or leaves its plane"
COVER = "lossless: the runs cover another number of bytes than there are"
USELESS = "lossless: a run states what its mode has no use for"
TABLE = "lossless: a run has an impossible table or number of lanes"


def values(words: list[int], *, extra: bytes = b"", **params: Any) -> Made:
    """60 U16 as indices into those values."""
    parts = [u16(words) + extra, u16(FREQUENCIES), stream(INTEGERS, FREQUENCIES, 3)]
    stated = {"lanes": 3, "tail": 0, **params}
    return lossless("values", parts, bytes(120), [60], "U16", **stated)


@vector("MalformedError", "lossless: the form 'zip' is not known")
def codec_lossless_form() -> Made:
    """A form that is not of this version."""
    return lossless("zip", [b"seed"], b"seed", [4], "U8")


@vector("MalformedError", "tensor 'w': parameter 'form' is missing or no str")
def codec_lossless_form_number() -> Made:
    """A form of 0."""
    return lossless(0, [b"seed"], b"seed", [4], "U8")


@vector("MalformedError", "tensor 'w': unknown parameters 'lanes', 'tail'")
def codec_lossless_params() -> Made:
    """Lanes for form plain."""
    return lossless("plain", [b"seed"], b"seed", [4], "U8", lanes=1, tail=0)


@vector("MalformedError", "plain data has 5 bytes, not 4 x 1")
def codec_lossless_plain_long() -> Made:
    """A byte too many in form plain."""
    return lossless("plain", [b"seeds"], b"seed", [4], "U8")


@vector("MalformedError", "lossless: the values do not ascend")
def codec_lossless_values_unsorted() -> Made:
    """Two values in descending order."""
    return values([1, 2, 3, 4, 5, 7, 6])


@vector("MalformedError", "lossless: the values do not ascend")
def codec_lossless_values_twice() -> Made:
    """A value that comes twice."""
    return values([1, 2, 3, 4, 5, 6, 6])


@vector("MalformedError", "a frequency table has 14 bytes, not 6 x 2")
def codec_lossless_values_fewer() -> Made:
    """A frequency without a value."""
    return values([1, 2, 3, 4, 5, 6])


@vector("MalformedError", "values has 15 bytes, not 7 x 2")
def codec_lossless_values_odd() -> Made:
    """Half a value more."""
    return values([1, 2, 3, 4, 5, 6, 7], extra=b"\0")


@vector("MalformedError", "lossless: no or too many values")
def codec_lossless_values_none() -> Made:
    """No value."""
    return values([])


@vector("MalformedError", "tensor 'w': parameter 'tail' is missing or no int")
def codec_lossless_values_tail() -> Made:
    """Form values with a tail of nil."""
    return values([1, 2, 3, 4, 5, 6, 7], tail=None)


@vector("MalformedError", "lossless: 3 parts where 4 belong")
def codec_lossless_parts() -> Made:
    """Form planes in three parts."""
    return lossless("planes", [run(0, 4), b"", b""], bytes(4), [4], "U8")


@vector("MalformedError", "runs has 21 bytes, not 1 x 20")
def codec_lossless_runs_odd() -> Made:
    """A byte after the last run."""
    return bytes_of([run(0, 60), b"\0"])


@vector("MalformedError", COVER)
def codec_lossless_runs_fewer() -> Made:
    """Runs of a byte less than the tensor has."""
    return bytes_of([run(0, 59)])


@vector("MalformedError", COVER)
def codec_lossless_runs_overflow() -> Made:
    """Runs whose lengths are right in 32 bits."""
    return bytes_of([run(0, (1 << 32) - 1), run(0, 61)])


@vector("MalformedError", COUNT)
def codec_lossless_run_empty() -> Made:
    """A run of no bytes."""
    return bytes_of([run(0, 0), run(0, 60)])


@vector("MalformedError", COUNT)
def codec_lossless_run_crosses() -> Made:
    """A run over the end of a plane."""
    made = [run(0, 5) + run(0, 3), b"", b"", b""]
    return lossless("planes", made, bytes(8), [4], "I16")


@vector("MalformedError", COUNT)
def codec_lossless_run_long() -> Made:
    """A run of 2^24 + 1 bytes."""
    size = (1 << 24) + 1
    return bytes_of([run(0, size)], count=size)


@vector("MalformedError", "lossless: the mode 4 is not known")
def codec_lossless_mode() -> Made:
    """A mode that is not of this version."""
    return bytes_of([run(4, 60)])


@vector("MalformedError", USELESS)
def codec_lossless_constant_fields() -> Made:
    """A constant run that states lanes."""
    return bytes_of([run(0, 60, lanes=1)])


@vector("MalformedError", USELESS)
def codec_lossless_noise_low() -> Made:
    """A run of noise that states a lowest byte."""
    return bytes_of([run(1, 60, low=1)], b"", b"", bytes(60))


@vector("MalformedError", TABLE)
def codec_lossless_symbols_over() -> Made:
    """A coded run whose alphabet passes 255."""
    return bytes_of([run(3, 60, **{**RUN, "low": 250})], u16(FREQUENCIES), b"", CODED)


@vector("MalformedError", TABLE)
def codec_lossless_symbols_none() -> Made:
    """A coded run of no symbols."""
    return bytes_of([run(3, 60, **{**RUN, "symbols": 0})], b"", b"", CODED)


@vector("MalformedError", TABLE)
def codec_lossless_lanes_none() -> Made:
    """A coded run of no lanes."""
    return bytes_of([run(3, 60, **{**RUN, "lanes": 0})], u16(FREQUENCIES), b"", CODED)


@vector("MalformedError", EARLY.format("packed bytes"))
def codec_lossless_packed_short() -> Made:
    """Fewer packed bytes than a run takes."""
    return bytes_of([run(1, 60)], b"", b"", bytes(59))


@vector("MalformedError", EARLY.format("tables"))
def codec_lossless_table_short() -> Made:
    """A table that lacks a frequency."""
    return bytes_of([run(3, 60, **RUN)], u16(FREQUENCIES[:-1]), b"", CODED)


@vector("MalformedError", LEFT.format("tables"))
def codec_lossless_table_left() -> Made:
    """A table that no run takes."""
    return bytes_of([run(0, 60)], u16([1]))


@vector("MalformedError", LEFT.format("loose bytes"))
def codec_lossless_loose_left() -> Made:
    """A loose byte that no run takes."""
    return bytes_of([run(0, 60)], b"", b"x")


@vector("MalformedError", LEFT.format("packed bytes"))
def codec_lossless_packed_left() -> Made:
    """A packed byte that no run takes."""
    return bytes_of([run(0, 60)], b"", b"", b"x")


@vector("MalformedError", "a coded stream has words left over")
def codec_lossless_words_more() -> Made:
    """A coded run that states a word more than its stream."""
    stated = {**RUN, "words": RUN["words"] + 1}
    return bytes_of([run(3, 60, **stated)], u16(FREQUENCIES), b"", CODED + b"\0\0")
