"""The codec trellis (SPEC 6.10) for reference.py: range coding by two tables and a walk a lane."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from reference_blocks import need
from reference_elements import FLOATS, check_params, check_scale, store
from reference_rans import Lanes, read_stream, read_table

TURNS = {8: (5, 2), 16: (9, 2), 32: (18, 4)}  # states -> a and c
NUMBERS = ("states", "even", "odd", "split", "lanes", "tail")


def trellis(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    need(dtype in FLOATS, "trellis: dtype")
    check_params(params, step=float, **dict.fromkeys(NUMBERS, int))
    step, split = check_scale(params["step"]), params["split"]
    lows = [params["even"], params["odd"]]
    need(params["states"] in TURNS, "trellis: states")
    need(all(abs(low) <= 1 << 14 for low in lows), "trellis: even or odd")
    need(1 <= split <= 1 << 13 and len(parts) == 2, "trellis: split or parts")
    others = len(parts[0]) // 2 - split
    need(1 <= others <= 1 << 13, "trellis: symbols of the odd table")
    even = read_table(parts[0][: 2 * split], split)
    odd = read_table(parts[0][2 * split :], others)
    need(int(even.sum()) == int(odd.sum()), "trellis: tables of different sums")
    a, c = TURNS[params["states"]]

    def run(words: np.ndarray, lanes: int, count: int) -> tuple[np.ndarray, np.ndarray, int]:
        return run_walks([even, odd], lows, a, c, words, lanes, count)

    points = read_stream(parts[1], run, params["lanes"], params["tail"], math.prod(shape))
    return store(points.astype(np.float32) * step, dtype)


def run_walks(
    tables: list[np.ndarray],
    lows: list[int],
    a: int,
    c: int,
    words: np.ndarray,
    lanes: int,
    count: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """The points 2h + t of one stream, the lanes' last states, and how many words were used."""
    stream = Lanes(words, lanes)
    bits = int(tables[0].sum()).bit_length() - 1
    before = [np.cumsum(table) - table for table in tables]
    symbol_of = [np.repeat(np.arange(len(table)), table) for table in tables]
    v = np.zeros(lanes, np.int64)
    out = np.zeros(count, np.int64)
    for start in range(0, count, lanes):
        n = min(lanes, count - start)  # in the last step the first n lanes alone
        t = v[:n] % 2
        slot = stream.x[:n] % (1 << bits)
        s = np.where(t, symbol_of[1][slot], symbol_of[0][slot])
        h = s + np.where(t, lows[1], lows[0])
        out[start : start + n] = 2 * h + t
        v[:n] = (v[:n] // 2) ^ (a * t) ^ (c * (h % 2))
        f, sums = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for kind in (0, 1):
            mine = t == kind
            f[mine] = tables[kind][s[mine]]
            sums[mine] = before[kind][s[mine]]
        stream.step(bits, slot, f, sums)
    return out, stream.x, stream.used
