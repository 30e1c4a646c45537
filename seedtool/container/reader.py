"""Reading a seed forwards from any stream, everything checked as it comes (SPEC 2, 5)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

from seedtool import errors
from seedtool.container import chunks, rules
from seedtool.container.order import Sequence
from seedtool.container.rules import MAGIC, VERSION, Head
from seedtool.seed import CHUNK, HEAD_MAX, HEADER_MAX, Entry, Header, Part, Section

Wanted = Callable[[Section, Entry | None], bool]
DIGEST = 32
LENGTHS = 12  # bytes of a section before its head


def everything(_section: Section, _entry: Entry | None) -> bool:
    return True


class Reader:
    """A seed on ``stream``. The header is read and checked at once, sections on demand."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hashes: list[Any] = [hashlib.sha256()]  # the file's, then the section's
        self._content: Any = hashlib.sha256()
        self.position = 0
        self.content_digest = b""
        self.version, self.header = self._read_header()

    def _take(self, size: int) -> bytes:
        """Up to ``size`` bytes, none at the end."""
        try:
            return self._stream.read(size)
        except OSError as e:
            raise errors.FileError(f"can't be read: {e.strerror or e}") from None

    def _read(self, size: int) -> bytes:
        """Exactly ``size`` bytes, asked for in pieces so that a lie allocates little."""
        pieces = []
        left = size
        while left:
            piece = self._take(min(left, CHUNK))
            if not piece:
                raise errors.TruncatedError(
                    f"ends at byte {self.position}, before it is complete",
                    hint="the copy is not whole: fetch it again",
                )
            for digest in self._hashes:
                digest.update(piece)
            pieces.append(piece)
            left -= len(piece)
            self.position += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_header(self) -> tuple[tuple[int, int], Header]:
        magic = b""
        while len(magic) < len(MAGIC) and (piece := self._take(len(MAGIC) - len(magic))):
            magic += piece
        self.position = len(magic)
        if magic != MAGIC:
            if magic and MAGIC.startswith(magic):
                raise errors.TruncatedError("ends within the magic of a seed")
            raise errors.NotASeedError("not a seed file", hint=_foreign(magic))
        self._hashes[0].update(magic)
        major, minor = self._read(2)
        if major != VERSION[0]:
            raise errors.VersionError(
                f"format version {major}.{minor}, this reader knows {VERSION[0]}.x",
                hint="pip install -U seedtool",
            )
        (size,) = struct.unpack("<I", self._read(4))
        if size > HEADER_MAX:
            raise errors.LimitError(f"the header declares {size} bytes, over 16 MiB")
        raw = b"".join(chunks.inflate(self._read, size))
        if self._hashes[0].digest() != self._read(DIGEST):
            raise errors.DigestError("the header does not have the hash that follows it")
        self._content.update(raw)
        return (major, minor), rules.parse_header(raw)

    def sections(self, wanted: Wanted = everything, *, seek: bool = False) -> Iterator[Section]:
        """Every section in file order; unwanted ones, and the end, without their parts.

        Read to its end the whole file is verified: each section's hash, the
        file's, and if nothing was unwanted the content digest. With ``seek``
        (on a seekable stream) unwanted bodies are jumped over unread, so only
        what is wanted is verified.
        """
        sequence = Sequence(self.header)
        all_read = True
        while True:
            file_digest = self._hashes[0].digest()
            self._hashes[1:] = [hashlib.sha256()]
            head, start, body_size = self._read_head()
            entry = sequence.advance(head)
            rules.check_lengths(head, entry, body_size)
            stored = len(start) + body_size + DIGEST
            bare = Section(head.kind, head.fields, stored=stored)
            if head.kind == "end":
                self._check_section(head)
                if head.fields["sections"] != sequence.count:
                    raise errors.MalformedError(
                        "the end section counts other sections than there are"
                    )
                if not seek:
                    self._check_end(head, file_digest, all_read)
                self.content_digest = head.fields["content"]
                yield bare
                return
            if wanted(bare, entry):
                self._content.update(start[:4] + start[LENGTHS:])
                parts = self._body(head, body_size)
                self._check_section(head)
                section = Section(head.kind, head.fields, parts, stored)
                if head.kind in rules.DOCUMENTS:
                    rules.document(section)  # an unreadable one is never handed on
                yield section
                del section, parts  # so that two tensors are never held at once
            else:
                all_read = False
                if seek:
                    self._stream.seek(body_size + DIGEST, 1)
                    self.position += body_size + DIGEST
                else:
                    self._drop(body_size)
                    self._check_section(head)
                yield bare

    def section_at(self, place: int, entry: Entry | None) -> Section:
        """The section that begins at byte ``place`` of a seekable stream, its own hash compared.

        ``entry``: its row of the table if it is a tensor. After this
        :meth:`sections` can't be run any more.
        """
        self._stream.seek(place)
        self.position = place
        self._hashes = [hashlib.sha256()]
        head, start, body_size = self._read_head()
        rules.check_lengths(head, entry, body_size)
        parts = self._body(head, body_size)
        self._check_section(head)
        return Section(head.kind, head.fields, parts, len(start) + body_size + DIGEST)

    def _read_head(self) -> tuple[Head, bytes, int]:
        """A section's head, all its bytes so far, and the length of its body."""
        start = self._read(LENGTHS)
        head_size, body_size = struct.unpack("<IQ", start)
        if head_size > HEAD_MAX:
            raise errors.LimitError(f"a section head declares {head_size} bytes, over 64 KiB")
        raw = self._read(head_size)
        return rules.parse_head(raw), start + raw, body_size

    def _body(self, head: Head, size: int) -> tuple[Part, ...]:
        end = self.position + size
        parts = tuple(Part(self._part(length)) for length in head.lengths)
        if self.position != end:
            raise errors.MalformedError("a section body has another length than declared")
        return parts

    def _part(self, length: int) -> bytes | memoryview:
        """One part, in memory that becomes resident only as its bytes arrive."""
        pieces = chunks.inflate(self._read, length)
        if length <= CHUNK:
            whole = next(pieces, b"")
            self._content.update(whole)
            return whole
        try:
            buffer = np.empty(length, np.uint8).data
        except MemoryError:
            raise errors.LimitError(f"a part of {length} bytes does not fit in memory") from None
        at = 0
        for piece in pieces:
            buffer[at : at + len(piece)] = piece
            self._content.update(piece)
            at += len(piece)
        return buffer

    def _drop(self, size: int) -> None:
        while size:
            size -= len(self._read(min(size, 1 << 20)))

    def _check_section(self, head: Head) -> None:
        digest = self._hashes.pop().digest()
        if self._read(DIGEST) != digest:
            raise errors.DigestError(
                f"a section of the kind {head.kind!a} does not have the hash after it"
            )

    def _check_end(self, head: Head, file_digest: bytes, all_read: bool) -> None:
        if head.fields["file"] != file_digest:
            raise errors.DigestError("the file does not have the hash that its end states")
        if all_read and head.fields["content"] != self._content.digest():
            raise errors.DigestError("the content does not have the digest that the end states")
        if self._take(1):
            raise errors.MalformedError("bytes follow the end section")


def _foreign(start: bytes) -> str:
    if start.startswith(b"PK"):
        return (
            "it is a zip archive; PyPI's seedfile writes such .seed files, which are never opened"
        )
    if start.startswith(chunks.ZSTD_MAGIC):
        return "it is a zstd file"
    return "seed extract makes one of a model" if start else "it is empty"
