"""Interleaved range ANS over integer frequency tables, vectorised over lanes (SPEC 7).

Duda, "Asymmetric numeral systems" (arXiv 1311.2540); lanes after Giesen,
"Interleaved entropy coders" (arXiv 1402.3392). 32-bit states, 16-bit words,
one step of all lanes at a time. A lane's first state would waste 16 bits, so
the last symbols of a stream (its *tail*) are coded first, with fewer lanes,
and their words fill the first states of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from seedtool import accelerator
from seedtool.errors import MalformedError

LANES_MAX = 1 << 16
SYMBOLS_MAX = 1 << 12
TABLE_BITS_MAX = 15
STEPS_MAX = 1 << 16  # of all lanes together, unless there are LANES_MAX
TAIL_DIVISOR = 32
TAIL_MAX = 64  # symbols of the tail for each lane
FIRST = np.uint32(1 << 16)
HALF = np.uint32(16)

U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
Item = TypeVar("Item", bound=np.generic)


def lanes_for(count: int, bits: float) -> int:
    """Lanes for ``count`` symbols of ``bits`` each: about 0.25 % of overhead, at most 8192.

    Never fewer than keep decoding to 2^13 steps, well under what it may take.
    """
    return int(min(max(count * bits / 3200, count / (1 << 13), 1), 8192))


def normalise(counts: npt.NDArray[np.int64], bits: int = 0) -> U16:
    """A frequency table summing to a power of two, at least 1 for each symbol counted.

    ``counts``: int64, one a symbol, at least one of them positive. Its sum is
    2^``bits``, or for 0 the smallest whose excess over the entropy is under 0.05 %.
    """
    used = np.flatnonzero(counts)
    total = float(counts.sum())
    share = counts[used] / total
    entropy = float(-(share * np.log2(share)).sum())
    table = np.zeros(counts.size, np.int64)
    fewest = min(TABLE_BITS_MAX, max(1, int(used.size - 1).bit_length() + 1))
    for size in (bits,) if bits else range(fewest, TABLE_BITS_MAX + 1):
        scaled = np.maximum(1, np.rint(share * (1 << size))).astype(np.int64)
        _shrink(scaled, int(scaled.sum()) - (1 << size))
        cost = float(-(share * np.log2(scaled / (1 << size))).sum())
        table[used] = scaled
        if cost <= entropy * 1.0005 + 1e-4:
            break
    return table.astype(np.uint16)


def _shrink(table: npt.NDArray[np.int64], surplus: int) -> None:
    """Take ``surplus`` (give, if negative) where it is felt least; nothing falls below 1."""
    top = int(np.argmax(table))
    if table[top] <= 8 * surplus:
        spare = table - 1
        cut = spare * surplus // int(spare.sum())
        table -= cut
        table[np.argsort(table, kind="stable")[::-1][: surplus - int(cut.sum())]] -= 1
    else:
        table[top] -= surplus


def table_bits(frequencies: U16) -> int:
    """log2 of the table's sum; MalformedError if that is no power of two up to 2^15."""
    total = int(frequencies.sum(dtype=np.int64))
    bits = total.bit_length() - 1
    if total < 1 or total != 1 << bits or bits > TABLE_BITS_MAX:
        raise MalformedError("a frequency table does not sum to a power of two up to 2^15")
    return bits


@dataclass(frozen=True)
class Model:
    """What a coder needs of its tables, which share their number of bits.

    Symbols count through all tables, one after the other; ``table`` and ``start``
    are uint32, a frequency and the sum of those before it in its own table.
    """

    bits: int
    table: U32
    start: U32


def model(*tables: U16) -> Model:
    """The model of one table or several; MalformedError unless their sums are alike and legal."""
    bits = {table_bits(table) for table in tables}
    if len(bits) != 1:
        raise MalformedError("the frequency tables of a stream have different sums")
    wide = [table.astype(np.uint32) for table in tables]
    starts = [(np.cumsum(table) - table).astype(np.uint32) for table in wide]
    return Model(bits.pop(), np.concatenate(wide), np.concatenate(starts))


