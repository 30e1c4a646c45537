"""Interleaved rANS: round trips, nearness to the entropy, and refusal of what no encoder writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import rans
from seedtool.errors import MalformedError


def decoded(
    words: Any, table: Any, lanes: int, tail: int, count: int, symbols: int
) -> np.ndarray[Any, Any]:
    out = np.empty(count, np.uint16)
    rans.decode(words, table, lanes, tail, np.arange(symbols).astype(np.uint16), out)
    return out


def normal_symbols(count: int, spread: float, seed: int = 0) -> np.ndarray[Any, Any]:
    drawn = np.rint(np.random.default_rng(seed).normal(0, spread, count))
    return (drawn - drawn.min(initial=0)).astype(np.uint16)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 300), max_size=400),
    st.integers(1, 90),
    st.integers(0, 2**32 - 1),
)
def test_round_trip(values: list[int], lanes: int, seed: int) -> None:
    symbols = np.array(values, np.uint16)
    if symbols.size:  # enough of them for a tail to be worth having
        symbols = np.random.default_rng(seed).choice(symbols, 20 * symbols.size)
    counts = np.bincount(symbols, minlength=1) if symbols.size else np.ones(1, np.int64)
    table = rans.normalise(counts)
    words, tail = rans.encode(symbols, table, lanes)
    assert np.array_equal(decoded(words, table, lanes, tail, symbols.size, table.size), symbols)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=300).filter(any))
def test_tables_sum_to_a_power_of_two(counts: list[int]) -> None:
    given_counts = np.array(counts, np.int64)
    table = rans.normalise(given_counts)
    assert 1 << rans.table_bits(table) == int(table.sum(dtype=np.int64))
    assert np.array_equal(table > 0, given_counts > 0)


def test_a_full_table_of_rare_and_common_symbols() -> None:
    counts = np.ones(rans.SYMBOLS_MAX, np.int64)
    counts[::2] = 10**9
    table = rans.normalise(counts)
    assert int(table.sum(dtype=np.int64)) == 1 << rans.TABLE_BITS_MAX
    assert table.min() == 1


@pytest.mark.parametrize("spread", [0.3, 1.35, 20.0])
def test_a_million_weights_take_at_most_half_a_percent_over_their_entropy(spread: float) -> None:
    symbols = normal_symbols(1_000_000, spread)
    counts = np.bincount(symbols)
    share = counts[counts > 0] / symbols.size
    entropy = float(-(share * np.log2(share)).sum())
    table = rans.normalise(counts)
    lanes = rans.lanes_for(symbols.size, entropy)
    words, tail = rans.encode(symbols, table, lanes)
    bits = 8 * (words.nbytes + table.nbytes)
    assert entropy * symbols.size <= bits <= entropy * symbols.size * 1.005
    assert np.array_equal(decoded(words, table, lanes, tail, symbols.size, table.size), symbols)


def test_a_million_equal_symbols_take_half_a_kilobyte() -> None:
    symbols = np.zeros(1_000_000, np.uint16)
    table = rans.normalise(np.bincount(symbols))
    lanes = rans.lanes_for(symbols.size, 0.0)
    words, tail = rans.encode(symbols, table, lanes)
    assert words.nbytes <= 512
    assert not decoded(words, table, lanes, tail, symbols.size, table.size).any()


@pytest.fixture(scope="module")
def stream() -> dict[str, Any]:
    symbols = normal_symbols(20_000, 3.0)
    table = rans.normalise(np.bincount(symbols))
    words, tail = rans.encode(symbols, table, 64)
    assert tail > 0
    return {
        "words": words,
        "table": table,
        "lanes": 64,
        "tail": tail,
        "count": symbols.size,
        "symbols": table.size,
    }


def with_word(words: Any, at: int, change: int) -> np.ndarray[Any, Any]:
    out = words.copy()
    out[at] ^= change
    return out


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {"words": s["words"][:-1]},
        lambda s: {"words": s["words"][:100]},
        lambda s: {"words": s["words"][:0]},
        lambda s: {"words": np.append(s["words"], np.uint16(0))},
        lambda s: {"words": with_word(s["words"], 0, 1)},
        lambda s: {"words": with_word(s["words"], 999, 0x8000)},
        lambda s: {"lanes": 63},
        lambda s: {"lanes": 65},
        lambda s: {"tail": s["tail"] - 1},
        lambda s: {"tail": s["tail"] + 1},
        lambda s: {"tail": 0},
        lambda s: {"tail": s["count"] + 1},
        lambda s: {"tail": -1},
        lambda s: {"tail": rans.TAIL_MAX * 64 + 1},
        lambda s: {"count": s["count"] - 1},
        lambda s: {"count": s["count"] + 1},
        lambda s: {"count": rans.STEPS_MAX * 64 + 1},
        lambda s: {"table": s["table"] * 0},
        lambda s: {"table": s["table"] + 1},
        lambda s: {"table": s["table"][::-1].copy()},
    ],
)
def test_what_no_encoder_writes_is_refused(stream: dict[str, Any], change: Any) -> None:
    with pytest.raises(MalformedError):
        decoded(**{**stream, **change(stream)})


def test_one_lane_cannot_have_a_tail() -> None:
    table = np.array([1, 1], np.uint16)
    with pytest.raises(MalformedError):
        decoded(np.array([0, 1], np.uint16), table, 1, 1, 1, 2)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_changed_word_is_an_error_or_other_symbols(seed: int) -> None:
    rng = np.random.default_rng(seed)
    symbols = normal_symbols(3000, 2.0)
    table = rans.normalise(np.bincount(symbols))
    words, tail = rans.encode(symbols, table, 40)
    bad = with_word(words, int(rng.integers(words.size)), int(rng.integers(1, 1 << 16)))
    try:
        out = decoded(bad, table, 40, tail, symbols.size, table.size)
    except MalformedError:
        return
    assert not np.array_equal(out, symbols)
