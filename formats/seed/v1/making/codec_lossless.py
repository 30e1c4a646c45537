"""The forms of lossless: ok_lossless_*, codec_lossless_* (SPEC 6.4)."""

from __future__ import annotations

import struct
from typing import Any

from making.build import Made, meta, seal, table, tensor
from making.coder import numbers, stream, table_of, u16
from making.register import vector

INTEGERS = numbers(60, 7, 5)
FREQUENCIES = table_of(INTEGERS, 7)


def lossless(
    form: Any, parts: list[bytes], elements: bytes, shape: list[int], dtype: str, **params: Any
) -> Made:
    part = tensor("lossless", parts, elements, {"form": form, **params})
    return seal(table(["w", dtype, shape]), meta(), part).holds(w=elements)


def run(
    mode: int,
    count: int,
    low: int = 0,
    symbols: int = 0,
    lanes: int = 0,
    tail: int = 0,
    words: int = 0,
) -> bytes:
    return struct.pack("<BBHIIII", mode, low, symbols, lanes, tail, words, count)


def bytes_of(runs: list[bytes], *parts: bytes, count: int = 60, elements: bytes = b"") -> Made:
    """A tensor of ``count`` U8 in form planes."""
    three = [*parts, b"", b"", b""][:3]
    return lossless("planes", [b"".join(runs), *three], elements, [count], "U8")


CODED = stream(INTEGERS, FREQUENCIES, 2)
RUN = {"low": 100, "symbols": 7, "lanes": 2, "words": len(CODED) // 2}


@vector()
def ok_lossless_plain() -> Made:
    """The elements as they are."""
    data = struct.pack("<3e", 1, -2, float("nan"))
    return lossless("plain", [data], data, [3], "F16")


@vector()
def ok_lossless_planes_u8() -> Made:
    """One plane of four runs, one of each mode."""
    runs = [run(0, 5, low=9), run(3, 60, **RUN), run(2, 4), run(1, 3)]
    data = b"\x09" * 5 + bytes(100 + i for i in INTEGERS) + b"echo" + b"\xfe\x01\x80"
    return bytes_of(runs, u16(FREQUENCIES), b"echo", CODED + data[-3:], count=72, elements=data)


@vector()
def ok_lossless_planes_f32() -> Made:
    """Four planes of float32, rotated left by a bit: exponent first, sign last; a NaN."""
    bits = [0x3F800000, 0xBF800001, 0x7FC00123, 0x80000000, 0x00000001]
    return planes("F32", "I", bits, 4, turned=True)


@vector()
def ok_lossless_planes_f64() -> Made:
    """Eight planes of float64."""
    bits = [0x3FF0000000000000, 0xBFF0000000000001, 0xFFF8000000000123, 1 << 63]
    return planes("F64", "Q", bits, 8, turned=True)


@vector()
def ok_lossless_planes_bf16() -> Made:
    """Two planes of bfloat16."""
    return planes("BF16", "H", [0x3F80, 0xBF81, 0x7FC1, 0x8000], 2, turned=True)


@vector()
def ok_lossless_planes_f8() -> Made:
    """float8 is one plane and is not rotated."""
    return planes("F8_E4M3", "B", [0x38, 0xB9, 0x7F, 0x80], 1, turned=False)


@vector()
def ok_lossless_planes_i16() -> Made:
    """Integers are not rotated."""
    return planes("I16", "H", [1, 0xFFFF, 0x8000, 0x1234], 2, turned=False)


def planes(dtype: str, form: str, words: list[int], width: int, *, turned: bool) -> Made:
    """Each plane one loose run, the first of them packed."""
    size = 8 * width
    turns = [(w << 1 | w >> (size - 1)) % (1 << size) if turned else w for w in words]
    parts = [bytes(t >> 8 * b & 255 for t in turns) for b in reversed(range(width))]
    runs = [run(1, len(words)), *[run(2, len(words))] * (width - 1)]
    data = struct.pack(f"<{len(words)}{form}", *words)
    made = [b"".join(runs), b"", b"".join(parts[1:]), parts[0]]
    return lossless("planes", made, data, [len(words)], dtype)


@vector()
def ok_lossless_planes_empty() -> Made:
    """No element, no run."""
    return lossless("planes", [b""] * 4, b"", [0, 3], "F32")


@vector()
def ok_lossless_values() -> Made:
    """Indices into seven distinct values, ordered by their bits as unsigned integers."""
    values = [0, 1, 5, 0x3F800000, 0x7FC00000, 0x80000000, 0xBF800000]
    data = struct.pack("<60I", *(values[i] for i in INTEGERS))
    parts = [struct.pack("<7I", *values), u16(FREQUENCIES), stream(INTEGERS, FREQUENCIES, 3)]
    return lossless("values", parts, data, [60], "F32", lanes=3, tail=0)


@vector()
def ok_lossless_values_one() -> Made:
    """One value for all."""
    parts = [b"\xfe", u16([1]), u16([0, 1])]
    return lossless("values", parts, b"\xfe" * 99, [99], "I8", lanes=1, tail=0)
