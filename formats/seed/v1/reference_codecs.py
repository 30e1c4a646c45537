"""The codecs of SPEC 6 for reference.py: one function each.

Each takes a tensor's dtype, shape, params and parts, and returns its elements
as bytes, little-endian and in C order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from reference_blocks import need
from reference_elements import FLOATS, check_params, check_scale, rows_and_columns, store, width_of
from reference_made import minimal, stats
from reference_rans import read_rans, read_table
from reference_trellis import trellis


def raw(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    """6.3"""
    check_params(params)
    need(len(parts) == 1 and len(parts[0]) == math.prod(shape) * width_of(dtype), "raw: length")
    return parts[0]


# ---- 6.4 lossless


def lossless(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    width, count = width_of(dtype), math.prod(shape)
    form = params.get("form")
    if form == "plain":
        check_params(params, form=str)
        return raw(dtype, shape, {}, parts)
    if form == "values":
        check_params(params, form=str, lanes=int, tail=int)
        need(len(parts) == 3, "values: parts")
        need(len(parts[0]) % width == 0 and 1 <= len(parts[0]) // width <= 4096, "values: number")
        words = np.frombuffer(parts[0], f"<u{width}")
        need(bool(np.all(words[1:] > words[:-1])), "values: order")
        table = read_table(parts[1], len(words))
        lanes, tail = params["lanes"], params["tail"]
        return words[read_rans(parts[2], table, lanes, tail, count)].tobytes()
    need(form == "planes", "lossless: form")
    check_params(params, form=str)
    need(len(parts) == 4, "planes: parts")
    return join_planes(read_runs(parts, count, width), dtype, count, width)


def read_runs(parts: list[bytes], count: int, width: int) -> bytes:
    """The bytes of all planes, plane after plane."""
    need(len(parts[0]) % 20 == 0, "runs: length")
    form = [("mode", "u1"), ("low", "u1"), ("symbols", "<u2"), ("lanes", "<u4"), ("tail", "<u4")]
    records = np.frombuffer(parts[0], [*form, ("words", "<u4"), ("count", "<u4")])
    runs = [dict(zip(records.dtype.names, map(int, r), strict=True)) for r in records.tolist()]
    need(all(1 <= r["count"] <= 1 << 24 for r in runs), "runs: count")
    need(sum(r["count"] for r in runs) == count * width, "runs: sum")
    at = {1: 0, 2: 0, 3: 0}  # part -> bytes of it that are used

    def take(part: int, size: int) -> bytes:
        piece = parts[part][at[part] : at[part] + size]
        need(len(piece) == size, "runs: a part ends early")
        at[part] += size
        return piece

    out = b""
    for r in runs:
        need(len(out) % count + r["count"] <= count, "runs: one crosses planes")
        idle = r["symbols"] == r["lanes"] == r["tail"] == r["words"] == 0
        if r["mode"] == 0:
            need(idle, "runs: fields")
            out += bytes([r["low"]]) * r["count"]
        elif r["mode"] in (1, 2):
            need(idle and r["low"] == 0, "runs: fields")
            out += take(3 if r["mode"] == 1 else 2, r["count"])
        else:
            need(r["mode"] == 3, "runs: mode")
            need(r["symbols"] >= 1 and r["low"] + r["symbols"] <= 256, "runs: symbols")
            table = read_table(take(1, 2 * r["symbols"]), r["symbols"])
            words = take(3, 2 * r["words"])
            symbols = read_rans(words, table, r["lanes"], r["tail"], r["count"])
            out += (symbols + r["low"]).astype(np.uint8).tobytes()
    need(all(at[p] == len(parts[p]) for p in at), "runs: bytes left over")
    return out


def join_planes(planes: bytes, dtype: str, count: int, width: int) -> bytes:
    words = np.zeros(count, np.uint64)
    if count == 0:
        return b""
    for plane in range(width):
        data = np.frombuffer(planes, np.uint8, count, plane * count).astype(np.uint64)
        words |= data << np.uint64(8 * (width - 1 - plane))
    if dtype in FLOATS:  # rotated left by one: rotate right
        top = np.uint64(8 * width - 1)
        words = words >> np.uint64(1) | (words & np.uint64(1)) << top
    return words.astype(f"<u{width}").tobytes()


# ---- 6.5 coded integers, 6.6 quant, 6.7 pca


def read_integers(params: dict[str, Any], parts: list[bytes], count: int) -> np.ndarray:
    """6.5: coded integers, as int64."""
    need(-(1 << 30) <= params["low"] <= 1 << 30, "integers: low")
    need(len(parts) in (2, 3), "integers: parts")
    size = len(parts[0]) // 2
    need(1 <= size <= 4096, "integers: table")
    table = read_table(parts[0], size)
    symbols = read_rans(parts[1], table, params["lanes"], params["tail"], count)
    integers = symbols + params["low"]
    if len(parts) == 3:
        escaped = symbols == size - 1
        need(len(parts[2]) == 4 * int(escaped.sum()), "integers: escapes")
        integers[escaped] = np.frombuffer(parts[2], "<i4")
    return integers


def quant(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    need(dtype in FLOATS, "quant: dtype")
    rows, columns = rows_and_columns(shape)
    if "step" in params:
        check_params(params, lanes=int, low=int, tail=int, step=float)
        steps = np.full((1, 1), check_scale(params["step"]))
    else:
        check_params(params, lanes=int, low=int, tail=int, steps=int)
        need(216 <= params["steps"] <= 1816, "quant: steps")
        need(len(parts) > 0 and len(parts[-1]) == rows, "quant: a step a row")
        codes = params["steps"] + np.frombuffer(parts[-1], np.uint8).astype(np.int64)
        need(bool(np.all(codes <= 1816)), "quant: a step too large")
        steps = (codes << 20).astype("<u4").view("<f4")[:, None]
        parts = parts[:-1]
    integers = read_integers(params, parts, rows * columns)
    with np.errstate(over="ignore"):
        values = integers.astype(np.float32).reshape(rows, columns) * steps
    return store(values, dtype)


def pca(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    need(dtype in FLOATS, "pca: dtype")
    rows, columns = rows_and_columns(shape)
    need(len(shape) > 1 and rows > 1 and columns > 1, "pca: shape")
    types: dict[str, type] = {"coefficients": dict, "basis": dict}
    if "residual" in params:
        types["residual"] = dict
    check_params(params, rank=int, mean=int, scale=float, **types)
    rank, mean, scale = params["rank"], params["mean"], float(check_scale(params["scale"]))
    need(1 <= rank <= min(rows, columns) and 1 <= mean <= 1 << 30, "pca: rank or mean")
    for key in ("coefficients", "basis"):
        check_params(params[key], lanes=int, low=int, tail=int)
    need(len(parts) == 4 or (len(parts) > 4 and "residual" in params), "pca: parts")

    def read(key: str, two: list[bytes], height: int, width: int) -> np.ndarray:
        integers = read_integers(params[key], two, height * width)
        return integers.astype(np.float32).astype(np.int64).reshape(height, width)

    left = read("coefficients", parts[:2], rows, rank)
    right = read("basis", parts[2:4], rank + 1, columns)
    basis, middle = right[:-1], right[-1]
    largest = [int(np.abs(a).max()) for a in (left, basis, middle)]
    most = rank * largest[0] * largest[1] + mean * largest[2]
    need(most < 1 << 53 and most * scale < 2.0**126, "pca: the product is too large")
    values = ((left @ basis + mean * middle).astype(np.float64) * scale).astype(np.float32)
    if "residual" in params:
        check_params(params["residual"], lanes=int, low=int, tail=int, step=float)
        step = check_scale(params["residual"]["step"])
        need(step <= 2.0**90, "pca: step")
        rest = read_integers(params["residual"], parts[4:], rows * columns).astype(np.float32)
        values = values + (rest * step).reshape(rows, columns)
    return store(values, dtype)


CODECS: dict[str, Callable[[str, list[int], dict[str, Any], list[bytes]], bytes]] = {
    "raw": raw,
    "lossless": lossless,
    "quant": quant,
    "trellis": trellis,
    "pca": pca,
    "stats": stats,
    "minimal": minimal,
}
