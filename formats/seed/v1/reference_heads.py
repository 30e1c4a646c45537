"""Heads of sections for reference.py: their kinds, fields and lengths (SPEC 5.1)."""

from __future__ import annotations

import math
from typing import Any

from reference_base import needs_base
from reference_blocks import CHUNK, MIB, need, read_msgpack, read_name

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I64": 8, "I32": 4}
SIZES |= {"I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1}
# 5.1: kind -> (the types of its fields, its number of parts), in the order of 5.2
KINDS: dict[str, tuple[dict[str, type], int | None]] = {
    "meta": ({}, 1),
    "graph": ({"opset": int}, 2),
    "asset": ({"name": str, "role": str}, 1),
    "examples": ({"name": str, "count": int, "codec": str, "params": dict}, None),
    "recipe": ({"name": str}, 1),
    "tensor": ({"codec": str, "params": dict, "check": bytes}, None),
    "fidelity": ({}, 1),
    "end": ({"content": bytes, "file": bytes, "sections": int}, 0),
}
OPTIONAL: dict[str, dict[str, type]] = {"asset": {"base": bytes}, "tensor": {"delta": str}}
OPTIONAL |= {"recipe": {"examples": str}}


def is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def read_head(raw: bytes) -> dict[str, Any]:
    """5.1, the head alone."""
    head = read_msgpack(raw, "head")
    need(type(head) is dict and type(head.get("parts")) is list, "head: parts")
    kind = read_name(head.get("kind"), "kind")
    need(len(head["parts"]) <= 16, "head: parts", "limit")
    need(all(map(is_size, head["parts"])), "head: lengths")
    if kind not in KINDS:
        need(head.get("critical") is not True, "a critical section", "version")
        need("critical" not in head, "head: critical")
        return dict(head)
    fields, count = KINDS[kind]
    optional = OPTIONAL.get(kind, {})
    names = head.keys() - {"kind", "parts"}
    need(fields.keys() <= names <= fields.keys() | optional.keys(), "head: fields")
    need(all(type(head[k]) is (fields | optional)[k] for k in names), "head: types")
    if needs_base(head) and "delta" not in head:
        count = 0
    need(count is None or len(head["parts"]) == count, "head: number of parts")
    if kind == "graph":
        need(1 <= head["opset"] < 1 << 31, "graph: opset")
    if kind == "asset":
        read_name(head["name"], "asset"), read_name(head["role"], "role")
        need(len(head.get("base", bytes(32))) == 32, "asset: base")
    if kind in ("examples", "recipe"):
        read_name(head["name"], kind), read_name(head.get("examples", "x"), "examples")
    if kind == "examples":
        read_name(head["codec"], "codec")
        need(1 <= head["count"] < 1 << 31, "examples: count")
    if kind == "tensor":
        read_name(head["codec"], "codec")
        need(len(head["check"]) == 8, "tensor: check")
        need(head.get("delta", "sum") in ("sum", "words"), "tensor: delta")
        if head["codec"] == "same":
            need(head["params"] == {} and "delta" not in head, "same: fields")
    if kind == "end":
        need(len(head["content"]) == len(head["file"]) == 32, "end: digests")
    return dict(head)


def check_lengths(head: dict[str, Any], row: dict[str, Any] | None, body: int) -> None:
    """5.1, the bounds on what a body unpacks to."""
    kind, total = head["kind"], sum(head["parts"])
    if row:
        plain = math.prod(row["shape"]) * SIZES[row["dtype"]]
        bound = plain * 9 // 8 + 65536
    else:
        documents = {"meta": 16 * MIB, "fidelity": 16 * MIB, "recipe": 65536}
        bound = documents.get(kind, 256 * MIB)
    need(total <= bound, f"{kind}: parts", "limit")
    need(kind != "graph" or head["parts"][1] <= 16 * MIB, "graph: initializers", "limit")
    need(body <= total + sum(4 * -(-n // CHUNK) for n in head["parts"]), "body: too long")
