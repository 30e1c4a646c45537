"""Writing a seed to any stream, section by section (SPEC 2)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import BinaryIO

from seedtool import errors
from seedtool.container import chunks, rules
from seedtool.container.canonical import pack
from seedtool.container.order import Sequence
from seedtool.seed import HEAD_MAX, HEADER_MAX, Header, Section


def write(out: BinaryIO, header: Header, sections: Iterable[Section]) -> int:
    """Write a whole seed; return its bytes.

    ``sections`` come in the order of SPEC 5.2 without the end section, which
    is made here. Holds one of them at a time; ``out`` need not seek.
    """
    writer = _Writer(out)
    writer.put_header(header)
    order = Sequence(header)
    for section in sections:
        writer.put_section(section, order)
    writer.put_end(order)
    return writer.total


class _Writer:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._file = hashlib.sha256()
        self._content = hashlib.sha256()
        self.total = 0

    def _put(self, piece: bytes | memoryview) -> None:
        self._out.write(piece)
        self._file.update(piece)
        self.total += len(piece)

    def put_header(self, header: Header) -> None:
        raw = pack(rules.header_value(header))
        if len(raw) > HEADER_MAX:
            raise errors.LimitError(f"the tensor table takes {len(raw)} bytes, over 16 MiB")
        rules.parse_header(raw)  # what no reader would take is not written
        start = rules.MAGIC + bytes(rules.VERSION) + struct.pack("<I", len(raw))
        for piece in (start, *chunks.deflate(memoryview(raw))):
            self._put(piece)
        self._put(self._file.digest())
        self._content.update(raw)

    def put_section(self, section: Section, order: Sequence) -> None:
        views = [memoryview(p.data).cast("B") for p in section.parts]
        head = rules.head_bytes(section, [len(v) for v in views])
        if len(head) > HEAD_MAX:
            raise errors.LimitError(f"a section head takes {len(head)} bytes, over 64 KiB")
        body = [
            piece
            for view, part in zip(views, section.parts, strict=True)
            for piece in chunks.deflate(view, packed=part.packed)
        ]
        size = sum(map(len, body))
        parsed = rules.parse_head(head)  # what no reader would take is not written
        rules.check_lengths(parsed, order.advance(parsed), size)
        start = struct.pack("<IQ", len(head), size)
        digest = hashlib.sha256()
        stored: list[bytes | memoryview] = [start, head, *body]
        for piece in stored:
            digest.update(piece)
            self._put(piece)
        self._put(digest.digest())
        content: list[bytes | memoryview] = [start[:4], head, *views]
        for piece in content:
            self._content.update(piece)

    def put_end(self, order: Sequence) -> None:
        content, file = self._content.digest(), self._file.digest()
        fields = {"content": content, "file": file, "sections": order.count}
        self.put_section(Section("end", fields), order)
