"""Learned images teach more than chosen ones; repeatable, and refused where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from seedtool.errors import UsageError
from seedtool.examples import coding
from seedtool.examples.coding import Quality
from seedtool.examples.distillation import Learning, distil
from seedtool.examples.labelled import Examples

STEP = 20
LEARNING = Learning(iterations=60, real=32, rate=8.0, flip=False)


@pytest.fixture(scope="module")
def digits() -> tuple[Examples, Examples]:
    data = load_digits()
    images = (data.images * 15.9).astype(np.uint8)
    every = Examples(images, data.target.astype(np.int64), None, tuple("0123456789"))
    return every.take(np.arange(1200)), every.take(np.arange(1200, 1797))


def score(learned: Examples, test: Examples) -> float:
    model = LogisticRegression(C=0.1, max_iter=500)
    model.fit(learned.inputs.reshape(len(learned), -1) / 255, learned.labels)
    return float(model.score(test.inputs.reshape(len(test), -1) / 255, test.labels))


def test_learned_images_teach_more_than_chosen_ones(digits):
    train, test = digits
    losses = []
    learned, chosen = [], []
    for seed in range(2):
        made = distil(train, 10, STEP, learning=LEARNING, seed=seed,
                      watch=lambda _, loss: losses.append(loss))  # fmt: skip
        assert np.array_equal(np.bincount(made.labels), np.ones(10))
        learned.append(score(made, test))
        start = Learning(iterations=1, real=1, rate=1e-9)
        chosen.append(score(distil(train, 10, STEP, learning=start, seed=seed), test))
    assert np.mean(learned) > np.mean(chosen) + 0.03
    assert np.mean(losses[50:60]) < np.mean(losses[:10])


def test_the_same_by_its_seed_and_as_coded(digits):
    train, _ = digits
    few = Learning(iterations=3, real=8)
    one, two = (distil(train, 20, STEP, learning=few, seed=4) for _ in range(2))
    assert one.digest() == two.digest()
    coded = coding.encode(one, Quality(step=STEP))
    made = coding.decode(coded.params, [part.data for part in coded.parts])
    assert np.abs(made.inputs.astype(float) - coding.in_order(one).inputs).mean() < STEP


def test_a_teacher_labels_what_was_learned(digits):
    train, _ = digits
    seen = []

    def teacher(images):
        seen.append(images)
        return np.full((len(images), 10), 0.1, np.float32)

    made = distil(train, 10, STEP, teacher=teacher, learning=Learning(iterations=1, real=4))
    assert np.array_equal(seen[0], made.inputs)
    assert made.soft.shape == (10, 10)


def test_what_cannot_be_learned():
    with pytest.raises(UsageError, match="images"):
        distil(Examples(("a", "b"), np.array([0, 1]), None, ("x", "y")), 2, STEP)
    with pytest.raises(UsageError, match="classes"):
        distil(Examples(np.zeros((4, 8, 8), np.uint8)), 2, STEP)
    with pytest.raises(UsageError):
        Learning(rate=0)
