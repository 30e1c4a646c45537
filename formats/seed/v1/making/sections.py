"""Sections, their heads and their order: section_* and their limits (SPEC 5)."""

from __future__ import annotations

from typing import Any

from making.build import (
    Made,
    Piece,
    document,
    meta,
    pack,
    run,
    seal,
    section,
    table,
    tensor,
)
from making.register import vector

KIND_OR_PARTS = "a section head lacks its kind or its parts"
NO_SIZE = "a part's length is not a size"
ROW = ["w", "U8", [4]]
DATA = b"seed"
GRAPH = [b"", pack([])]


def weights(**changes: Any) -> Piece:
    return tensor("raw", [DATA], DATA, **changes)


def headed(head: Any) -> Made:
    """A seed whose second section has that head."""
    raw = head if isinstance(head, bytes) else pack(head)
    return seal(table(), meta(), section(None, [], head=raw))


@vector()
def ok_section_every_kind() -> Made:
    """One of every kind, two assets, and unknown ones between them."""
    pieces = [
        meta(),
        section("a", [b"1"]),
        section("graph", GRAPH, opset=18),
        section("asset", [b"{}"], name="config.json", role="config"),
        section("b", [], anything=[1, 2, {"x": None}]),
        section("asset", [b""], name="empty.txt", role="labels"),
        section("examples", [b"3", b"4"], name="e", count=2, codec="x", params={"k": 1}),
        section("b", []),
        section("recipe", [pack({"task": "causal-lm", "metric": "perplexity"})], name="r"),
        weights(),
        section("a", [b"2"]),
        document("fidelity", {"cosine": 0.5}),
        section("a", [b"3"]),
    ]
    return seal(table(ROW), *pieces).holds(w=DATA)


@vector()
def ok_section_parts_16() -> Made:
    """An ignorable section of 16 parts."""
    return seal(table(), meta(), section("x", [b"."] * 16))


@vector()
def ok_section_reserved_kind() -> Made:
    """The kind `stats` is reserved: to this version it is an unknown one."""
    return seal(table(), meta(), section("stats", [b"?"]))


@vector("LimitError", "a section has 17 parts, the limit is 16")
def limit_parts() -> Made:
    """A section of 17 parts."""
    return seal(table(), meta(), section("x", [b"."] * 17))


@vector("LimitError", "a section head declares 65537 bytes, over 64 KiB")
def limit_head() -> Made:
    """A head that declares 64 KiB + 1 byte."""
    return seal(table(), meta(), section("x", [], head_length=65537))


@vector("LimitError", "a section head declares 4294967295 bytes, over 64 KiB")
def limit_head_4_gib() -> Made:
    """A head that declares 2^32 - 1 bytes."""
    return seal(table(), section("meta", [], head_length=0xFFFFFFFF))


@vector("LimitError", "a meta document of 16777217 bytes, over 16 MiB")
def limit_document() -> Made:
    """A document that declares 16 MiB + 1 byte."""
    head = pack({"kind": "meta", "parts": [(1 << 24) + 1]})
    return seal(table(), section(None, [], head=head))


@vector("LimitError", "graph and assets take 268435457 bytes together, over 256 MiB")
def limit_asset() -> Made:
    """An asset that declares 256 MiB + 1 byte."""
    head = {"kind": "asset", "name": "a", "role": "b", "parts": [(1 << 28) + 1]}
    return headed(head)


@vector("LimitError", "graph and assets take 268435457 bytes together, over 256 MiB")
def limit_assets_together() -> Made:
    """A graph of a byte and an asset that declares 256 MiB."""
    head = pack({"kind": "asset", "name": "a", "role": "b", "parts": [1 << 28]})
    graph = section("graph", GRAPH, opset=18)
    return seal(table(), meta(), graph, section(None, [], head=head))


@vector("LimitError", "a section of the kind 'x' of 268435457 bytes, over 256 MiB")
def limit_unknown_section() -> Made:
    """An ignorable section whose parts declare 256 MiB + 1 byte together."""
    return headed({"kind": "x", "parts": [1 << 27, 1 << 27, 1]})


@vector("LimitError", "a section of the kind 'x' of 18446744073709551616 bytes, over 256 MiB")
def limit_parts_overflow() -> Made:
    """Two parts of 2^63 bytes, which are 0 together in 64 bits."""
    return headed({"kind": "x", "parts": [1 << 63, 1 << 63]})


