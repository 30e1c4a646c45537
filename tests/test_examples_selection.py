"""Examples chosen: balanced, repeatable, and by what each way promises."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from seedtool.errors import UsageError
from seedtool.examples import coding
from seedtool.examples.coding import Quality
from seedtool.examples.features import plain_features
from seedtool.examples.labelled import Examples
from seedtool.examples.selection import HOWS, choose, choose_size


@pytest.fixture(scope="module")
def digits() -> Examples:
    data = load_digits()
    soft = np.random.default_rng(0).dirichlet(np.ones(10), len(data.target)).astype(np.float32)
    images = (data.images * 15.9).astype(np.uint8)
    return Examples(images, data.target.astype(np.int64), soft, tuple("0123456789"))


@pytest.mark.parametrize("how", HOWS)
def test_balanced_distinct_repeatable_and_nested(digits, how):
    rows = choose(digits, 65, how, seed=3)
    assert len(set(rows.tolist())) == 65
    assert set(np.bincount(digits.labels[rows], minlength=10)) == {6, 7}
    assert np.array_equal(choose(digits, 65, how, seed=3), rows)
    fewer = choose(digits, 30, how, seed=3)
    assert set(fewer.tolist()) <= set(rows.tolist())


def test_random_depends_on_its_seed(digits):
    assert not np.array_equal(choose(digits, 50, seed=1), choose(digits, 50, seed=2))


def test_herding_has_nearer_means_than_random(digits):
    features = plain_features(digits)

    def off(rows):
        gaps = []
        for c in range(10):
            mine, taken = features[digits.labels == c], features[rows][digits.labels[rows] == c]
            gaps.append(np.linalg.norm(mine.mean(0) - taken.mean(0)))
        return sum(gaps)

    drawn = [off(choose(digits, 100, "random", features, seed)) for seed in range(5)]
    assert off(choose(digits, 100, "herding", features)) < min(drawn) / 2


def test_kcenter_leaves_no_example_far_away(digits):
    features = plain_features(digits)

    def radius(rows):
        farthest = 0.0
        for c in range(10):
            mine, taken = features[digits.labels == c], features[rows][digits.labels[rows] == c]
            gaps = np.linalg.norm(mine[:, None] - taken[None], axis=2)
            farthest = max(farthest, gaps.min(1).max())
        return farthest

    drawn = [radius(choose(digits, 100, "random", features, seed)) for seed in range(5)]
    assert radius(choose(digits, 100, "kcenter", features)) < min(drawn)


def test_margin_takes_what_the_teacher_is_least_sure_of(digits):
    two = np.sort(digits.soft, axis=1)[:, -2:]
    margin = two[:, 1] - two[:, 0]
    rows = choose(digits, 100, "margin")
    for c in range(10):
        mine = margin[rows[digits.labels[rows] == c]]
        assert np.array_equal(np.sort(mine), np.sort(margin[digits.labels == c])[: len(mine)])


def test_small_classes_are_taken_whole():
    labels = np.array([0] * 50 + [1] * 3)
    given = Examples(np.arange(53, dtype=np.float32).reshape(-1, 1), labels, None, ("a", "b"))
    assert np.bincount(labels[choose(given, 20)]).tolist() == [17, 3]


def test_texts_without_labels_spread():
    texts = tuple(f"{topic} {i} {topic}" for topic in ("sea", "sun", "soil") for i in range(20))
    rows = choose(Examples(texts), 3, "kcenter")
    assert {texts[row].split()[0] for row in rows} == {"sea", "sun", "soil"}


def test_as_many_as_fit(digits):
    quality = Quality(step=24)
    rows = choose_size(digits, 4000, quality)
    taken = coding.size(coding.encode(digits.take(rows), quality))
    assert 3700 < taken <= 4000
    assert np.ptp(np.bincount(digits.labels[rows], minlength=10)) <= 1
    with pytest.raises(UsageError, match="do not fit"):
        choose_size(digits, 50, quality)
    assert len(choose_size(digits.take(np.arange(40)), 1 << 20, quality)) == 40


def test_what_cannot_be_chosen(digits):
    bare = Examples(digits.inputs, digits.labels, None, digits.classes)
    with pytest.raises(UsageError, match="margin"):
        choose(bare, 10, "margin")
    with pytest.raises(UsageError):
        choose(bare, 5000)
    with pytest.raises(UsageError):
        choose(bare, 10, "guess")
    with pytest.raises(UsageError):
        choose(bare, 10, "herding", np.zeros((3, 2), np.float32))
