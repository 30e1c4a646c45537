"""What all coders share: arrays in, a coded file and the arrays it decodes to out.

    python CODER.py TENSORS.safetensors OUT SETTING

writes OUT/coded (everything needed to get all tensors back), OUT/decoded.safetensors
and prints one JSON line. Vectors, small tensors and what a coder cannot take are
kept as float16, by the same rule for all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

Array = Any
Arrays = dict[str, Array]
Pieces = dict[str, Array]
Coded = tuple[Pieces, Callable[[], Array]]
"""The pieces to store, and what makes them the tensor again."""
Code = Callable[[Array, str], "Coded | None"]
"""A tensor and a setting; None: cannot take it."""
SMALL = 4096  # weights; bitsandbytes too leaves fewer alone


def each(tensors: Arrays, setting: str, code: Code, out: Path) -> Arrays:
    """Code tensors of two axes or more one by one, all else as float16, into one file."""
    pieces, decoded = {}, {}
    for name, tensor in tensors.items():
        made = code(tensor, setting) if tensor.ndim >= 2 and tensor.size >= SMALL else None
        if made is None:
            pieces[name] = tensor.astype(np.float16)
            decoded[name] = pieces[name].astype(np.float32)
            continue
        parts, decode = made
        pieces |= {f"{name}:{key}": np.ascontiguousarray(part) for key, part in parts.items()}
        decoded[name] = np.asarray(decode(), np.float32).reshape(tensor.shape)
    save_file(pieces, out / "coded")
    return decoded


def main(run: Callable[[Arrays, str, Path], Arrays], *packages: str) -> None:
    """Run a coder as its command says; ``packages`` are those whose versions to report."""
    source, out, setting = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    tensors = {k: v for k, v in load_file(source).items() if v.dtype == np.float32}
    start = time.perf_counter()
    decoded = run(tensors, setting, out)
    seconds = time.perf_counter() - start
    missing = tensors.keys() - decoded.keys()
    if missing:
        raise SystemExit(f"not decoded: {sorted(missing)}")
    whole = {name: np.ascontiguousarray(decoded[name], np.float32) for name in tensors}
    save_file(whole, out / "decoded.safetensors")
    report = {"seconds": round(seconds, 2), "versions": {p: version(p) for p in packages}}
    print(json.dumps(report))
