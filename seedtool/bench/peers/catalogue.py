"""The peers by name: what each is run at, what it needs, and all matrices of a model by it."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard

from seedtool.bench.peers import (
    gguf_types,
    k_quants,
    nf4,
    nnc,
    onnx_integers,
    packing,
    pruning,
    zipnn_bytes,
)
from seedtool.floats import F32

LEVEL = 19  # of zstd
HALF = "half"  # the piece of a matrix that a peer has no type for

Matrices = Mapping[str, F32]
Quantise = Callable[[Any, str], "tuple[Mapping[str, Any], Callable[[], Any]] | None"]


@dataclass(frozen=True)
class Coded:
    """``size``: bytes of all matrices; ``arrays``: float32, as decoded; seconds of both."""

    size: int
    arrays: Matrices
    encode: float
    decode: float


@dataclass(frozen=True)
class Peer:
    """``settings``: "" where there is one; ``package``: what it needs, "" for nothing.

    ``code``: all matrices, float32, at a setting. Of what loses nothing it is None: ``pack`` and
    ``unpack`` are given the matrices' own bytes, and a setting or dtype.
    """

    name: str
    settings: tuple[str, ...] = ("",)
    package: str = ""
    code: Callable[[Matrices, str], Coded] | None = None
    pack: Callable[[bytes, str], bytes] | None = None
    unpack: Callable[[bytes, str], bytes] | None = None

    @property
    def lacks(self) -> str:
        """What to do to have it, "" where it is installed."""
        if not self.package or importlib.util.find_spec(self.package):
            return ""
        return f"not installed: pip install {self.package}"


def each(quantise: Quantise) -> Callable[[Matrices, str], Coded]:
    """Matrices one by one; those that ``quantise`` gives None for become float16."""

    def code(matrices: Matrices, setting: str) -> Coded:
        began = time.perf_counter()
        made = {name: quantise(matrix, setting) for name, matrix in matrices.items()}
        halves = {n: matrices[n].astype(np.float16) for n, coded in made.items() if coded is None}
        payload = b"".join(
            np.ascontiguousarray(piece).tobytes()
            for name, coded in made.items()
            for piece in ({HALF: halves[name]} if coded is None else coded[0]).values()
        )
        size = smallest(payload)
        encoded = time.perf_counter()
        arrays = {
            name: np.asarray(
                halves[name] if coded is None else coded[1](), dtype=np.float32
            ).reshape(matrices[name].shape)
            for name, coded in made.items()
        }
        return Coded(size, arrays, encoded - began, time.perf_counter() - encoded)

    return code


def smallest(payload: bytes) -> int:
    """Bytes of it as it is, or by zstd where that is fewer."""
    return min(len(payload), len(zstandard.ZstdCompressor(level=LEVEL).compress(payload)))


def nncodec(python: str, matrices: Matrices, setting: str) -> Coded:
    """All matrices by nncodec, in the environment of ``python``."""
    made = nnc.code_and_decode(python, matrices, int(setting))
    return Coded(made.size, made.arrays, made.encode, made.decode)


def _gguf(matrix: F32, setting: str) -> tuple[Mapping[str, Any], Callable[[], Any]] | None:
    return gguf_types.quantise(matrix, setting, k_quants.pack)


NNCODEC = "nncodec"
QPS = ("-32", "-24", "-20", "-16", "-12", "-8")
PEERS = {
    peer.name: peer
    for peer in (
        *(
            Peer(
                name,
                pack=lambda raw, _, n=name: packing.pack(raw, n),  # type: ignore[misc]
                unpack=lambda raw, _, n=name: packing.unpack(raw, n),  # type: ignore[misc]
            )
            for name in packing.NAMES
        ),
        Peer("ZipNN", package="zipnn", pack=zipnn_bytes.pack, unpack=zipnn_bytes.unpack),
        Peer("pruning + zstd", pruning.SETTINGS, code=each(pruning.quantise)),
        Peer("onnxruntime", onnx_integers.SETTINGS, code=each(onnx_integers.quantise)),
        Peer("GGUF", gguf_types.SETTINGS, "gguf", each(_gguf)),
        Peer("NF4", nf4.SETTINGS, "bitsandbytes", each(nf4.quantise)),
    )
}
