"""Canonical msgpack: one value has one form, and hostile bytes cost little (SPEC 3.2).

Reading is done here rather than by msgpack's own decoder, which takes a
gigabyte for 16 MiB of empty arrays and does not tell a longer form from the
shortest.
"""

from __future__ import annotations

import math
import struct
from typing import Any, cast

import msgpack

from seedtool import errors
from seedtool.seed import DEPTH_MAX, VALUES_MAX

_SINGLE = {0xC0: None, 0xC2: False, 0xC3: True}
# Leading byte -> struct of the number, and the range that has no shorter form.
_INTEGERS = {
    0xCC: (struct.Struct(">B"), 1 << 7, 1 << 8),
    0xCD: (struct.Struct(">H"), 1 << 8, 1 << 16),
    0xCE: (struct.Struct(">I"), 1 << 16, 1 << 32),
    0xCF: (struct.Struct(">Q"), 1 << 32, 1 << 64),
    0xD0: (struct.Struct(">b"), -(1 << 7), -(1 << 5)),
    0xD1: (struct.Struct(">h"), -(1 << 15), -(1 << 7)),
    0xD2: (struct.Struct(">i"), -(1 << 31), -(1 << 15)),
    0xD3: (struct.Struct(">q"), -(1 << 63), -(1 << 31)),
}
# Leading byte -> type, bytes of the length, and the least length that needs it.
_SIZED = {
    0xC4: (bytes, 1, 0),
    0xC5: (bytes, 2, 1 << 8),
    0xC6: (bytes, 4, 1 << 16),
    0xD9: (str, 1, 1 << 5),
    0xDA: (str, 2, 1 << 8),
    0xDB: (str, 4, 1 << 16),
    0xDC: (list, 2, 1 << 4),
    0xDD: (list, 4, 1 << 16),
    0xDE: (dict, 2, 1 << 4),
    0xDF: (dict, 4, 1 << 16),
}
_FLOAT = struct.Struct(">d")


def pack(value: Any) -> bytes:
    """``value`` in its shortest form, map keys in the order of their UTF-8 bytes.

    MalformedError or LimitError for what no reader would take: a number that
    is not finite or beyond 64 bits, a key that is no string, deep nesting.
    """
    try:
        return cast(bytes, msgpack.packb(_ordered(value, 0), use_bin_type=True))
    except (OverflowError, TypeError, ValueError):
        raise errors.MalformedError("a value has no msgpack form") from None


def _ordered(value: Any, depth: int) -> Any:
    if isinstance(value, (dict, list, tuple)):
        if depth == DEPTH_MAX:
            raise errors.LimitError(f"a value is nested deeper than {DEPTH_MAX}")
        if isinstance(value, dict):
            return {k: _ordered(value[k], depth + 1) for k in sorted(value, key=str.encode)}
        return [_ordered(v, depth + 1) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise errors.MalformedError("a value holds a number that is not finite")
    return value


def unpack(data: bytes, what: str) -> Any:
    """The value of canonical msgpack; MalformedError or LimitError for anything else.

    ``what`` names the bytes in messages. Maps come as dicts, arrays as lists.
    """
    decoder = _Decoder(data, what)
    value = decoder.value(0)
    if decoder.at != len(data):
        raise errors.MalformedError(f"{what} has bytes after its value")
    return value


class _Decoder:
    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._room = VALUES_MAX
        self.at = 0

    def _take(self, size: int) -> bytes:
        piece = self._data[self.at : self.at + size]
        if len(piece) != size:
            raise errors.MalformedError(f"{self._what} ends within a value")
        self.at += size
        return piece

    def value(self, depth: int) -> Any:
        self._room -= 1
        if self._room < 0:
            raise errors.LimitError(f"{self._what} holds more than 2^20 values")
        if self.at == len(self._data):
            raise errors.MalformedError(f"{self._what} ends within a value")
        first = self._data[self.at]
        self.at += 1
        if first < 0x80 or first >= 0xE0:
            return first if first < 0x80 else first - 256
        if first in _SINGLE:
            return _SINGLE[first]
        if first in _INTEGERS:
            form, low, high = _INTEGERS[first]
            number = form.unpack(self._take(form.size))[0]
            if not low <= number < high:
                raise errors.MalformedError(f"{self._what} holds a longer form than the shortest")
            return number
        if first == 0xCB:
            number = _FLOAT.unpack(self._take(8))[0]
            if not math.isfinite(number):
                raise errors.MalformedError(f"{self._what} holds a number that is not finite")
            return number
        return self._sized(first, depth)

    def _sized(self, first: int, depth: int) -> Any:
        if first in _SIZED:
            kind, width, least = _SIZED[first]
            size = int.from_bytes(self._take(width), "big")
            if size < least:
                raise errors.MalformedError(f"{self._what} holds a longer form than the shortest")
        elif first < 0xC0:
            kind = dict if first < 0x90 else list if first < 0xA0 else str
            size = first & (0x1F if kind is str else 0x0F)
        else:  # float32, the extension types, and the byte that msgpack never uses
            raise errors.MalformedError(f"{self._what} holds a msgpack type that seeds do not use")
        if kind is bytes:
            return self._take(size)
        if kind is str:
            try:
                return self._take(size).decode()
            except UnicodeDecodeError:
                raise errors.MalformedError(
                    f"{self._what} holds a string that is not UTF-8"
                ) from None
        if depth == DEPTH_MAX:
            raise errors.LimitError(f"{self._what} is nested deeper than {DEPTH_MAX}")
        if kind is list:
            return [self.value(depth + 1) for _ in range(size)]
        return self._map(size, depth)

    def _map(self, size: int, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        last = ""
        for _ in range(size):
            key = self.value(depth + 1)
            if type(key) is not str:
                raise errors.MalformedError(f"{self._what} holds a map key that is no string")
            # UTF-8 sorts as code points do, and so do Python's strings.
            if made and key <= last:
                raise errors.MalformedError(f"{self._what} holds map keys out of order or twice")
            made[key] = self.value(depth + 1)
            last = key
        return made
