"""Examples coded as a section and back: sizes and exactness."""

from __future__ import annotations

import numpy as np
import pytest

from seedtool.examples import coding, cosines, targets
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from tests.digits import NAMES, digits


def back(coded):
    return coding.decode(coded.params, [bytes(part.data) for part in coded.parts])


def test_images_and_soft_labels_come_back_near_and_small():
    given = coding.in_order(digits())
    coded = coding.encode(given, Quality(step=24))
    made = back(coded)
    assert coded.params["inputs"]["form"] == "cosines"
    assert made.inputs.dtype == np.uint8
    assert made.inputs.shape == given.inputs.shape
    assert np.sqrt(np.mean((made.inputs.astype(float) - given.inputs) ** 2)) < 30
    assert np.array_equal(made.labels, given.labels)
    assert np.abs(made.soft - given.soft).max() < 0.15
    assert np.allclose(made.soft.sum(1), 1, atol=1e-6)
    assert coding.size(coded) < given.inputs.nbytes / 2.5
    assert made.classes == NAMES


def test_coarser_steps_take_fewer_bytes():
    given = digits()
    sizes = [coding.size(coding.encode(given, Quality(step=step))) for step in (0, 24, 48)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1.5 * sizes[2]


def test_step_0_keeps_every_bit():
    given = coding.in_order(digits(soft=False))
    coded = coding.encode(given, Quality(step=0))
    assert back(coded).digest() == given.digest()
    assert coding.size(coded) < given.inputs.nbytes * 0.75


def test_colour_images():
    random = np.random.default_rng(0)
    ramp = np.linspace(0, 200, 12)[:, None, None] + np.arange(12)[:, None] + np.zeros(3)
    images = (ramp + random.integers(0, 40, (30, 1, 1, 3))).astype(np.uint8)
    given = Examples(images, np.zeros(30, np.int64), None, ("ramp",))
    exact = back(coding.encode(given, Quality(step=0)))
    assert exact.digest() == given.digest()
    near = back(coding.encode(given, Quality(step=4)))
    assert np.abs(near.inputs.astype(float) - images).mean() < 3


def test_sorted_classes_take_next_to_nothing():
    with_labels = coding.size(coding.encode(digits(soft=False)))
    bare = Examples(coding.in_order(digits()).inputs)
    assert with_labels - coding.size(coding.encode(bare)) < 40


def test_fewer_levels_take_fewer_bytes():
    given = digits()
    rich = coding.encode(given, Quality(keep=10, fine=4, levels=64))
    poor = coding.encode(given, Quality(keep=2, fine=1, levels=8))
    assert coding.size(poor) < coding.size(rich)
    ordered = coding.in_order(given)
    assert np.abs(back(rich).soft - ordered.soft).max() < 0.05


def test_the_rest_of_the_classes_share_what_is_left():
    soft = np.array([[0.5, 0.25, 0.125, 0.125]], np.float32)
    given = Examples(np.zeros((1, 2), np.float32), np.zeros(1, np.int64), soft, tuple("abcd"))
    made = back(coding.encode(given, Quality(keep=2, fine=2, levels=16)))
    assert np.allclose(made.soft, soft, atol=1e-6)


@pytest.mark.parametrize("end", ["", "\nwith a second line"])
def test_texts_with_labels(end):
    texts = tuple(f"sentence {i} says {i % 7} things of the film{end}" for i in range(300))
    labels = np.array([i % 2 for i in range(300)])
    given = coding.in_order(Examples(texts, labels, None, ("bad", "good")))
    coded = coding.encode(given)
    assert back(coded).digest() == given.digest()
    assert coding.size(coded) < sum(map(len, texts)) / 8


def test_tags_values_and_numbers():
    tagged = Examples(("a b c", "d"), (np.array([0, 1, 0]), np.array([1])), None, ("O", "N"))
    assert back(coding.encode(tagged)).digest() == tagged.digest()
    random = np.random.default_rng(5)
    numbers = random.normal(size=(40, 6)).astype(np.float32)
    valued = Examples(numbers, random.normal(size=40).astype(np.float32))
    assert back(coding.encode(valued)).digest() == valued.digest()
    coarse = back(coding.encode(valued, Quality(bits=4)))
    assert 0 < np.abs(coarse.inputs - numbers).max() < 0.6
    assert np.array_equal(coarse.labels, valued.labels)


def test_encoding_is_the_same_every_time():
    one, two = (coding.encode(digits(), Quality(step=20)) for _ in range(2))
    assert one.params == two.params
    assert [bytes(p.data) for p in one.parts] == [bytes(p.data) for p in two.parts]


def test_no_value_of_a_basis_or_of_a_level_is_near_a_half():
    for size in range(1, cosines.SIDE_MAX + 1):
        value = cosines.exact(size)[:1]
        # Of the other frequencies, up to sign.
        angles = np.cos(np.pi * np.arange(2 * size + 1) / (2 * size)) * np.sqrt(2 / size)
        every = np.concatenate([value.reshape(-1), angles * (1 << cosines.PRECISION)])
        assert np.min(np.abs(np.abs(every) % 1 - 0.5)) > 1e-9
    for fine in range(1, targets.FINE_MAX + 1):
        exact = targets.UNIT * np.exp2(-np.arange(targets.LEVELS_MAX) / fine)
        off = np.abs(exact % 1 - 0.5)
        halves = exact == 0.5  # exactly one half is a power of two: no rounding of it differs
        assert np.min(off[~halves]) > 1e-9


def test_cosines_back_to_pixels():
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (5, 17, 9, 3)).astype(np.uint8)
    again = cosines.inverse(np.rint(cosines.forward(pixels)))
    assert np.abs(again.astype(int) - pixels).max() <= 3
