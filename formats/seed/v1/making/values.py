"""Msgpack and its one form: msgpack_* and its limits (SPEC 3.2), shown in meta documents."""

from __future__ import annotations

import struct
from typing import Any

from making.build import Made, frame, framed, header, pack, seal, section, table
from making.register import vector

WHAT = "the meta document"
LONGER = f"{WHAT} holds a longer form than the shortest"
ORDER = f"{WHAT} holds map keys out of order or twice"
UNUSED = f"{WHAT} holds a msgpack type that seeds do not use"
NO_STRING = f"{WHAT} holds a map key that is no string"
NO_UTF8 = f"{WHAT} holds a string that is not UTF-8"
NOT_FINITE = f"{WHAT} holds a number that is not finite"
WITHIN = f"{WHAT} ends within a value"


def meta(raw: bytes) -> Made:
    """A seed whose meta document is of these bytes."""
    return seal(table(), section("meta", [raw]))


def value(raw: bytes) -> Made:
    """A seed whose meta document is {"a": raw}."""
    return meta(b"\x81\xa1a" + raw)


def nested(depth: int) -> bytes:
    """Arrays within arrays, ``depth`` of them."""
    return b"\x91" * (depth - 1) + b"\x90"


@vector()
def ok_msgpack_every_form() -> Made:
    """Every form of every type, at both ends of its range."""
    edges = [0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1]
    below = [-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63)]
    sizes = [0, 1, 15, 16, 31, 32, 255, 256]
    floats = [0.0, -0.0, 1.5, 5e-324, 1.7976931348623157e308]
    document: dict[str, Any] = {
        "numbers": [*edges, *below, *floats],
        "singles": [None, True, False],
        "strings": ["s" * n for n in sizes],
        "bytes": [b"b" * n for n in sizes],
        "arrays": [[0] * n for n in (0, 15, 16)],
        "maps": [{chr(65 + k): k for k in range(n)} for n in (0, 15, 16)],
        "\N{SNOWMAN}": "\U0001f331",
        "": "",
    }
    return meta(pack(document))


@vector()
def ok_msgpack_depth_16() -> Made:
    """Nesting as deep as it may be: the document's own map and 15 arrays."""
    return value(nested(15))


@vector("LimitError", f"{WHAT} is nested deeper than 16")
def limit_depth() -> Made:
    """A map and 16 arrays within each other."""
    return value(nested(16))


@vector("LimitError", f"{WHAT} is nested deeper than 16")
def limit_depth_bomb() -> Made:
    """Five hundred nested array headers, of 2^32 - 1 values each."""
    return meta(b"\xdd\xff\xff\xff\xff" * 500)


def many(count: int) -> Made:
    """A document of ``count`` values: a map, a key, an array and its zeros."""
    start = b"\x81\xa1a\xdd" + struct.pack(">I", count - 3)
    raw = start + bytes(count - 3)
    body = framed(frame(start, (0, count - 3), size=len(raw)))
    return seal(table(), section("meta", [raw], body=body))


@vector()
def ok_msgpack_values_2_20() -> Made:
    """A document of as many values as may be."""
    return many(1 << 20)


@vector("LimitError", f"{WHAT} holds more than 2^20 values")
def limit_values() -> Made:
    """A document of one value too many."""
    return many((1 << 20) + 1)


@vector("LimitError", "the header holds more than 2^20 values")
def limit_values_header() -> Made:
    """16 MiB of empty arrays in a header of a few hundred bytes: a gigabyte of lists."""
    count = (1 << 24) - 14
    start = b"\x81\xa7tensors\xdd" + struct.pack(">I", count)
    raw = start + b"\x90" * count
    chunk = framed(frame(start, (0x90, count), size=len(raw)))
    return seal(header(None, raw=raw, chunks=chunk), section("meta", [b"\x80"]))


@vector()
def ok_document_16_mib() -> Made:
    """A document as long as it may be."""
    size = (1 << 24) - 8
    start = b"\x81\xa1a\xc6" + struct.pack(">I", size)
    raw = start + bytes(size)
    return seal(
        table(),
        section("meta", [raw], body=framed(frame(start, (0, size), size=len(raw)))),
    )


@vector("MalformedError", LONGER)
def msgpack_integer_wide() -> Made:
    """The integer 1 in two bytes."""
    return value(b"\xcc\x01")


@vector("MalformedError", LONGER)
def msgpack_integer_signed() -> Made:
    """The integer 200 in a signed form."""
    return value(b"\xd1\x00\xc8")


