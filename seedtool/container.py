"""Seed <-> byte stream: the only file that knows magic, framing, zstd and msgpack.

Writing and reading are forward-only and hold one section at a time; a seekable
stream can also be skipped through without reading bodies (SPEC 2, 5).
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, cast

import msgpack
import zstandard

from seedtool import errors
from seedtool.seed import (
    ASSET_MAX,
    BASE_NESTING_MAX,
    CHUNK,
    DEPTH_MAX,
    DOCUMENT_MAX,
    DTYPES,
    HEAD_MAX,
    HEADER_MAX,
    PARTS_MAX,
    WINDOW_MAX,
    Base,
    Entry,
    Header,
    Part,
    Section,
    check_entries,
    check_name,
)

MAGIC = b"\xd3SEED\r\n\x1a\n"
VERSION = (1, 0)
STORED = 1 << 31
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_LEVEL = 19

ORDER = {"meta": 0, "graph": 1, "asset": 2, "tensor": 3, "fidelity": 4, "end": 5}
FIELDS: dict[str, dict[str, type]] = {
    "meta": {},
    "graph": {"opset": int},
    "asset": {"name": str, "role": str},
    "tensor": {"check": bytes, "codec": str, "params": dict},
    "fidelity": {},
    "end": {"content": bytes, "file": bytes, "sections": int},
}
DOCUMENTS = frozenset({"meta", "fidelity"})

Wanted = Callable[[Section], bool]


# ------------------------------------------------------------------- msgpack


def pack(value: Any) -> bytes:
    """Canonical msgpack (SPEC 3.2): shortest forms, map keys in UTF-8 order."""
    return cast(bytes, msgpack.packb(_ordered(value), use_bin_type=True))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _ordered(value[k]) for k in sorted(value, key=str.encode)}
    if isinstance(value, (list, tuple)):
        return [_ordered(v) for v in value]
    return value


def unpack(data: bytes, what: str) -> Any:
    """The value of canonical msgpack bytes; MalformedError or LimitError otherwise."""

    def pairs(items: list[tuple[Any, Any]]) -> dict[str, Any]:
        out = dict(items)
        if len(out) != len(items) or any(type(k) is not str for k in out):
            raise errors.MalformedError(f"{what} holds a map with duplicate or non-string keys")
        return out

    def ext(code: int, _: bytes) -> Any:
        raise errors.MalformedError(f"{what} holds the msgpack extension type {code}")

    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,
            object_pairs_hook=pairs,
            ext_hook=ext,
            timestamp=0,
        )
    except errors.SeedError:
        raise
    except msgpack.exceptions.StackError:
        raise errors.LimitError(f"{what} is nested deeper than {DEPTH_MAX}") from None
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as e:
        raise errors.MalformedError(f"{what} is not msgpack: {e}") from None
    _walk(value, what, 0)
    if pack(value) != data:
        raise errors.MalformedError(f"{what} is not in canonical form")
    return value


def _walk(value: Any, what: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise errors.LimitError(f"{what} is nested deeper than {DEPTH_MAX}")
    if isinstance(value, dict):
        for item in value.values():
            _walk(item, what, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _walk(item, what, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise errors.MalformedError(f"{what} holds a number that is not finite")
    elif value is not None and type(value) not in (bool, int, str, bytes):
        raise errors.MalformedError(f"{what} holds a value of an unknown type")


# ---------------------------------------------------------------------- chunks


def _chunk_sizes(length: int) -> Iterator[int]:
    while length > 0:
        yield min(length, CHUNK)
        length -= CHUNK


def _deflate(data: memoryview, packed: bool) -> list[bytes | memoryview]:
    """The chunks of a part: each a u32 and its bytes, zstd only where that is smaller."""
    out: list[bytes | memoryview] = []
    params = zstandard.ZstdCompressionParameters.from_level(
        ZSTD_LEVEL,
        window_log=23,
        write_content_size=True,
        write_checksum=False,
        write_dict_id=False,
    )
    start = 0
    for size in _chunk_sizes(data.nbytes):
        raw = data[start : start + size]
        start += size
        frame = b"" if packed else zstandard.ZstdCompressor(compression_params=params).compress(raw)
        if frame and len(frame) < size:
            out += [struct.pack("<I", len(frame)), frame]
        else:
            out += [struct.pack("<I", size | STORED), raw]
    return out


def _inflate(frame: bytes, size: int) -> bytes:
    """Decompress one frame to exactly ``size`` bytes, checked before the decoder runs."""
    if frame[:4] != ZSTD_MAGIC:
        raise errors.MalformedError("a chunk is not a zstd frame")
    try:
        form = zstandard.get_frame_parameters(frame)
        if form.content_size != size:
            raise errors.MalformedError("a zstd frame declares another length than its section")
        if form.window_size > WINDOW_MAX:
            raise errors.LimitError("a zstd frame asks for a window over 8 MiB")
        if form.dict_id or form.has_checksum:
            raise errors.MalformedError("a zstd frame has a dictionary or a checksum")
        decoder = zstandard.ZstdDecompressor(max_window_size=WINDOW_MAX)
        raw = decoder.decompress(frame, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as e:
        raise errors.MalformedError(f"a chunk does not decompress: {e}") from None
    if len(raw) != size:
        raise errors.MalformedError("a zstd frame holds another length than it declares")
    return raw


# --------------------------------------------------------------------- writing


def _header_value(header: Header) -> dict[str, Any]:
    value: dict[str, Any] = {
        "tensors": [
            [e.name, e.dtype, list(e.shape)] if e.same is None else [e.name, e.same]
            for e in header.tensors
        ]
    }
    if header.base:
        base = header.base
        value["base"] = {"digest": base.digest, "nesting": base.nesting, "size": base.size}
    return value


def write(out: BinaryIO, header: Header, sections: Iterable[Section]) -> int:
    """Write a whole seed to a stream that need not seek; return the bytes written.

    Holds one section at a time. ``sections`` come in the order of SPEC 5.2,
    without the end section, which is made here.
    """
    check_entries(header.tensors)
    whole = hashlib.sha256()
    content = hashlib.sha256()
    total = 0

    def put(*pieces: bytes | bytearray | memoryview) -> None:
        nonlocal total
        for piece in pieces:
            out.write(piece)
            whole.update(piece)
            total += memoryview(piece).nbytes

    raw = pack(_header_value(header))
    if len(raw) > HEADER_MAX:
        raise errors.LimitError(f"the tensor table takes {len(raw)} bytes, the limit is 16 MiB")
    put(MAGIC, bytes(VERSION), struct.pack("<I", len(raw)), *_deflate(memoryview(raw), False))
    put(whole.digest())
    content.update(raw)

    def put_section(section: Section) -> None:
        views = [memoryview(p.data).cast("B") for p in section.parts]
        head = pack(
            {**section.fields, "kind": section.kind, "parts": [v.nbytes for v in views]}
        )
        if len(head) > HEAD_MAX:
            raise errors.LimitError(f"a section head takes {len(head)} bytes, the limit is 64 KiB")
        bodies = [
            chunk
            for view, part in zip(views, section.parts, strict=True)
            for chunk in _deflate(view, part.packed)
        ]
        start = struct.pack("<IQ", len(head), sum(len(b) for b in bodies))
        digest = hashlib.sha256()
        for piece in (start, head, *bodies):
            digest.update(piece)
            put(piece)
        put(digest.digest())
        if section.kind != "end":
            content.update(start[:4])
            content.update(head)
            for view in views:
                content.update(view)

    count = 0
    for section in sections:
        put_section(section)
        count += 1
    end = {"content": content.digest(), "file": whole.digest(), "sections": count}
    put_section(Section("end", end))
    return total


# --------------------------------------------------------------------- reading


class Reader:
    """A seed read forwards from ``stream``; the header is read and checked at once.

    ``wanted(section)`` (given the section without its parts) decides which
    bodies are inflated; all others are hashed and dropped, or with
    ``seek=True`` on a seekable stream jumped over unread.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._file = hashlib.sha256()
        self._content: Any = hashlib.sha256()
        self.position = 0
        self.content_digest: bytes | None = None
        self.version, self.header = self._read_header()

    def _read(self, size: int, *hashes: Any) -> bytes:
        """Exactly ``size`` bytes, asked for in pieces so that a lie allocates little."""
        pieces = []
        left = size
        while left:
            piece = self._stream.read(min(left, CHUNK))
            if not piece:
                raise errors.TruncatedError(
                    f"the file ends at byte {self.position}, {left} bytes too early",
                    hint="the copy is incomplete: fetch it again",
                )
            for h in hashes:
                h.update(piece)
            pieces.append(piece)
            left -= len(piece)
            self.position += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_header(self) -> tuple[tuple[int, int], Header]:
        magic = self._stream.read(len(MAGIC))
        self.position = len(magic)
        if magic != MAGIC:
            if magic and MAGIC.startswith(magic):
                raise errors.TruncatedError("the file ends within its magic")
            raise errors.NotASeedError("not a seed file", hint=_foreign(magic))
        self._file.update(magic)
        major, minor = self._read(2, self._file)
        if major != VERSION[0]:
            raise errors.VersionError(
                f"format version {major}.{minor}, this reader knows {VERSION[0]}.x",
                hint="pip install -U seedtool",
            )
        (size,) = struct.unpack("<I", self._read(4, self._file))
        if size > HEADER_MAX:
            raise errors.LimitError(f"the header declares {size} bytes, the limit is 16 MiB")
        raw = b"".join(self._chunks(size, self._file))
        digest = self._file.digest()
        if self._read(32, self._file) != digest:
            raise errors.DigestError("the header does not have the hash that follows it")
        self._content.update(raw)
        return (major, minor), _parse_header(unpack(raw, "the header"))

    def _chunks(self, length: int, *hashes: Any) -> Iterator[bytes]:
        for size in _chunk_sizes(length):
            (word,) = struct.unpack("<I", self._read(4, *hashes))
            stored = word & ~STORED
            if word & STORED:
                if stored != size:
                    raise errors.MalformedError("a stored chunk has another length than declared")
                yield self._read(size, *hashes)
            else:
                if not 0 < stored < size:
                    raise errors.MalformedError("a compressed chunk is not smaller than its content")
                yield _inflate(self._read(stored, *hashes), size)

    def sections(self, wanted: Wanted = lambda _: True, *, seek: bool = False) -> Iterator[Section]:
        """Every section but the last, checked; ``end`` is checked when the iteration ends.

        With ``seek`` unwanted bodies are not hashed and the end of the file is
        not looked at: the reader stops wherever the caller does.
        """
        entries = [e for e in self.header.tensors if e.same is None]
        count, tensors, rank, complete = 0, 0, -1, not seek
        last = ""
        while True:
            before = self._file.digest()
            digest = hashlib.sha256()
            start = self._read(12, digest, self._file)
            head_size, body_size = struct.unpack("<IQ", start)
            if head_size > HEAD_MAX:
                raise errors.LimitError(f"a section head declares {head_size} bytes, over 64 KiB")
            raw = self._read(head_size, digest, self._file)
            kind, fields, lengths = _parse_head(raw)
            if kind in ORDER:
                if ORDER[kind] < rank or (kind in ("meta", "fidelity", "graph") and kind == last):
                    raise errors.MalformedError(f"a {kind} section stands out of order")
                rank = ORDER[kind]
                last = kind
            if count == 0 and kind != "meta":
                raise errors.MalformedError("the first section is not meta")
            entry = None
            if kind == "tensor":
                if tensors == len(entries):
                    raise errors.MalformedError("more tensor sections than the table has tensors")
                entry = entries[tensors]
                tensors += 1
            if kind == "end" and tensors < len(entries):
                raise errors.MalformedError("fewer tensor sections than the table has tensors")
            _check_lengths(kind, entry, lengths, body_size)
            section = Section(kind, {**fields, "size": body_size + head_size + 44})
            parts: tuple[Part, ...] = ()
            if kind == "end" or not seek or wanted(section):
                inflate = kind == "end" or wanted(section)
                body_start = self.position
                if inflate:
                    if complete:
                        self._content_update(kind, start[:4], raw)
                    parts = tuple(
                        Part(self._part(n, kind, complete, digest)) for n in lengths
                    )
                    if self.position - body_start != body_size:
                        raise errors.MalformedError("a section body has another length than declared")
                else:
                    complete = False
                    self._drop(body_size, digest, self._file)
                expected = digest.digest()
                if self._read(32, self._file) != expected:
                    raise errors.DigestError(f"a {kind} section does not have the hash after it")
            else:
                self._stream.seek(body_size + 32, 1)
                self.position += body_size + 32
            if kind == "end":
                self._check_end(fields, before, count, complete, seek)
                return
            count += 1
            yield Section(kind, section.fields, parts)

    def _content_update(self, kind: str, *pieces: bytes) -> None:
        if kind != "end":
            for piece in pieces:
                self._content.update(piece)

    def _part(self, length: int, kind: str, complete: bool, digest: Any) -> Any:
        """One part in a buffer that becomes resident only as bytes arrive."""
        chunks = self._chunks(length, digest, self._file)
        if length <= CHUNK:
            whole = next(chunks, b"")
            if complete:
                self._content_update(kind, whole)
            return whole
        import numpy as np  # noqa: PLC0415  (inspect and verify of small seeds stay light)

        try:
            buffer = memoryview(np.empty(length, np.uint8)).cast("B")
        except MemoryError:
            raise errors.LimitError(f"a part of {length} bytes does not fit in memory") from None
        at = 0
        for chunk in chunks:
            buffer[at : at + len(chunk)] = chunk
            at += len(chunk)
            if complete:
                self._content_update(kind, chunk)
        return buffer

    def _drop(self, size: int, *hashes: Any) -> None:
        while size:
            size -= len(self._read(min(size, 1 << 20), *hashes))

    def _check_end(
        self, fields: dict[str, Any], file: bytes, count: int, complete: bool, seek: bool
    ) -> None:
        if fields["sections"] != count:
            raise errors.MalformedError("the end section counts other sections than there are")
        if not seek:
            if fields["file"] != file:
                raise errors.DigestError("the file does not have the hash that its end states")
            if complete and fields["content"] != self._content.digest():
                raise errors.DigestError("the content does not have the digest that the end states")
            if self._stream.read(1):
                raise errors.MalformedError("bytes follow the end section")
        self.content_digest = fields["content"]


