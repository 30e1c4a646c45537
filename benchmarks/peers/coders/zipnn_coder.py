"""ZipNN (Hershcovitch et al. 2024): lossless, exponents apart from mantissas."""

from __future__ import annotations

from pathlib import Path

from exchange import Arrays, main
from safetensors.numpy import save
from zipnn import ZipNN


def run(tensors: Arrays, setting: str, out: Path) -> Arrays:
    raw = save(tensors)
    coder = ZipNN(input_format="byte", bytearray_dtype="float32")
    packed = bytes(coder.compress(bytearray(raw)))  # it overwrites what it is given
    if bytes(coder.decompress(packed)) != raw:
        raise SystemExit("zipnn did not give back what it was given")
    (out / "coded").write_bytes(packed)
    return tensors


if __name__ == "__main__":
    main(run, "zipnn")
