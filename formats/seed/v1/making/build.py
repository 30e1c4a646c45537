"""Builds seeds byte by byte, so that each rule can be broken alone.

Nothing here checks anything, and nothing comes from seedtool: hashes are made
over whatever bytes they stand after, so a file with one fault is sound otherwise.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any

import msgpack

MAGIC = bytes.fromhex("d3 53 45 45 44 0d 0a 1a 0a")
CHUNK = 1 << 24
STORED = 1 << 31


@dataclass(frozen=True)
class Piece:
    """The header or a section: its bytes in the file, and its share of the content digest."""

    stored: bytes
    content: bytes


@dataclass(frozen=True)
class Made:
    """A vector: the file, its content digest, and what it holds if it is sound.

    That is each tensor's elements, and what the digest of examples is made over (SPEC 5.7).
    """

    file: bytes
    content: bytes = b""
    tensors: dict[str, bytes] = field(default_factory=dict)
    examples: dict[str, bytes] = field(default_factory=dict)

    def holds(self, **tensors: bytes) -> Made:
        return Made(self.file, self.content, tensors)


def pack(value: Any) -> bytes:
    """Msgpack with map keys in order."""

    def ordered(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: ordered(v[k]) for k in sorted(v)}
        return [ordered(x) for x in v] if isinstance(v, list) else v

    return bytes(msgpack.packb(ordered(value)))


def sha(*pieces: bytes) -> bytes:
    return hashlib.sha256(b"".join(pieces)).digest()


def stored(raw: bytes, length: int | None = None) -> bytes:
    """A stored chunk, stating ``length`` if that is given."""
    return struct.pack("<I", (len(raw) if length is None else length) | STORED) + raw


def framed(frame: bytes) -> bytes:
    """A compressed chunk of that zstd frame."""
    return struct.pack("<I", len(frame)) + frame


def plain(raw: bytes) -> bytes:
    """A part as stored chunks."""
    return b"".join(stored(raw[at : at + CHUNK]) for at in range(0, len(raw), CHUNK))


def frame(
    *blocks: bytes | tuple[int, int],
    size: int | None,
    window: int | None = 17,
    flags: int = 0,
    extra: bytes = b"",
) -> bytes:
    """A zstd frame (RFC 8878, 3.1.1) of raw and run-length blocks.

    ``blocks``: bytes are a raw block, (byte, count) is a run, of at most 128 KiB a
    block. ``size`` is the content size stated, None for none. ``window`` is log2 of
    the window, None for a single-segment frame. ``flags``: more bits of the frame
    header descriptor; ``extra`` stands between the window and the content size.
    """
    runs: list[tuple[int, int, bytes]] = []
    for block in blocks:
        if isinstance(block, bytes):
            runs.append((0, len(block), block))
        else:
            byte, left = block
            while left:
                runs.append((1, min(left, 1 << 17), bytes([byte])))
                left -= runs[-1][1]
    descriptor = flags | (0xC0 if size is not None else 0) | (0x20 if window is None else 0)
    out = b"\x28\xb5\x2f\xfd" + bytes([descriptor])
    if window is not None:
        out += bytes([(window - 10) << 3])
    out += extra + (struct.pack("<Q", size) if size is not None else b"")
    for index, (kind, length, data) in enumerate(runs):
        last = index == len(runs) - 1
        out += (last | kind << 1 | length << 3).to_bytes(3, "little") + data
    return out


def run(byte: int, count: int, window: int = 17) -> bytes:
    """A part of ``count`` equal bytes as the chunks of SPEC 3.1."""
    out = b""
    while count:
        size = min(count, CHUNK)
        piece = frame((byte, size), size=size, window=window)
        out += framed(piece) if len(piece) < size else stored(bytes([byte]) * size)
        count -= size
    return out


def header(
    value: Any,
    *,
    raw: bytes | None = None,
    magic: bytes = MAGIC,
    version: tuple[int, int] = (1, 0),
    length: int | None = None,
    chunks: bytes | None = None,
    digest: bytes | None = None,
) -> Piece:
    """The header of a map, or of whatever is to stand there instead."""
    raw = pack(value) if raw is None else raw
    out = magic + bytes(version) + struct.pack("<I", len(raw) if length is None else length)
    out += plain(raw) if chunks is None else chunks
    return Piece(out + (sha(out) if digest is None else digest), raw)


def table(*rows: list[Any], **others: Any) -> Piece:
    """A header with these rows in its tensor table."""
    return header({"tensors": list(rows), **others})


def section(
    kind: str | None,
    parts: list[bytes],
    *,
    head: bytes | None = None,
    body: bytes | None = None,
    head_length: int | None = None,
    body_length: int | None = None,
    digest: bytes | None = None,
    **fields: Any,
) -> Piece:
    """A section; the keywords replace single fields of what is right."""
    if head is None:
        named = {} if kind is None else {"kind": kind}
        head = pack({"parts": [len(p) for p in parts], **named, **fields})
    body = b"".join(map(plain, parts)) if body is None else body
    start = struct.pack("<I", len(head) if head_length is None else head_length)
    size = struct.pack("<Q", len(body) if body_length is None else body_length)
    out = start + size + head + body
    content = start + head + b"".join(parts)
    return Piece(out + (sha(out) if digest is None else digest), content)


def document(kind: str, value: Any) -> Piece:
    return section(kind, [pack(value)])


def meta() -> Piece:
    return document("meta", {})


def tensor(
    codec: str, parts: list[bytes], elements: bytes, params: dict[str, Any] | None = None, **kw: Any
) -> Piece:
    """A tensor section of ``parts`` that decode to ``elements``."""
    kw.setdefault("check", sha(elements)[:8])
    return section("tensor", parts, codec=codec, params=params or {}, **kw)


def seal(*pieces: Piece, **changes: Any) -> Made:
    """Header and sections with their end; ``changes`` replace what its head says."""
    before = b"".join(p.stored for p in pieces)
    content = sha(*(p.content for p in pieces))
    fields = {"content": content, "file": sha(before), "sections": len(pieces) - 1}
    others = {"parts": [], "digest": None, "body": None, "body_length": None}
    named = {k: changes.pop(k, v) for k, v in others.items()}
    end = section("end", **named, **{**fields, **changes})
    return Made(before + end.stored, content)
