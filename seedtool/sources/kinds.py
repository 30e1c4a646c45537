"""What kind of file a path is: its first bytes say, its ending only where they don't."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from seedtool import container
from seedtool.errors import MalformedError, UnsupportedError, UsageError
from seedtool.sources import npz

READS = "an HF folder, .safetensors, .pt, .pth, .bin, .onnx, .npz, .npy or a hub id like org/name"
ENDINGS = {
    ".onnx": "onnx",
    ".safetensors": "safetensors",
    ".pt": "torch",
    ".pth": "torch",
    ".bin": "torch",
    ".ckpt": "torch",
    ".npz": "npz",
    ".npy": "npy",
}
# A serialised ModelProto has no magic; it begins with its ir_version, a small number,
# and goes on with one of the other fields: opset, producer, domain, version, docs, graph.
ONNX_NEXT = {b"\x42", b"\x12", b"\x1a", b"\x22", b"\x28", b"\x32", b"\x3a"}
OTHERS = {
    b"GGUF": "a GGUF file",
    b"\x89HDF": "an HDF5 file (Keras saves these)",
    b"TFL3": "a TensorFlow Lite model",
}


def kind_of(path: Path) -> str:
    """One of the values of ENDINGS; UsageError or UnsupportedError if it is none of them."""
    if not path.is_file():
        raise UsageError("is no regular file; models are read at random, not from a pipe")
    with path.open("rb") as file:
        start = file.read(16)
        size = file.seek(0, os.SEEK_END)
    if start.startswith(container.MAGIC):
        raise UsageError("is a seed already", hint=f"seed assemble {path} -o OUT makes it a model")
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path)
    if start.startswith(npz.MAGIC):
        return "npy"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= size - 8:
        return "safetensors"
    # A pickle of protocol 2 or later, which is how torch.save began before 1.6.
    if start[:1] == b"\x80" and start[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return "torch"
    if path.suffix.lower() not in ENDINGS and start[:1] == b"\x08" and start[2:3] in ONNX_NEXT:
        return "onnx"
    for magic, name in OTHERS.items():
        if magic in (start[:4], start[4:8]):
            raise UnsupportedError(f"is {name}, which is not read", hint=f"seed reads {READS}")
    if path.suffix.lower() in ENDINGS:
        return ENDINGS[path.suffix.lower()]
    raise UnsupportedError("is no model file that is known", hint=f"seed reads {READS}")


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise MalformedError(f"is a damaged zip archive: {error}") from None
    if any(name == "data.pkl" or name.endswith("/data.pkl") for name in names):
        return "torch"
    if any(name.endswith(".npy") for name in names):
        return "npz"
    raise UnsupportedError("is a zip archive without arrays in it", hint=f"seed reads {READS}")
