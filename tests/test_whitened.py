"""PCA in the metric of the inputs: the best of its rank by what a layer answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import seedtool
from seedtool import codecs
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs import pca
from seedtool.codecs.base import Coded, Params, coded_bytes
from seedtool.errors import UsageError
from seedtool.feedback import DAMPING
from seedtool.planning import whitened
from seedtool.seed import Entry
from tests.models import tiny_bert, tiny_gpt2

CODEC = codecs.load("pca")


def moments(width: int, groups: int = 1) -> np.ndarray:
    """E[x xᵀ] of inputs with a few strong directions."""
    rng = np.random.default_rng(width)
    spread = np.exp(rng.normal(0, 1.5, (groups, 1, width)))
    turned = rng.normal(size=(groups, width, width)) * spread
    made: np.ndarray = (turned @ turned.transpose(0, 2, 1) / width).astype(np.float32)
    return made


def damped(moment: np.ndarray) -> np.ndarray:
    exact = moment.astype(np.float64)
    return exact + DAMPING * np.trace(exact) / len(exact) * np.eye(len(exact))


def weight(*shape: int) -> np.ndarray:
    return np.random.default_rng(shape[0]).normal(0, 0.1, shape).astype(np.float32)


def sensitivity(rows: int, width: int, **more: object) -> Sensitivity:
    return Sensitivity(np.ones(rows, np.float32), moments(width), **more)


def decoded(coded: Coded, shape: tuple[int, ...]) -> np.ndarray:
    parts = [bytes(p.data) for p in coded.parts]
    return CODEC.decode(Entry("w", "F32", shape), Params(coded.params, "w"), parts)


def encoded(data: np.ndarray, known: Sensitivity, **options: object) -> Coded:
    entry = Entry("w", "F32", data.shape)
    coded = whitened.encode(entry, data, known, pca.Options(whiten=True, **options))
    assert coded is not None
    return coded


@pytest.mark.parametrize("shape", [(30, 50), (50, 30)])
def test_the_first_terms_are_the_best_of_their_number(shape: tuple[int, int]) -> None:
    data, known = weight(*shape), sensitivity(*shape)
    product, power = whitened.decompose(data, known)
    h = damped(known.columns[0])
    best = np.linalg.svd(data @ np.linalg.cholesky(h), compute_uv=False) ** 2
    np.testing.assert_allclose(power[: best.size], best, rtol=1e-6)
    for rank in (1, 7, 30):
        cut = product.cut(rank)
        off = cut.left @ cut.right - data
        assert np.trace(off @ h @ off.T) == pytest.approx(best[rank:].sum(), rel=1e-6, abs=1e-9)


def test_an_embeddings_rows_count_as_often_as_their_tokens_come() -> None:
    data = weight(200, 16)
    often = np.random.default_rng(1).exponential(1, 200).astype(np.float32) ** 4
    product, power = whitened.decompose(data, Sensitivity(often))
    counts = often + DAMPING * often.mean()
    best = np.linalg.svd(data * np.sqrt(counts)[:, None], compute_uv=False) ** 2
    np.testing.assert_allclose(power, best, rtol=1e-5)
    cut = product.cut(5)
    off = cut.left @ cut.right - data
    assert counts @ np.square(off).sum(1) == pytest.approx(best[5:].sum(), rel=1e-5)


@pytest.mark.parametrize("bits", [8, 11])
def test_what_is_written_is_nearer_in_outputs_than_plain(bits: int) -> None:
    data, known = weight(60, 40), sensitivity(60, 40)
    ours = encoded(data, known, rank=10, bits=bits)
    plain = CODEC.encode(Entry("w", "F32", data.shape), data, pca.Options(rank=10, bits=bits))
    assert ours.params["rank"] == plain.params["rank"] == 10
    moved = [known.divergence(decoded(c, data.shape) - data) for c in (ours, plain)]
    assert moved[0] < 0.7 * moved[1]


def test_a_transposed_weight_and_a_convolution_lie_as_they_did() -> None:
    data = weight(40, 60)
    known = sensitivity(60, 40)
    turned = Sensitivity(known.rows, known.columns, transposed=True)
    across = decoded(encoded(data, turned, rank=9, bits=11), data.shape)
    along = decoded(encoded(np.ascontiguousarray(data.T), known, rank=9, bits=11), (60, 40))
    np.testing.assert_allclose(across, along.T, atol=2e-3)
    kernels = weight(24, 4, 3, 3)
    grouped = Sensitivity(np.ones(24, np.float32), moments(36, 2))
    full = decoded(encoded(kernels, grouped, rank=24, bits=11), kernels.shape)
    np.testing.assert_allclose(full, kernels, atol=5e-3)


def test_energy_is_of_outputs_and_a_ratio_of_bytes() -> None:
    data, known = weight(120, 100), sensitivity(120, 100)
    kept = decoded(encoded(data, known, energy=0.8, bits=11), data.shape)
    share = known.divergence(kept - data) / known.divergence(data)
    assert 0.15 < share < 0.205
    for ratio in (6.0, 20.0):
        coded = encoded(data, known, ratio=ratio)
        assert ratio * 0.95 <= data.nbytes / coded_bytes(coded) <= ratio * 1.25
    mended = encoded(data, known, rank=20, residual_bits=3.0)
    assert np.abs(decoded(mended, data.shape) - data).max() < 0.1


def test_what_the_codec_cannot_hold_is_left_to_it() -> None:
    data = weight(30, 20)
    data[3, 4] = np.nan
    entry = Entry("w", "F32", data.shape)
    assert whitened.encode(entry, data, sensitivity(30, 20), pca.Options(whiten=True)) is None


def correlated(count: int) -> np.ndarray:
    rng = np.random.default_rng(8)
    drawn = rng.normal(size=(count, 24)) @ (rng.normal(size=(24, 48)))
    made: np.ndarray = (drawn + rng.normal(0, 0.05, (count, 48))).astype(np.float32)
    return made


def test_a_seed_of_a_module_answers_nearer_to_it() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(48, 64, bias=False), nn.Linear(64, 20, bias=False)).eval()
    data = correlated(200)
    batches = [{"input": data[at : at + 20]} for at in range(0, 160, 20)]
    held_out = torch.from_numpy(data[160:])
    state = {n: p.detach().numpy().copy() for n, p in module.named_parameters()}

    def off(**wishes: object) -> float:
        made = seedtool.extract(module, codec="pca", rank=16, with_graph=False, **wishes)
        arrays = dict(made.tensors())
        assert {m.codec for m in made.ledger.measures} == {"pca"}
        x = held_out
        for name in state:
            x = x @ torch.from_numpy(arrays[name]).T
        with torch.no_grad():
            return float((x - module(held_out)).square().sum())

    assert off(whiten=True, calibrate=batches) < 0.3 * off()
    after = {n: p.detach().numpy() for n, p in module.named_parameters()}
    assert all(np.array_equal(state[n], after[n]) for n in state)


@pytest.mark.parametrize("make", [tiny_bert, tiny_gpt2])
def test_every_matrix_of_a_transformer_is_coded(make) -> None:
    rng = np.random.default_rng(2)
    batches = [{"input_ids": rng.integers(0, 10, (4, 12))} for _ in range(5)]
    made = seedtool.extract(
        make(), codec="pca", rank=8, with_graph=False, whiten=True, calibrate=batches
    )
    arrays = dict(made.tensors())
    assert all(np.isfinite(a).all() for a in arrays.values())
    ranks = [
        s.fields["params"]["rank"]
        for s in made.sections(lambda *_: True)
        if s.kind == "tensor" and s.fields["codec"] == "pca"
    ]
    assert set(ranks) == {8}
    assert len(ranks) >= 8


def test_a_difference_to_a_base_has_the_metric_too() -> None:
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(48, 64, bias=False)).eval()
    name = "0.weight"
    moved = module[0].weight.detach().numpy()
    base = {name: moved + 0.01 * weight(64, 48)}
    batches = [{"input": correlated(40)}]
    made = seedtool.extract(
        module,
        codec="pca",
        rank=12,
        base=base,
        with_graph=False,
        whiten=True,
        calibrate=batches,
    )
    back = made.tensor(name)
    (measure,) = made.ledger.measures
    assert (measure.codec, measure.delta) == ("pca", "sum")
    x = correlated(40)
    assert np.square(x @ (back - moved).T).sum() < 0.3 * np.square(x @ (base[name] - moved).T).sum()


def test_whiten_and_data_go_together() -> None:
    with pytest.raises(UsageError, match="whiten takes its metric from data"):
        seedtool.extract({"w": weight(40, 40)}, codec="pca", whiten=True)
    with pytest.raises(UsageError, match="whiten takes its metric from data"):
        CODEC.encode(Entry("w", "F32", (40, 40)), weight(40, 40), pca.Options(whiten=True))
    with pytest.raises(UsageError, match="calibrate is for one plan"):
        seedtool.extract({"w": weight(40, 40)}, codec="pca", calibrate=[{"x": weight(4, 4)}])
    with pytest.raises(UsageError, match="has no option 'whiten'"):
        seedtool.extract({"w": weight(40, 40)}, codec="trellis", whiten=True)
