"""The header's map, its length and the base that it may name (SPEC 4 and 4.2)."""

from __future__ import annotations

import hashlib
from typing import Any

from making.build import Made, frame, framed, header, meta, pack, seal, stored, table
from making.register import vector

FORM = "the header is not a map of tensors and base"
BASE_FORM = "the base reference has another form"


def based(**changes: Any) -> Made:
    """A seed of no tensor that names a base, with these changes to the reference."""
    base = {"digest": hashlib.sha256(b"base").digest(), "size": 1000, "nesting": 1, **changes}
    return seal(table(base={k: v for k, v in base.items() if v is not None}), meta())


@vector("LimitError", "bases are nested 5 deep, the limit is 4")
def limit_base_nesting() -> Made:
    """One deeper."""
    return based(nesting=5)


@vector("LimitError", "bases are nested 0 deep, the limit is 4")
def limit_base_nesting_0() -> Made:
    """A base that is nested in nothing."""
    return based(nesting=0)


@vector("MalformedError", BASE_FORM)
def header_base_nesting_boolean() -> Made:
    """A nesting of true."""
    return based(nesting=True)


@vector("MalformedError", BASE_FORM)
def header_base_digest_short() -> Made:
    """A digest of 31 bytes."""
    return based(digest=bytes(31))


@vector("MalformedError", BASE_FORM)
def header_base_digest_text() -> Made:
    """A digest in hexadecimal."""
    return based(digest="00" * 32)


@vector("MalformedError", BASE_FORM)
def header_base_size_missing() -> Made:
    """No size."""
    return based(size=None)


@vector("MalformedError", BASE_FORM)
def header_base_size_negative() -> Made:
    """A size of -1."""
    return based(size=-1)


@vector("MalformedError", BASE_FORM)
def header_base_address() -> Made:
    """An address beside the digest: a file never says where to fetch from."""
    return based(url="https://example.org/base.seed")


@vector("MalformedError", BASE_FORM)
def header_base_nil() -> Made:
    """A base of nil, where none is to be left out."""
    return seal(header({"tensors": [], "base": None}), meta())


@vector("MalformedError", FORM)
def header_array() -> Made:
    """An array where the map belongs."""
    return seal(header([[]]), meta())


@vector("MalformedError", FORM)
def header_without_tensors() -> Made:
    """A map of nothing."""
    return seal(header({}), meta())


@vector("MalformedError", FORM)
def header_other_key() -> Made:
    """A key that this version does not have."""
    return seal(header({"tensors": [], "title": "x"}), meta())


@vector("MalformedError", "the tensor table is not a list")
def header_table_map() -> Made:
    """A table that is a map."""
    return seal(header({"tensors": {}}), meta())


@vector("MalformedError", "the header holds map keys out of order or twice")
def header_table_twice() -> Made:
    """Two tables, of which some decoders keep the last."""
    return seal(header(None, raw=b"\x82\xa7tensors\x90\xa7tensors\x90"), meta())


@vector("MalformedError", "the header ends within a value")
def header_empty() -> Made:
    """A header of no bytes."""
    return seal(header(None, raw=b""), meta())


@vector("MalformedError", "a stored chunk has another length than declared")
def header_length_more() -> Made:
    """A length of one byte more than the header's chunk."""
    raw = pack({"tensors": []})
    return seal(header(None, raw=raw, length=len(raw) + 1), meta())


@vector("LimitError", "the header declares 16777217 bytes, over 16 MiB")
def limit_header() -> Made:
    """A header of 16 MiB + 1 byte."""
    size = (1 << 24) + 1
    chunks = framed(frame((0x90, 1 << 24), size=1 << 24)) + stored(b"\x90")
    return seal(header(None, raw=b"", length=size, chunks=chunks), meta())


@vector("LimitError", "the header declares 4294967295 bytes, over 16 MiB")
def limit_header_4_gib() -> Made:
    """A header that declares 2^32 - 1 bytes."""
    return seal(header({"tensors": []}, length=0xFFFFFFFF), meta())
