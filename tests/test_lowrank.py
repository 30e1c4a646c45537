"""Differences as products: what they cost, when a plan takes them, and that they decode so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seedtool
from seedtool import codecs, feedback
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs.base import Params, coded_bytes
from seedtool.planning import lowrank
from seedtool.planning.shaping import Form, Shape
from seedtool.seed import Entry


def sensitivity(rows: int, columns: int, seed: int = 0, *, transposed: bool = False) -> Sensitivity:
    """Of inputs that are far from white."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(4 * columns, columns)) * np.geomspace(1, 0.05, columns)
    inputs = inputs @ np.linalg.qr(rng.normal(size=(columns, columns)))[0]
    moment = (inputs.T @ inputs / len(inputs))[None].astype(np.float32)
    weight = rng.uniform(0.2, 2, rows).astype(np.float32)
    return Sensitivity(weight, moment, transposed, len(inputs))


def thin(rows: int, columns: int, rank: int, noise: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    product = rng.normal(size=(rows, rank)) @ rng.normal(size=(rank, columns)) / rank**0.5
    return (product + noise * rng.normal(size=(rows, columns))).astype(np.float32)


def coded(values: np.ndarray, metric: Sensitivity, scale: float) -> lowrank.Product:
    form = Form.of(values, metric)
    return lowrank.code(form, lowrank.decompose(form, Shape.of(form, metric)), scale)


def decoded(product: lowrank.Product, shape: tuple[int, ...]) -> np.ndarray:
    parts = [bytes(part.data) for part in product.coded.parts]
    params = Params(product.coded.params, "tensor 'x'")
    return codecs.load("pca").decode(Entry("x", "F32", shape), params, parts)


def test_the_terms_of_a_product_are_found_and_its_loss_is_what_it_costs() -> None:
    values, metric = thin(96, 64, 3, 0.01), sensitivity(96, 64)
    made = coded(values, metric, 0.02)
    assert made.rank == 3
    missed = values - decoded(made, values.shape)
    mean = np.trace(metric.columns[0]) / 64
    damping = feedback.damping(64, metric.positions) * mean * np.eye(64, dtype=np.float32)
    damped = replace(metric, columns=metric.columns + damping)
    assert made.loss == pytest.approx(damped.divergence(missed), rel=0.02)
    assert made.loss < 0.001 * metric.divergence(values)
    assert coded_bytes(made.coded) < values.nbytes / 20


def test_the_metric_spends_bits_where_outputs_see_them() -> None:
    values, metric = thin(96, 64, 12, 0.3), sensitivity(96, 64)
    blind = Sensitivity(np.full(96, np.trace(metric.columns[0]) / 64, np.float32))
    seeing = coded(values, metric, 0.1)
    fine = [coded(values, blind, scale) for scale in np.geomspace(0.02, 1, 12)]
    alike = min(fine, key=lambda p: abs(coded_bytes(p.coded) - coded_bytes(seeing.coded)))
    assert metric.divergence(values - seeing.values) < 0.8 * metric.divergence(
        values - alike.values
    )


def test_a_higher_price_buys_fewer_bytes_and_in_the_end_none() -> None:
    values, metric = thin(64, 80, 6, 0.1), sensitivity(64, 80)
    made = [coded(values, metric, scale) for scale in (0.003, 0.03, 0.3, 30.0)]
    sizes = [coded_bytes(p.coded) for p in made]
    losses = [p.loss for p in made]
    assert sizes == sorted(sizes, reverse=True)
    assert losses == sorted(losses)
    assert (made[-1].rank, sizes[-1]) == (0, 0)
    assert not made[-1].values.any()
    assert made[-1].loss == pytest.approx(metric.divergence(values), rel=0.1)


@given(
    rows=st.integers(2, 40),
    columns=st.integers(2, 40),
    rank=st.integers(1, 5),
    scale=st.floats(1e-4, 1e2),
    transposed=st.booleans(),
    plain=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_product_decodes_to_the_values_told_and_costs_no_more_than_nothing(
    rows: int, columns: int, rank: int, scale: float, transposed: bool, plain: bool, seed: int
) -> None:
    values = thin(rows, columns, rank, 0.05, seed)
    metric = sensitivity(rows, columns, seed, transposed=transposed)
    if plain:
        metric = Sensitivity(metric.rows, None, transposed)
    values = np.ascontiguousarray(values.T) if transposed else values
    made = coded(values, metric, scale)
    form = Form.of(values, metric)
    terms = lowrank.decompose(form, Shape.of(form, metric))
    assert made.cost(scale) <= terms.energy
    if made.rank:
        np.testing.assert_array_equal(decoded(made, values.shape), made.values)


def test_no_difference_and_one_row_are_no_products() -> None:
    for shape in ((32, 48), (1, 1500)):
        metric = Sensitivity(np.ones(shape[0], np.float32))
        value = 0.0 if shape[0] > 1 else 1.0
        assert coded(np.full(shape, value, np.float32), metric, 1e-3).rank == 0


def test_a_plan_keeps_nothing_a_product_or_a_trellis_whichever_costs_least(tmp_path) -> None:
    rng = np.random.default_rng(3)
    base = {name: rng.normal(size=(128, 96)).astype(np.float32) for name in ("still", "thin")}
    base["full"] = rng.normal(size=(128, 96)).astype(np.float32)
    tuned = {
        "still": base["still"],
        "thin": base["thin"] + 0.1 * thin(128, 96, 2, 0.0),
        "full": base["full"] + 0.1 * rng.normal(size=(128, 96)).astype(np.float32),
    }
    seed = seedtool.extract(tuned, base=base, bits=1.5)
    seed.save(tmp_path / "x.seed")
    assert {m.name: m.codec for m in seed.ledger.measures} == {
        "still": "same",
        "thin": "pca",
        "full": "trellis",
    }
    back = dict(seedtool.load(tmp_path / "x.seed", base=base).tensors())
    for name, least in (("thin", 0.98), ("full", 0.8)):
        moved = tuned[name] - base[name]
        kept = 1 - np.sum((back[name] - tuned[name]) ** 2) / np.sum(moved**2)
        assert kept > least
