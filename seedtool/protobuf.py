"""Protocol Buffers' wire format, read and written without a schema or a copy.

Only what ONNX needs: varints, fixed 32 and 64 bit, length-delimited fields.
A reader walks a buffer that may be a map of a file far larger than memory;
payloads are handed out as slices and never touched. Source of the format:
protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seedtool.errors import MalformedError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
VARINT_MAX = 10  # bytes of the longest varint


class Field(NamedTuple):
    """One field of a message: ``start`` to ``end`` with its key, ``data`` without.

    ``number``: the field's number; ``wire``: its wire type; ``value``: the
    varint's value, 0 for other wire types; ``data``: the payload's bytes.
    """

    number: int
    wire: int
    value: int
    data: memoryview
    start: int
    end: int


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """The varint at ``at`` as an unsigned 64-bit value, and the position after it."""
    value = 0
    for index, byte in enumerate(data[at : at + VARINT_MAX]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if value >> 64:
                raise MalformedError("a protobuf varint is over 64 bits")
            return value, at + index + 1
    raise MalformedError("a protobuf varint has no end")


def fields(data: memoryview) -> Iterator[Field]:
    """Every field of a message in order; MalformedError where the bytes are none."""
    at, size = 0, data.nbytes
    while at < size:
        start = at
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise MalformedError(f"a protobuf field has the number {number}")
        value, begin = 0, at
        if wire == VARINT:
            value, at = read_varint(data, at)
        elif wire == BYTES:
            length, begin = read_varint(data, at)
            at = begin + length
        elif wire in (FIXED32, FIXED64):
            at += 4 if wire == FIXED32 else 8
        else:
            raise MalformedError(f"a protobuf field has the wire type {wire}")
        if at > size:
            raise MalformedError("a protobuf field reaches beyond its message")
        yield Field(number, wire, value, data[begin:at], start, at)


def signed(value: int) -> int:
    """A varint's value as the int64 that it encodes."""
    return value - (1 << 64) if value >> 63 else value


def text(field: Field) -> str:
    """The string that a field holds; MalformedError if it is none."""
    if field.wire != BYTES:
        raise MalformedError("a protobuf field that should be text is not")
    try:
        return bytes(field.data).decode()
    except UnicodeDecodeError:
        raise MalformedError("a protobuf string is not UTF-8") from None


def varints(data: memoryview) -> npt.NDArray[np.uint64]:
    """Packed varints as an array; no more memory than a few times the bytes given."""
    raw = np.frombuffer(data, np.uint8)
    (ends,) = np.nonzero(raw < 0x80)
    if raw.size and (not ends.size or ends[-1] != raw.size - 1):
        raise MalformedError("a protobuf varint has no end")
    starts = np.concatenate([np.zeros(min(ends.size, 1), np.int64), ends[:-1] + 1])
    lengths = ends - starts + 1
    longest = int(lengths.max(initial=0))
    if longest > VARINT_MAX or (longest == VARINT_MAX and np.any(raw[ends[lengths == 10]] > 1)):
        raise MalformedError("a protobuf varint is over 64 bits")
    values = np.zeros(ends.size, np.uint64)
    for index in range(longest):
        has = lengths > index
        bits = (raw[starts[has] + index] & 0x7F).astype(np.uint64)
        values[has] |= bits << np.uint64(7 * index)
    return values


# --------------------------------------------------------------------- writing


def varint(value: int) -> bytes:
    """A varint; negative values as the two's complement of an int64."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def head(number: int, length: int) -> bytes:
    """Key and length of a length-delimited field, before its payload."""
    return varint(number << 3 | BYTES) + varint(length)


def delimited(number: int, payload: bytes | bytearray | memoryview | str) -> bytes:
    """A string, bytes or message field."""
    raw = payload.encode() if isinstance(payload, str) else bytes(payload)
    return head(number, len(raw)) + raw


def integer(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3 | VARINT) + varint(value)
