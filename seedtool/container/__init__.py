"""Seed <-> byte stream: the only place that knows magic, framing, zstd and msgpack.

Writing and reading are forward-only and hold one section at a time; a seekable
stream can also be skipped through without reading bodies.
"""

from seedtool.container.canonical import pack, unpack
from seedtool.container.content import content_digest, stored_size
from seedtool.container.reader import Reader
from seedtool.container.rules import MAGIC, VERSION, document, document_section
from seedtool.container.writer import write

__all__ = [
    "MAGIC",
    "VERSION",
    "Reader",
    "content_digest",
    "document",
    "document_section",
    "pack",
    "stored_size",
    "unpack",
    "write",
]
