"""Interleaved range coding (SPEC 7) for reference.py, one step of all lanes at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

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


# Decodes one stream: words, lanes, count -> symbols (or what stands for them), the lanes'
# last states, and how many words were used.
Run = Callable[[np.ndarray, int, int], "tuple[np.ndarray, np.ndarray, int]"]


def read_rans(data: bytes, table: np.ndarray, lanes: int, tail: int, count: int) -> np.ndarray:
    """The ``count`` symbols of a stream, as int64."""
    return read_stream(data, partial(run_lanes, table), lanes, tail, count)


def read_stream(data: bytes, run: Run, lanes: int, tail: int, count: int) -> np.ndarray:
    """What ``run`` makes of a stream and of its tail's, one after the other."""
    need(1 <= lanes <= TOP and lanes >= min(-(-count // TOP), TOP), "rans: lanes")
    need(0 <= tail <= min(count, 64 * lanes), "rans: tail")
    need(len(data) % 2 == 0, "rans: half a word")
    words = np.frombuffer(data, "<u2").astype(np.int64)
    symbols, states, used = run(words, lanes, count - tail)
    need(used == len(words), "rans: words left over")
    if tail == 0:
        need(bool(np.all(states == TOP)), "rans: last states")
        return symbols
    need(bool(np.all(states >> 16 == 1)), "rans: last states")
    inner = states % TOP
    last, states, used = run(inner, -(-lanes // 32), tail)
    need(not np.any(inner[used:]), "rans: words of the tail left over")
    need(bool(np.all(states == TOP)), "rans: last states of the tail")
    return np.concatenate([symbols, last])


class Lanes:
    """The states of a stream's lanes, and the words that they take."""

    def __init__(self, words: np.ndarray, lanes: int) -> None:
        need(len(words) >= 2 * lanes, "rans: states")
        self.words = words
        self.x = words[0 : 2 * lanes : 2] + words[1 : 2 * lanes : 2] * TOP
        self.used = 2 * lanes

    def step(self, bits: int, slot: np.ndarray, f: np.ndarray, c: np.ndarray) -> None:
        """Of the first lanes: their slots, and their symbols' frequencies and sums before those."""
        x = (f * (self.x[: len(slot)] >> bits) + slot - c) % (1 << 32)
        low = np.flatnonzero(x < TOP)
        need(self.used + len(low) <= len(self.words), "rans: words run out")
        x[low] = x[low] * TOP + self.words[self.used : self.used + len(low)]
        self.used += len(low)
        self.x[: len(slot)] = x


def run_lanes(
    table: np.ndarray, words: np.ndarray, lanes: int, count: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Symbols of one table."""
    stream = Lanes(words, lanes)
    bits = int(table.sum()).bit_length() - 1
    before = np.cumsum(table) - table
    symbol_of = np.repeat(np.arange(len(table)), table)
    out = np.zeros(count, np.int64)
    for start in range(0, count, lanes):
        n = min(lanes, count - start)  # in the last step the first n lanes alone
        slot = stream.x[:n] % (1 << bits)
        s = symbol_of[slot]
        out[start : start + n] = s
        stream.step(bits, slot, table[s], before[s])
    return out, stream.x, stream.used
