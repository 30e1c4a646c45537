"""GGUF's types, quantised by ggml's own C code (compiled on first use) without importance data.

Settings, and which type a tensor gets, are as in seedtool/bench/peers/gguf_types.py; where none
takes a tensor it is float16.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from exchange import Arrays, Coded, each, main
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

# Which type a tensor gets is seedtool's own code, which needs no seedtool to run.
sys.path.append(str(Path(__file__).resolve().parents[3] / "seedtool" / "bench" / "peers"))
import gguf_types

SOURCE = "ggml-py==0.10.1"
UNITS = ("ggml.c", "ggml-quants.c", "ggml-alloc.c", "ggml-backend.cpp", "ggml-threading.cpp")


def library() -> ctypes.CDLL:
    """ggml's quantisers, compiled into this environment."""
    path = Path(sys.prefix) / "ggml.so"
    if not path.exists():
        with tempfile.TemporaryDirectory() as work:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
            options = ["--no-binary", ":all:", "-d", work, SOURCE]
            subprocess.run([*pip, *options], check=True, stdout=subprocess.DEVNULL)
            with tarfile.open(next(Path(work).glob("*.tar.gz"))) as archive:
                archive.extractall(work, filter="data")
            half = path.with_suffix(f".{os.getpid()}")
            _compile(next(Path(work).glob("*/vendor/ggml")), half)
            half.rename(path)
    # Bound when called: the functions that compute with graphs are not there.
    made = ctypes.CDLL(str(path), mode=os.RTLD_LAZY)
    made.ggml_quantize_chunk.restype = ctypes.c_size_t
    return made


def _compile(root: Path, target: Path) -> None:
    flags = ["-O2", "-march=native", "-fPIC", "-w", "-D_GNU_SOURCE"]
    flags += ['-DGGML_VERSION="0"', '-DGGML_COMMIT="0"']
    flags += [f"-I{root / folder}" for folder in ("include", "src")]
    objects = []
    for unit in UNITS:
        compiler = ["g++", "-std=c++17"] if unit.endswith("pp") else ["gcc"]
        objects.append(str(root / f"{unit}.o"))
        source = str(root / "src" / unit)
        subprocess.run([*compiler, *flags, "-c", source, "-o", objects[-1]], check=True)
    link = ["g++", "-shared", "-Wl,-z,lazy", *objects, "-o", str(target)]
    subprocess.run(link, check=True)


def pack(matrix: Any, kind: str) -> Any:
    """uint8 [rows, bytes] of a float32 matrix."""
    wanted = GGMLQuantizationType[kind]
    block, size = GGML_QUANT_SIZES[wanted]
    packed = np.empty((len(matrix), matrix.shape[1] // block * size), np.uint8)
    wrote = library().ggml_quantize_chunk(
        ctypes.c_int(wanted.value),
        matrix.ctypes.data_as(ctypes.c_void_p),
        packed.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(0),
        ctypes.c_int64(len(matrix)),
        ctypes.c_int64(matrix.shape[1]),
        None,
    )
    if wrote != packed.size:
        raise SystemExit(f"ggml wrote {wrote} bytes of {packed.size}")
    return packed


def quantise(tensor: Any, setting: str) -> Coded | None:
    return gguf_types.quantise(tensor, setting, pack)


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, quantise, out)


if __name__ == "__main__":
    main(run, "gguf")
