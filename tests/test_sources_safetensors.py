"""The safetensors source: what the library writes is read, and one fault each is refused."""

from __future__ import annotations

import json
import tracemalloc

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save, save_file

from seedtool.errors import (
    LimitError,
    MalformedError,
    SeedError,
    TruncatedError,
    UnsupportedError,
)
from seedtool.seed import DTYPES
from seedtool.sources import open_source

KINDS = [np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8]
KINDS += [np.uint64, np.uint32, np.uint16, np.uint8, np.bool_]
ARRAYS = st.dictionaries(
    st.text("abc._0", min_size=1, max_size=6),
    st.sampled_from(KINDS).flatmap(
        lambda kind: hnp.arrays(
            kind, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
        )
    ),
    min_size=1,
    max_size=5,
)


def same_bits(found, expected) -> bool:
    """Equal bytes and shape, whatever the dtypes are called (NaN payloads included)."""
    return found.shape == expected.shape and found.tobytes() == expected.tobytes()


def build(rows: str | dict, data: bytes, length: int | None = None) -> bytes:
    header = (rows if isinstance(rows, str) else json.dumps(rows)).encode("utf-8", "surrogatepass")
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def row(begin: int, end: int, shape=(2,), dtype="F32") -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


@settings(deadline=None, max_examples=60)
@given(arrays=ARRAYS)
def test_what_the_library_writes_is_read_bit_for_bit(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("st") / "m.safetensors"
    path.write_bytes(save(arrays))
    with open_source(path) as source:
        assert {e.name for e in source.entries} == set(arrays)
        for entry in source.entries:
            found = source.read(entry)
            assert found.dtype == np.dtype(DTYPES[entry.dtype].storage)
            assert found.flags.c_contiguous
            assert same_bits(found, arrays[entry.name])


def test_dtypes_that_numpy_lacks(tmp_path):
    values = np.linspace(-3, 3, 7).astype(np.float32)
    kinds = {
        "BF16": ml_dtypes.bfloat16,
        "F8_E4M3": ml_dtypes.float8_e4m3fn,
        "F8_E5M2": ml_dtypes.float8_e5m2,
    }
    arrays = {name: values.astype(kind) for name, kind in kinds.items()}
    rows, data = {}, b""
    for name, array in arrays.items():
        rows[name] = row(len(data), len(data) + array.nbytes, array.shape, name)
        data += array.tobytes()
    path = tmp_path / "m.safetensors"
    path.write_bytes(build(rows, data))
    with open_source(path) as source:
        assert [(e.name, e.dtype) for e in source.entries] == [(n, n) for n in kinds]
        assert all(same_bits(source.read(e), arrays[e.name]) for e in source.entries)


A, B = {"a": row(0, 8)}, {"a": row(0, 8), "b": row(8, 16)}
FAULTS = {
    "empty file": (b"", TruncatedError, "too short"),
    "no header": (b"\x08\0\0\0\0\0\0", TruncatedError, "too short"),
    "header past the end": (build(A, b"", length=500), TruncatedError, "inside its header"),
    "header of 2^63": (build(A, bytes(8), length=1 << 63), LimitError, "the limit is"),
    "not JSON": (build("{nope", b""), MalformedError, "not JSON"),
    "not UTF-8": (b"\x02" + bytes(7) + b"{\xff", MalformedError, "not JSON"),
    "junk after JSON": (build('{"a":1}x', b""), MalformedError, "not JSON"),
    "nested too deep": (build('{"a":' + "[" * 100_000, b""), MalformedError, "nested too deeply"),
    "not an object": (build("[1]", b""), MalformedError, "not a JSON object"),
    "key twice": (
        build(f'{{"a":{json.dumps(row(0, 8))},"a":{json.dumps(row(0, 8))}}}', bytes(8)),
        MalformedError,
        "key twice",
    ),
    "inner key twice": (
        build('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        MalformedError,
        "key twice",
    ),
    "metadata of numbers": (
        build({"__metadata__": {"a": 1}, **A}, bytes(8)),
        MalformedError,
        "map",
    ),
    "field missing": (build({"a": {"dtype": "F32", "shape": [2]}}, b""), MalformedError, "fields"),
    "field too many": (build({"a": {**row(0, 8), "x": 1}}, bytes(8)), MalformedError, "fields"),
    "row not a map": (build({"a": 3}, b""), MalformedError, "fields"),
    "unknown dtype": (build({"a": row(0, 8, dtype="C64")}, bytes(8)), UnsupportedError, "C64"),
    "dtype not text": (build({"a": row(0, 8, dtype=4)}, bytes(8)), MalformedError, "no known form"),
    "shape not a list": (build({"a": {**row(0, 8), "shape": 2}}, bytes(8)), MalformedError, "form"),
    "negative size": (build({"a": row(0, 8, (-2,))}, bytes(8)), MalformedError, "shape"),
    "size true": (build({"a": row(0, 4, (True,))}, bytes(4)), MalformedError, "shape"),
    "size of 2^70": (build({"a": row(0, 8, (1 << 70,))}, bytes(8)), LimitError, "2^40"),
    "rank 9": (build({"a": row(0, 4, (1,) * 9)}, bytes(4)), LimitError, "dimensions"),
    "offsets backwards": (build({"a": row(8, 0)}, bytes(8)), MalformedError, "no range"),
    "offsets negative": (build({"a": row(-8, 0)}, bytes(8)), MalformedError, "no range"),
    "offset a float": (build({"a": row(0, 8.0)}, bytes(8)), MalformedError, "no range"),
    "offset true": (build({"a": row(0, True, (), "U8")}, bytes(1)), MalformedError, "no range"),
    "size and form differ": (build({"a": row(0, 8, (3,))}, bytes(8)), MalformedError, "needs 12"),
    "overlap": (
        build({"a": row(0, 8), "b": row(4, 12)}, bytes(12)),
        MalformedError,
        "overlaps",
    ),
    "hole": (build({"a": row(0, 8), "b": row(12, 20)}, bytes(20)), MalformedError, "hole"),
    "hole first": (build({"a": row(4, 12)}, bytes(12)), MalformedError, "hole"),
    "cut": (build(B, bytes(15)), TruncatedError, "1 bytes before"),
    "trailing byte": (build(B, bytes(17)), MalformedError, "1 bytes follow"),
    "name empty": (build({"": row(0, 8)}, bytes(8)), MalformedError, "non-empty"),
    "name with ESC": (build({"a\x1b[31m": row(0, 8)}, bytes(8)), MalformedError, "control"),
    "name with bidi": (build({"a\u202eb": row(0, 8)}, bytes(8)), MalformedError, "control"),
    "name not NFC": (build({"e\u0301": row(0, 8)}, bytes(8)), MalformedError, "normal form"),
    "name a surrogate": (
        build('{"\\ud800":' + json.dumps(row(0, 8)) + "}", bytes(8)),
        MalformedError,
        "Unicode",
    ),
    "name too long": (build({"n" * 600: row(0, 8)}, bytes(8)), LimitError, "600 bytes"),
    "names that fold": (
        build({"A": row(0, 8), "a": row(8, 16)}, bytes(16)),
        MalformedError,
        "twice",
    ),
    "no tensor": (build({}, b""), MalformedError, "no tensor"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_each(tmp_path, fault):
    data, kind, words = FAULTS[fault]
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    with pytest.raises(kind) as caught:
        open_source(path)
    assert words in caught.value.message
    assert caught.value.message.startswith(f"{path}: ")
    assert "\n" not in caught.value.message


def test_every_truncation_is_an_error(tmp_path):
    whole = save({"a": np.arange(6, dtype=np.float32), "b": np.ones((2, 2), np.int8)})
    path = tmp_path / "m.safetensors"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(SeedError):
            open_source(path)


def test_a_file_that_shrinks_while_open(tmp_path):
    path = tmp_path / "m.safetensors"
    save_file({"a": np.zeros(50_000, np.float32)}, path)
    with open_source(path) as source:
        with path.open("r+b") as file:
            file.truncate(1000)
        with pytest.raises(TruncatedError, match="changed while open"):
            source.read(source.entries[0])


def test_one_small_tensor_of_minilm_costs_little(minilm_folder):
    tracemalloc.start()
    try:
        with open_source(minilm_folder) as source:
            entry = next(e for e in source.entries if e.name.endswith("LayerNorm.bias"))
            values = source.read(entry)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert values.shape == (384,)
    assert sum(e.nbytes for e in source.entries) > 90_000_000
    assert peak < 4_000_000
