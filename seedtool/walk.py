"""The decoder's walk: range decoding where a lane's trellis state picks the table (SPEC 6.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtool import rans, viterbi
from seedtool.floats import F32
from seedtool.rans import U16, U32
from seedtool.scaleclasses import U8


@dataclass(frozen=True)
class Walk:
    """All tables by slot: each class's even one, then its odd one, then the next class's.

    ``value``, frequency, bias, and the turn of the state, which is kept at bit
    ``bits``, where it picks the table; what is shifted out below it does no harm.
    """

    bits: int
    value: F32
    table: U32
    bias: U32
    turn: U32

    def run(self, classes: U8 | None, words: U16, lanes: int, out: F32) -> tuple[int, U32]:
        """One stream, every lane from state 0; ``classes`` of its elements, None if one."""
        coder = rans.first_states(words, lanes)
        at = 2 * lanes
        shift, mask = np.uint32(self.bits), np.uint32((1 << self.bits) - 1)
        odd, one = np.uint32(1 << self.bits), np.uint32(1)
        state, a, b = np.zeros(lanes, np.uint32), np.empty(lanes, np.uint32), np.empty_like(coder)
        slot, low = np.empty(lanes, np.intp), np.empty(lanes, bool)
        place = shift + one
        for row in range(0, out.size, lanes):
            n = min(lanes, out.size - row)
            x, walker, here = coder[:n], state[:n], slot[:n]
            np.bitwise_and(x, mask, out=a[:n])
            np.bitwise_and(walker, odd, out=b[:n])
            np.bitwise_or(a[:n], b[:n], out=a[:n])
            if classes is not None:
                np.left_shift(classes[row : row + n], place, out=b[:n], dtype=np.uint32)
                np.bitwise_or(a[:n], b[:n], out=a[:n])
            here[:] = a[:n]
            self.value.take(here, out=out[row : row + n], mode="clip")
            self.turn.take(here, out=a[:n], mode="clip")
            np.right_shift(walker, one, out=walker)
            np.bitwise_xor(walker, a[:n], out=walker)
            self.table.take(here, out=a[:n], mode="clip")
            self.bias.take(here, out=b[:n], mode="clip")
            np.right_shift(x, shift, out=x)
            np.multiply(x, a[:n], out=x)
            np.add(x, b[:n], out=x)
            at = rans.refill(x, low[:n], words, at)
        return at, coder


def walk(tables: Sequence[U16], lows: Sequence[int], states: int, step: np.float32) -> Walk:
    """The walk of frequency tables, even and odd by turns, whose first half points are ``lows``."""
    bits = rans.model(*tables).bits
    odd, branch = viterbi.turns(states)
    value, table, bias, turn = [], [], [], []
    for index, (frequencies, low) in enumerate(zip(tables, lows, strict=True)):
        kind = index % 2
        slots = rans.Slots.of(frequencies)
        half = slots.symbol + low  # of the point, rounded down
        value.append((2 * half + kind).astype(np.float32) * step)
        table.append(slots.table)
        bias.append(slots.bias)
        turn.append(((odd * kind) ^ (branch * (half & 1))).astype(np.uint32) << np.uint32(bits))
    return Walk(
        bits,
        np.concatenate(value),
        np.concatenate(table),
        np.concatenate(bias),
        np.concatenate(turn),
    )
