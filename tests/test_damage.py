"""A damaged seed never becomes a model: cut short at every byte, changed at every byte."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

import seedtool
from seedtool.errors import MalformedError, RefusedError, SeedError
from seedtool.sinks import onnx as onnx_sink
from tests.faults.models import save_onnx

TARGETS = ("a", "a.safetensors", "a.npz", "a.onnx")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> dict[str, bytes]:
    """By what can be made of them: one with assets, and one with a graph."""
    base = tmp_path_factory.mktemp("damage")
    rng = np.random.default_rng(7)
    arrays = {name: rng.standard_normal((50, 6)).astype("f4") for name in ("a", "b")}
    save_onnx(base / "m.onnx", arrays)
    folder = base / "hf"
    folder.mkdir()
    from safetensors.numpy import save_file

    save_file({"a": np.arange(6, dtype="i4")}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    hf, onnx = io.BytesIO(), io.BytesIO()
    seedtool.extract(folder, with_graph=False).save(hf)
    seedtool.extract(base / "m.onnx", codec="quant", bits=2).save(onnx)
    both = hf.getvalue(), onnx.getvalue()
    return dict(zip(TARGETS, (both[0], both[0], both[1], both[1]), strict=True))


def assemble(seed: bytes, target: Path, *, force: bool = False) -> None:
    seedtool.load(io.BytesIO(seed)).assemble(target, force=force)


def state(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_cut_short_anywhere_makes_nothing(seeds, tmp_path, name):
    seed, target = seeds[name], tmp_path / name
    for size in range(len(seed)):
        with pytest.raises(MalformedError):
            assemble(seed[:size], target)
        assert not list(tmp_path.iterdir())
    assemble(seed, target)


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_changed_anywhere_replaces_nothing(seeds, tmp_path, name):
    seed, target = bytearray(seeds[name]), tmp_path / name
    assemble(seed, target)
    old = state(tmp_path)
    for at in range(len(seed)):
        bit = 1 << at % 8
        seed[at] ^= bit
        with pytest.raises(SeedError):
            assemble(seed, target, force=True)
        seed[at] ^= bit
        assert state(tmp_path) == old
    assert list(tmp_path.iterdir()) == [target]
    assemble(seed, target, force=True)


def test_data_beside_a_model_go_with_it(seeds, tmp_path):
    """A model with external data is two files; where one may not come, neither does."""
    target = tmp_path / "a.onnx"
    assembly = seedtool.load(io.BytesIO(seeds["a.onnx"])).assembly(
        progress=lambda _: target.write_bytes(b"another's")
    )
    with pytest.raises(RefusedError, match="exists already"):
        onnx_sink.write_files(assembly, target, limit=0)
    assert state(tmp_path) == {str(target): b"another's"}
