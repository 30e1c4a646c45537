"""``pca``: rank, energy and ratio do what they say; the product is exact; a residual mends it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seedtool import codecs
from seedtool.codecs.base import Params, coded_bytes
from seedtool.codecs.pca import Options
from seedtool.errors import MalformedError, UsageError
from seedtool.seed import Entry

CODEC = codecs.load("pca")


def through(data: np.ndarray[Any, Any], **options: Any) -> tuple[Any, np.ndarray[Any, Any]]:
    entry = Entry("a", "F32", data.shape)
    coded = CODEC.encode(entry, data, Options(**options))
    parts = [bytes(p.data) for p in coded.parts]
    return coded, CODEC.decode(entry, Params(coded.params, "test"), parts)


def lowish(rows: int, columns: int, decay: float = 0.9) -> np.ndarray[Any, Any]:
    """A matrix with a mean and singular values that fall by ``decay`` each."""
    rng = np.random.default_rng(2)
    size = min(rows, columns)
    left = np.linalg.qr(rng.normal(size=(rows, size)))[0]
    right = np.linalg.qr(rng.normal(size=(columns, size)))[0]
    made = (left * decay ** np.arange(size)) @ right.T + rng.normal(0, 0.02, columns)
    return made.astype(np.float32)


def error(out: np.ndarray[Any, Any], data: np.ndarray[Any, Any]) -> float:
    """Lost share of the variance about the mean."""
    centred = data - data.mean(axis=0)
    return float(np.sum((out - data) ** 2, dtype=np.float64) / np.sum(centred**2, dtype=np.float64))


@pytest.mark.parametrize("shape", [(120, 80), (80, 120), (300, 20)])
@pytest.mark.parametrize("rank", [1, 5, 15])
def test_near_the_best_of_that_rank(shape: tuple[int, int], rank: int) -> None:
    data = lowish(*shape)
    coded, out = through(data, rank=rank, bits=11)
    centred = data.astype(np.float64) - data.mean(axis=0)
    power = np.linalg.svd(centred, compute_uv=False) ** 2
    best = float(power[rank:].sum() / power.sum())
    assert coded.params["rank"] == rank
    assert best * 0.999 <= error(out, data) <= best + 0.002


@pytest.mark.parametrize("energy", [0.5, 0.9, 0.99])
def test_energy_is_kept(energy: float) -> None:
    data = lowish(100, 90)
    coded, out = through(data, energy=energy, bits=11)
    assert 1 - error(out, data) == pytest.approx(energy, abs=0.1)
    assert 1 - error(out, data) >= energy - 0.002
    less, _ = through(data, rank=coded.params["rank"] - 1, bits=11)
    assert error(_, data) > 1 - energy
    assert less.params["rank"] >= 1


@pytest.mark.parametrize("ratio", [5.0, 20.0])
def test_ratio_is_met(ratio: float) -> None:
    data = lowish(200, 160, 0.99)
    coded, _ = through(data, ratio=ratio)
    assert ratio * 0.95 <= data.nbytes / coded_bytes(coded) <= ratio * 1.25


def test_a_convolution_is_unfolded() -> None:
    data = lowish(32, 27).reshape(32, 3, 3, 3)
    coded, out = through(data, rank=27, bits=11)
    assert out.shape == data.shape
    assert error(out.reshape(32, 27), data.reshape(32, 27)) < 1e-4
    assert coded.params["rank"] == 27


def test_a_residual_mends_what_the_rank_lost() -> None:
    data = lowish(200, 150, 0.99)
    _, without = through(data, rank=10)
    coded, mended = through(data, rank=10, residual_bits=4.0)
    assert error(mended, data) < error(without, data) / 50
    assert coded.params["residual"]["step"] > 0


@pytest.mark.parametrize("value", [0.0, 0.25, -3.0])
def test_a_constant_matrix_is_its_mean(value: float) -> None:
    data = np.full((20, 30), value, np.float32)
    _, out = through(data)
    assert np.allclose(out, data, rtol=0.01, atol=1e-20)


def test_the_product_is_that_of_the_integers() -> None:
    """Against Python's own integers, summed in another order."""
    data = lowish(24, 17)
    coded, out = through(data, rank=7, bits=11)
    one = np.float32(1)
    from seedtool import integers

    parts = [bytes(p.data) for p in coded.parts]
    left = integers.decode(Params(coded.params["coefficients"], "t"), parts[:2], 24 * 7, one)
    right = integers.decode(Params(coded.params["basis"], "t"), parts[2:], 8 * 17, one)
    c, b = left.reshape(24, 7).astype(int).tolist(), right.reshape(8, 17).astype(int).tolist()
    for i in range(24):
        for j in range(17):
            exact = coded.params["mean"] * b[7][j] + sum(
                c[i][k] * b[k][j] for k in range(6, -1, -1)
            )
            assert out[i, j] == np.float32(float(exact) * coded.params["scale"])


def test_a_product_that_may_round_is_refused() -> None:
    data = lowish(24, 17)
    entry = Entry("a", "F32", data.shape)
    coded = CODEC.encode(entry, data, Options(rank=7))
    parts = [bytes(p.data) for p in coded.parts]
    far = {**coded.params["coefficients"], "low": 1 << 30}
    wide = {**coded.params["basis"], "low": 1 << 30}
    params = {**coded.params, "coefficients": far, "basis": wide}
    with pytest.raises(MalformedError, match="2\\^53"):
        CODEC.decode(entry, Params(params, "test"), parts)


@pytest.mark.parametrize(
    "bad", [{"rank": 2, "energy": 0.5}, {"rank": -1}, {"energy": 1.5}, {"bits": 12}, {"ratio": -1}]
)
def test_options_are_checked(bad: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Options(**bad)
