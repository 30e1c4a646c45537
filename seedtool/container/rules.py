"""What the header and the heads of sections must look like (SPEC 4 and 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from seedtool import errors
from seedtool.container.canonical import pack, unpack
from seedtool.seed import (
    ASSET_MAX,
    BASE_NESTING_MAX,
    CHUNK,
    DOCUMENT_MAX,
    PARTS_MAX,
    RECIPE_MAX,
    SAME,
    SUM,
    WORDS,
    Base,
    Entry,
    Header,
    Part,
    Section,
    check_entries,
    check_name,
    needs_base,
)

MAGIC = b"\xd3SEED\r\n\x1a\n"
VERSION = (1, 0)
TENSOR_SLACK = 64 << 10  # bytes a tiny tensor may take beyond 9/8 of its own
OPSET_MAX = (1 << 31) - 1

COUNT_MAX = (1 << 31) - 1

PARTS = {"meta": 1, "graph": 2, "asset": 1, "recipe": 1, "fidelity": 1, "end": 0}
DOCUMENTS = frozenset({"meta", "recipe", "fidelity"})
FIELDS: dict[str, dict[str, type]] = {
    "meta": {},
    "graph": {"opset": int},
    "asset": {"name": str, "role": str},
    "examples": {"codec": str, "count": int, "name": str, "params": dict},
    "recipe": {"name": str},
    "tensor": {"check": bytes, "codec": str, "params": dict},
    "fidelity": {},
    "end": {"content": bytes, "file": bytes, "sections": int},
}
# What is the base's, or a difference to it, says so by one more field.
OPTIONAL: dict[str, dict[str, type]] = {
    "asset": {"base": bytes},
    "recipe": {"examples": str},
    "tensor": {"delta": str},
}


@dataclass(frozen=True)
class Head:
    """A section's head: its kind, the kind's own fields, the raw length of each part."""

    kind: str
    fields: dict[str, Any]
    lengths: tuple[int, ...]


def header_value(header: Header) -> dict[str, Any]:
    """The map that a header is written as."""
    rows: list[list[Any]] = [
        [e.name, e.dtype, list(e.shape)] if e.same is None else [e.name, e.same]
        for e in header.tensors
    ]
    value: dict[str, Any] = {"tensors": rows}
    if header.base:
        base = header.base
        value["base"] = {"digest": base.digest, "nesting": base.nesting, "size": base.size}
    return value


def parse_header(raw: bytes) -> Header:
    """The header of its msgpack bytes, every rule of SPEC 4 checked."""
    value = unpack(raw, "the header")
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
    base = _parse_base(value["base"]) if "base" in value else None
    return Header(check_entries(entries), base)


def _parse_base(value: Any) -> Base:
    match value:
        case {"digest": bytes(digest), "nesting": int(nesting), "size": int(size), **rest} if (
            not rest and len(digest) == 32 and size >= 0 and bool not in map(type, (nesting, size))
        ):
            if not 1 <= nesting <= BASE_NESTING_MAX:
                raise errors.LimitError(
                    f"bases are nested {nesting} deep, the limit is {BASE_NESTING_MAX}"
                )
            return Base(digest, size, nesting)
    raise errors.MalformedError("the base reference has another form")


def head_bytes(section: Section, lengths: list[int]) -> bytes:
    return pack({**section.fields, "kind": section.kind, "parts": lengths})


def parse_head(raw: bytes) -> Head:
    """The head of its msgpack bytes; VersionError for an unknown critical kind."""
    value = unpack(raw, "a section head")
    if not isinstance(value, dict):
        raise errors.MalformedError("a section head is not a map")
    kind, lengths = value.pop("kind", None), value.pop("parts", None)
    if not isinstance(kind, str) or not isinstance(lengths, list):
        raise errors.MalformedError("a section head lacks its kind or its parts")
    check_name(kind, "section kind")
    if len(lengths) > PARTS_MAX:
        raise errors.LimitError(f"a section has {len(lengths)} parts, the limit is {PARTS_MAX}")
    if any(type(n) is not int or n < 0 for n in lengths):
        raise errors.MalformedError("a part's length is not a size")
    if kind in FIELDS:
        _check_fields(kind, value)
    elif value.get("critical") is True:
        raise errors.VersionError(
            f"a critical section of the unknown kind {kind!a}: made by a newer version",
            hint="pip install -U seedtool",
        )
    elif "critical" in value:
        raise errors.MalformedError("a section's critical bit is stated but not set")
    return Head(kind, value, tuple(lengths))


def _check_fields(kind: str, value: dict[str, Any]) -> None:
    form = FIELDS[kind] | OPTIONAL.get(kind, {})
    if not set(FIELDS[kind]) <= set(value) <= set(form) or any(
        type(value[k]) is not form[k] for k in value
    ):
        raise errors.MalformedError(f"the head of a section of the kind {kind!a} has other fields")
    if kind == "tensor":
        check_name(value["codec"], "codec name")
        if len(value["check"]) != 8:
            raise errors.MalformedError("a tensor's check is not 8 bytes")
        if value.get("delta", "sum") not in (SUM, WORDS):
            raise errors.MalformedError(f"a tensor's delta is {value['delta'][:20]!a}, no kind")
        if value["codec"] == SAME and ("delta" in value or value["params"]):
            raise errors.MalformedError("a tensor that is the base's has a delta or parameters")
    if kind == "end" and (len(value["content"]), len(value["file"])) != (32, 32):
        raise errors.MalformedError("a digest is not 32 bytes")
    if kind == "asset":
        check_name(value["name"], "asset name")
        check_name(value["role"], "asset role")
        if len(value.get("base", bytes(32))) != 32:
            raise errors.MalformedError("a digest is not 32 bytes")
    if kind == "graph" and not 1 <= value["opset"] <= OPSET_MAX:
        raise errors.MalformedError("a graph's opset is not in 1..2^31-1")
    if kind == "examples":
        check_name(value["name"], "name of examples")
        check_name(value["codec"], "codec name")
        if not 1 <= value["count"] <= COUNT_MAX:
            raise errors.MalformedError("a count of examples is not in 1..2^31-1")
    if kind == "recipe":
        check_name(value["name"], "recipe name")
        if "examples" in value:
            check_name(value["examples"], "name of examples")


def _parts_of(head: Head) -> int | None:
    """The number of parts that a section must have, None where its codec says it."""
    if needs_base(head.kind, head.fields) and "delta" not in head.fields:
        return 0
    return PARTS.get(head.kind)


def check_lengths(head: Head, entry: Entry | None, body: int) -> None:
    """Bound what a section may unpack to, before anything is allocated for it."""
    total = sum(head.lengths)
    count = _parts_of(head)
    if count is not None and len(head.lengths) != count:
        raise errors.MalformedError(
            f"a section of the kind {head.kind!a} has {len(head.lengths)} parts, not {count}"
        )
    if head.kind == "recipe" and total > RECIPE_MAX:
        raise errors.LimitError(f"a recipe of {total} bytes, over 64 KiB")
    if head.kind in DOCUMENTS and total > DOCUMENT_MAX:
        raise errors.LimitError(f"a {head.kind} document of {total} bytes, over 16 MiB")
    if head.kind == "graph" and head.lengths[1] > DOCUMENT_MAX:
        raise errors.LimitError(f"a graph's table of {head.lengths[1]} bytes, over 16 MiB")
    if entry is None:
        if total > ASSET_MAX:  # of a kind that is not known
            raise errors.LimitError(
                f"a section of the kind {head.kind!a} of {total} bytes, over 256 MiB"
            )
    elif total > entry.nbytes + entry.nbytes // 8 + TENSOR_SLACK:
        raise errors.LimitError(f"tensor {entry.name!a} takes more bytes coded than plain")
    if body > total + sum(4 * math.ceil(n / CHUNK) for n in head.lengths):
        raise errors.MalformedError("a section body is longer than its parts allow")


def document(section: Section) -> dict[str, Any]:
    """The map that a meta, recipe or fidelity section carries."""
    value = unpack(bytes(section.parts[0].data), f"the {section.kind} document")
    if not isinstance(value, dict):
        raise errors.MalformedError(f"the {section.kind} document is not a map")
    return value


def document_section(kind: str, value: dict[str, Any]) -> Section:
    """A section that carries a map, the inverse of :func:`document`."""
    return Section(kind, {}, (Part(pack(value)),))
