"""The building blocks of SPEC 3 for reference.py: chunks, frames, msgpack, names."""

from __future__ import annotations

import math
import struct
import unicodedata
from typing import Any

import msgpack
import zstandard

MIB = 1 << 20
CHUNK = 16 * MIB


class RuleError(Exception):
    """A rule is broken; ``family`` is one of SPEC 9."""

    def __init__(self, family: str, text: str) -> None:
        super().__init__(text)
        self.family = family


def need(condition: bool, text: str, family: str = "malformed") -> None:
    if not condition:
        raise RuleError(family, text)


class Source:
    """The file's bytes, taken from the front; never more than there are."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        need(len(self.data) - self.at >= size, "the file stops here", "truncated")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")


def read_part(source: Source, length: int) -> bytes:
    """3.1: a part of ``length`` raw bytes."""
    out = []
    for at in range(0, length, CHUNK):
        raw_length = min(CHUNK, length - at)
        word = source.number(4)
        if word >> 31:
            need(word & 0x7FFFFFFF == raw_length, "length of a stored chunk")
            out.append(source.take(raw_length))
        else:
            need(1 <= word < raw_length, "length of a compressed chunk")
            out.append(read_frame(source.take(word), raw_length))
    return b"".join(out)


def read_frame(frame: bytes, raw_length: int) -> bytes:
    """3.1 and RFC 8878, 3.1.1.1: what the frame header says, before zstd sees it."""
    need(frame[:4] == bytes.fromhex("28B52FFD") and len(frame) > 5, "no zstd frame")
    descriptor = frame[4]
    need(descriptor & 0b111 == 0, "a checksum, or a dictionary")
    need(descriptor & 0b1000 == 0, "a reserved bit")
    single = descriptor >> 5 & 1
    at = 5 if single else 6
    width = [single, 2, 4, 8][descriptor >> 6]
    need(width > 0 and len(frame) >= at + width, "no content size")
    content = int.from_bytes(frame[at : at + width], "little") + (256 if width == 2 else 0)
    need(content == raw_length, "another content size")
    exponent, mantissa = frame[5] >> 3, frame[5] & 7
    window = content if single else (1 << 10 + exponent) * (8 + mantissa) // 8
    need(window <= 8 * MIB, "window", "limit")
    try:
        raw = zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as e:
        raise RuleError("malformed", f"zstd: {e}") from None
    need(len(raw) == raw_length, "a frame holds less than it says")
    return bytes(raw)


def read_msgpack(data: bytes, what: str) -> Any:
    """3.2: decoded loosely but counted, then encoded again and compared."""
    source, left = Source(data), 1 << 20
    numbers = [">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q"]

    def value(depth: int) -> Any:
        nonlocal left
        left -= 1
        need(left >= 0, f"{what} holds too many values", "limit")
        (byte,) = source.take(1)
        if byte < 0x80 or byte >= 0xE0:
            return byte if byte < 0x80 else byte - 256
        if byte in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[byte]
        if 0xCC <= byte <= 0xD3:
            form = numbers[byte - 0xCC]
            return struct.unpack(form, source.take(struct.calcsize(form)))[0]
        if byte == 0xCB:
            return struct.unpack(">d", source.take(8))[0]
        if 0xC4 <= byte <= 0xC6:
            return source.take(int.from_bytes(source.take(1 << byte - 0xC4), "big"))
        if 0xA0 <= byte <= 0xBF or 0xD9 <= byte <= 0xDB:
            short = byte < 0xC0
            return source.take(
                byte & 31 if short else int.from_bytes(source.take(1 << byte - 0xD9), "big")
            ).decode()
        need(byte < 0xC0 or byte >= 0xDC, f"{what} holds an unused type")
        need(depth < 16, f"{what} is nested too deep", "limit")
        if byte < 0xC0:
            count = byte & 15
        else:
            count = int.from_bytes(source.take(4 if byte & 1 else 2), "big")
        if 0x90 <= byte <= 0x9F or byte in (0xDC, 0xDD):
            return [value(depth + 1) for _ in range(count)]
        pairs = [(value(depth + 1), value(depth + 1)) for _ in range(count)]
        need(all(type(k) is str for k, _ in pairs), f"{what} has a key that is no string")
        need(len(dict(pairs)) == count, f"{what} has a key twice")
        return dict(pairs)

    def ordered(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: ordered(v[k]) for k in sorted(v, key=lambda k: k.encode())}
        need(not isinstance(v, float) or math.isfinite(v), f"{what}: not finite")
        return [ordered(x) for x in v] if isinstance(v, list) else v

    try:
        made = value(0)
    except UnicodeDecodeError:
        raise RuleError("malformed", f"{what}: not UTF-8") from None
    except RuleError as fault:
        raise RuleError(fault.family.replace("truncated", "malformed"), str(fault)) from None
    need(msgpack.packb(ordered(made)) == data, f"{what} is not in its one form")
    return made


def read_name(name: Any, what: str) -> str:
    """3.3"""
    need(type(name) is str and name != "", f"{what}: no name")
    need(len(name.encode()) <= 512, f"{what}: too long", "limit")
    need(unicodedata.normalize("NFC", name) == name, f"{what}: not in form C")
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    need(not any(unicodedata.category(c) in bad for c in name), f"{what}: a control character")
    return str(name)
