"""What stored bytes decode to, as hashes: they must hold on every machine and in every version.

Parameters and parts are written out here, not encoded: encoders may improve.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from seedtool import codecs
from seedtool.codecs.base import Params
from seedtool.codecs.lossless import RUN
from seedtool.seed import Entry

MOMENTS = {"kurtosis": 3.0, "mean": 0.0, "skewness": 0.0, "std": 1.0}
QUANTILES = (np.arange(55) - 20).astype("<f4").tobytes()
SPECTRUM = (65535 - 1000 * np.arange(20)).astype("<u2").tobytes()
FLAT = np.array([1, 1, 1, 1], "<u2").tobytes()


def flat(symbols: list[int]) -> bytes:
    """The rANS words, in one lane, of symbols with the table FLAT: two bits each."""
    state, words = 1 << 16, []
    for symbol in reversed(symbols):
        if state >= 1 << 30:
            words.append(state & 0xFFFF)
            state >>= 16
        state = state << 2 | symbol
    return np.array([state & 0xFFFF, state >> 16, *reversed(words)], "<u2").tobytes()


EIGHT = flat([0, 1, 2, 3, 3, 2, 1, 0])
CODED = {"lanes": 1, "low": -2, "tail": 0}
WALKED = {"lanes": 1, "order": "rows", "step": 0.10000000149011612, "tail": 0}

GOLDEN: dict[str, tuple[str, Entry, dict[str, Any], list[bytes]]] = {
    "minimal normal": (
        "minimal",
        Entry("a", "F32", (1000,)),
        {"init": "normal", "scale": 0.5, "seed": 7},
        [],
    ),
    "minimal uniform": (
        "minimal",
        Entry("a", "F64", (33, 3)),
        {"init": "uniform", "scale": 0.125, "seed": 2**64 - 1},
        [],
    ),
    "minimal constant": (
        "minimal",
        Entry("a", "BF16", (5,)),
        {"init": "constant", "scale": 1.0},
        [],
    ),
    "stats vector": (
        "stats",
        Entry("a", "F32", (500,)),
        {"moments": MOMENTS, "seed": 3, "sparse": 0},
        [QUANTILES],
    ),
    "stats matrix": (
        "stats",
        Entry("a", "F32", (31, 20)),
        {"moments": MOMENTS, "seed": 4, "sparse": 0},
        [QUANTILES, SPECTRUM],
    ),
    "stats zeros": (
        "stats",
        Entry("a", "F16", (20, 31)),
        {"moments": MOMENTS, "seed": 5, "sparse": 1},
        [QUANTILES, SPECTRUM, bytes(range(77)) + b"\x05"],
    ),
    "quant": (
        "quant",
        Entry("a", "F32", (8,)),
        {**CODED, "step": 0.10000000149011612},
        [FLAT, EIGHT],
    ),
    "quant rows": (
        "quant",
        Entry("a", "BF16", (2, 4)),
        {**CODED, "steps": 1000},
        [FLAT, EIGHT, bytes([0, 5])],
    ),
    "pca": (
        "pca",
        Entry("a", "F32", (4, 2)),
        {
            "basis": CODED,
            "coefficients": CODED,
            "mean": 3,
            "rank": 2,
            "residual": {**CODED, "step": 0.0009765625},
            "scale": 0.10000000149011612,
        },
        [FLAT, EIGHT, FLAT, flat([1, 2, 3, 0, 1, 2]), FLAT, EIGHT],
    ),
    "trellis": (
        "trellis",
        Entry("a", "F32", (8,)),
        {**WALKED, "low": [-2, -1], "size": [4, 4], "states": 1},
        [2 * FLAT, EIGHT],
    ),
    "trellis classes": (
        "trellis",
        Entry("a", "F16", (2, 4)),
        {
            **WALKED,
            "column_step": 1016,
            "floor": 3,
            "low": [-2, -1, -3, 0],
            "order": "columns",
            "row_step": 1000,
            "shift": 1,
            "size": [4, 4, 4, 4],
            "states": 8,
        },
        [4 * FLAT, EIGHT, bytes([1, 3]), bytes([0, 1, 2, 9]), bytes([5, 0]), bytes([0, 3, 8, 1])],
    ),
    "lossless values": (
        "lossless",
        Entry("a", "F32", (8,)),
        {"form": "values", "lanes": 1, "tail": 0},
        [np.array([0, 5, 0x3F800000, 0xFFFFFFFF], "<u4").tobytes(), FLAT, EIGHT],
    ),
    "lossless planes": (
        "lossless",
        Entry("a", "F16", (8,)),
        {"form": "planes"},
        [
            np.array(
                [
                    (3, 64, 4, 1, 0, len(EIGHT) // 2, 8),
                    (1, 0, 0, 0, 0, 0, 5),
                    (2, 0, 0, 0, 0, 0, 3),
                ],
                RUN,
            ).tobytes(),
            FLAT,
            b"xyz",
            EIGHT + b"noise",
        ],
    ),
}

HASHES = {
    "minimal normal": "80367bdc2ca33cd6",
    "minimal uniform": "03713350e547e0ba",
    "minimal constant": "1670f7e88b6132a4",
    "stats vector": "1ecaa6311337dd88",
    "stats matrix": "6296305cf49af5c8",
    "stats zeros": "9e9d2868a0179911",
    "quant": "2c1318c24da1f77c",
    "quant rows": "b47d4119834a3fa9",
    "pca": "09f4bf67203fe821",
    "trellis": "8381dca42a31e58c",
    "trellis classes": "c5faefb27750a560",
    "lossless values": "8d4f88437213f3c8",
    "lossless planes": "b4b19b407e1c3796",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_decodes_to_the_same_for_ever(name: str) -> None:
    codec, entry, params, parts = GOLDEN[name]
    out = codecs.load(codec).decode(entry, Params(params, name), parts)
    assert hashlib.sha256(out.tobytes()).hexdigest()[:16] == HASHES[name]


def test_by_hand() -> None:
    codec, entry, params, parts = GOLDEN["quant rows"]
    out = codecs.load(codec).decode(entry, Params(params, "by hand"), parts)
    steps = np.array([1000 << 20, 1005 << 20], "<u4").view("<f4")
    exact = np.array([[-2, -1, 0, 1], [1, 0, -1, -2]], np.float32) * steps[:, None]
    assert np.array_equal((out.astype(np.uint32) << 16).view(np.float32), exact)
    codec, entry, params, parts = GOLDEN["trellis classes"]
    out = codecs.load(codec).decode(entry, Params(params, "by hand"), parts)
    classes = [[0, 0, 0, 1], [0, 0, 1, 1]]  # rows' codes 1 and 3, columns' 0, 1, 2 and 9
    walk = 0
    exact = np.empty((2, 4), np.float32)
    for index, symbol in enumerate([0, 1, 2, 3, 3, 2, 1, 0]):
        row, column = index % 2, index // 2
        kind = walk & 1
        half = symbol + params["low"][2 * classes[row][column] + kind]
        exact[row, column] = 2 * half + kind
        walk = walk >> 1 ^ 5 * kind ^ 2 * (half & 1)
    rows = np.array([1005 << 20, 1000 << 20], "<u4").view("<f4")
    columns = (np.array([1016, 1019, 1024, 1017], "<u4") << 20).view("<f4")
    exact = exact * np.float32(params["step"]) * rows[:, None] * columns
    assert np.array_equal(out, exact.astype(np.float16))
    codec, entry, params, parts = GOLDEN["lossless values"]
    out = codecs.load(codec).decode(entry, Params(params, "by hand"), parts)
    assert out.view("<u4").tolist() == [0, 5, 0x3F800000, 2**32 - 1, 2**32 - 1, 0x3F800000, 5, 0]
