"""What benches compute: limits, entropies, Student's t, verdicts and the gate's comparison."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from seedtool import bench
from seedtool.bench.base import Input
from seedtool.bench.cases import CASES
from seedtool.bench.engine.measuring import Job, measure
from seedtool.bench.inference import student, verdicts
from seedtool.bench.information import entropies, sources, weights
from seedtool.bench.information.sources import Mixture
from seedtool.bench.results import comparison
from seedtool.bench.results.document import Document, Result
from seedtool.errors import UsageError


def one(curve: sources.Curve, distortion: float) -> float:
    return Mixture(np.ones(1), np.ones(1), [curve]).rate(distortion)


@pytest.mark.parametrize("distortion", [0.9, 0.5, 0.1, 1e-3, 1e-6])
def test_the_gaussians_rate_is_the_closed_form(distortion):
    assert one(sources.gaussian(), distortion) == pytest.approx(0.5 * math.log2(1 / distortion))


@pytest.mark.parametrize("distortion", [0.5, 0.2, 0.05, 0.021])
def test_blahut_and_arimoto_on_a_gaussian_grid_find_the_same(distortion):
    x = (np.arange(70) + 0.5) * 0.08
    mass = np.exp(-x * x / 2)
    slope = 1 / (2 * math.log(2) * distortion)
    found, rate = sources._blahut(x, mass / mass.sum(), slope)
    assert found == pytest.approx(distortion, rel=0.02)
    assert rate == pytest.approx(0.5 * math.log2(1 / found), abs=0.003)


@pytest.mark.parametrize("shape", [0.8, 1.0, 1.4, 3.0])
def test_other_sources_lie_between_shannons_bound_and_the_gaussian(shape):
    curve = sources.generalised(shape)
    for distortion in (0.8, 0.4, 0.1, 0.021, 0.019, 1e-4):
        bound = curve.entropy - 0.5 * math.log2(2 * math.pi * math.e * distortion)
        most = 0.5 * math.log2(1 / distortion)
        assert max(bound, 0) - 1e-3 <= one(curve, distortion) <= most + 2e-3
    assert one(sources.generalised(1.0), 0.5) == pytest.approx(0.4148, abs=4e-3)


def test_a_mixtures_water_is_one_level():
    """Of variances 4 and 1/4 at D = 0.25 the first takes 2 bits and the second none."""
    curves = [sources.gaussian()] * 2
    mixture = Mixture(np.array([0.5, 0.5]), np.array([4.0, 0.25]), curves)
    assert mixture.rate(0.25) == pytest.approx(1.0, abs=1e-6)
    assert mixture.rate(0.625) == pytest.approx(0.25 * math.log2(4 / 1.0), abs=1e-6)
    assert mixture.rate(3.0) == 0


def test_shapes_of_sources_are_told_by_their_moments():
    rng = np.random.default_rng(0)
    assert sources.shape_of(rng.normal(0, 3, 100_000).astype("f4")) == 2.0
    assert sources.shape_of(rng.laplace(0, 0.1, 100_000).astype("f4")) == 1.0


def test_entropies_of_what_is_known():
    rng = np.random.default_rng(0)
    fair = rng.integers(0, 8, (256, 256))
    assert entropies.order_0(fair) == pytest.approx(3, abs=0.001)
    assert entropies.conditional(fair, fair) == pytest.approx(0, abs=1e-9)
    assert entropies.conditional(fair, rng.permutation(fair)) == pytest.approx(3, abs=0.005)
    rows = np.where(np.arange(256)[:, None] < 128, 0, fair)
    known = np.broadcast_to((np.arange(256) < 128)[:, None], rows.shape).astype(np.int64)
    assert entropies.conditional(rows, known) == pytest.approx(1.5, abs=0.001)


def test_a_low_rank_part_is_seen_where_there_is_one():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (256, 256)).astype("f4")
    product = (rng.normal(size=(256, 3)) @ rng.normal(size=(3, 256))).astype("f4")
    gain, rank = entropies.low_rank_gain(product + noise, 1e-3)
    assert rank == 3
    assert gain == pytest.approx(0.5 * math.log2(3.01 / 0.01) - 8 * 3 * 512 / 65536, abs=0.1)
    assert entropies.low_rank_gain(noise, 1e-3) == (0.0, 0)


def test_rates_of_gaussian_weights_are_over_their_limit(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "model.npz"
    np.savez(path, weight=rng.normal(0, 0.02, (256, 256)).astype("f4"))
    asked = {"model": str(path), "bits": [3.0]}
    found = {}
    for codec in ("trellis", "quant"):
        params = {"kind": "rate", "codec": codec, "bits": 3.0}
        result, _ = measure(Job("rate", asked, "x", None, 0, params))
        assert not result.error
        found[codec] = result.figures["bits"] - result.figures["gaussian"]
    assert 0.03 < found["trellis"] < 0.2 < found["quant"] < 0.35
    assert weights.describe(str(path)).size == 1 << 18


@pytest.mark.parametrize(
    ("share", "freedom", "t"),
    [(0.975, 4, 2.776445), (0.95, 1, 6.313752), (0.99, 9, 2.821438), (0.995, 100, 2.625891)],
)
def test_students_t_is_as_in_tables(share, freedom, t):
    assert student.quantile(share, freedom) == pytest.approx(t, abs=1e-6)


def test_intervals_of_means():
    assert student.half_interval([1.0, 2.0, 3.0]) == pytest.approx(
        4.302653 / math.sqrt(3), rel=1e-6
    )
    assert student.mean_and_deviation([0.1, 0.1, 0.1]) == (0.1, 0.0)
    assert student.half_interval([7.0]) == 0
    with pytest.raises(UsageError):
        student.quantile(1.0, 3)


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1.0, 1e200, 1e308])
def test_means_and_deviations_of_all_sizes(size):
    mean, deviation = student.mean_and_deviation([-1.7 * size, 1.7 * size, 1.7 * size])
    assert mean == pytest.approx(1.7 / 3 * size, rel=1e-3)
    assert deviation == pytest.approx(1.7 * 2 / math.sqrt(3) * size, rel=1e-3)


def test_a_deviation_over_all_floats_is_infinite():
    assert student.mean_and_deviation([-1.7e308, 1.7e308]) == (0, math.inf)


def test_the_rule_as_the_research_has_it():
    shares = (-0.1, 0.0, 0.04, 0.05, 0.49, 0.5, 0.8, 0.81, 1.0, math.nan)
    said = [*["nothing"] * 3, "little", "little", "partial", "partial", "most", "most", "nothing"]
    assert [verdicts.of(share) for share in shares] == said


def gate(scores: list[float], size: int = 100, data: str = "0", **options: object) -> Document:
    points = {
        f"x#{i}": Result(f"x#{i}", "x", i, {}, i, {"bytes": size, "score": score, "kl": None})
        for i, score in enumerate(scores)
    }
    asked = bench.load("gate")
    inputs = {"data": Input("d", data * 64, 1)}
    planned = tuple(points)
    return Document("gate", "", 0, options, inputs, asked.measures, {}, planned, points)


def states(then: Document, now: Document, **how: float) -> dict[str, str]:
    return {c.figure: c.state for c in comparison.compare(then, now, **how)}


def test_the_gate_knows_noise_from_a_fall():
    base = gate([0.90, 0.91, 0.92, 0.91, 0.90])
    assert states(base, gate([0.90, 0.90])) == {"bytes": "same", "score": "same"}
    assert states(base, gate([0.88, 0.88]))["score"] == "worse"
    assert states(base, gate([0.88, 0.88]), slack=0.05)["score"] == "same"
    assert states(base, gate([0.95, 0.95]))["score"] == "better"
    assert states(base, gate([0.91], size=101))["bytes"] == "worse"
    assert states(base, gate([0.91], size=99))["bytes"] == "better"
    (_, change) = comparison.compare(base, gate([0.88, 0.88]))
    assert change.allowed == pytest.approx(
        3.746947 * 0.0083666 * math.sqrt(1 / 5 + 1 / 2), rel=1e-4
    )


def test_one_repeat_tells_no_noise():
    assert states(gate([0.9]), gate([0.8999]))["score"] == "worse"
    assert states(gate([0.9]), gate([0.9]))["score"] == "same"


def test_a_gate_is_not_met_by_what_was_not_measured():
    now = gate([0.9])
    empty = replace(now, points={k: replace(r, figures={}) for k, r in now.points.items()})
    assert states(gate([0.9]), empty) == {"bytes": "missing", "score": "missing"}


def test_gates_compare_like_with_like():
    with pytest.raises(UsageError, match="other data"):
        comparison.compare(gate([0.9], data="0"), gate([0.9], data="1"))
    with pytest.raises(UsageError, match="with ratio 8, not 4"):
        comparison.compare(gate([0.9], ratio=8), gate([0.9], ratio=4))
    with pytest.raises(UsageError, match="of bench 'gate'"):
        comparison.compare(gate([0.9]), replace(gate([0.9]), bench="rate"))


@pytest.mark.parametrize("case", CASES)
def test_each_way_to_break_is_reproduced_and_its_mitigation_helps(case):
    result, _ = measure(Job("failures", {"cases": []}, case, None, 11, {"case": case}))
    assert not result.error
    assert result.figures["reproduced"]
    assert result.figures["factor_broken"] >= 1.5
    # Of what is lost between the sound model and the broken one, most of its logarithm comes back;
    # what was quantised before keeps that first loss.
    least = {"already-quantised": 0.95}.get(case, 0.72)
    assert result.figures["factor_mitigated"] < least * result.figures["factor_broken"]
