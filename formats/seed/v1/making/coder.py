"""An encoder for SPEC 7, one symbol at a time, and numbers to code."""

from __future__ import annotations

import struct
from collections.abc import Sequence

TOP = 1 << 16


def numbers(count: int, below: int, seed: int = 1) -> list[int]:
    """Small ones more often: the lesser of two draws of a linear congruential generator."""
    out = []
    for _ in range(count):
        draws = []
        for _ in range(2):
            seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            draws.append((seed >> 33) % below)
        out.append(min(draws))
    return out


def table_of(symbols: Sequence[int], size: int, bits: int = 8) -> list[int]:
    """Frequencies of a sum of 2^bits, at least 1 for each symbol that is there."""
    counts = [symbols.count(s) for s in range(size)]
    table = [max(1, c * (1 << bits) // len(symbols)) if c else 0 for c in counts]
    table[table.index(max(table))] += (1 << bits) - sum(table)
    return table


def words_of(
    symbols: Sequence[int],
    table: Sequence[int],
    lanes: int,
    tail: int = 0,
    pad: int = 0,
    first: int = TOP,
) -> list[int]:
    """The words of a stream; ``pad`` fills first states that the tail leaves free.

    ``first`` is the state that the last stream, the tail's if there is one, starts from.
    """
    states = [first] * lanes
    if tail:
        inner = words_of(symbols[-tail:], table, -(-lanes // 32), first=first)
        assert len(inner) <= lanes, "the tail is too long for its lanes"
        states = [TOP | w for w in [*inner, *[pad] * (lanes - len(inner))]]
        symbols = symbols[:-tail]
    bits = sum(table).bit_length() - 1
    before = [sum(table[:s]) for s in range(len(table))]
    words = []
    for index in range(len(symbols) - 1, -1, -1):
        s, lane = symbols[index], index % lanes
        x = states[lane]
        if x >= table[s] << (32 - bits):
            words.append(x % TOP)
            x //= TOP
        states[lane] = (x // table[s] << bits) + x % table[s] + before[s]
    first = [w for x in states for w in (x % TOP, x // TOP)]
    return first + words[::-1]


def u16(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


def stream(symbols: Sequence[int], table: Sequence[int], lanes: int, tail: int = 0) -> bytes:
    """The part of a coded stream."""
    return u16(words_of(symbols, table, lanes, tail))
