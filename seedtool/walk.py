"""The decoder's walk: range decoding where a lane's trellis state picks the table (SPEC 6.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedtool import accelerator, rans, viterbi
from seedtool.accelerator import U64, Kernels
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


@dataclass(frozen=True)
class CompiledWalk:
    """The same by the kernel, whose slots hold half points and turns."""

    kernels: Kernels
    bits: int
    slots: U64
    step: np.float32

    def run(self, classes: U8 | None, words: U16, lanes: int, out: F32) -> tuple[int, U32]:
        """As :meth:`Walk.run`."""
        states = rans.first_states(words, lanes)
        used = self.kernels.walk(words, self.slots, self.bits, classes, states, self.step, out)
        return used, states


def walk(
    tables: Sequence[U16], lows: Sequence[int], states: int, step: np.float32
) -> Walk | CompiledWalk:
    """The walk of frequency tables, even and odd by turns, whose first half points are ``lows``."""
    one = rans.model(*tables)
    odd, branch = viterbi.turns(states)
    sizes = [table.size for table in tables]
    kind = np.repeat(np.arange(len(sizes)) % 2, sizes)
    half = np.concatenate([low + np.arange(n) for low, n in zip(lows, sizes, strict=True)])
    turn = (odd * kind) ^ (branch * (half & 1))  # of the state, once a point is taken
    kernels = accelerator.kernels()
    if kernels is not None:
        slots = accelerator.slots(one.table, half, turn)
        return CompiledWalk(kernels, one.bits, slots, step)
    value = (2 * half + kind).astype(np.float32) * step
    symbol = np.repeat(np.arange(half.size), one.table)
    place = np.arange(symbol.size, dtype=np.uint32) & np.uint32((1 << one.bits) - 1)
    return Walk(
        one.bits,
        value[symbol],
        one.table[symbol],
        place - one.start[symbol],
        turn.astype(np.uint32)[symbol] << np.uint32(one.bits),
    )
