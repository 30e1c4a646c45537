"""Codecs that make values up: stats and minimal (SPEC 6.8, 6.9 and 8) for reference.py."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from reference_blocks import need
from reference_elements import FLOATS, check_params, rows_and_columns, store

ZEROS = [0] + [1 << k for k in range(11)]
SHARES = ZEROS + [i << 11 for i in range(1, 32)] + [65536 - z for z in reversed(ZEROS)]
COSINES = np.array([3 / 5, 20 / 29, 119 / 169, 28 / 53] * 2).astype(np.float32)
SINES = np.array([4 / 5, 21 / 29, 120 / 169, 45 / 53])
SINES = np.concatenate([SINES, -SINES]).astype(np.float32)
NORMAL_KNOTS = [i << 26 for i in range(32)]
NORMAL_KNOTS += [(1 << 31) - (1 << k) for k in range(25, 5, -1)] + [1 << 31]
NORMAL_VALUES = """
0 2561 5126 7699 10284 12885 15506 18153 20830 23542 26295 29096 31952 34869 37858 40929 44092
47362 50755 54291 57993 61892 66024 70438 75199 80397 86159 92683 100287 109558 121768 140801
158038 173891 188636 202471 215540 227955 239802 251150 262057 272568 282723 292556 302094
311361 320380 329169 337743 346119 354309 362324 374042
"""


def is_seed(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 64


def random_words(seed: int, name: bytes, count: int) -> np.ndarray:
    """8.1: the first ``count`` words of a stream, as uint32; all blocks at once."""
    blocks = np.arange(-(-count // 16), dtype=np.uint64)
    words = struct.unpack("<4I", b"expand 32-byte k")
    words += struct.unpack("<8I", struct.pack("<Q", seed) + bytes(24))
    first = [np.full(len(blocks), w, np.uint32) for w in words]
    first += [(blocks % (1 << 32)).astype(np.uint32), (blocks >> np.uint64(32)).astype(np.uint32)]
    first += [np.full(len(blocks), w, np.uint32) for w in struct.unpack("<2I", name)]
    x = list(first)

    def turned(value: np.ndarray, by: int) -> np.ndarray:
        return value << np.uint32(by) | value >> np.uint32(32 - by)

    def quarter(a: int, b: int, c: int, d: int) -> None:
        for one, two in ((16, 12), (8, 7)):
            x[a] = x[a] + x[b]
            x[d] = turned(x[d] ^ x[a], one)
            x[c] = x[c] + x[d]
            x[b] = turned(x[b] ^ x[c], two)

    for _ in range(4):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return np.array([now + then for now, then in zip(x, first, strict=True)]).T.reshape(-1)[:count]


def mapped(x: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """8.2, of float64."""
    widths, heights = knots[1:] - knots[:-1], values[1:] - values[:-1]
    slopes = np.array([h / w if w else 0.0 for w, h in zip(widths, heights, strict=True)])
    j = np.array([max(np.flatnonzero(knots[:-1] <= v)) for v in x.reshape(-1)], int)
    j = j.reshape(x.shape)
    return (x - knots[j]) * slopes[j] + values[j]


def minimal(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    """6.9"""
    need(dtype in FLOATS and not parts, "minimal: dtype or parts")
    count = int(np.prod(rows_and_columns(shape), dtype=object))
    init, scale = params.get("init"), params.get("scale")
    need(type(scale) is float and abs(scale) <= 2.0**100, "minimal: scale")
    need(float(np.float32(scale)) == scale, "minimal: scale")
    if init == "constant":
        check_params(params, init=str, scale=float)
        return store(np.full(count, scale, np.float32), dtype)
    check_params(params, init=str, scale=float, seed=int)
    need(init in ("uniform", "normal") and is_seed(params["seed"]), "minimal: init or seed")
    u = random_words(params["seed"], b"minimal\0", count).astype(np.float64)
    if init == "uniform":
        return store((((u + 0.5) * 2.0**-31 - 1) * scale).astype(np.float32), dtype)
    values = np.array([int(v) for v in NORMAL_VALUES.split()]) / 65536
    z = mapped(u % 2**31, np.array(NORMAL_KNOTS, np.float64), values)
    return store((np.where(u >= 2**31, -z, z) * scale).astype(np.float32), dtype)


def stats(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    """6.8"""
    need(dtype in FLOATS, "stats: dtype")
    check_params(params, seed=int, sparse=int, moments=dict)
    check_params(params["moments"], kurtosis=float, mean=float, skewness=float, std=float)
    seed, sparse = params["seed"], params["sparse"]
    need(is_seed(seed) and sparse in (0, 1), "stats: seed or sparse")
    rows, columns = rows_and_columns(shape)
    count = rows * columns
    matrix = len(shape) > 1 and min(rows, columns) >= 2 and max(rows, columns) <= 1 << 18
    need(len(parts) == 1 + matrix + sparse, "stats: parts")
    need(len(parts[0]) == 4 * len(SHARES), "stats: quantiles")
    with np.errstate(invalid="ignore"):  # a signalling NaN
        quantiles = np.frombuffer(parts[0], "<f4").astype(np.float64)
    need(bool(np.all(np.abs(quantiles) <= 2.0**100)), "stats: quantiles")
    need(bool(np.all(quantiles[1:] >= quantiles[:-1])), "stats: quantiles")
    zero = np.zeros(count, bool)
    if sparse:
        need(len(parts[-1]) == -(-count // 8), "stats: zeros")
        bits = np.unpackbits(np.frombuffer(parts[-1], np.uint8), bitorder="little")
        need(not np.any(bits[count:]), "stats: bits after the last element")
        zero = bits[:count].astype(bool)
    if matrix:
        values = turned_matrix(rows, columns, parts[1], seed).reshape(-1)
    else:
        values = (random_words(seed, b"stats\2\0\0", count) >> np.uint32(8)).astype(np.float32)
    ordered = np.sort(values[~zero]).astype(np.float64)
    at = [f * (len(ordered) - 1) >> 16 for f in SHARES]
    knots = (ordered[at] if len(ordered) else np.zeros(len(SHARES))) + 0.0
    x = np.clip(values.astype(np.float64) + 0.0, knots[0], knots[-1])
    made = mapped(x, knots, quantiles).astype(np.float32)
    made[zero] = 0
    return store(made, dtype)


def turned_matrix(rows: int, columns: int, spectrum: bytes, seed: int) -> np.ndarray:
    """6.8: the diagonal of a spectrum, its columns and rows turned."""
    size = min(rows, columns)
    places = {*range(8), *(i << k for i in (1, 3) for k in range(40))}
    places |= {(size - 1) * j // 32 for j in range(33)}
    knots = np.array(sorted(p for p in places if p < size), np.float64)
    need(len(spectrum) == 2 * len(knots), "stats: spectrum")
    values = np.frombuffer(spectrum, "<u2").astype(np.float64)
    diagonal = mapped(np.arange(size, dtype=np.float64), knots, values).astype(np.float32)
    matrix = np.zeros((rows, columns), np.float32)
    matrix[range(size), range(size)] = diagonal
    matrix = turned_things(matrix.T, 0, seed).T
    return np.ascontiguousarray(turned_things(matrix, 1, seed))


def turned_things(things: np.ndarray, axis: int, seed: int) -> np.ndarray:
    """Rotations among the rows of ``things``."""
    count = len(things)
    half = count // 2
    for t in range(count.bit_length() + 4):
        words = random_words(seed, b"stats" + bytes([axis, t, 0]), count + half).tolist()
        things = things[sorted(range(count), key=lambda i: (words[i], i))]
        for p in range(half):
            a = words[count + p] % 8
            left, right = things[p].copy(), things[p + half].copy()
            things[p] = left * COSINES[a] - right * SINES[a]
            things[p + half] = right * COSINES[a] + left * SINES[a]
    return things
