"""The format's vectors, and its second decoder, for tests."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import seedtool

FORMAT = Path(__file__).resolve().parents[1] / "formats" / "seed" / "v1"
FOLDER = FORMAT / "vectors"
INDEX: dict[str, dict[str, Any]] = json.loads((FOLDER / "index.json").read_text())
PILLOW = importlib.util.find_spec("PIL") is not None
READABLE = [name for name in INDEX if PILLOW or "_picture_" not in name]
SOUND = sorted(name for name in READABLE if not INDEX[name]["error"])
# Those that unpack to megabytes, or hold a million values.
LARGE = {
    "limit_values",
    "limit_values_header",
    "limit_window_single_segment",
    "ok_chunk_two",
    "ok_document_16_mib",
    "ok_msgpack_values_2_20",
}

if str(FORMAT) not in sys.path:
    sys.path.insert(0, str(FORMAT))
reference = importlib.import_module("reference")
reference_codecs = importlib.import_module("reference_codecs")
make_vectors = importlib.import_module("make_vectors")


def data_of(name: str) -> bytes:
    return (FOLDER / f"{name}.seed").read_bytes()


def sha(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def bases_of(name: str) -> list[str]:
    """The files that a vector's base is among."""
    return [str(FOLDER / f"{base}.seed") for base in INDEX[name].get("base", ())]


def read(data: bytes, bases: list[str] | None = None) -> tuple[str, dict[str, str]]:
    """Content digest and each tensor's hash, by seedtool, everything checked."""
    content = seedtool.load(io.BytesIO(data), base=bases or None).verify()
    tensors = seedtool.load(io.BytesIO(data), base=bases or None).tensors()
    return content.hex(), {name: sha(array) for name, array in tensors}
