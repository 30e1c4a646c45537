"""What a file would say of sections that are in none: their digest, their size."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from seedtool.container import chunks, rules
from seedtool.container.canonical import pack
from seedtool.seed import Header, Section


def content_digest(header: Header, sections: Iterable[Section]) -> bytes:
    """SHA-256 over the header and ``sections`` as SPEC 5.5 has it for all of them; the end is none.

    Holds one section at a time.
    """
    hashed = hashlib.sha256(pack(rules.header_value(header)))
    for section in sections:
        if section.kind == "end":
            continue
        views = [memoryview(part.data).cast("B") for part in section.parts]
        head = rules.head_bytes(section, [len(view) for view in views])
        hashed.update(struct.pack("<I", len(head)))
        hashed.update(head)
        for view in views:
            hashed.update(view)
    return hashed.digest()


def stored_size(section: Section) -> int:
    """Bytes that the section takes in a file, framing and hash included."""
    views = [memoryview(part.data).cast("B") for part in section.parts]
    body = sum(
        len(piece)
        for view, part in zip(views, section.parts, strict=True)
        for piece in chunks.deflate(view, packed=part.packed)
    )
    return 12 + len(rules.head_bytes(section, [len(view) for view in views])) + body + 32
