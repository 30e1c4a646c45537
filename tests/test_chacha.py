"""ChaCha8 against the vectors published with the cipher."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedtool import chacha

# J. Strombergson, draft-strombergson-chacha-test-vectors-01, 256-bit keys, 8 rounds.
VECTORS = [
    (
        "00" * 32,
        "00" * 8,
        "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
        "984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42",
    ),
    (
        "01" + "00" * 31,
        "00" * 8,
        "cf5ee9a0494aa9613e05d5ed725b804b12f4a465ee635acc3a311de8740489ea"
        "289d04f43c7518db56eb4433e498a1238cd8464d3763ddbb9222ee3bd8fae3c8",
    ),
]


@pytest.mark.parametrize(("key", "nonce", "stream"), VECTORS)
def test_published_vectors(key: str, nonce: str, stream: str) -> None:
    got = chacha.blocks(bytes.fromhex(key), bytes.fromhex(nonce), 0, 1)
    assert got.astype("<u4").tobytes().hex() == stream


def test_counter_carries_into_its_high_word() -> None:
    at = (1 << 32) - 1
    both = chacha.blocks(bytes(32), bytes(8), at, 2)
    assert np.array_equal(both[1], chacha.blocks(bytes(32), bytes(8), at + 1, 1)[0])
    # Block 2^32 has word 13 = 1 where block 0 with nonce 0 has 0: they must differ.
    assert not np.array_equal(both[1], chacha.blocks(bytes(32), bytes(8), 0, 1)[0])


@given(st.integers(0, 2**64 - 1), st.integers(0, 200), st.integers(0, 100))
def test_words_are_a_window_of_one_stream(seed: int, start: int, count: int) -> None:
    stream = chacha.words(seed, b"nonce123", 0, 300)
    assert np.array_equal(chacha.words(seed, b"nonce123", start, count), stream[start:][:count])


def test_batches_join() -> None:
    count = chacha.BATCH + 3
    joined = chacha.blocks(bytes(32), bytes(8), 5, count)
    assert np.array_equal(joined[-3:], chacha.blocks(bytes(32), bytes(8), 5 + count - 3, 3))