def encode(symbols: U16, frequencies: U16, lanes: int) -> tuple[U16, int]:
    """Code ``symbols`` (indices into ``frequencies``); return (words, tail length)."""
    one = model(frequencies)
    cost = one.bits - np.log2(np.maximum(frequencies, 1))
    last = np.cumsum(cost[symbols[: -TAIL_MAX * lanes - 1 : -1]])
    tail = tail_for(lanes, symbols.size, int(np.searchsorted(last, 16 * tail_room(lanes) * 0.98)))
    while True:
        words = encode_parts(
            symbols[: symbols.size - tail], symbols[symbols.size - tail :], one, lanes
        )
        if words is not None:
            return words, tail
        tail = tail * 15 // 16


def tail_room(lanes: int) -> int:
    """Words of symbols that the first states of ``lanes`` can take."""
    return lanes - 2 * -(-lanes // TAIL_DIVISOR)


def tail_for(lanes: int, count: int, tail: int) -> int:
    """``tail`` symbols where a tail pays for so many lanes and symbols, else 0."""
    if tail_room(lanes) < 32 or count < 4 * lanes:
        return 0
    return min(tail, count // 2, TAIL_MAX * lanes)


def encode_parts(
    body: npt.NDArray[np.unsignedinteger[Any]],
    tail: npt.NDArray[np.unsignedinteger[Any]],
    one: Model,
    lanes: int,
) -> U16 | None:
    """The words of a body with its tail; None if the tail does not fit into the states."""
    first = np.full(lanes, FIRST)
    if tail.size:
        inner = _encode(tail, one, np.full(-(-lanes // TAIL_DIVISOR), FIRST))
        if inner.size > lanes:
            return None
        first[: inner.size] |= inner
    return _encode(body, one, first)


def _encode(symbols: npt.NDArray[np.unsignedinteger[Any]], one: Model, state: U32) -> U16:
    kernels = accelerator.kernels()
    if kernels is not None:
        states = state.copy()
        coded = kernels.encode(symbols, one.table, one.start, one.bits, states)
        if coded is not None:
            return np.concatenate([_halves(states), coded])
    lanes = state.size
    limit = ((one.table.astype(np.uint64) << np.uint64(32 - one.bits)) - 1).astype(np.uint32)
    stretch = np.uint32(1 << one.bits) - one.table
    divisor = one.table.astype(np.float64)
    words: list[U16] = []
    for at in range((symbols.size - 1) // lanes * lanes, -1, -lanes):
        row = symbols[at : at + lanes].astype(np.intp)
        x = state[: row.size]
        full = np.flatnonzero(x > limit[row])
        high = x[full]
        words.append(high.astype(np.uint16))
        x[full] = high >> np.uint32(16)
        # A float64 quotient of two integers below 2^32 truncates to the exact one.
        quotient = (x / divisor[row]).astype(np.uint32)
        x += quotient * stretch[row] + one.start[row]
    words.append(_halves(state))
    words.reverse()
    return np.concatenate(words)


def _halves(state: U32) -> U16:
    return state.astype("<u4", copy=False).view("<u2").astype(np.uint16, copy=False)


Run = Callable[[U16, int, slice], "tuple[int, U32]"]


def decode(
    words: U16,
    frequencies: U16,
    lanes: int,
    tail: int,
    values: npt.NDArray[Item],
    out: npt.NDArray[Item],
) -> None:
    """Fill ``out`` (one-dimensional) with ``values[symbol]`` of its size in coded symbols.

    MalformedError if the words do not lead back to the states that every
    encoder starts from, or if so few lanes are stated that it would take for ever.
    """
    run = _compiled(frequencies, values, out) or _vectorised(frequencies, values, out)
    unwind(run, words, lanes, tail, out.size)


def _vectorised(frequencies: U16, values: npt.NDArray[Item], out: npt.NDArray[Item]) -> Run:
    one = model(frequencies)
    symbol = np.repeat(np.arange(frequencies.size), frequencies)  # of each slot
    value_at, table_at = values[symbol], one.table[symbol]
    bias_at = np.arange(symbol.size, dtype=np.uint32) - one.start[symbol]

    def run(words: U16, lanes: int, part: slice) -> tuple[int, U32]:
        return _decode(words, one.bits, (value_at, table_at, bias_at), lanes, out[part])

    return run


def _compiled(frequencies: U16, values: npt.NDArray[Item], out: npt.NDArray[Item]) -> Run | None:
    """None if there are no kernels, or none for such arrays."""
    kernels = accelerator.kernels()
    if kernels is None or not kernels.decodes(frequencies, values, out):
        return None
    bits, symbol = table_bits(frequencies), np.arange(frequencies.size)
    slots = accelerator.slots(frequencies, symbol, np.zeros_like(symbol))

    def run(words: U16, lanes: int, part: slice) -> tuple[int, U32]:
        states = first_states(words, lanes)
        return kernels.decode(words, slots, bits, states, values, out[part]), states

    return run


def unwind(run: Run, words: U16, lanes: int, tail: int, count: int) -> None:
    """Decode ``count`` symbols: the stream and its tail by ``run(words, lanes, which of them)``.

    ``run`` returns how many words it used and the lanes' last states.
    """
    if not 0 <= tail <= min(count, TAIL_MAX * lanes):
        raise MalformedError("a coded stream has too long a tail")
    if lanes < min(-(-count // STEPS_MAX), LANES_MAX):
        raise MalformedError("a coded stream has too few lanes")
    used, state = run(words, lanes, slice(0, count - tail))
    if used != words.size:
        raise MalformedError("a coded stream has words left over")
    if tail:
        if np.any(state >> np.uint32(16) != 1):
            raise MalformedError("a coded stream does not end in its first state")
        inner = state.astype(np.uint16)
        used, state = run(inner, -(-lanes // TAIL_DIVISOR), slice(count - tail, count))
        if np.any(inner[used:]):
            raise MalformedError("a coded stream has words left over")
    if np.any(state != FIRST):
        raise MalformedError("a coded stream does not end in its first state")


def first_states(words: U16, lanes: int) -> U32:
    """The states that a stream begins with; MalformedError if it is too short."""
    if words.size < 2 * lanes:
        raise MalformedError("a coded stream is shorter than its states")
    states: U32 = np.ascontiguousarray(words[: 2 * lanes], "<u2").view("<u4").astype(np.uint32)
    return states


def refill(x: U32, low: npt.NDArray[np.bool_], words: U16, at: int) -> int:
    """Give a word to each state below 2^16; ``low`` is room for a mask. The next word's place."""
    np.less(x, FIRST, out=low)
    empty = np.flatnonzero(low)
    fresh = words[at : at + empty.size]
    if fresh.size != empty.size:
        raise MalformedError("a coded stream ends too early")
    x[empty] = (x[empty] << HALF) | fresh
    return at + empty.size


def _decode(
    words: U16,
    bits: int,
    slots: tuple[npt.NDArray[Item], U32, U32],
    lanes: int,
    out: npt.NDArray[Item],
) -> tuple[int, U32]:
    value_at, table_at, bias_at = slots
    state = first_states(words, lanes)
    at = 2 * lanes
    mask, shift = np.uint32((1 << bits) - 1), np.uint32(bits)
    slot, a, b = np.empty(lanes, np.intp), np.empty(lanes, np.uint32), np.empty(lanes, np.uint32)
    low = np.empty(lanes, bool)
    for row in range(0, out.size, lanes):
        n = min(lanes, out.size - row)
        x = state[:n]
        np.bitwise_and(x, mask, out=slot[:n], casting="unsafe")
        # mode="clip" lets numpy write into ``out`` unbuffered; slots are in range anyway.
        value_at.take(slot[:n], out=out[row : row + n], mode="clip")
        table_at.take(slot[:n], out=a[:n], mode="clip")
        bias_at.take(slot[:n], out=b[:n], mode="clip")
        np.right_shift(x, shift, out=x)
        np.multiply(x, a[:n], out=x)
        np.add(x, b[:n], out=x)
        at = refill(x, low[:n], words, at)
    return at, state
