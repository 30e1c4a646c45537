"""``stats`` and ``minimal``: what is drawn has the properties stored, nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seedtool import codecs
from seedtool.codecs import stats
from seedtool.codecs.base import Params, coded_bytes
from seedtool.seed import Entry


def through(
    codec: str, name: str, data: np.ndarray[Any, Any], **options: Any
) -> tuple[Any, np.ndarray[Any, Any]]:
    made = codecs.load(codec)
    entry = Entry(name, "F32", data.shape)
    coded = made.encode(entry, data, made.Options(**options))
    parts = [bytes(p.data) for p in coded.parts]
    return coded, made.decode(entry, Params(coded.params, "test"), parts)


def trained(rows: int, columns: int) -> np.ndarray[Any, Any]:
    """A noise floor under a few strong directions, the columns of unequal spread."""
    rng = np.random.default_rng(4)
    strong = rng.normal(size=(rows, 6)) * [8, 5, 4, 3, 2, 2] @ rng.normal(size=(6, columns))
    noise = rng.standard_t(6, size=(rows, columns)) * rng.uniform(0.5, 1.5, columns)
    return ((strong * 0.08 + noise) * 0.03 + 0.002).astype(np.float32)


def moments(values: np.ndarray[Any, Any]) -> list[float]:
    wide = values.astype(np.float64).reshape(-1)
    unit = (wide - wide.mean()) / wide.std()
    return [wide.mean(), wide.std(), (unit**3).mean(), (unit**4).mean()]


@pytest.mark.parametrize("shape", [(300, 200), (130, 310), (64, 64)])
def test_matrices_match_in_moments_quantiles_and_spectrum(shape: tuple[int, int]) -> None:
    data = trained(*shape)
    coded, out = through("stats", "a.weight", data)
    mean, std, skewness, kurtosis = moments(data)
    got = moments(out)
    assert got[0] == pytest.approx(mean, abs=0.01 * std)
    assert got[1] == pytest.approx(std, rel=0.01)
    assert got[2] == pytest.approx(skewness, abs=0.1)
    assert got[3] == pytest.approx(kurtosis, rel=0.15)
    shares = np.linspace(0.01, 0.99, 99)
    apart = np.abs(np.quantile(out, shares) - np.quantile(data, shares))
    assert apart.max() < 0.08 * std
    spectrum, drawn = (np.linalg.svd(x, compute_uv=False) for x in (data, out))
    assert np.linalg.norm(spectrum - drawn) < 0.04 * np.linalg.norm(spectrum)
    assert coded_bytes(coded) < 400
    assert abs(np.corrcoef(data.reshape(-1), out.reshape(-1))[0, 1]) < 0.05
    stored = coded.params["moments"]
    assert [stored[k] for k in ("mean", "std", "skewness", "kurtosis")] == pytest.approx(
        [mean, std, skewness, kurtosis]
    )


@pytest.mark.parametrize("shape", [(2000,), (1, 500), (500, 1), (2,), (1,), (3,)])
def test_vectors_match_in_quantiles(shape: tuple[int, ...]) -> None:
    data = np.random.default_rng(6).gamma(2.0, 0.1, shape).astype(np.float32)
    coded, out = through("stats", "a.weight", data)
    assert len(coded.parts) == 1
    ordered, drawn = np.sort(data.reshape(-1)), np.sort(out.reshape(-1))
    ranks = stats.SHARES * (data.size - 1) >> 16
    assert np.allclose(drawn[ranks], ordered[ranks], rtol=1e-6, atol=0)


def test_zeros_stay_where_they_are() -> None:
    data = trained(100, 90)
    data[np.random.default_rng(1).random(data.shape) < 0.3] = 0
    coded, out = through("stats", "a.weight", data)
    assert coded.params["sparse"] == 1
    assert np.array_equal(out == 0, data == 0)
    kept, drawn = data[data != 0], out[data != 0]
    assert moments(drawn)[:2] == pytest.approx(moments(kept)[:2], rel=0.02, abs=3e-4)


def test_seeds_and_names_draw_apart() -> None:
    data = trained(40, 50)
    outs = [
        through(codec, name, data, seed=seed)[1].tobytes()
        for codec in ("stats", "minimal")
        for name in ("a.weight", "b.weight")
        for seed in (0, 1)
    ]
    assert len(set(outs)) == len(outs)


@pytest.mark.parametrize("name", ["conv.weight", "bert.embeddings.word.weight", "norm.bias"])
def test_minimal_does_not_look_at_the_values(name: str) -> None:
    first, _ = through("minimal", name, trained(40, 50))
    other, _ = through("minimal", name, np.full((40, 50), np.nan, np.float32))
    assert first == other
    assert first.parts == ()


@pytest.mark.parametrize(
    ("name", "shape", "init", "scale"),
    [
        ("features.0.weight", (32, 3, 3, 3), "uniform", 27**-0.5),
        ("fc.weight", (10, 100), "uniform", 0.1),
        ("fc.bias", (10,), "constant", 0.0),
        ("bn.weight", (10,), "constant", 1.0),
        ("bn.running_mean", (10,), "constant", 0.0),
        ("bn.running_var", (10,), "constant", 1.0),
        ("LayerNorm.gamma", (10,), "constant", 1.0),
        ("LayerNorm.beta", (10,), "constant", 0.0),
        ("embeddings.word_embeddings.weight", (100, 20), "normal", 0.02),
        ("transformer.wte.weight", (100, 20), "normal", 0.02),
        ("encoder.layer.3.attention.self.query.weight", (20, 20), "normal", 0.02),
        ("transformer.h.0.mlp.c_fc.weight", (20, 80), "normal", 0.02),
        ("model.layers.0.mlp.up_proj.weight", (20, 80), "normal", 0.02),
    ],
)
def test_minimal_initialises_as_the_architecture_does(
    name: str, shape: tuple[int, ...], init: str, scale: float
) -> None:
    coded, out = through("minimal", name, np.zeros(shape, np.float32))
    assert coded.params["init"] == init
    assert coded.params["scale"] == pytest.approx(scale, rel=1e-6)
    if init == "constant":
        assert np.all(out == np.float32(scale))
    if init == "uniform":
        assert np.abs(out).max() <= np.float32(scale)


def test_minimal_draws_what_it_says() -> None:
    count = 400_000
    _, normal = through("minimal", "embed.weight", np.zeros((count // 2, 2), np.float32))
    mean, std, skewness, kurtosis = moments(normal)
    assert std == pytest.approx(0.02, rel=0.005)
    assert mean == pytest.approx(0, abs=2e-4)
    assert skewness == pytest.approx(0, abs=0.02)
    assert kurtosis == pytest.approx(3, abs=0.05)
    _, uniform = through("minimal", "fc.weight", np.zeros((count // 4, 4), np.float32))
    assert moments(uniform)[:2] == pytest.approx([0, 0.5 / 3**0.5], abs=2e-3)
    assert 0.4999 < np.abs(uniform).max() <= 0.5
