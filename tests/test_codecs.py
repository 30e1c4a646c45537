"""What every codec that the folder holds must do, whichever it is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from seedtool import codecs
from seedtool.codecs.base import Codec, Coded, NotCodableError, Params
from seedtool.errors import SeedError, UnknownCodecError
from seedtool.floats import from_float32
from seedtool.seed import DTYPES, Entry

SHAPES = [(), (0,), (1,), (7,), (3, 0), (0, 3), (1, 5), (5, 1), (16, 24), (5, 3, 3, 3), (2,) * 8]
CODABLE_TRIES = [(24, 40), (4, 3, 3, 3), (50,)]

# Options worth a pass of their own; a codec that is not listed runs with its defaults.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "quant": [{}, {"bits": 2.0, "per_row": True}, {"step": 0.01, "deadzone": 1.5}],
    "trellis": [{}, {"bits": 2.0, "states": 8}, {"step": 0.01, "states": 1, "rate_weight": 0.0}],
    "pca": [{}, {"rank": 3, "residual_bits": 3.0}, {"ratio": 4.0}, {"energy": 0.5, "bits": 11}],
}
CASES = [(name, options) for name in codecs.names() for options in SETTINGS.get(name, [{}])]
IDS = [f"{name}-{index}" for index, (name, _) in enumerate(CASES)]

pytestmark = pytest.mark.filterwarnings("error")


def sample(dtype: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray[Any, Any]:
    """Values that a trained network might hold, in the dtype's storage."""
    rng = np.random.default_rng(seed)
    form = DTYPES[dtype]
    if dtype in ("F8_E4M3", "F8_E5M2", "BOOL"):
        return rng.integers(0, 2 if dtype == "BOOL" else 120, shape).astype(form.storage)
    if form.is_float:
        return from_float32(np.asarray(rng.normal(0, 0.05, shape), np.float32), dtype)
    return rng.integers(0, 100, shape).astype(form.storage)


