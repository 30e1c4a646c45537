"""A second decoder of seeds, written from SPEC.md alone: clear before fast.

    python reference.py FILE [BASE...]

Prints one JSON document: version, header, sections, content digest, the SHA-256 of each
tensor's elements, and the digest of each examples whose codec SPEC 5.7 has. Bases are seeds.
For a file that it refuses: the error family of SPEC 9 and a sentence, and its exit code, 2, 3,
4 or 7. Needs numpy, zstandard and msgpack, and for examples that are pictures Pillow; reads the
whole file into memory.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

from reference_base import Model, add_floats, add_words, find_base, namesake, needs_base
from reference_blocks import MIB, RuleError, Source, need, read_msgpack, read_name, read_part
from reference_codecs import CODECS
from reference_examples import read_examples
from reference_heads import KINDS, SIZES, check_lengths, is_size, read_head
from reference_receipts import check_receipts
from reference_recipes import check_recipe

MAGIC = bytes.fromhex("D3 53 45 45 44 0D 0A 1A 0A")
EXIT = {"malformed": 3, "truncated": 3, "digest": 3, "version": 4, "codec": 4, "limit": 7}
EXIT |= {"base": 2}


# ---- 4 The header


def read_header(value: Any) -> list[dict[str, Any]]:
    """4: rows as maps of name, dtype, shape and same (an index or None)."""
    need(type(value) is dict and "tensors" in value, "header: no table")
    need(value.keys() <= {"tensors", "base"}, "header: other keys")
    need(type(value["tensors"]) is list, "header: table")
    rows: list[dict[str, Any]] = []
    folded = set()
    for row in value["tensors"]:
        need(type(row) is list and len(row) in (2, 3), "row: form")
        need(type(row[0]) is str, "row: name")
        made = {"name": row[0], "same": None}
        if len(row) == 2:
            need(is_size(row[1]) and row[1] < len(rows), "row: index")
            need(rows[row[1]]["same"] is None, "row: tied to a tie")
            made |= {"dtype": rows[row[1]]["dtype"], "shape": rows[row[1]]["shape"], "same": row[1]}
        else:
            made |= {"dtype": row[1], "shape": row[2]}
            need(type(row[1]) is str and row[1] in SIZES, "row: dtype")
            need(type(row[2]) is list, "row: shape")
            need(len(row[2]) <= 8, "row: rank", "limit")
            need(all(map(is_size, row[2])), "row: sizes")
            need(math.prod(n for n in row[2] if n) <= 1 << 40, "row: elements", "limit")
        read_name(row[0], "tensor")
        need(row[0].casefold() not in folded, "row: name twice")
        folded.add(row[0].casefold())
        rows.append(made)
    if "base" in value:
        base = value["base"]
        need(type(base) is dict and base.keys() == {"digest", "nesting", "size"}, "base: form")
        need(type(base["digest"]) is bytes and len(base["digest"]) == 32, "base: digest")
        need(is_size(base["size"]) and type(base["nesting"]) is int, "base: numbers")
        need(1 <= base["nesting"] <= 4, "base: nesting", "limit")
    return rows


# ---- 5 Sections


def check_graph(rows: Any, table: list[dict[str, Any]]) -> None:
    """5.4"""
    ranks = {row["name"]: len(row["shape"]) for row in table}
    need(type(rows) is list, "initializers")
    for row in rows:
        need(type(row) is list and len(row) == 3, "initializer: form")
        need(type(row[0]) is str and row[0] != "", "initializer: name")
        need(type(row[1]) is str and row[1] in ranks, "initializer: tensor")
        need(type(row[2]) is list and all(map(is_size, row[2])), "initializer: axes")
        need(row[2] == [] or sorted(row[2]) == [*range(ranks[row[1]])], "initializer: axes")
    need(len({row[0] for row in rows}) == len(rows), "initializer: name twice")


def read(data: bytes, *bases: bytes) -> dict[str, Any]:
    """2: a whole seed, every digest and every tensor; RuleError for anything wrong."""
    return decode(data, bases)[0]


def decode(data: bytes, bases: tuple[bytes, ...]) -> tuple[dict[str, Any], Model]:
    """What is reported of a seed, and the model that it makes."""
    source = Source(data)
    need(data != b"" and data[:9] == MAGIC[: len(data)], "not a seed")
    source.take(9)
    version = [*source.take(2)]
    need(version[0] == 1, "major version", "version")
    length = source.number(4)
    need(length <= 16 * MIB, "header", "limit")
    raw = read_part(source, length)
    digest = hashlib.sha256(data[: source.at]).digest()
    need(source.take(32) == digest, "header", "digest")
    header = read_msgpack(raw, "header")
    table = read_header(header)
    base = open_base(header["base"], bases) if "base" in header and bases else None
    report: dict[str, Any] = {"version": version, "header": header, "sections": [], "tensors": {}}
    report["examples"] = {}
    model = read_sections(source, table, hashlib.sha256(raw), report, base)
    need("base" not in header or base is not None, "no base is given", "base")
    for row in table:
        if row["same"] is not None:
            owner = table[row["same"]]["name"]
            report["tensors"][row["name"]] = report["tensors"][owner]
            model[row["name"]] = model[owner]
    return report, model


def open_base(reference: dict[str, Any], bases: tuple[bytes, ...]) -> Model:
    """4.2: each of ``bases`` may need those after it."""
    models = []
    for index, data in enumerate(bases):
        report, model = decode(data, bases[index + 1 :])
        models.append((model, report["header"].get("base", {}).get("nesting", 0)))
    return find_base(reference, models)


def read_sections(
    source: Source,
    table: list[dict[str, Any]],
    content: Any,
    report: dict[str, Any],
    base: Model | None,
) -> Model:
    """5: the sections up to the end, in the order of 5.2; the tensors of those that can be read."""
    model: Model = {}
    owners = [row for row in table if row["same"] is None]
    order, last, kept, learned = list(KINDS), -1, 0, 0
    names: dict[str, dict[str, str]] = {"asset": {}, "examples": {}, "recipe": {}}
    while True:
        start = source.at
        head_length, body_length = source.number(4), source.number(8)
        need(head_length <= 65536, "head", "limit")
        raw = source.take(head_length)
        head = read_head(raw)
        kind = head["kind"]
        need(kind == "meta" or bool(report["sections"]), "meta is not first")
        if kind in order:
            rank = order.index(kind)
            again = (kind in names or kind == "tensor") and rank == last
            need(rank > last or again, f"{kind}: order")
            last = rank
        row = None
        if kind == "tensor":
            need(bool(owners), "more tensors than rows")
            row = owners.pop(0)
        need(kind != "end" or not owners, "fewer tensors than rows")
        need("base" in report["header"] or not needs_base(head), "no base is named")
        if kind in names:
            check_name_of(head, names)
        learned += sum(head["parts"]) if kind == "examples" else 0
        need(learned <= 256 * MIB, "examples together", "limit")
        kept += sum(head["parts"]) if kind in ("graph", "asset") else 0
        need(kept <= 256 * MIB, "graph and assets together", "limit")
        check_lengths(head, row, body_length)
        body = source.at
        parts = [read_part(source, n) for n in head["parts"]]
        need(source.at == body + body_length, "body: length")
        digest = hashlib.sha256(source.data[start : source.at]).digest()
        need(source.take(32) == digest, kind, "digest")
        if kind == "end":
            need(head["sections"] == len(report["sections"]), "end: count")
            file = hashlib.sha256(source.data[:start]).digest()
            need(head["file"] == file, "end: file", "digest")
            need(head["content"] == content.digest(), "end: content", "digest")
            need(source.at == len(source.data), "bytes after the end")
            report["content"] = content.hexdigest()
            return model
        content.update(struct.pack("<I", head_length) + raw + b"".join(parts))
        report["sections"].append(head)
        check_content(head, parts, table)
        if kind == "examples" and head["codec"] == "examples":
            report["examples"][head["name"]] = read_examples(head, parts)
        if row and (base is not None or not needs_base(head)):
            elements = read_tensor(row, head, parts, base or {})
            model[row["name"]] = (row["dtype"], row["shape"], elements)
            report["tensors"][row["name"]] = hashlib.sha256(elements).hexdigest()


def check_content(head: dict[str, Any], parts: list[bytes], table: list[dict[str, Any]]) -> None:
    """What is in the documents of a section that has some."""
    kind = head["kind"]
    if kind in ("meta", "fidelity"):
        value = read_msgpack(parts[0], kind)
        need(type(value) is dict, f"{kind}: no map")
        if kind == "fidelity" and "receipts" in value:
            check_receipts(value["receipts"])
    if kind == "recipe":
        check_recipe(head, read_msgpack(parts[0], kind))
    if kind == "graph":
        check_graph(read_msgpack(parts[1], "initializers"), table)


def check_name_of(head: dict[str, Any], names: dict[str, dict[str, str]]) -> None:
    """5.2: an asset, examples or a recipe after those of ``names``, folded and as they are."""
    kind, name = head["kind"], head["name"]
    need(name.casefold() not in names[kind], f"{kind}: name twice")
    names[kind][name.casefold()] = name
    need(kind == "asset" or len(names[kind]) <= 64, f"{kind}: over 64", "limit")
    if "examples" in head:
        need(head["examples"] in names["examples"].values(), "recipe: no such examples")


def read_tensor(
    row: dict[str, Any], head: dict[str, Any], parts: list[bytes], base: Model
) -> bytes:
    """6: a tensor's elements."""
    dtype, shape, delta = row["dtype"], row["shape"], head.get("delta", "")
    need(
        math.prod(shape) * SIZES[dtype] <= 16 << 30, "tensor: more than this reader takes", "limit"
    )
    if not needs_base(head):
        elements = read_alone(dtype, shape, head, parts)
    else:
        of_base, before = namesake(row, base, delta)
        if delta == "sum":
            elements = add_floats(of_base, before, read_alone("F32", shape, head, parts), dtype)
        elif delta == "words":
            elements = add_words(dtype, before, read_alone(dtype, shape, head, parts))
        else:
            elements = before
    need(hashlib.sha256(elements).digest()[:8] == head["check"], "tensor: check", "digest")
    return elements


def read_alone(dtype: str, shape: list[int], head: dict[str, Any], parts: list[bytes]) -> bytes:
    need(head["codec"] in CODECS, "unknown", "codec")
    return CODECS[head["codec"]](dtype, shape, head["params"], parts)


def main() -> int:
    """Exit code of the command."""
    try:
        report = read(*(Path(name).read_bytes() for name in sys.argv[1:]))
    except RuleError as fault:
        print(json.dumps({"error": fault.family, "message": str(fault)}))
        return EXIT[fault.family]
    print(json.dumps(report, indent=1, default=bytes.hex))
    return 0


if __name__ == "__main__":
    sys.exit(main())
