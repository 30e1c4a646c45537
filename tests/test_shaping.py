"""Matrices shaped by what their errors cost: decoded exactly, fed back, near their estimate."""

from __future__ import annotations

import numpy as np
import pytest

from seedtool import codecs, feedback
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs.base import Params, coded_bytes
from seedtool.planning import shaping
from seedtool.planning.shaping import Form, Shape, Shaped
from seedtool.seed import Entry

TRELLIS = codecs.load("trellis")


def inputs(columns: int, seed: int = 0) -> np.ndarray:
    """E[x xᵀ] of inputs that hang together and differ in spread."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((4 * columns, columns // 4)) @ rng.standard_normal(
        (columns // 4, columns)
    )
    x = (x + rng.standard_normal(x.shape)) * np.exp(rng.normal(0, 0.5, columns))
    return (x.T @ x / len(x)).astype(np.float32)[None]


def coded(
    weights: np.ndarray, sensitivity: Sensitivity, scale: float, states: int = 8
) -> tuple[Shaped, np.ndarray, float]:
    """A matrix at one λ, what its section decodes to, and its estimated bits."""
    form = Form.of(weights, sensitivity)
    shape = Shape.of(form, sensitivity)
    fitted = shaping.fit(form, shape, scale, states)
    made = shaping.code(form, shape, fitted)
    parts = [part.data for part in made.coded.parts]
    entry = Entry("w", "F32", weights.shape)
    return made, TRELLIS.decode(entry, Params(made.coded.params, "w"), parts), fitted.bits


@pytest.mark.parametrize("states", [1, 8, 32])
@pytest.mark.parametrize(
    ("shape", "transposed"),
    [((96, 64), False), ((64, 96), True), ((40, 8, 3, 3), False), ((1, 2000), False)],
)
def test_what_is_coded_is_what_decodes(shape, transposed, states) -> None:
    rng = np.random.default_rng(1)
    weights = rng.standard_normal(shape).astype(np.float32) * 0.1
    matrix = weights.T if transposed else weights.reshape(shape[0], -1)
    rows = np.exp(rng.normal(0, 1, len(matrix))).astype(np.float32)
    sensitivity = Sensitivity(rows, inputs(matrix.shape[1]), transposed)
    made, back, _ = coded(weights, sensitivity, 0.05, states)
    np.testing.assert_array_equal(back, made.values)
    assert np.mean(np.square(back - weights)) < np.mean(np.square(weights))


def test_feedback_halves_what_the_outputs_lose() -> None:
    weights = np.random.default_rng(2).standard_normal((128, 96)).astype(np.float32)
    known = Sensitivity(np.ones(128, np.float32), inputs(96))
    made, _, _ = coded(weights, known, 0.2)
    form = Form.of(weights, known)
    whole = Shape.of(form, known)
    without = Shape(whole.row, whole.column, None)
    plain = shaping.code(form, without, shaping.fit(form, without, 0.2, 8))
    fed, lost = (known.divergence(weights - m.values) for m in (made, plain))
    assert fed < 0.5 * lost
    assert coded_bytes(made.coded) < 1.1 * coded_bytes(plain.coded)


def test_rows_that_matter_more_are_coded_finer() -> None:
    weights = np.random.default_rng(3).standard_normal((256, 128)).astype(np.float32)
    rows = np.where(np.arange(256) % 2, 100.0, 1.0).astype(np.float32)
    made, _, _ = coded(weights, Sensitivity(rows), 0.5)
    error = np.square(made.values - weights).mean(1)
    assert error[1::2].mean() < 0.05 * error[::2].mean()


def test_estimates_are_near_real_bytes() -> None:
    weights = np.random.default_rng(4).laplace(size=(512, 256)).astype(np.float32)
    known = Sensitivity(np.ones(512, np.float32), inputs(256))
    for scale in (0.1, 0.4, 1.5):
        made, _, bits = coded(weights, known, scale)
        assert 8 * coded_bytes(made.coded) / weights.size == pytest.approx(bits, rel=0.15, abs=0.1)


def test_where_almost_all_is_zero_a_plain_quantiser_is_taken() -> None:
    weights = np.random.default_rng(5).laplace(size=(256, 256)).astype(np.float32)
    form = Form.of(weights, known := Sensitivity(np.ones(256, np.float32)))
    assert shaping.fit(form, Shape.of(form, known), 4.0, 8).states == 1
    assert shaping.fit(form, Shape.of(form, known), 0.2, 8).states == 8


def test_the_factor_is_that_of_the_inverse() -> None:
    moment = inputs(48)[0]
    upper = feedback.factor(moment).astype(np.float64)
    damped = moment + feedback.DAMPING * np.trace(moment) / 48 * np.eye(48)
    np.testing.assert_allclose(upper.T @ upper @ damped, np.eye(48), atol=1e-3)
    assert not np.tril(upper, -1).any()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_one_outlier_makes_only_its_own_row_or_column_coarse(turned, spread) -> None:
    """The grid reaches 4,092 steps; a step for all of the matrix would be 16 times as wide."""
    rng = np.random.default_rng(4)
    weights = rng.standard_normal((200, 100)).astype(np.float32)
    rows = np.exp(rng.normal(0, spread, 200)).astype(np.float32)
    outlier, scale = 3000.0, 0.05
    plain, _, _ = coded(weights, Sensitivity(rows), scale)
    given = weights.copy()
    given[7, 11] = outlier
    if turned:  # and enough rows have one that the column is the cheaper to widen
        given[:, 11] = outlier
    made, back, _ = coded(given, Sensitivity(rows), scale)
    np.testing.assert_array_equal(back, made.values)
    assert abs(back[7, 11] - outlier) < outlier / 1000
    others = np.ones(given.shape, bool)
    if turned:
        others[:, 11] = False
    else:
        others[7] = False
    before = np.square(plain.values - weights)[others].mean()
    assert np.square(back - given)[others].mean() < 1.5 * before
