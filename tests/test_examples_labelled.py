"""Examples as values: divided, counted, and told apart by their digest."""

from __future__ import annotations

import numpy as np
import pytest

from seedtool.errors import UsageError
from seedtool.examples.labelled import Examples, divide, shuffled


def test_division_is_disjoint_whole_and_drawn_by_its_seed():
    learn, held = divide(103, 0.2, 7)
    assert len(held) == 21
    assert sorted([*learn, *held]) == list(range(103))
    assert np.array_equal(divide(103, 0.2, 7)[1], held)
    assert not np.array_equal(divide(103, 0.2, 8)[1], held)
    assert sorted(shuffled(5, 1)) == list(range(5))
    assert len(divide(5, 0.0, 0)[1]) == 0
    with pytest.raises(UsageError):
        divide(3, 0.1, 0)


def test_labels_are_one_for_each_input():
    with pytest.raises(UsageError):
        Examples(("a", "b"), np.zeros(3, np.int64))
    with pytest.raises(UsageError):
        Examples(("a", "b"), None, np.zeros((1, 2), np.float32))


def test_a_digest_tells_contents_apart():
    texts = Examples(("ab", "c"), np.array([0, 1]), None, ("x", "y"))
    others = [
        Examples(("a", "bc"), np.array([0, 1]), None, ("x", "y")),
        Examples(("ab", "c"), np.array([1, 0]), None, ("x", "y")),
        Examples(("ab", "c"), np.array([0, 1], np.float32)),
        Examples(("ab", "c"), np.array([0, 1]), np.eye(2, dtype=np.float32), ("x", "y")),
        Examples(("ab", "c"), np.array([0, 1]), None, ("y", "x")),
    ]
    digests = {texts.digest(), *(other.digest() for other in others)}
    assert len(digests) == 6
    assert texts.take([1, 0]).take([1, 0]).digest() == texts.digest()
