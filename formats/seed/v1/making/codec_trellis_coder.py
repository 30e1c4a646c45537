"""An encoder for SPEC 6.10, one symbol at a time.

Any walk that the states allow is a legal one: here every number is taken to
the nearest point of its lane's state, with no search for the best walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from making.coder import TOP, table_of, u16

TURNS = {1: (0, 0), 8: (5, 2), 16: (9, 2), 32: (18, 4)}  # states -> a and c
Pair = tuple[int, int]


@dataclass(frozen=True)
class Points:
    """Of each symbol its table and h, in a stream with its tail.

    Table 2k + t is that of class k and type t; with h it stands for the point 2h + t.
    """

    pairs: list[Pair]
    lanes: int
    tail: int
    states: int
    classes: int = 1

    @property
    def numbers(self) -> list[int]:
        return [2 * h + table % 2 for table, h in self.pairs]


def walk(
    aims: Sequence[float],
    lanes: int = 4,
    tail: int = 0,
    states: int = 8,
    grid: int = 1,
    reach: tuple[Pair, Pair] | None = None,
    classes: Sequence[int] | None = None,
    count: int = 1,
) -> Points:
    """The nearest points to ``aims``, which are in steps and in coded order, as are ``classes``.

    Only h that are multiples of ``grid`` are taken, and by type only those of ``reach``.
    """
    a, c = TURNS[states]
    body = len(aims) - tail
    pairs = []
    for first, last, width in ((0, body, lanes), (body, len(aims), -(-lanes // 32))):
        walks = [0] * width
        for index in range(first, last):
            lane = (index - first) % width
            v = walks[lane]
            t = v % 2
            h = round((aims[index] - t) / 2 / grid) * grid
            if reach:
                h = min(max(h, reach[t][0]), reach[t][1])
            pairs.append((2 * (classes[index] if classes else 0) + t, h))
            walks[lane] = v // 2 ^ a * t ^ c * (h % 2)
    return Points(pairs, lanes, tail, states, count)


def tables_of(points: Points, bits: int) -> tuple[list[list[int]], list[int]]:
    """The frequencies of each table, of a sum of 2^bits, and the h of its first symbol."""
    tables, lows = [], []
    for index in range(2 * points.classes):
        halves = [h for table, h in points.pairs if table == index] or [0]
        low = min(halves)
        tables.append(table_of([h - low for h in halves], max(halves) - low + 1, bits))
        lows.append(low)
    return tables, lows


def joined(tables: list[list[int]]) -> bytes:
    """The part of the tables."""
    return u16([frequency for table in tables for frequency in table])


def stream(
    points: Points, tables: list[list[int]], lows: list[int], pad: int = 0, first: int = TOP
) -> bytes:
    """The part of the words; ``pad`` and ``first`` are those of making.coder.words_of."""
    before = [[sum(table[:s]) for s in range(len(table))] for table in tables]
    bits = sum(tables[0]).bit_length() - 1
    coded = [(tables[t][h - lows[t]], before[t][h - lows[t]]) for t, h in points.pairs]
    body = len(coded) - points.tail
    states = [first] * points.lanes
    if points.tail:
        inner = words_of(coded[body:], bits, [first] * -(-points.lanes // 32))
        assert len(inner) <= points.lanes, "the tail is too long for its lanes"
        states = [TOP | w for w in [*inner, *[pad] * (points.lanes - len(inner))]]
    return u16(words_of(coded[:body], bits, states))


def words_of(coded: Sequence[Pair], bits: int, states: list[int]) -> list[int]:
    """The words of symbols, each its frequency and the sum of those before it."""
    words = []
    for index in range(len(coded) - 1, -1, -1):
        frequency, before = coded[index]
        x = states[index % len(states)]
        if x >= frequency << (32 - bits):
            words.append(x % TOP)
            x //= TOP
        states[index % len(states)] = (x // frequency << bits) + x % frequency + before
    return [w for x in states for w in (x % TOP, x // TOP)] + words[::-1]
