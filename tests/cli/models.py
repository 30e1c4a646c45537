"""Tiny models of every kind that the scripts of commands use, made without torch."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np

VECTORS = Path(__file__).parents[2] / "formats" / "seed" / "v1" / "vectors"
CONFIG = {"model_type": "tiny", "architectures": ["TinyModel"]}


def weights(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    """Values with the bell shape of trained weights."""
    return np.random.default_rng(seed).normal(0, 0.05, (rows, columns)).astype("<f4")


def save(path: Path, tensors: dict[str, tuple[str, np.ndarray]]) -> None:
    """A .safetensors file of any dtype, by the format's own layout."""
    at, rows = 0, {}
    for name, (dtype, array) in tensors.items():
        end = at + array.nbytes
        rows[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, end]}
        at = end
    head = json.dumps(rows).encode()
    body = b"".join(a.tobytes() for _, a in tensors.values())
    path.write_bytes(struct.pack("<Q", len(head)) + head + body)


def make(folder: Path) -> None:
    """Fill ``folder``: tiny, odd, nan and big .safetensors, tied.npz, hf/, net.onnx, vectors/."""
    tiny = {"a.weight": ("F32", weights(64, 32)), "a.bias": ("F32", np.zeros(32, "<f4"))}
    save(folder / "tiny.safetensors", tiny)
    bits = np.arange(2048, dtype="<u2").reshape(64, 32)
    odd = {
        "scalar": ("I64", np.array(3, "<i8")),
        "empty": ("F32", np.zeros((0, 4), "<f4")),
        "brain": ("BF16", bits + np.uint16(0x3F00)),
        "eight": ("F8_E4M3", bits.astype("|u1")),
        "flags": ("BOOL", (bits & 1).astype("|u1")),
    }
    save(folder / "odd.safetensors", odd)
    broken = weights(64, 32)
    broken[3, 4] = np.nan
    save(folder / "nan.safetensors", {"fine": tiny["a.weight"], "broken": ("F32", broken)})
    big = {f"layer.{i}.weight": ("F32", weights(4, 4, i)) for i in range(4000)}
    save(folder / "big.safetensors", big)
    same = weights(64, 32)
    np.savez(folder / "tied.npz", embedding=same, head=same)
    (folder / "hf").mkdir()
    save(folder / "hf" / "model.safetensors", tiny)
    (folder / "hf" / "config.json").write_text(json.dumps(CONFIG))
    (folder / "hf" / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    net(folder / "net.onnx")
    (folder / "vectors").mkdir()
    for name in ("codec_unknown", "version_critical_section", "version_major_2"):
        shutil.copy(VECTORS / f"{name}.seed", folder / "vectors")


def net(path: Path) -> None:
    """An ONNX model of one layer, x (n, 64) -> MatMul -> Add -> y (n, 32)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "weight"], ["h"]),
            helper.make_node("Add", ["h", "bias"], ["y"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 32])],
        [
            numpy_helper.from_array(weights(64, 32), "weight"),
            numpy_helper.from_array(np.arange(32, dtype="<f4"), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, path)
