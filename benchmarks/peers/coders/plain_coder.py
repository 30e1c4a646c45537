"""Nothing lost, or float16: zstd-19, xz, and float16 as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from exchange import Arrays, main
from safetensors.numpy import save

# The coder is seedtool's own, which needs no seedtool to run.
sys.path.append(str(Path(__file__).resolve().parents[3] / "seedtool" / "bench" / "peers"))
from packing import pack, unpack


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    if setting == "fp16":
        halves = {name: tensor.astype(np.float16) for name, tensor in tensors.items()}
        (out / "coded").write_bytes(save(halves))
        return {name: half.astype(np.float32) for name, half in halves.items()}
    raw = save(tensors)
    packed = pack(raw, setting)
    if unpack(packed, setting) != raw:
        raise SystemExit(f"{setting} did not give back what it was given")
    (out / "coded").write_bytes(packed)
    return tensors


if __name__ == "__main__":
    main(run, "zstandard", "numpy")