def any_bits(dtype: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Every bit pattern alike: NaN payloads, infinities, subnormals and -0 among floats."""
    form = DTYPES[dtype]
    count = math.prod(shape)
    raw = np.random.default_rng(1).integers(0, 256, count * form.itemsize, np.uint8)
    return raw.view(form.storage).reshape(shape)


def make(name: str, options: dict[str, Any]) -> tuple[Codec, Any]:
    codec = codecs.load(name)
    return codec, codec.Options(**options)


def decode(codec: Codec, entry: Entry, coded: Coded) -> np.ndarray[Any, Any]:
    parts = [bytes(p.data) for p in coded.parts]
    return codec.decode(entry, Params(coded.params, "test"), parts)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_shape_comes_back(name: str, options: dict[str, Any], dtype: str) -> None:
    codec, chosen = make(name, options)
    for shape in SHAPES:
        entry = Entry("a.weight", dtype, shape)
        if not codec.accepts(entry):
            assert not codec.lossless
            continue
        data = sample(dtype, shape)
        before = data.tobytes()
        coded = codec.encode(entry, data, chosen)
        assert data.tobytes() == before
        out = decode(codec, entry, coded)
        assert (out.shape, out.dtype) == (shape, np.dtype(DTYPES[dtype].storage))
        assert out.tobytes() == decode(codec, entry, coded).tobytes()
        assert coded == codec.encode(entry, data.copy(), chosen)
        assert sum(memoryview(p.data).nbytes for p in coded.parts) <= entry.nbytes * 9 / 8 + 65536
        if codec.lossless:
            assert out.tobytes() == before


@pytest.mark.parametrize("name", [n for n in codecs.names() if codecs.load(n).lossless])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 0), (257,), (96, 130)], ids=str)
def test_lossless_means_every_bit(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    codec, options = make(name, {})
    entry = Entry("a", dtype, shape)
    data = any_bits(dtype, shape)
    assert decode(codec, entry, codec.encode(entry, data, options)).tobytes() == data.tobytes()


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_extreme_values_are_coded_or_refused(
    name: str, options: dict[str, Any], value: float
) -> None:
    codec, chosen = make(name, options)
    entry = Entry("a.weight", "F32", (24, 40))
    data = sample("F32", (24, 40))
    data[3, 4] = value
    try:
        coded = codec.encode(entry, data, chosen)
    except NotCodableError:
        assert not codec.lossless
        return
    assert decode(codec, entry, coded).shape == data.shape


def _changed(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Parameters with one thing wrong, nested maps too."""
    wrong: list[Any] = [
        None,
        True,
        "x",
        b"x",
        -1,
        0,
        1,
        1 << 40,
        -(1 << 62),
        2.5,
        1e-40,
        1e300,
        [],
        {},
    ]
    out: list[dict[str, Any]] = [{**params, "zzz": 1}, {}]
    for key, value in params.items():
        out.append({k: v for k, v in params.items() if k != key})
        out += [{**params, key: w} for w in wrong]
        if isinstance(value, int):
            out += [{**params, key: value + d} for d in (-1, 1, 7)]
        if isinstance(value, dict):
            out += [{**params, key: inner} for inner in _changed(value)]
    return out


def _hostile(coded: Coded) -> list[tuple[dict[str, Any], list[bytes]]]:
    """What a file could say instead: parameters and parts with one thing wrong."""
    rng = np.random.default_rng(5)
    parts = [bytes(p.data) for p in coded.parts]
    out = [(params, parts) for params in _changed(coded.params)]
    out += [(coded.params, parts[:-1]), (coded.params, [*parts, b""]), (coded.params, [])]
    out += [(coded.params, parts[::-1])]
    for index, part in enumerate(parts):
        others = [b"", part[:-1], part + b"\0", part + part, bytes(len(part)), b"\xff" * len(part)]
        for _ in range(40 if part else 0):
            at, flip = int(rng.integers(len(part))), int(rng.integers(1, 256))
            others.append(part[:at] + bytes([part[at] ^ flip]) + part[at + 1 :])
        out += [(coded.params, [*parts[:index], other, *parts[index + 1 :]]) for other in others]
    return out


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("shape", CODABLE_TRIES, ids=str)
def test_hostile_input_gives_one_error(
    name: str, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    codec, chosen = make(name, options)
    entry = Entry("a.weight", "F32", shape)
    if not codec.accepts(entry):
        pytest.skip("not a shape that this codec takes")
    data = sample("F32", shape)
    data.reshape(-1)[::9] = 0
    refused = 0
    for params, parts in _hostile(codec.encode(entry, data, chosen)):
        try:
            out = codec.decode(entry, Params(params, "test"), parts)
        except SeedError:
            refused += 1
        else:
            assert (out.shape, out.dtype) == (shape, np.dtype("<f4"))
    assert refused >= 5


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_a_file_may_state_any_codec_for_any_tensor(name: str, options: dict[str, Any]) -> None:
    codec, chosen = make(name, options)
    coded = codec.encode(Entry("a.weight", "F32", (24, 40)), sample("F32", (24, 40)), chosen)
    for dtype in DTYPES:
        for shape in [*SHAPES, (1 << 20, 1 << 20)]:
            entry = Entry("a.weight", dtype, shape)
            if codec.accepts(entry) and not coded.parts:
                continue  # one that stores no values makes any tensor there is room for
            if entry.nbytes == 24 * 40 * 4 and codec.accepts(entry):
                continue
            try:
                out = decode(codec, entry, coded)
            except SeedError:
                continue
            assert (out.shape, out.dtype) == (shape, np.dtype(DTYPES[dtype].storage))


def test_unknown_ids_are_not_imported() -> None:
    for name in ("base", "os", "quant.Codec", "../quant", "nope"):
        with pytest.raises(UnknownCodecError):
            codecs.load(name)
