"""What starts are worth: their weights, curves, paired tests, and a run that repeats itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import bench
from seedtool.bench.ablate import STARTS, Options
from seedtool.bench.engine import course
from seedtool.bench.inference import bootstrap, paired
from seedtool.bench.reports.blocks import Plot, Table, Words
from seedtool.bench.reports.page import page_of
from seedtool.bench.results import document
from seedtool.bench.starts import components, curves, rungs
from seedtool.bench.tasks.lesson import open_lesson
from seedtool.errors import SeedError, UsageError
from seedtool.growing.growth import Wish

SMALL = Options(
    starts=("pca-bases", "trellis:1.5"), examples=20, steps=3, seeds=2, thresholds=(0.5,)
)


@pytest.fixture(scope="module")
def lesson():
    return open_lesson("", "", "", "")


@pytest.fixture(scope="module")
def source(lesson):
    return rungs.held(lesson)


@pytest.fixture(scope="module")
def made():
    return course.run("ablate", SMALL, "seed bench ablate", course.Wish(jobs=1))


def matrices(source):
    return [e for e in source.entries if len(e.shape) > 1 and e.size >= 1024]


def flat(entry, arrays):
    return np.asarray(arrays[entry.name], np.float64).reshape(entry.shape[0], -1)


def test_a_curve_is_summed_up():
    rise = [(0, 0.0), (10, 1.0), (20, 1.0)]
    assert curves.area(rise) == pytest.approx(0.75)
    assert curves.steps_to(rise, 0.5, lower=False) == pytest.approx(5)
    assert curves.steps_to(rise, 0.0, lower=False) == 0
    assert curves.steps_to(rise, 1.1, lower=False) is None
    assert curves.steps_to([(0, 8.0), (4, 4.0)], 6.0, lower=True) == pytest.approx(2)


@given(st.integers(1, 5000), st.integers(1, 40))
def test_looks_end_with_the_last_step(steps, looks):
    places = curves.places(steps, looks)
    assert places[-1] == steps
    assert list(places) == sorted(set(places))
    assert places[0] >= 1
    assert len(places) <= looks + 1


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=12), st.floats(0.01, 0.5))
@settings(deadline=None)
def test_a_difference_within_the_margin_is_equivalent_and_its_interval_says_so(gaps, margin):
    found = paired.compare(gaps, [0.0] * len(gaps), margin)
    assert found.low <= found.mean <= found.high
    # The 95 % interval is wider than the 90 % one that two tests at 5 % stand for.
    if -margin < found.low and found.high < margin:
        assert found.equivalent < paired.LEVEL
    if found.equivalent < paired.LEVEL:
        assert abs(found.mean) < margin
    if found.low < found.high:
        assert (found.different < paired.LEVEL) == (found.low > 0 or found.high < 0)


def test_paired_tests_say_what_is_known_of_them():
    # Student's own (1908): two soporifics on ten patients, t = 4.0621, p = .002833.
    one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = paired.compare(other, one, 10.0)
    assert found.mean == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert found.different == pytest.approx(0.00283289, rel=1e-4)
    assert paired.compare([1.0, 1.0], [1.0, 1.0], 0.1).equivalent == 0
    assert paired.compare([1.0, 1.0], [1.0, 1.0], 0.1).different == 1
    with pytest.raises(UsageError):
        paired.compare([1.0], [0.0], 0.1)


def test_holm_and_the_verdicts():
    assert paired.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert paired.holm([0.6, 0.9]) == [1.0, 1.0]

    def of(mean, different, equivalent, power=True, lower=False):
        return paired.verdict(mean, different, equivalent, power=power, lower=lower)

    assert of(0.1, 0.01, 1.0) == "better"
    assert of(0.1, 0.01, 1.0, lower=True) == "worse"
    assert of(0.001, 0.6, 0.01) == "equivalent"
    assert of(0.001, 0.6, 0.01, power=False) == "undecided"
    assert of(0.1, 0.2, 0.4) == "undecided"


def test_the_bootstrap_covers_a_mean():
    drawn = np.random.default_rng(0).normal(3, 1, (40, 2))
    low, high = bootstrap.interval(drawn, lambda rows: float(rows.mean()), 500, 1)
    assert low < 3 < high
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(80), rel=0.35)
    assert (low, high) == bootstrap.interval(drawn, lambda rows: float(rows.mean()), 500, 1)
    with pytest.raises(UsageError):
        bootstrap.interval([], np.mean)
    with pytest.raises(UsageError):
        bootstrap.interval([1.0, 2.0], lambda _: math.nan, 10)


@pytest.mark.parametrize("name", [n for n in STARTS if n != "random"])
def test_every_start_has_the_models_shapes_and_is_drawn_by_seed(source, name):
    one, two, other = (rungs.make(source, name, seed) for seed in (1, 1, 2))
    for entry in source.entries:
        values = one.arrays[entry.name]
        assert values.shape == entry.shape
        assert np.isfinite(np.asarray(values, np.float64)).all()
        assert np.array_equal(values, two.arrays[entry.name])
    drawn = any(not np.array_equal(one.arrays[n], other.arrays[n]) for n in one.arrays)
    kept = name.partition(":")[0] in ("pca", "trellis", "delta", "coded", "pca-mean", "pruned")
    assert drawn != kept
    assert (one.bytes is None) == (name in components.NAMES)


def test_parts_are_taken_out_and_the_rest_is_kept(source):
    whole, bases, mean, values, pattern, pruned = (
        rungs.make(source, name, 3).arrays
        for name in ("pca", "pca-bases", "pca-mean", "pruned-values", "pruned-pattern", "pruned")
    )
    for entry in matrices(source):
        kept, turned = flat(entry, whole), flat(entry, bases)
        assert np.allclose(kept.mean(0), turned.mean(0), atol=1e-6)
        spectra = (np.linalg.svd(m - m.mean(0), compute_uv=False) for m in (kept, turned))
        assert np.allclose(*spectra, atol=1e-4)
        assert not np.allclose(kept, turned, atol=1e-3)
        assert np.abs(flat(entry, mean).mean(0)).max() < 1e-6
        left, moved, elsewhere = (flat(entry, a) for a in (pruned, values, pattern))
        assert (left != 0).mean() == pytest.approx(1 - components.PRUNED, abs=1e-3)
        assert np.array_equal(left != 0, moved != 0)
        assert not np.array_equal(left != 0, elsewhere != 0)
        for other in (moved, elsewhere):
            assert np.array_equal(np.sort(left, axis=None), np.sort(other, axis=None))


def test_moments_are_those_asked_for(source):
    both, deviation, mean, channels = (
        rungs.make(source, name, 3).arrays
        for name in ("moments", "moments-mean", "moments-deviation", "moments-channels")
    )
    for entry in matrices(source):
        own = flat(entry, source.arrays)
        assert flat(entry, both).mean() == pytest.approx(own.mean(), abs=1e-6)
        assert flat(entry, deviation).mean() == pytest.approx(0, abs=1e-6)
        assert flat(entry, deviation).std() == pytest.approx(own.std(), rel=1e-4)
        assert flat(entry, mean).mean() == pytest.approx(own.mean(), abs=1e-6)
        assert np.allclose(flat(entry, channels).mean(1), own.mean(1), atol=1e-6)
        assert np.allclose(flat(entry, channels).std(1), own.std(1), rtol=1e-3)


def test_looks_change_no_step(lesson):
    taught = lesson.examples.take(range(16))
    wish = Wish(start="random", steps=3, seed=1)
    seen = lesson.grow(replace(wish, looks=(1, 3)), taught)
    plain = lesson.grow(wish, taught)
    assert seen.scores == plain.scores
    assert [m.loss for m in seen.course.history] == [m.loss for m in plain.course.history]
    assert [step for step, _ in seen.course.looks] == [1, 3]
    assert seen.course.looks[-1][1] == seen.scores.after
    assert plain.course.looks == []


def test_a_run_has_every_pair_and_says_the_same_twice(made):
    assert not [*made.failures()]
    assert (
        len([*made.results()]) == 2 * 5
    )  # with the two controls, and the whole of what lacks a part
    again = course.run(
        "ablate", replace(SMALL, starts=("pca",)), "", course.Wish(jobs=1, engine="processes")
    )
    for row in again.results():
        assert row.figures == made.points[row.key].figures
    coded, drawn = (made.points[f"{name}#0"] for name in ("trellis:1.5", "random"))
    assert coded.number("final") > 0.9
    assert drawn.number("final") < 0.5
    assert coded.number("steps_to_0.5") == 0
    assert drawn.number("steps_to_0.5") is None
    assert drawn.number("final", "original") > 0.99
    assert drawn.number("bytes") is None


def test_the_report_is_of_the_document_alone(made):
    page = page_of(document.read(document.dump(made), "d.json"))
    tables = {block.title: block for block in page.blocks if isinstance(block, Table)}
    ladder = tables["Means over seeds, ± their standard errors"]
    row = next(r for r in ladder.rows if r[0] == "control: random")
    assert row[-1] == "0 of 2"
    assert row[-3] == SMALL.steps
    against = tables["Score after all steps, less that of random"]
    assert [r[0] for r in against.rows] == ["pca", "trellis:1.5", "control: selected"]
    assert any(isinstance(b, Words) and "have" in b.text and "power" in b.text for b in page.blocks)
    plots = {b.title: b for b in page.blocks if isinstance(b, Plot)}
    assert [c.name for c in plots["Learning, from weights as they are coded"].curves] == [
        "control: random",
        "control: selected",
        "trellis:1.5",
    ]
    assert [c.name for c in plots["Learning, pca with one part less"].curves] == [
        "pca",
        "pca-bases",
        "control: random",
    ]


def test_a_strangers_document_is_shown_or_refused(made):
    row = made.points["random#0"]
    odd = {f"at_{'9' * 5000}": 1.0, "at_x": 1.0, "at_٣": 1.0, "steps_to_far": 1.0}
    points = {**made.points, "random#0": replace(row, figures={**row.figures, **odd})}
    measures = {**made.measures, **dict.fromkeys(odd, made.measures["final"])}
    strange = replace(made, points=points, measures=measures, options={"margin": "wide"})
    assert page_of(document.read(document.dump(strange), "d.json")).blocks


def test_nothing_is_called_equivalent_without_power(made):
    def alike(row):
        figures = {n: 0.5 for n in row.figures if n in ("final", "area")}
        return replace(row, figures={**row.figures, **figures})

    flat_one = replace(made, points={key: alike(row) for key, row in made.points.items()})
    tables = [b for b in page_of(flat_one).blocks if isinstance(b, Table)]
    verdicts = [r[-1] for t in tables if "less that of random" in t.title for r in t.rows]
    assert set(verdicts) == {"undecided", None}
    words = " ".join(b.text for b in page_of(flat_one).blocks if isinstance(b, Words))
    assert "no power" in words


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": ("steam",)},
        {"starts": ("trellis:many",)},
        {"starts": ("random:2",)},
        {"starts": ("delta",)},
        {"seeds": 1},
        {"examples": 0},
        {"margin": 0.0},
        {"thresholds": (1.5,)},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(SeedError):
        bench.load("ablate").Options(**wrong)
