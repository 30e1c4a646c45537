"""Writing .onnx: what comes out is a model that onnx and onnxruntime take, in every precision."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from seedtool import protobuf as pb
from seedtool.assemble import Assembly
from seedtool.check import compare
from seedtool.errors import (
    LimitError,
    MalformedError,
    NoGraphError,
    UnsupportedError,
    UsageError,
)
from seedtool.graph import Graph, Initializer
from seedtool.models.session import Session
from seedtool.seed import Entry
from seedtool.sinks import onnx as sink
from seedtool.sinks.narrow import PRECISIONS
from seedtool.sources.onnx import OnnxSource
from tests.onnx_parts import assembly, perceptron, written


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.onnx"
    path.write_bytes(perceptron().SerializeToString())
    with OnnxSource(path) as opened:
        yield opened


def open_model(model: onnx.ModelProto, path: Path) -> OnnxSource:
    path.write_bytes(model.SerializeToString())
    return OnnxSource(path)


def dequantised(model: onnx.ModelProto) -> dict[str, tuple[np.ndarray, int]]:
    """Each quantised weight's values and axis, computed from the file's own nodes."""
    arrays = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    found = {}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear":
            levels, scale = (arrays[name] for name in node.input)
            axis = node.attribute[0].i if node.attribute else -1
            shape = [-1 if i == axis else 1 for i in range(levels.ndim)]
            found[node.output[0]] = levels * (scale.reshape(shape) if scale.ndim else scale), axis
    return found


def test_what_is_written_reads_as_the_same_model(source, tmp_path) -> None:
    graph = source.graph()
    (tmp_path / "again.onnx").write_bytes(written(source, graph))
    with OnnxSource(tmp_path / "again.onnx") as again:
        assert again.graph() == graph
        for one, other in zip(source.entries, again.entries, strict=True):
            assert one == other
            np.testing.assert_array_equal(source.read(one), again.read(other))


def test_precisions_differ_in_size_and_little_in_outputs(source) -> None:
    models = {p: written(source, source.graph(), p) for p in PRECISIONS}
    assert len(models["fp32"]) > 1.8 * len(models["fp16"]) > 2.5 * len(models["int8"])
    run = source.runner()
    assert compare(models["fp32"], run).max_abs == 0
    assert 0 < compare(models["fp16"], run).max_rel < 1e-3
    assert 0 < compare(models["int8"], run).max_rel < 2e-2


def test_int8_scales_stand_on_the_output_channels(source) -> None:
    weights = dequantised(onnx.load_from_string(written(source, source.graph(), "int8")))
    plain = {t.name: numpy_helper.to_array(t) for t in perceptron().graph.initializer}
    assert weights["first"][1] == 1  # the right operand of MatMul: (in, out)
    assert weights["second"][1] == 0  # Gemm's, transposed: (out, in)
    for name, (values, axis) in weights.items():
        others = tuple(i for i in range(2) if i != axis)
        step = np.max(np.abs(plain[name]), axis=others, keepdims=True) / 127
        assert np.all(np.abs(values - plain[name]) <= step / 2 * 1.0001)


@pytest.mark.parametrize(("opset", "axis"), [(10, -1), (12, -1), (13, 1), (18, 1)])
def test_old_opsets_get_one_scale_for_a_tensor(tmp_path, opset: int, axis: int) -> None:
    with open_model(perceptron(opset=opset), tmp_path / "m.onnx") as source:
        model = written(source, source.graph(), "int8")
        assert dequantised(onnx.load_from_string(model))["first"][1] == axis
        assert 0 < compare(model, source.runner()).max_rel < 3e-2


@pytest.mark.parametrize(("opset", "ir"), [(8, 8), (18, 3)])
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_graphs_too_old_to_narrow_say_so(tmp_path, opset: int, ir: int, precision: str) -> None:
    with open_model(perceptron(opset=opset, ir_version=ir), tmp_path / "m.onnx") as source:
        with pytest.raises(UnsupportedError, match=precision):
            written(source, source.graph(), precision)
        assert written(source, source.graph(), "fp32")


def test_an_initializer_that_callers_may_override_stays_wide(tmp_path) -> None:
    model = perceptron()
    info = helper.make_tensor_value_info("first", TensorProto.FLOAT, [32, 48])
    model.graph.input.append(info)
    with open_model(model, tmp_path / "m.onnx") as source:
        made = onnx.load_from_string(written(source, source.graph(), "int8"))
        assert set(dequantised(made)) == {"second"}


def test_values_beyond_float16_stay_float32(tmp_path) -> None:
    model = perceptron()
    first = numpy_helper.to_array(model.graph.initializer[0]) * np.float32(1e5)
    model.graph.initializer[0].raw_data = first.tobytes()
    with open_model(model, tmp_path / "m.onnx") as source:
        made = onnx.load_from_string(written(source, source.graph(), "fp16"))
        types = {t.name: t.data_type for t in made.graph.initializer}
        assert sorted(types.values()) == [TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.FLOAT16]
        assert compare(made.SerializeToString(), source.runner()).max_rel < 1e-3


def test_int8_of_what_is_not_finite_is_refused(tmp_path) -> None:
    model = perceptron()
    first = np.array(numpy_helper.to_array(model.graph.initializer[0]))
    first[3, 3] = np.nan
    model.graph.initializer[0].raw_data = first.tobytes()
    with (
        open_model(model, tmp_path / "m.onnx") as source,
        pytest.raises(UnsupportedError, match="first"),
    ):
        written(source, source.graph(), "int8")


def test_a_column_of_zeros_and_one_of_tiny_values_come_back(tmp_path) -> None:
    model = perceptron()
    first = np.array(numpy_helper.to_array(model.graph.initializer[0]))
    first[:, 0] = 0
    first[:, 1] = 1e-44
    model.graph.initializer[0].raw_data = first.tobytes()
    with open_model(model, tmp_path / "m.onnx") as source:
        made = onnx.load_from_string(written(source, source.graph(), "int8"))
        values, _ = dequantised(made)["first"]
        assert not values[:, :2].any()
        assert np.isfinite(values).all()


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_two_byte_weights_with_a_cast_of_their_own(dtype: str, precision: str) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(64, 64)).astype(np.float32)
    code = {"F16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16}[dtype]
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)
    array = values.astype(np.float16) if dtype == "F16" else bits
    nodes = [
        helper.make_node("Cast", ["w16"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 64]) for n in "xy"]
    whole = helper.make_graph(nodes, "g", info[:1], info[1:])
    tensor = helper.make_tensor("w16", code, (64, 64), array.tobytes(), raw=True)
    opset = [helper.make_opsetid("", 18)]
    skeleton = helper.make_model(whole, ir_version=8, opset_imports=opset).SerializeToString()
    whole.initializer.append(tensor)
    plain = helper.make_model(whole, ir_version=8, opset_imports=opset).SerializeToString()

    graph = Graph(18, skeleton, (Initializer("w16", "weight"),))
    entry = Entry("weight", dtype, (64, 64))
    out = io.BytesIO()
    sink.write(Assembly(((entry, ("weight",)),), iter([array]), {}, (), graph), out, precision)
    onnx.checker.check_model(onnx.load_from_string(out.getvalue()), full_check=True)
    found = compare(out.getvalue(), Session(plain))
    assert found.max_abs == 0 if precision != "int8" else 0 < found.max_rel < 2e-2


@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_tensor_serves_several_initializers_and_orders_of_axes(precision: str) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(40, 30)).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["x", "turned"], ["h"]),
        helper.make_node("MatMul", ["h", "tied"], ["y"]),
        helper.make_node("MatMul", ["h", "straight"], ["z"]),
    ]
    info = {
        n: helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 40 if n == "h" else 30])
        for n in "xyz"
    }
    info["x"] = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 30])
    made = helper.make_graph(nodes, "g", [info["x"]], [info["y"], info["z"]])
    model = helper.make_model(made, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])
    rows = (
        Initializer("turned", "b", (1, 0)),
        Initializer("tied", "a"),
        Initializer("straight", "b", (0, 1)),
    )
    graph = Graph(18, model.SerializeToString(), rows)
    tensors = (
        (Entry("unused", "F32", (7,)), ("unused",)),
        (Entry("a", "F32", (40, 30)), ("a", "b")),
    )
    arrays = iter([np.ones(7, np.float32), values])
    out = io.BytesIO()
    sink.write(Assembly(tensors, arrays, {}, (), graph), out, precision)
    onnx.checker.check_model(onnx.load_from_string(out.getvalue()), full_check=True)
    x = rng.normal(size=(5, 30)).astype(np.float32)
    y, z = Session(out.getvalue())({"x": x})
    tolerance = {"fp32": 1e-5, "fp16": 2e-3, "int8": 3e-2}[precision]
    want = x @ values.T @ values
    assert np.abs(y - want).max() < tolerance * np.abs(want).max()
    np.testing.assert_array_equal(y, z)
    assert next(arrays, None) is None


@pytest.mark.parametrize(
    ("op", "shape", "axis"),
    [
        ("Conv", (24, 8, 3, 3), 0),
        ("ConvTranspose", (24, 8, 3, 3), 1),
        ("Gather", (64, 32), 0),
        ("Transpose", (64, 32), 0),
    ],
)
def test_the_axis_of_channels_by_operator(tmp_path, op: str, shape, axis: int) -> None:
    rng = np.random.default_rng(5)
    weight = numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), "w")
    nodes = [helper.make_node(op, ["x", "w"], ["y"])]
    dims = {"Conv": [1, 8, 5, 5], "ConvTranspose": [1, 24, 5, 5]}.get(op, ["n", 32])
    kind = TensorProto.FLOAT
    if op == "Gather":
        dims, kind = ["n"], TensorProto.INT64
        nodes = [helper.make_node(op, ["w", "x"], ["y"])]
    elif op == "Transpose":  # torch's linear layer: the weight turned, then multiplied
        nodes = [
            helper.make_node(op, ["w"], ["t"], perm=[1, 0]),
            helper.make_node("MatMul", ["x", "t"], ["y"]),
        ]
    x = helper.make_tensor_value_info("x", kind, dims)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * (4 if "Conv" in op else 2))
    graph = helper.make_graph(nodes, "g", [x], [y], [weight])
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opset)
    with open_model(model, tmp_path / "m.onnx") as source:
        made = written(source, source.graph(), "int8")
        assert dequantised(onnx.load_from_string(made))["w"][1] == axis
        assert 0 < compare(made, source.runner()).max_rel < 2e-2


# ---------------------------------------------------------------- refusals


def test_refusals_before_anything_is_written(source) -> None:
    graph = source.graph()
    whole = assembly(source, graph)
    cases = [
        (replace(whole, graph=None), "fp32", NoGraphError),
        (replace(whole, tensors=whole.tensors[:1]), "fp32", NoGraphError),
        (whole, "int3", UsageError),
        (replace(whole, graph=replace(graph, skeleton=b"\xff\xff")), "fp32", MalformedError),
        (replace(whole, graph=replace(graph, skeleton=b"")), "fp32", MalformedError),
    ]
    twice = replace(graph, initializers=(*graph.initializers, Initializer("bias", "first")))
    cases.append((replace(whole, graph=twice), "fp32", MalformedError))
    for made, precision, error in cases:
        out = io.BytesIO()
        with pytest.raises(error):
            sink.write(made, out, precision)
        assert out.getvalue() == b""


def test_a_graph_that_reaches_for_files_is_refused(source) -> None:
    graph = source.graph()
    place = pb.delimited(13, pb.delimited(1, "location") + pb.delimited(2, "../../etc/passwd"))
    tensor = pb.integer(2, 1) + pb.delimited(8, "stolen") + place + pb.integer(14, 1)
    constant = pb.delimited(5, pb.delimited(1, "value") + pb.delimited(5, tensor))
    pieces = {
        "initializer": pb.delimited(7, pb.delimited(5, tensor)),
        "constant": pb.delimited(7, pb.delimited(1, pb.delimited(4, "Constant") + constant)),
        "function": pb.delimited(25, pb.delimited(7, constant)),
        "sparse": pb.delimited(7, pb.delimited(15, pb.delimited(1, tensor))),
    }
    for piece in pieces.values():
        evil = replace(graph, skeleton=graph.skeleton + piece)
        with pytest.raises(MalformedError, match="files"):
            sink.write(assembly(source, evil), io.BytesIO())


def test_more_than_protobuf_takes_is_refused_before_it_is_decoded(source) -> None:
    graph = source.graph()
    tensors = ((Entry("first", "F32", (1 << 15, 1 << 15)), ("first",)),)
    narrow = replace(graph, initializers=(Initializer("first", "first"),))
    with pytest.raises(LimitError, match="2 GB"):
        sink.write(Assembly(tensors, iter([]), {}, (), narrow), io.BytesIO())