@vector("MalformedError", LONGER)
def msgpack_integer_negative_wide() -> Made:
    """The integer -1 in nine bytes."""
    return value(b"\xd3" + b"\xff" * 8)


@vector("MalformedError", LONGER)
def msgpack_string_wide() -> Made:
    """A string of one byte with a length of two."""
    return value(b"\xda\x00\x01x")


@vector("MalformedError", LONGER)
def msgpack_bytes_wide() -> Made:
    """A binary of one byte with a length of two."""
    return value(b"\xc5\x00\x01x")


@vector("MalformedError", LONGER)
def msgpack_array_wide() -> Made:
    """An array of one value with a length of two bytes."""
    return value(b"\xdc\x00\x01\xc0")


@vector("MalformedError", LONGER)
def msgpack_map_wide() -> Made:
    """A map of one pair with a length of two bytes."""
    return meta(b"\xde\x00\x01\xa1a\xc0")


@vector("MalformedError", UNUSED)
def msgpack_float32() -> Made:
    """A float of four bytes."""
    return value(b"\xca" + struct.pack(">f", 1.5))


@vector("MalformedError", NOT_FINITE)
def msgpack_nan() -> Made:
    """Not a number."""
    return value(b"\xcb" + bytes.fromhex("7ff8000000000000"))


@vector("MalformedError", NOT_FINITE)
def msgpack_infinity() -> Made:
    """Minus infinity."""
    return value(b"\xcb" + bytes.fromhex("fff0000000000000"))


@vector("MalformedError", UNUSED)
def msgpack_extension() -> Made:
    """An extension type."""
    return value(b"\xd4\x05\x00")


@vector("MalformedError", UNUSED)
def msgpack_timestamp() -> Made:
    """The extension type -1, a time."""
    return value(b"\xd6\xff\x00\x00\x00\x00")


@vector("MalformedError", UNUSED)
def msgpack_never_used() -> Made:
    """The byte C1, which msgpack does not use."""
    return value(b"\xc1")


@vector("MalformedError", ORDER)
def msgpack_keys_unsorted() -> Made:
    """Keys in descending order."""
    return meta(b"\x82\xa1b\xc0\xa1a\xc0")


@vector("MalformedError", ORDER)
def msgpack_keys_by_length() -> Made:
    """Keys ordered by length first: "b" before "aa"."""
    return meta(b"\x82\xa1b\xc0\xa2aa\xc0")


@vector("MalformedError", ORDER)
def msgpack_keys_twice() -> Made:
    """The same key twice."""
    return meta(b"\x82\xa1a\xc0\xa1a\xc0")


@vector("MalformedError", NO_STRING)
def msgpack_key_integer() -> Made:
    """A key that is an integer."""
    return meta(b"\x81\x01\xc0")


@vector("MalformedError", NO_STRING)
def msgpack_key_bytes() -> Made:
    """A key that is a binary."""
    return meta(b"\x81\xc4\x01a\xc0")


@vector("MalformedError", NO_STRING)
def msgpack_key_array() -> Made:
    """A key that is an array."""
    return meta(b"\x81\x90\xc0")


@vector("MalformedError", NO_UTF8)
def msgpack_string_latin() -> Made:
    """A string in Latin-1."""
    return value(b"\xa1\xe9")


@vector("MalformedError", NO_UTF8)
def msgpack_string_surrogate() -> Made:
    """A string with half a surrogate pair."""
    return value(b"\xa3\xed\xa0\x80")


@vector("MalformedError", NO_UTF8)
def msgpack_string_overlong() -> Made:
    """A slash in two bytes of UTF-8."""
    return value(b"\xa2\xc0\xaf")


@vector("MalformedError", WITHIN)
def msgpack_ends_early() -> Made:
    """A string of five bytes of which three are there."""
    return value(b"\xa5abc")


@vector("MalformedError", WITHIN)
def msgpack_bytes_4_gib() -> Made:
    """A binary that states 2^32 - 1 bytes."""
    return value(b"\xc6\xff\xff\xff\xff")


@vector("MalformedError", WITHIN)
def msgpack_nothing() -> Made:
    """No value at all."""
    return seal(table(), section("meta", [b""]))


@vector("MalformedError", f"{WHAT} has bytes after its value")
def msgpack_two_values() -> Made:
    """A second value after the first."""
    return meta(b"\x80\x80")