@vector("LimitError", "tensor 'w' takes more bytes coded than plain")
def limit_tensor_parts() -> Made:
    """A tensor of 80 bytes with parts of 9/8 of that + 64 KiB + 1 byte."""
    size = 80 + 10 + 65536 + 1
    part = tensor("raw", [bytes(size)], bytes(80), body=run(0, size))
    return seal(table(["w", "U8", [80]]), meta(), part)


@vector("MalformedError", "raw data has 65626 bytes, not 80 x 1")
def codec_raw_longer() -> Made:
    """A tensor of 80 bytes with a raw part as long as the container allows."""
    size = 80 + 10 + 65536
    part = tensor("raw", [bytes(size)], bytes(80), body=run(0, size))
    return seal(table(["w", "U8", [80]]), meta(), part)


@vector("MalformedError", "the first section is not meta")
def section_meta_missing() -> Made:
    """A tensor comes first."""
    return seal(table(ROW), weights())


@vector("MalformedError", "the first section is not meta")
def section_unknown_first() -> Made:
    """An ignorable section before meta."""
    return seal(table(), section("x", []), meta())


@vector("MalformedError", "the first section is not meta")
def section_end_first() -> Made:
    """The end right after the header."""
    return seal(table())


@vector("MalformedError", "a section of the kind 'meta' stands out of order")
def section_meta_twice() -> Made:
    """Two meta sections."""
    return seal(table(), meta(), meta())


@vector("MalformedError", "a section of the kind 'meta' stands out of order")
def section_meta_twice_apart() -> Made:
    """Two meta sections with an ignorable one between them."""
    return seal(table(), meta(), section("x", []), meta())


@vector("MalformedError", "a section of the kind 'graph' stands out of order")
def section_graph_twice() -> Made:
    """Two graphs."""
    graph = section("graph", GRAPH, opset=18)
    return seal(table(), meta(), graph, graph)


@vector("MalformedError", "a section of the kind 'fidelity' stands out of order")
def section_fidelity_twice() -> Made:
    """Two fidelity sections."""
    return seal(table(), meta(), document("fidelity", {}), document("fidelity", {}))


@vector("MalformedError", "a section of the kind 'graph' stands out of order")
def section_graph_late() -> Made:
    """The graph after the tensors."""
    return seal(table(ROW), meta(), weights(), section("graph", GRAPH, opset=18))


@vector("MalformedError", "a section of the kind 'tensor' stands out of order")
def section_tensor_late() -> Made:
    """A tensor after fidelity."""
    return seal(table(ROW), meta(), document("fidelity", {}), weights())


@vector("MalformedError", "fewer tensor sections than the table has tensors")
def section_tensor_missing() -> Made:
    """A table of two and one tensor."""
    return seal(table(ROW, ["v", "U8", [4]]), meta(), weights())


@vector("MalformedError", "more tensor sections than the table has tensors")
def section_tensor_too_many() -> Made:
    """A table of one and two tensors."""
    return seal(table(ROW), meta(), weights(), weights())


@vector("MalformedError", "more tensor sections than the table has tensors")
def section_tensor_for_tie() -> Made:
    """A section for a name that is tied to another."""
    return seal(table(ROW, ["v", 0]), meta(), weights(), weights())


@vector("MalformedError", "a section head is not a map")
def section_head_array() -> Made:
    """A head that is an array."""
    return headed(["x", []])


@vector("MalformedError", "a section head ends within a value")
def section_head_empty() -> Made:
    """A head of no bytes."""
    return headed(b"")


@vector("MalformedError", KIND_OR_PARTS)
def section_kind_missing() -> Made:
    """A head without a kind."""
    return headed({"parts": []})


@vector("MalformedError", KIND_OR_PARTS)
def section_kind_bytes() -> Made:
    """A kind that is a binary."""
    return headed({"kind": b"x", "parts": []})


@vector("MalformedError", r"section kind '\x07' holds a control character")
def section_kind_bell() -> Made:
    """A kind that rings the terminal's bell."""
    return headed({"kind": "\a", "parts": []})


@vector("MalformedError", KIND_OR_PARTS)
def section_parts_missing() -> Made:
    """A head without parts."""
    return headed({"kind": "x"})


@vector("MalformedError", NO_SIZE)
def section_part_negative() -> Made:
    """A part of -1 bytes."""
    return headed({"kind": "x", "parts": [-1]})


@vector("MalformedError", NO_SIZE)
def section_part_boolean() -> Made:
    """A part of true bytes."""
    return headed({"kind": "x", "parts": [True]})


@vector("MalformedError", NO_SIZE)
def section_part_float() -> Made:
    """A part of 1.0 bytes."""
    return headed({"kind": "x", "parts": [1.0]})
