"""Interleaved range coding (SPEC 7) for reference.py, one step of all lanes at a time."""

from __future__ import annotations

import numpy as np
from reference_blocks import need

TOP = 1 << 16


def read_table(data: bytes, symbols: int) -> np.ndarray:
    """Frequencies as int64."""
    need(len(data) == 2 * symbols, "table: length")
    table = np.frombuffer(data, "<u2").astype(np.int64)
    total = int(table.sum())
    need(total > 0 and total & (total - 1) == 0 and total <= 1 << 15, "table: sum")
    return table


def read_rans(data: bytes, table: np.ndarray, lanes: int, tail: int, count: int) -> np.ndarray:
    """The ``count`` symbols of a stream, as int64."""
    need(1 <= lanes <= TOP and lanes >= min(-(-count // TOP), TOP), "rans: lanes")
    need(0 <= tail <= min(count, 64 * lanes), "rans: tail")
    need(len(data) % 2 == 0, "rans: half a word")
    words = np.frombuffer(data, "<u2").astype(np.int64)
    symbols, states, used = run_lanes(words, table, lanes, count - tail)
    need(used == len(words), "rans: words left over")
    if tail == 0:
        need(bool(np.all(states == TOP)), "rans: last states")
        return symbols
    need(bool(np.all(states >> 16 == 1)), "rans: last states")
    inner = states % TOP
    last, states, used = run_lanes(inner, table, -(-lanes // 32), tail)
    need(not np.any(inner[used:]), "rans: words of the tail left over")
    need(bool(np.all(states == TOP)), "rans: last states of the tail")
    return np.concatenate([symbols, last])


def run_lanes(
    words: np.ndarray, table: np.ndarray, lanes: int, count: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Symbols, the lanes' last states, and how many words were used."""
    need(len(words) >= 2 * lanes, "rans: states")
    x = words[0 : 2 * lanes : 2] + words[1 : 2 * lanes : 2] * TOP
    used = 2 * lanes
    bits = int(table.sum()).bit_length() - 1
    before = np.cumsum(table) - table
    symbol_of = np.repeat(np.arange(len(table)), table)
    out = np.zeros(count, np.int64)
    for start in range(0, count, lanes):
        n = min(lanes, count - start)  # in the last step the first n lanes alone
        slot = x[:n] % (1 << bits)
        s = symbol_of[slot]
        out[start : start + n] = s
        x[:n] = (table[s] * (x[:n] >> bits) + slot - before[s]) % (1 << 32)
        low = np.flatnonzero(x[:n] < TOP)
        need(used + len(low) <= len(words), "rans: words run out")
        x[low] = x[low] * TOP + words[used : used + len(low)]
        used += len(low)
    return out, x, used