def _foreign(start: bytes) -> str:
    if start.startswith(b"PK"):
        return "it is a zip archive; files of PyPI's seedfile look like this and are not unpacked"
    if start.startswith(ZSTD_MAGIC):
        return "it is a zstd file"
    return "a seed begins with the bytes d3 53 45 45 44" if start else "the file is empty"


def _parse_header(value: Any) -> Header:
    if not isinstance(value, dict) or not {"tensors"} <= set(value) <= {"tensors", "base"}:
        raise errors.MalformedError("the header is not a map of tensors and base")
    if not isinstance(value["tensors"], list):
        raise errors.MalformedError("the tensor table is not a list")
    entries: list[Entry] = []
    for row in value["tensors"]:
        match row:
            case [str(name), str(dtype), list(shape)]:
                entries.append(Entry(name, dtype, tuple(shape)))
            case [str(name), int(same)] if type(same) is int and 0 <= same < len(entries):
                owner = entries[same]
                entries.append(Entry(name, owner.dtype, owner.shape, same))
            case _:
                raise errors.MalformedError("a row of the tensor table has another form")
    base = None
    if "base" in value:
        match value["base"]:
            case {"digest": bytes(digest), "nesting": int(nesting), "size": int(size)} if (
                len(value["base"]) == 3 and len(digest) == 32 and size >= 0
            ):
                if not 1 <= nesting <= BASE_NESTING_MAX:
                    raise errors.LimitError(f"bases are nested {nesting} deep, the limit is 4")
                base = Base(digest, size, nesting)
            case _:
                raise errors.MalformedError("the base reference has another form")
    return Header(check_entries(entries), base)


