"""Power laws, networks of many sizes, and what the bench says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seedtool import bench
from seedtool.bench.engine.measuring import Job, measure
from seedtool.bench.inference import powers, sizes
from seedtool.bench.reports import scaling as report
from seedtool.bench.reports.blocks import Table, Words
from seedtool.bench.results.document import Document, Result, Timing
from seedtool.bench.scaling import Options
from seedtool.bench.tasks import family
from seedtool.bench.tasks.family import Size
from seedtool.errors import UsageError

NOISE = (0.02, -0.01, -0.02, 0.01, 0.02, -0.02, -0.01, 0.015)
SMALL = {"widths": [16, 48], "depths": [], "steps": 80, "repeats": 1}


@pytest.fixture(scope="module")
def measured():
    """One point as a worker measures it."""
    point = bench.load("scaling").points(Options(widths=(48,), depths=(), repeats=1))[0]
    job = Job("scaling", SMALL, point.group, point.repeat, 5, point.params)
    return measure(job), job


def test_an_exact_power_law_is_found_and_drawn_on():
    law = powers.fit([(x, 3 * x**0.25) for x in (1e3, 1e4, 1e5, 1e6)], 1e12)
    assert law is not None
    assert law.exponent.value == pytest.approx(0.25)
    assert law.exponent.low == pytest.approx(0.25)
    assert law.exponent.high == pytest.approx(0.25)
    assert law.there.value == pytest.approx(3000)


def test_intervals_cover_the_exponent_and_widen_far_out():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(40):
        x = np.repeat(10 ** np.linspace(3, 6, 7), 3)
        y = 2 * x**0.5 * np.exp(rng.normal(0, 0.2, x.size))
        law = powers.fit([*zip(x, y, strict=True)], 1e9, seed=trial)
        assert law is not None
        covered += bool(law.exponent.holds(0.5))
        assert law.there.low < law.there.value < law.there.high
    assert 32 <= covered <= 40


def test_one_size_has_no_law_and_two_have_no_interval():
    assert powers.fit([(10.0, 1.0), (10.0, 2.0)], 1e9) is None
    law = powers.fit([(10.0, 1.0), (100.0, 10.0)], 1000)
    assert law is not None
    assert law.exponent.value == pytest.approx(1)
    assert law.exponent.low is None
    assert law.exponent.holds(1) is None


def test_a_size_counts_the_parameters_of_its_network():
    for size in (Size(16, 1), Size(24, 0), Size(8, 5)):
        held = family.network(size).state_dict()
        assert {k: tuple(v.shape) for k, v in held.items()} == size.shapes()
        assert size.parameters == sum(v.numel() for v in held.values())


def test_the_signal_does_not_grow_with_depth():
    import torch

    torch.manual_seed(0)
    images = torch.rand(64, 1, 8, 8)
    spread = [float(family.network(Size(64, depth))(images).detach().std()) for depth in (1, 80)]
    assert spread[1] < 3 * spread[0]


def test_defaults_span_two_decades_each_way():
    options = Options()
    for axis in (
        [Size(width, 1) for width in options.widths],
        [Size(96, depth) for depth in options.depths],
    ):
        counts = [size.parameters for size in axis]
        assert len(counts) >= 5
        assert max(counts) >= 100 * min(counts)


def test_a_point_is_the_same_again_but_for_its_clock(measured):
    (first, timing), job = measured
    assert not first.error
    second, _ = measure(job)
    assert second == first
    assert set(timing.parts) == {"coding", "decoding"}
    figures = first.figures
    assert abs(figures["snr_distortion"] - 20) < 0.1
    assert figures["ratio_kept"] == pytest.approx(
        4 * figures["parameters"] / figures["bytes_kept"], rel=1e-6
    )
    assert set(figures) <= set(bench.load("scaling").measures)


def test_research_seeds_stand_beside_a_random_start_and_chance(measured):
    (found, _), _ = measured
    assert found.figures["accuracy"] > 0.5
    assert found.figures["start_minimal"] < 0.35 < found.figures["start_pca"]
    assert found.number("accuracy", "chance") < 0.2
    assert found.number("grown_minimal", "random") == found.figures["accuracy"]
    assert found.figures["bytes_minimal"] < found.figures["bytes_stats"]


def test_a_real_model_joins_at_the_distortion(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "m.npz", weight=rng.standard_normal((256, 256)).astype("f4"))
    options = {**SMALL, "models": [str(tmp_path / "m.npz")]}
    made = bench.load("scaling").points(Options(models=(str(tmp_path / "m.npz"),)))[-1]
    found, _ = measure(Job("scaling", options, made.group, None, 0, made.params))
    assert found.figures["parameters"] == 256 * 256
    least = 0.5 * math.log2(100)  # R(D) of a Gaussian at 20 dB
    assert least < found.figures["bits_distortion"] < least + 0.35


def document(kept: float, other: float | None = None) -> Document:
    """Of sizes whose ratio has the exponent ``kept``, and ``other`` in their larger half.

    All is off by a percent or two, to and fro.
    """
    points = {}
    for i, count in enumerate(10.0 ** np.linspace(3, 6, 8)):
        bend = other is not None and count > 10**4.5
        ratio = (count / 10**4.5) ** ((other or 0.0) if bend else kept)
        ratio *= 1 + NOISE[i]
        figures = {"parameters": count, "accuracy": 0.9, "ratio_kept": ratio, "lost_kept": 0.0}
        figures |= {f"{k}_{c}": 0.1 for c in sizes.RESEARCH for k in ("start", "grown", "bytes")}
        figures |= {
            "ratio_pca": count**0.15 * (1 - NOISE[i]),
            "ratio_stats": count,
            "ratio_minimal": count,
        }
        figures["bytes_kept"] = 4 * count / ratio
        params = {"kind": "size", "axis": "width", "width": i, "depth": 1}
        points[str(i)] = Result(
            str(i), str(i), None, params, 0, figures, {"chance": {"accuracy": 0.1}}
        )
    timings = {key: Timing(1.0, 1, {"coding": 1e-6 * 4**i}) for i, key in enumerate(points)}
    return Document("scaling", "", 0, {}, {}, {}, {}, tuple(points), points, timings)


def said(made: Document) -> str:
    return " ".join(b.text for b in report.blocks(made) if isinstance(b, Words))


@pytest.mark.parametrize(
    ("exponent", "words"),
    [
        (1.0, "not told from a seed of one size"),
        (0.4, "more slowly than a seed of one size"),
        (-0.3, "it gets worse with size"),
    ],
)
def test_the_trivial_explanation_is_tested(exponent, words):
    assert words in said(document(exponent))


def test_a_law_that_bends_is_not_drawn_on_silently():
    assert "No one law" not in said(document(0.5))
    bent = said(document(0.7, 0.1))
    assert "No one law" in bent
    assert f"{sizes.KEPT} by width" in bent
    assert "5.2 decades beyond" in bent


def test_what_the_research_states_is_tested():
    tables = {b.title: b for b in report.blocks(document(0.1)) if isinstance(b, Table)}
    rows = tables["Exponents of the ratio as stated"].rows
    assert [round(float(row[1]), 2) for row in rows] == [0.29, 0.1, 0.0]
    assert [row[2] for row in rows] == ["less than that", "more than that", "more than that"]
    laws = tables["Power laws in parameters, and drawn on to 175B"].rows
    assert any(row[1] == "seconds of coding, at one rate" for row in laws)


@pytest.mark.parametrize(
    "asked",
    [
        {"widths": (0, 4)},
        {"widths": (4, 4)},
        {"depths": (-1,)},
        {"depths": (5000,)},
        {"steps": 0},
        {"repeats": 0},
        {"snr": 50.0},
    ],
)
def test_options_that_make_no_sense_are_refused(asked):
    with pytest.raises(UsageError):
        Options(**asked)
