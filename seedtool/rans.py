"""Interleaved range ANS over integer frequency tables, vectorised over lanes (SPEC 7).

Duda, "Asymmetric numeral systems" (arXiv 1311.2540); lanes after Giesen,
"Interleaved entropy coders" (arXiv 1402.3392). 32-bit states, 16-bit words,
one step of all lanes at a time. A lane's first state would waste 16 bits, so
the last symbols of a stream (its *tail*) are coded first, with fewer lanes,
and their words fill the first states of the others.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from seedtool.errors import MalformedError

LANES_MAX = 1 << 16
SYMBOLS_MAX = 1 << 12
TABLE_BITS_MAX = 15
STEPS_MAX = 1 << 16  # of all lanes together, unless there are LANES_MAX
TAIL_DIVISOR = 32
TAIL_MAX = 64  # symbols of the tail for each lane
FIRST = np.uint32(1 << 16)

U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
Item = TypeVar("Item", bound=np.generic)


def lanes_for(count: int, bits: float) -> int:
    """Lanes for ``count`` symbols of ``bits`` each: about 0.25 % of overhead, at most 8192.

    Never fewer than keep decoding to 2^13 steps, well under what it may take.
    """
    return int(min(max(count * bits / 3200, count / (1 << 13), 1), 8192))


def normalise(counts: npt.NDArray[np.int64]) -> U16:
    """A frequency table summing to a power of two, at least 1 for each symbol counted.

    ``counts``: int64, one a symbol, at least one of them positive. Takes the
    smallest table whose excess over the entropy is under 0.05 %.
    """
    used = np.flatnonzero(counts)
    total = float(counts.sum())
    share = counts[used] / total
    entropy = float(-(share * np.log2(share)).sum())
    table = np.zeros(counts.size, np.int64)
    fewest = min(TABLE_BITS_MAX, max(1, int(used.size - 1).bit_length() + 1))
    for bits in range(fewest, TABLE_BITS_MAX + 1):
        scaled = np.maximum(1, np.rint(share * (1 << bits))).astype(np.int64)
        _shrink(scaled, int(scaled.sum()) - (1 << bits))
        cost = float(-(share * np.log2(scaled / (1 << bits))).sum())
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


def encode(symbols: U16, frequencies: U16, lanes: int) -> tuple[U16, int]:
    """Code ``symbols`` (indices into ``frequencies``); return (words, tail length)."""
    small = -(-lanes // TAIL_DIVISOR)
    room = lanes - 2 * small
    if room < 32 or symbols.size < 4 * lanes:
        return _encode(symbols, frequencies, np.full(lanes, FIRST)), 0
    cost = table_bits(frequencies) - np.log2(np.maximum(frequencies, 1))
    last = np.cumsum(cost[symbols[: -TAIL_MAX * lanes - 1 : -1]])
    tail = int(np.searchsorted(last, 16 * room * 0.98))
    tail = min(tail, symbols.size // 2)
    while True:
        inner = _encode(symbols[symbols.size - tail :], frequencies, np.full(small, FIRST))
        if inner.size <= lanes:
            break
        tail = tail * 15 // 16
    first = np.full(lanes, FIRST)
    first[: inner.size] |= inner
    return _encode(symbols[: symbols.size - tail], frequencies, first), tail


def _encode(symbols: U16, frequencies: U16, state: U32) -> U16:
    lanes = state.size
    bits = table_bits(frequencies)
    table = frequencies.astype(np.uint32)
    start = (np.cumsum(table) - table).astype(np.uint32)
    limit = ((table.astype(np.uint64) << np.uint64(32 - bits)) - 1).astype(np.uint32)
    stretch = np.uint32(1 << bits) - table
    divisor = table.astype(np.float64)
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
        x += quotient * stretch[row] + start[row]
    words.append(state.view(np.uint16) if state.dtype.isnative else state.astype("<u4").view("<u2"))
    words.reverse()
    return np.concatenate(words)


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
    count = out.size
    if not 0 <= tail <= min(count, TAIL_MAX * lanes):
        raise MalformedError("a coded stream has too long a tail")
    if lanes < min(-(-count // STEPS_MAX), LANES_MAX):
        raise MalformedError("a coded stream has too few lanes")
    bits = table_bits(frequencies)
    symbol_of = np.repeat(np.arange(frequencies.size), frequencies)
    table = frequencies.astype(np.uint32)
    slots = (
        values[symbol_of],
        table[symbol_of],
        (np.arange(1 << bits) - (np.cumsum(table) - table)[symbol_of]).astype(np.uint32),
    )
    used, state = _decode(words, slots, bits, lanes, out[: count - tail])
    if used != words.size:
        raise MalformedError("a coded stream has words left over")
    if tail:
        if np.any(state >> np.uint32(16) != 1):
            raise MalformedError("a coded stream does not end in its first state")
        inner = state.astype(np.uint16)
        used, state = _decode(inner, slots, bits, -(-lanes // TAIL_DIVISOR), out[count - tail :])
        if np.any(inner[used:]):
            raise MalformedError("a coded stream has words left over")
    if np.any(state != FIRST):
        raise MalformedError("a coded stream does not end in its first state")


def _decode(
    words: U16,
    slots: tuple[npt.NDArray[Item], U32, U32],
    bits: int,
    lanes: int,
    out: npt.NDArray[Item],
) -> tuple[int, U32]:
    value_at, table_at, bias_at = slots
    at = 2 * lanes
    if words.size < at:
        raise MalformedError("a coded stream is shorter than its states")
    state: U32 = np.ascontiguousarray(words[:at], "<u2").view("<u4").astype(np.uint32)
    mask, shift, half = np.uint32((1 << bits) - 1), np.uint32(bits), np.uint32(16)
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
        np.less(x, FIRST, out=low[:n])
        empty = np.flatnonzero(low[:n])
        fresh = words[at : at + empty.size]
        if fresh.size != empty.size:
            raise MalformedError("a coded stream ends too early")
        at += empty.size
        x[empty] = (x[empty] << half) | fresh
    return at, state
