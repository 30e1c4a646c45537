"""ZipNN (Hershcovitch et al. 2024): lossless, exponents apart from mantissas."""

from __future__ import annotations

import sys
from pathlib import Path

from exchange import Arrays, main
from safetensors.numpy import save

# The coder is seedtool's own, which needs no seedtool to run.
sys.path.append(str(Path(__file__).resolve().parents[3] / "seedtool" / "bench" / "peers"))
from zipnn_bytes import pack, unpack


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    raw = save(tensors)
    packed = pack(raw, "float32")
    if unpack(packed, "float32") != raw:
        raise SystemExit("zipnn did not give back what it was given")
    (out / "coded").write_bytes(packed)
    return tensors


if __name__ == "__main__":
    main(run, "zipnn")
