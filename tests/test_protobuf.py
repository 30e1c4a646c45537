"""The wire format against the official implementation's own bytes, and against lies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedtool import protobuf as pb
from seedtool.errors import MalformedError


@given(st.integers(0, 2**64 - 1))
def test_varint_comes_back(value: int) -> None:
    data = pb.varint(value)
    assert pb.read_varint(memoryview(data), 0) == (value, len(data))


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_packed_varints_come_back(values: list[int]) -> None:
    data = b"".join(map(pb.varint, values))
    assert pb.varints(memoryview(data)).tolist() == values


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_varint_comes_back(value: int) -> None:
    assert pb.signed(pb.read_varint(memoryview(pb.varint(value)), 0)[0]) == value


def test_onnx_reads_what_is_written() -> None:
    from onnx import TensorProto

    data = (
        pb.integer(1, 3)
        + pb.integer(1, -1)
        + pb.integer(2, TensorProto.INT8)
        + pb.delimited(8, "weight")
        + pb.delimited(9, b"\x01\x02\x03")
    )
    tensor = TensorProto.FromString(data)
    assert list(tensor.dims) == [3, -1]
    assert (tensor.data_type, tensor.name, tensor.raw_data) == (3, "weight", b"\x01\x02\x03")


def test_fields_of_what_onnx_wrote() -> None:
    from onnx import helper

    node = helper.make_node("Relu", ["a" * 300], ["b"], name="n", alpha=1.5)
    found = list(pb.fields(memoryview(node.SerializeToString())))
    assert [pb.text(f) for f in found if f.number in (1, 2, 3, 4)] == ["a" * 300, "b", "n", "Relu"]
    (attribute,) = (f for f in found if f.number == 5)
    (value,) = (f for f in pb.fields(attribute.data) if f.number == 2)
    assert np.frombuffer(value.data, "<f4") == 1.5
    assert found[-1].end == len(node.SerializeToString())


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x08",
        b"\x08" + b"\x80" * 10 + b"\x01",
        b"\x08" + b"\xff" * 9 + b"\x02",
        b"\x00\x00",
        b"\x0a\x05abc",
        b"\x0a" + b"\xff" * 9 + b"\x01",
        b"\x0b",
        b"\x0c",
        b"\x0f",
        b"\x0d\x01\x02\x03",
        b"\x09\x01\x02\x03\x04\x05\x06\x07",
        b"\xff\xff\xff\xff\xff\x01\x00",
    ],
)
def test_malformed_messages_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        list(pb.fields(memoryview(data)))


@pytest.mark.parametrize(
    "data", [b"\x80", b"\x01\xff", b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x01"]
)
def test_malformed_packed_varints_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        pb.varints(memoryview(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_malformed(data: bytes) -> None:
    try:
        found = list(pb.fields(memoryview(data)))
    except MalformedError:
        return
    assert b"".join(data[f.start : f.end] for f in found) == data


def test_text_must_be_utf8_and_text() -> None:
    for data in (b"\x0a\x01\xff", b"\x08\x01"):
        (field,) = pb.fields(memoryview(data))
        with pytest.raises(MalformedError):
            pb.text(field)
