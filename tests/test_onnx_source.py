"""Reading .onnx: every way a tensor can stand in one, and every way it can lie."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from seedtool import protobuf as pb
from seedtool.check import compare
from seedtool.errors import LimitError, MalformedError, NoGraphError, SeedError
from seedtool.sources.onnx import OnnxSource
from tests.models import package_folder
from tests.onnx_parts import perceptron, written


def save(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def holding(*tensors: TensorProto) -> onnx.ModelProto:
    """A model that does nothing but hold tensors."""
    node = helper.make_node("Identity", ["x"], ["y"])
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in "xy"]
    graph = helper.make_graph([node], "g", info[:1], info[1:], list(tensors))
    return helper.make_model(graph, ir_version=8)


def read_one(path: Path) -> np.ndarray:
    with OnnxSource(path) as source:
        (entry,) = source.entries
        return source.read(entry)


@pytest.mark.parametrize("typed", [False, True])
def test_tensors_and_rest_make_the_model_again(tmp_path, typed: bool) -> None:
    path = save(perceptron(typed=typed), tmp_path / "m.onnx")
    with OnnxSource(path) as source:
        assert [(e.name, e.dtype, e.shape) for e in source.entries] == [
            ("first", "F32", (32, 48)),
            ("second", "F32", (40, 48)),
        ]
        graph = source.graph()
        rest = onnx.load_from_string(graph.skeleton)
        assert [t.name for t in rest.graph.initializer] == ["bias"]
        whole = perceptron(typed=typed)
        del whole.graph.initializer[:2]
        assert graph.skeleton == whole.SerializeToString()
        assert compare(written(source, graph), source.runner()).max_abs == 0


KINDS = {
    "F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn, "F8_E5M2": ml_dtypes.float8_e5m2, "I64": np.int64,
    "I32": np.int32, "I16": np.int16, "I8": np.int8, "U64": np.uint64, "U32": np.uint32,
    "U16": np.uint16, "U8": np.uint8, "BOOL": np.bool_,
}  # fmt: skip


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("raw", [True, False])
def test_every_dtype_comes_bit_by_bit(tmp_path, dtype: str, raw: bool) -> None:
    rng = np.random.default_rng(1)
    if np.dtype(KINDS[dtype]).kind in "iu":
        info = np.iinfo(KINDS[dtype])
        values = rng.integers(info.min, info.max, (32, 64), KINDS[dtype], endpoint=True)
    else:
        values = (rng.normal(size=(32, 64)) * 10).astype(KINDS[dtype])
    tensor = numpy_helper.from_array(values, "t")
    if not raw:
        flat = values.reshape(-1)
        plain = flat.astype(np.float64) if flat.dtype.kind in "fV" else flat
        tensor = helper.make_tensor("t", tensor.data_type, values.shape, plain.tolist())
        assert not tensor.raw_data
    found = read_one(save(holding(tensor), tmp_path / "m.onnx"))
    assert found.shape == (32, 64)
    assert found.tobytes() == values.tobytes()


def test_unknown_types_and_small_tensors_stay_in_the_graph(tmp_path) -> None:
    words = helper.make_tensor("words", TensorProto.STRING, [100], ["sixteen bytes at least"] * 100)
    halves = helper.make_tensor("int4", TensorProto.INT4, [4096], [1] * 4096)
    shape = numpy_helper.from_array(np.arange(4), "shape")
    with OnnxSource(save(holding(words, halves, shape), tmp_path / "m.onnx")) as source:
        assert source.entries == ()
        assert source.graph().skeleton == (tmp_path / "m.onnx").read_bytes()


def branches(same_name: bool = False) -> onnx.ModelProto:
    """y = x @ w of the branch that ``pick`` takes; the weights are Constants and initializers."""
    rng = np.random.default_rng(2)
    made = {}
    for branch in ("yes", "no"):
        weight = numpy_helper.from_array(rng.normal(size=(16, 20)).astype(np.float32), "value")
        out = helper.make_tensor_value_info(f"out_{branch}", TensorProto.FLOAT, None)
        name = "w" if same_name else f"w_{branch}"
        nodes = [helper.make_node("MatMul", ["x", name], [f"out_{branch}"])]
        inits = []
        if branch == "yes":
            nodes.insert(0, helper.make_node("Constant", [], [name], value=weight))
        else:
            weight.name = name
            inits = [weight]
        made[branch] = helper.make_graph(nodes, branch, [], [out], inits)
    node = helper.make_node("If", ["pick"], ["y"], then_branch=made["yes"], else_branch=made["no"])
    inputs = [
        helper.make_tensor_value_info("pick", TensorProto.BOOL, []),
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 16]),
    ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 20])]
    graph = helper.make_graph([node], "g", inputs, outputs)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 16)])


def test_weights_of_inner_graphs_are_lifted(tmp_path) -> None:
    with OnnxSource(save(branches(), tmp_path / "m.onnx")) as source:
        assert {e.name for e in source.entries} == {"w_yes", "w_no"}
        model, run = written(source, source.graph()), source.runner()
        assert compare(model, run).max_abs == 0
        x = np.ones((3, 16), np.float32)
        from seedtool.models.session import Session

        for pick in (True, False):
            inputs = {"pick": np.array(pick), "x": x}
            np.testing.assert_array_equal(Session(model)(inputs)[0], run(inputs)[0])


def test_a_name_of_two_graphs_is_not_lifted(tmp_path) -> None:
    with OnnxSource(save(branches(same_name=True), tmp_path / "m.onnx")) as source:
        assert source.entries == ()
        assert "2 tensors" in source.left_out[0]
        assert compare(written(source, source.graph()), source.runner()).max_abs == 0


def test_names_that_a_seed_refuses_are_replaced(tmp_path) -> None:
    values = np.ones((32, 32), np.float32)
    names = ["a\x1b[31m", "B", "b", "x" * 600]
    tensors = [numpy_helper.from_array(values * i, n) for i, n in enumerate(names)]
    with OnnxSource(save(holding(*tensors), tmp_path / "m.onnx")) as source:
        assert [e.name for e in source.entries] == ["tensor.0", "B", "tensor.2", "tensor.3"]
        assert [source.read(e)[0, 0] for e in source.entries] == [0, 1, 2, 3]
        back = onnx.load_from_string(written(source, source.graph()))
        assert [t.name for t in back.graph.initializer] == names


# ----------------------------------------------------------------------- lies


def test_a_tensor_of_another_size_than_its_shape_is_malformed(tmp_path) -> None:
    raw = numpy_helper.from_array(np.ones((32, 32), np.float32), "t")
    raw.raw_data = raw.raw_data[:-1]
    with pytest.raises(MalformedError):
        OnnxSource(save(holding(raw), tmp_path / "m.onnx"))
    typed = helper.make_tensor("t", TensorProto.FLOAT, [1024], [1.0] * 1024)
    del typed.float_data[-1]
    with pytest.raises(MalformedError):
        read_one(save(holding(typed), tmp_path / "m.onnx"))


def test_typed_numbers_outside_their_type_are_malformed(tmp_path) -> None:
    tensor = helper.make_tensor("t", TensorProto.UINT8, [2048], [1] * 2048)
    tensor.int32_data[7] = 256
    with pytest.raises(MalformedError):
        read_one(save(holding(tensor), tmp_path / "m.onnx"))


def test_a_huge_declared_shape_allocates_nothing(tmp_path) -> None:
    tensor = numpy_helper.from_array(np.ones((32, 32), np.float32), "t")
    tensor.dims[0] = 1 << 34
    with pytest.raises(MalformedError):
        OnnxSource(save(holding(tensor), tmp_path / "m.onnx"))


def test_an_initializer_twice_is_malformed(tmp_path) -> None:
    tensor = numpy_helper.from_array(np.ones((32, 32), np.float32), "t")
    with pytest.raises(MalformedError):
        OnnxSource(save(holding(tensor, tensor), tmp_path / "m.onnx"))


def test_graphs_nested_without_end_are_refused(tmp_path) -> None:
    graph = pb.delimited(2, "innermost")
    for _ in range(100):
        graph = pb.delimited(1, pb.delimited(5, pb.delimited(6, graph)))
    path = tmp_path / "m.onnx"
    path.write_bytes(pb.integer(1, 8) + pb.delimited(7, graph))
    with pytest.raises(LimitError, match="nested"):
        OnnxSource(path)


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a model at all", b"\x08\x08", os.urandom(99)])
def test_files_that_are_no_model_are_malformed(tmp_path, data: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(data)
    with pytest.raises(MalformedError, match=r"m\.onnx"):
        OnnxSource(tmp_path / "m.onnx")


def read_all(path: Path) -> None:
    with OnnxSource(path) as source:
        for entry in source.entries:
            assert source.read(entry).shape == entry.shape
        source.graph()


def test_truncation_is_malformed(tmp_path) -> None:
    data = branches().SerializeToString()
    ends = {f.end for f in pb.fields(memoryview(data))}  # a shorter model ends at these
    path = tmp_path / "m.onnx"
    for length in {*range(0, len(data), 37), *(e - 1 for e in ends)} - ends:
        path.write_bytes(data[:length])
        with pytest.raises(MalformedError):
            read_all(path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_changed_bytes_never_escape_as_another_error(tmp_path, data) -> None:
    raw = bytearray(branches().SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "m.onnx"
    path.write_bytes(raw)
    with contextlib.suppress(SeedError):
        read_all(path)


def test_a_model_that_onnxruntime_refuses_has_no_runner(tmp_path) -> None:
    model = perceptron()
    model.graph.node[1].op_type = "NoSuchOperator"
    with OnnxSource(save(model, tmp_path / "m.onnx")) as source, pytest.raises(NoGraphError):
        source.runner()


# ------------------------------------------------------------- models in the wild


@pytest.mark.parametrize(
    ("package", "pattern", "most"),
    [
        ("silero_vad", "data/silero_vad.onnx", 160_000),
        ("silero_vad", "data/silero_vad_16k_sequence.onnx", 16_000),
        ("magika", "models/*/model.onnx", 30_000),
    ],
)
def test_real_models_give_up_their_weights(package: str, pattern: str, most: int) -> None:
    folder = package_folder(package)
    if folder is None:
        pytest.skip(f"the package {package} is not installed")
    path = next(folder.glob(pattern))
    with OnnxSource(path) as source:
        graph, run = source.graph(), source.runner()
        assert len(graph.skeleton) < most < sum(e.nbytes for e in source.entries)
        exact, half, byte = (
            compare(written(source, graph, p), run) for p in ("fp32", "fp16", "int8")
        )
        assert exact.max_abs == 0
        assert 0 < half.max_rel < 0.005
        assert 0 < byte.max_rel < 0.3