def _parse_head(raw: bytes) -> tuple[str, dict[str, Any], list[int]]:
    value = unpack(raw, "a section head")
    if not isinstance(value, dict):
        raise errors.MalformedError("a section head is not a map")
    kind, lengths = value.pop("kind", None), value.pop("parts", None)
    if not isinstance(kind, str) or not isinstance(lengths, list):
        raise errors.MalformedError("a section head lacks its kind or its parts")
    if len(lengths) > PARTS_MAX:
        raise errors.LimitError(f"a section has {len(lengths)} parts, the limit is {PARTS_MAX}")
    if any(type(n) is not int or n < 0 for n in lengths):
        raise errors.MalformedError("a part's length is not a size")
    if kind in FIELDS:
        form = FIELDS[kind]
        if set(value) != set(form) or any(type(value[k]) is not form[k] for k in form):
            raise errors.MalformedError(f"the head of a {kind} section has other fields")
        if kind == "tensor" and len(value["check"]) != 8:
            raise errors.MalformedError("a tensor's check is not 8 bytes")
        if kind == "end" and (len(value["content"]), len(value["file"])) != (32, 32):
            raise errors.MalformedError("a digest is not 32 bytes")
        if kind == "asset":
            check_name(value["name"], "asset name")
    elif value.get("critical") is True:
        raise errors.VersionError(
            f"a critical section of the unknown kind {kind!a}: made by a newer version",
            hint="pip install -U seedtool",
        )
    elif "critical" in value:
        raise errors.MalformedError("a section's critical bit is stated but not set")
    return kind, value, lengths


