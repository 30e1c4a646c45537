"""``.safetensors``, forwards to any stream, one tensor in memory.

Layout: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
import struct
from typing import BinaryIO

import numpy as np

from seedtool.assemble import Assembly
from seedtool.seed import Entry


def write(assembly: Assembly, out: BinaryIO) -> None:
    """Write every tensor under each of its names."""
    out.write(header(assembly.tensors))
    for _, names, array in assembly.stream():
        data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        for _ in names:
            out.write(data)
        del array, data


def header(tensors: tuple[tuple[Entry, tuple[str, ...]], ...]) -> bytes:
    """The length and the JSON that stand before the data, padded to 8 bytes."""
    at = 0
    rows: dict[str, object] = {"__metadata__": {"format": "pt"}}  # transformers asks for it
    for entry, names in tensors:
        for name in names:
            end = at + entry.nbytes
            rows[name] = {
                "dtype": entry.dtype,
                "shape": list(entry.shape),
                "data_offsets": [at, end],
            }
            at = end
    text = json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
