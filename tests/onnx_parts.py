"""What the ONNX tests share: a source's Assembly, built by hand, and a small graph."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from seedtool.assemble import Array, Assembly
from seedtool.graph import Graph
from seedtool.sinks.onnx import write
from seedtool.sources.base import Source


def assembly(source: Source, graph: Graph) -> Assembly:
    """All of a source's tensors, ties joined."""
    names: dict[str, list[str]] = {}
    for entry in source.entries:
        owner = entry if entry.same is None else source.entries[entry.same]
        names.setdefault(owner.name, []).append(entry.name)
    owners = [e for e in source.entries if e.same is None]

    def arrays() -> Iterator[Array]:
        for entry in owners:
            yield source.read(entry)

    return Assembly(tuple((e, tuple(names[e.name])) for e in owners), arrays(), {}, (), graph)


def written(source: Source, graph: Graph, precision: str = "fp32") -> bytes:
    """The ONNX file that a source becomes, checked by onnx itself."""
    out = io.BytesIO()
    write(assembly(source, graph), out, precision)
    onnx.checker.check_model(onnx.load_from_string(out.getvalue()), full_check=True)
    return out.getvalue()


def perceptron(opset: int = 18, ir_version: int = 8, typed: bool = False) -> onnx.ModelProto:
    """x (n, 32) -> MatMul first (32, 48) -> Relu -> Gemm with a second (40, 48) transposed."""
    rng = np.random.default_rng(0)
    first = rng.normal(size=(32, 48)).astype(np.float32)
    second = rng.normal(size=(40, 48)).astype(np.float32)
    bias = rng.normal(size=40).astype(np.float32)
    arrays = {"first": first, "second": second, "bias": bias}
    if typed:
        tensors = [
            helper.make_tensor(n, TensorProto.FLOAT, a.shape, a.reshape(-1).tolist())
            for n, a in arrays.items()
        ]
    else:
        tensors = [numpy_helper.from_array(a, n) for n, a in arrays.items()]
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "second", "bias"], ["y"], transB=1),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 32])]
    if ir_version < 4:
        inputs += [
            helper.make_tensor_value_info(t.name, TensorProto.FLOAT, t.dims) for t in tensors
        ]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 40])]
    graph = helper.make_graph(nodes, "perceptron", inputs, outputs, tensors)
    return helper.make_model(
        graph, ir_version=ir_version, opset_imports=[helper.make_opsetid("", opset)]
    )