def _check_lengths(kind: str, entry: Entry | None, lengths: list[int], body: int) -> None:
    """Bound what a section may unpack to, before anything is allocated for it."""
    total = sum(lengths)
    if kind in DOCUMENTS and (len(lengths) != 1 or total > DOCUMENT_MAX):
        raise errors.LimitError(f"a {kind} document is not one part of at most 16 MiB")
    if entry is None and kind != "end" and total > ASSET_MAX:
        raise errors.LimitError(f"a {kind} section holds {total} bytes, the limit is 256 MiB")
    if kind == "end" and lengths:
        raise errors.MalformedError("the end section has parts")
    if entry is not None and total > entry.nbytes + entry.nbytes // 8 + (1 << 16):
        raise errors.LimitError(f"tensor {entry.name!a} takes more bytes coded than plain")
    framing = sum(4 * math.ceil(n / CHUNK) for n in lengths)
    if body > total + framing:
        raise errors.MalformedError("a section body is longer than its parts allow")


def document(section: Section) -> dict[str, Any]:
    """The map that a meta or fidelity section carries."""
    value = unpack(bytes(section.parts[0].data), f"the {section.kind} document")
    if not isinstance(value, dict):
        raise errors.MalformedError(f"the {section.kind} document is not a map")
    return value


def document_section(kind: str, value: dict[str, Any]) -> Section:
    """A section that carries a map, the inverse of :func:`document`."""
    return Section(kind, {}, (Part(pack(value)),))


def is_seekable(stream: BinaryIO) -> bool:
    """True if bodies can be jumped over in ``stream``."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return stream.seekable()
    return False


__all__ = ["DTYPES", "MAGIC", "VERSION", "Reader", "document", "document_section", "write"]
