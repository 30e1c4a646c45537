"""Models that are small, and yet too large for one write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


def save_models(folder: Path) -> None:
    """``m.onnx`` and the Hugging Face folder ``hf``, with the same two matrices."""
    rng = np.random.default_rng(5)
    arrays = {name: rng.standard_normal((50, 60)).astype("f4") for name in ("a", "b")}
    (folder / "hf").mkdir(parents=True)
    save_onnx(folder / "m.onnx", arrays)

    from safetensors.numpy import save_file

    save_file(arrays, folder / "hf" / "model.safetensors")
    (folder / "hf" / "config.json").write_text(json.dumps({"model_type": "bert"}))


def save_onnx(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """y = x a + x b"""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("MatMul", ["x", "a"], ["xa"]),
        helper.make_node("MatMul", ["x", "b"], ["xb"]),
        helper.make_node("Add", ["xa", "xb"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 50])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 60])
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "sum", [x], [y], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, path)
