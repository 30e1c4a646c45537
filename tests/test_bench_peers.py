"""Others' coders against what they copy: pruning, onnxruntime's integers, K-quants, packers."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from seedtool.bench.peers import k_quants, onnx_integers, packing, pruning


def weights(*shape):
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


def decoded(quantise, tensor, setting):
    pieces, decode = quantise(tensor, setting)
    return pieces, np.asarray(decode()).reshape(tensor.shape)


def test_pruning_keeps_the_largest():
    tensor = weights(40, 30)
    pieces, back = decoded(pruning.quantise, tensor, "0.1")
    kept = back != 0
    assert kept.sum() == 120
    assert np.abs(tensor[~kept]).max() <= np.abs(tensor[kept]).min()
    assert np.abs(back - tensor)[kept].max() < 2e-3
    assert sum(piece.nbytes for piece in pieces.values()) == 150 + 240


def matrix_product(matrix):
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, width])
        for name, width in (("x", matrix.shape[1]), ("y", matrix.shape[0]))
    ]
    initial = [numpy_helper.from_array(np.ascontiguousarray(matrix.T), "w")]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def initializers(model):
    return {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}


def test_int8_is_onnxruntimes_own(tmp_path):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    matrix = weights(48, 200)
    onnx.save(matrix_product(matrix), tmp_path / "m.onnx")
    quantize_dynamic(
        tmp_path / "m.onnx", tmp_path / "q.onnx", per_channel=True, weight_type=QuantType.QInt8
    )
    theirs = initializers(onnx.load(tmp_path / "q.onnx"))
    pieces, back = decoded(onnx_integers.quantise, matrix, "int8")
    assert np.array_equal(theirs["w_quantized"].T, pieces["indices"])
    assert np.array_equal(theirs["w_scale"], pieces["scales"][:, 0])
    assert np.abs(back - matrix).max() <= pieces["scales"].max() / 2 + 1e-6


@pytest.mark.parametrize("block", [128, 32])
def test_int4_is_onnxruntimes_own(block):
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    matrix = weights(48, 256)
    made = MatMulNBitsQuantizer(matrix_product(matrix), block_size=block)
    made.process()
    theirs = initializers(made.model.model)
    pieces, back = decoded(onnx_integers.quantise, matrix, f"int4:{block}")
    assert np.array_equal(theirs["w_Q4"].ravel(), pieces["indices"].ravel())
    assert np.array_equal(theirs["w_scales"].ravel(), pieces["scales"].ravel())
    assert np.array_equal(theirs["w_zero_points"].ravel(), pieces["zeros"].ravel())
    assert np.abs(back - matrix).max() < pieces["scales"].max()


def test_int4_takes_rows_that_are_no_whole_blocks():
    pieces, back = decoded(onnx_integers.quantise, weights(6, 45), "int4:32")
    assert pieces["indices"].shape == (6, 32)
    assert np.abs(back - weights(6, 45)).max() < pieces["scales"].max()


def test_k_quants_are_read_by_gguf():
    quants = pytest.importorskip("gguf").quants
    from gguf import GGMLQuantizationType

    matrix = weights(8, 512)
    for kind, error in (("Q4_K", 6e-3), ("Q6_K", 4e-4), ("Q4_0", 9e-3)):
        back = quants.dequantize(k_quants.pack(matrix, kind), GGMLQuantizationType[kind])
        assert np.mean((back - matrix) ** 2) < error


@pytest.mark.parametrize(("kind", "size"), [("Q4_K", 144), ("Q6_K", 210)])
def test_k_quants_have_their_size_and_hold_zeros(kind, size):
    assert k_quants.pack(weights(4, 768), kind).shape == (4, 3 * size)
    assert k_quants.pack(np.zeros((2, 256), np.float32), kind).shape == (2, size)


@pytest.mark.parametrize("name", packing.NAMES)
def test_packers_give_back_what_they_were_given(name):
    raw = weights(50).tobytes() * 2
    packed = packing.pack(raw, name)
    assert packing.unpack(packed, name) == raw
    assert len(packed) < len(raw)
