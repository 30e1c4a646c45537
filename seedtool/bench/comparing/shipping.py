"""What is shipped of a model and what is unpacked of it: by seedtool's codecs and by peers."""

from __future__ import annotations

import importlib
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from seedtool import api, memory
from seedtool.api import Seed
from seedtool.bench.peers import catalogue
from seedtool.bench.peers.catalogue import Matrices, Peer
from seedtool.bench.tasks.task import Held, size_of
from seedtool.codecs.base import FALLBACK, Array
from seedtool.errors import SeedError
from seedtool.extracting import code_source
from seedtool.floats import CODABLE, from_float32, to_float32
from seedtool.plan import WEIGHT_MIN, plan
from seedtool.seed import Entry

ZIPNN_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True)
class Shipped:
    """``size``: bytes of all that the receiver needs, but a graph; ``arrays``: what it then has,
    by owner in storage dtypes. ``timings``: seconds and bytes of memory by name."""

    size: int
    arrays: Mapping[str, Array]
    timings: Mapping[str, float] = field(default_factory=dict)


def by_seed(make: Callable[[], Seed]) -> Shipped:
    """A seed saved and loaded again. GateError where what is asked can't be reached."""
    held_before = memory.begin_stretch()
    began = time.perf_counter()
    held = io.BytesIO()
    size = make().save(held)
    encoded, most = time.perf_counter() - began, memory.stretch_bytes()
    began = time.perf_counter()
    held.seek(0)
    arrays = {entry.name: array for entry, _, array in api.load(held).assembly().stream()}
    return Shipped(size, arrays, _timings(encoded, time.perf_counter() - began, most, held_before))


def by_peer(source: Held, peer: Peer, setting: str, python: str = "") -> Shipped:
    """The weight matrices by a peer, a table of them, and all else in a seed without loss.

    So vectors, small tensors, tokenizer and config take what they take in our own rows.
    ``python``: of nncodec's environment.
    """
    matrices = [entry for entry in source.entries if is_matrix(entry)]
    names = {entry.name for entry in matrices}
    if peer.package:
        importlib.import_module(peer.package)  # whose seconds are not its coding's
    held_before = memory.begin_stretch()
    began = time.perf_counter()
    others = tuple(e for e in source.entries if e.same is None and e.name not in names)
    rest = Held(others, source.arrays, source.meta, source.assets)
    size = size_of(code_source(rest, [], plan(others, FALLBACK, {}))) + _table(matrices)
    before = time.perf_counter() - began
    if peer.pack and peer.unpack:
        coded, encode, decode = _packed(peer, source, matrices)
        arrays: Mapping[str, Array] = source.arrays
    else:
        made = _coded(peer, _values(source, matrices), setting, python)
        coded, encode, decode = made.size, made.encode, made.decode
        arrays = {
            **source.arrays,
            **{e.name: from_float32(made.arrays[e.name], e.dtype) for e in matrices},
        }
    timings = _timings(before + encode, decode, memory.stretch_bytes(), held_before)
    return Shipped(size + coded, arrays, timings)


def bytes_beside(source: Held) -> int:
    """Of a seed of no tensors: what rides along with any."""
    return size_of(code_source(Held((), {}, source.meta, source.assets), [], {}))


def is_matrix(entry: Entry) -> bool:
    """Whether lossy codecs, and so the peers, take the tensor."""
    codable = entry.same is None and entry.dtype in CODABLE
    return codable and len(entry.shape) > 1 and entry.size >= WEIGHT_MIN


def _values(source: Held, matrices: list[Entry]) -> Matrices:
    return {e.name: to_float32(source.arrays[e.name], e.dtype) for e in matrices}


def _coded(peer: Peer, values: Matrices, setting: str, python: str) -> catalogue.Coded:
    if peer.name == catalogue.NNCODEC:
        return catalogue.nncodec(python, values, setting)
    assert peer.code
    try:
        return peer.code(values, setting)
    except (ImportError, RuntimeError, ValueError, TypeError) as e:
        raise SeedError(f"{peer.name} failed: {type(e).__name__}: {e}") from None


def _packed(peer: Peer, source: Held, matrices: list[Entry]) -> tuple[int, float, float]:
    """Bytes and seconds of what loses nothing; each dtype by itself."""
    raw: dict[str, bytes] = {}
    for entry in matrices:
        dtype = ZIPNN_DTYPES.get(entry.dtype, "float32")
        raw[dtype] = raw.get(dtype, b"") + np.ascontiguousarray(source.arrays[entry.name]).tobytes()
    assert peer.pack
    assert peer.unpack
    began = time.perf_counter()
    packed = {dtype: peer.pack(data, dtype) for dtype, data in raw.items()}
    encoded = time.perf_counter()
    back = {dtype: peer.unpack(data, dtype) for dtype, data in packed.items()}
    seconds = encoded - began, time.perf_counter() - encoded
    if back != raw:
        raise SeedError(f"{peer.name} did not give back what it was given")
    return sum(map(len, packed.values())), *seconds


def _table(matrices: list[Entry]) -> int:
    """Bytes of names, dtypes and shapes, without which no array comes back."""
    lines = (f"{e.name} {e.dtype} {','.join(map(str, e.shape))}\n" for e in matrices)
    return catalogue.smallest("".join(lines).encode())


def _timings(encode: float, decode: float, most: int, before: int) -> dict[str, float]:
    return {
        "encode_seconds": encode,
        "decode_seconds": decode,
        "peak_bytes": float(most),
        "encode_bytes": float(max(0, most - before)),
    }
