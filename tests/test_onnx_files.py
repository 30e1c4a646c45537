"""One .onnx file or two: which, when, what a failure leaves, and how much memory it takes."""

from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper

from seedtool.assemble import Assembly
from seedtool.check import compare
from seedtool.errors import MalformedError, RefusedError
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


@pytest.mark.parametrize("precision", PRECISIONS)
def test_over_the_limit_the_tensors_go_to_a_file_beside(source, tmp_path, precision: str) -> None:
    path = tmp_path / "out" / "big.onnx"
    path.parent.mkdir()
    sink.write_files(assembly(source, source.graph()), path, precision, limit=1000)
    assert sorted(p.name for p in path.parent.iterdir()) == ["big.onnx", "big.onnx.data"]
    assert path.stat().st_size < 2500
    onnx.checker.check_model(str(path), full_check=True)
    assert compare(path, Session(written(source, source.graph(), precision))).max_abs == 0
    assert compare(path, source.runner()).max_rel < 2e-2
    with OnnxSource(path) as again:
        assert again.entries


def test_under_the_limit_there_is_one_file(source, tmp_path) -> None:
    path = tmp_path / "small.onnx"
    sink.write_files(assembly(source, source.graph()), path)
    assert path.read_bytes() == written(source, source.graph())
    assert not (tmp_path / "small.onnx.data").exists()


def test_a_pair_of_files_is_replaced_by_force_alone(source, tmp_path) -> None:
    path = tmp_path / "out" / "big.onnx"
    path.parent.mkdir()
    sink.write_files(assembly(source, source.graph()), path, limit=1000)
    with pytest.raises(RefusedError):
        sink.write_files(assembly(source, source.graph()), path, limit=1000)
    for _ in range(2):
        sink.write_files(assembly(source, source.graph()), path, force=True, limit=1000)
        assert compare(path, source.runner()).max_abs == 0
        assert len(list(path.parent.iterdir())) == 2


def test_a_failure_leaves_the_old_pair_and_no_debris(source, tmp_path) -> None:
    path = tmp_path / "out" / "big.onnx"
    path.parent.mkdir()
    sink.write_files(assembly(source, source.graph()), path, limit=1000)
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    whole = assembly(source, source.graph())

    def failing():
        yield next(whole.arrays)
        raise MalformedError("the seed breaks off")

    broken = replace(whole, arrays=failing())
    with pytest.raises(MalformedError):
        sink.write_files(broken, path, force=True, limit=1000)
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


@pytest.mark.parametrize("precision", PRECISIONS)
def test_memory_holds_one_tensor(precision: str) -> None:
    count, shape = 12, (1024, 1024)
    graph = helper.make_graph([], "g", [], [])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])
    rows = tuple(Initializer(f"w{i}", f"w{i}", (1, 0)) for i in range(count))
    tensors = tuple((Entry(f"w{i}", "F32", shape), (f"w{i}",)) for i in range(count))

    def arrays():
        for i in range(count):
            yield np.full(shape, i, np.float32)

    made = Assembly(tensors, arrays(), {}, (), Graph(18, model.SerializeToString(), rows))

    class Counting(io.RawIOBase):
        size = 0

        def write(self, piece) -> int:
            self.size += memoryview(piece).nbytes
            return memoryview(piece).nbytes

    out = Counting()
    tracemalloc.start()
    sink.write(made, out, precision)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert out.size >= count * 1024 * 1024 * {"fp32": 4, "fp16": 2, "int8": 1}[precision]
    assert peak < 5 * 4 * 1024 * 1024
