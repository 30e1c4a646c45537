"""The format's schema and text say what the code does; limits that no small file can show."""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import re
import struct
from typing import Any

import jsonschema
import numpy as np
import pytest

import seedtool
from seedtool import codecs, errors, rans, seed
from seedtool.container import order, rules
from seedtool.floats import from_float32
from seedtool.seed import DTYPES, Base, Entry, Header
from tests.vectors import FORMAT, INDEX, LARGE, SOUND, data_of, reference

SCHEMA = json.loads((FORMAT / "header.schema.json").read_text())
DEFS = SCHEMA["$defs"]
JSON_TYPES = {int: "integer", str: "string", dict: "object", bytes: "string"}


def validator(name: str | None = None) -> jsonschema.Draft202012Validator:
    where = SCHEMA if name is None else {**SCHEMA, "$ref": f"#/$defs/{name}"}
    if name is not None:
        for key in ("type", "properties", "required", "additionalProperties"):
            where.pop(key)
    return jsonschema.Draft202012Validator(where)


def as_json(value: Any) -> Any:
    """The schema's convention: binaries as lowercase hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    return [as_json(v) for v in value] if isinstance(value, list) else value


def resolved(form: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in form:
        form = {
            **DEFS[form["$ref"].rsplit("/", 1)[1]],
            **{k: v for k, v in form.items() if k != "$ref"},
        }
    return form


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", rules.FIELDS)
def test_a_head_of_the_schema_is_the_head_of_the_code(kind: str) -> None:
    form = DEFS[kind]
    optional = rules.OPTIONAL.get(kind, {})
    fields = rules.FIELDS[kind] | optional
    assert set(form["properties"]) - {"kind", "parts"} == set(fields)
    assert form["required"] == sorted(set(form["properties"]) - set(optional))
    assert form["additionalProperties"] is False
    assert form["properties"]["kind"] == {"const": kind}
    for field, expected in fields.items():
        made = resolved(form["properties"][field])
        if "enum" in made:
            assert made["enum"] == [seed.SUM, seed.WORDS]
            continue
        assert made["type"] == JSON_TYPES[expected], field
        assert (made.get("contentEncoding") == "base16") == (expected is bytes), field
    parts = form["properties"]["parts"]
    count = rules.PARTS.get(kind)
    least = 0 if "base" in optional else count
    assert (parts.get("minItems"), parts.get("maxItems")) == (least, count)


def test_kinds_and_their_order_are_one_list() -> None:
    kinds = list(rules.FIELDS)
    assert kinds == list(order.ORDER)
    assert kinds == DEFS["unknown"]["properties"]["kind"]["not"]["enum"]
    assert [form["$ref"] for form in DEFS["head"]["oneOf"]] == [
        f"#/$defs/{kind}" for kind in (*kinds, "unknown")
    ]
    assert kinds == list(reference.KINDS)
    assert rules.OPTIONAL == importlib.import_module("reference_heads").OPTIONAL
    table = (FORMAT / "SPEC.md").read_text().split("### 5.1")[1].split("### 5.2")[0]
    assert kinds == re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|$", table, re.M)


def test_limits_of_the_schema_are_those_of_the_code() -> None:
    assert DEFS["dtype"]["enum"] == list(DTYPES)
    assert {name: d.itemsize for name, d in DTYPES.items()} == reference.SIZES
    assert DEFS["shape"]["maxItems"] == seed.RANK_MAX
    assert DEFS["shape"]["items"]["maximum"] == seed.ELEMENTS_MAX
    assert DEFS["name"]["maxLength"] == seed.NAME_MAX
    assert DEFS["parts"]["maxItems"] == seed.PARTS_MAX
    assert DEFS["base"]["properties"]["nesting"]["maximum"] == seed.BASE_NESTING_MAX
    assert DEFS["graph"]["properties"]["opset"]["maximum"] == rules.OPSET_MAX
    assert (DEFS["scale"]["minimum"], DEFS["scale"]["maximum"]) == (seed.SCALE_MIN, seed.SCALE_MAX)
    assert DEFS["integers"]["properties"]["lanes"]["maximum"] == rans.LANES_MAX


def test_rows_and_base_of_the_schema_are_those_of_the_code() -> None:
    titles = [item["title"] for row in ("owner", "tie") for item in DEFS[row]["prefixItems"]]
    assert set(titles) == {field.name for field in dataclasses.fields(Entry)}
    assert set(DEFS["base"]["required"]) == {field.name for field in dataclasses.fields(Base)}
    assert set(SCHEMA["properties"]) == {field.name for field in dataclasses.fields(Header)}
    value = rules.header_value(
        Header((Entry("a", "F32", (2,)), Entry("b", "F32", (2,), 0)), Base(bytes(32), 9, 1))
    )
    validator().validate(as_json(value))


@pytest.mark.parametrize("name", [n for n in SOUND if n not in LARGE])
def test_sound_vectors_fit_the_schema(name: str) -> None:
    report = reference.read(data_of(name), *map(data_of, INDEX[name].get("base", ())))
    validator().validate(as_json(report["header"]))
    for head in report["sections"]:
        validator("head").validate(as_json(head))


@pytest.mark.parametrize(
    "name",
    [
        *("header_other_key", "header_row_long", "header_dtype_unknown", "header_shape_negative"),
        *("header_base_address", "header_base_digest_short", "limit_rank", "limit_base_nesting"),
    ],
)
def test_what_breaks_the_header_breaks_the_schema(name: str) -> None:
    source = reference.Source(data_of(name))
    source.take(11)
    value = reference.read_msgpack(reference.read_part(source, source.number(4)), "header")
    assert not validator().is_valid(as_json(value))


@pytest.mark.parametrize(
    "name",
    [
        *("delta_kind", "delta_boolean", "delta_same_delta", "delta_same_params"),
        *("delta_same_part", "delta_asset_part", "delta_asset_digest"),
    ],
)
def test_what_breaks_a_head_of_a_difference_breaks_the_schema(name: str) -> None:
    source = reference.Source(data_of(name))
    source.take(11)
    reference.read_part(source, source.number(4))
    source.take(32)
    for valid in (True, False):  # meta, and what has the fault
        size, body = source.number(4), source.number(8)
        head = reference.read_msgpack(source.take(size), "head")
        source.take(body + 32)
        assert validator("head").is_valid(as_json(head)) is valid


@pytest.mark.parametrize("codec", codecs.names())
@pytest.mark.parametrize("dtype", ["F32", "BF16", "U8"])
def test_params_that_a_codec_writes_fit_the_schema(codec: str, dtype: str) -> None:
    entry = Entry("encoder.weight", dtype, (24, 40))
    values = np.random.default_rng(1).normal(0, 40, entry.shape).astype(np.float32)
    data = values.astype(np.uint8) if dtype == "U8" else from_float32(values, dtype)
    made = codecs.load(codec)
    if not made.accepts(entry):
        assert dtype == "U8"
        return
    coded = made.encode(entry, data, made.Options())
    head = {"kind": "tensor", "codec": codec, "params": coded.params, "check": bytes(8)}
    validator("head").validate(as_json({**head, "parts": [0] * len(coded.parts)}))


def test_a_head_of_64_kib_is_taken_and_no_byte_more() -> None:
    build = importlib.import_module("making.build")
    empty = build.section("x", [], note=b"")
    room = (64 << 10) - struct.unpack("<I", empty.stored[:4])[0] - 1
    for extra, taken in ((0, True), (1, False)):
        made = build.seal(
            build.table(), build.meta(), build.section("x", [], note=bytes(room + extra))
        )
        if taken:
            assert seedtool.load(io.BytesIO(made.file)).verify() == made.content
        else:
            with pytest.raises(errors.LimitError, match="declares 65537 bytes"):
                seedtool.load(io.BytesIO(made.file)).verify()
