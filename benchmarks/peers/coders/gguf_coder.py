"""GGUF's types, quantised by ggml's own C code (compiled on first use) without importance data.

The setting is a type, as Q4_K or Q8_0. As in llama.cpp a matrix whose rows are
not whole blocks of 256 falls back from a K-quant to a type with blocks of 32;
with :flat after the type blocks run across rows instead, which no program
reads but which is kinder to the type. Rows of convolutions are all the weights
of an output channel; where even 32 does not divide them the tensor is float16.
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
from exchange import Arrays, Pieces, each, main
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

SOURCE = "ggml-py==0.10.1"
UNITS = ("ggml.c", "ggml-quants.c", "ggml-alloc.c", "ggml-backend.cpp", "ggml-threading.cpp")
FALLBACK = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}


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


def quantise(tensor: Any, setting: str) -> tuple[Pieces, Any] | None:
    name, _, flat = setting.partition(":")
    row = tensor.size if flat else tensor[0].size
    kind = next(
        (k for k in (name, FALLBACK.get(name)) if k and row % GGML_QUANT_SIZES[_kind(k)][0] == 0),
        None,
    )
    if kind is None:
        return None
    block, size = GGML_QUANT_SIZES[_kind(kind)]
    matrix = np.ascontiguousarray(tensor, np.float32).reshape(-1, row)
    packed = np.empty((len(matrix), row // block * size), np.uint8)
    wrote = library().ggml_quantize_chunk(
        ctypes.c_int(_kind(kind).value),
        matrix.ctypes.data_as(ctypes.c_void_p),
        packed.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(0),
        ctypes.c_int64(len(matrix)),
        ctypes.c_int64(row),
        None,
    )
    if wrote != packed.size:
        raise SystemExit(f"ggml wrote {wrote} bytes of {packed.size}")
    return {kind: packed}, quants.dequantize(packed, _kind(kind))


def _kind(name: str) -> GGMLQuantizationType:
    return GGMLQuantizationType[name]


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    return each(tensors, setting, quantise, out)


if __name__ == "__main__":
    main(run, "gguf")
