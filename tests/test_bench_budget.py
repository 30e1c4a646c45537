"""Least data and steps: what a place of the grid costs and when it reaches the target."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from seedtool import bench
from seedtool.bench import budget
from seedtool.bench.budget import Options
from seedtool.bench.engine import course
from seedtool.bench.reports.blocks import Plot, Table, Words
from seedtool.bench.reports.page import page_of
from seedtool.bench.results import document
from seedtool.bench.starts import rungs
from seedtool.bench.tasks.lesson import open_lesson
from seedtool.errors import SeedError, UsageError
from seedtool.examples import section as examples_section
from seedtool.extracting import code_source
from seedtool.plan import plan

SMALL = Options(starts=("trellis:1.5",), examples=(10,), steps=(2,), seeds=2)
LEAST = "The smallest examples and steps, on the grid"


@pytest.fixture(scope="module")
def made():
    return course.run("budget", SMALL, "seed bench budget", course.Wish(jobs=1))


def tables(made):
    return {block.title: block for block in page_of(made).blocks if isinstance(block, Table)}


def scored(made, scores):
    """The document with other scores, by start and examples."""
    points = {
        key: replace(
            row,
            figures={
                **row.figures,
                "score": scores[row.text("start"), row.params["examples"]][row.repeat],
            },
        )
        for key, row in made.points.items()
    }
    return replace(made, points=points)


def test_the_random_start_joins_and_the_grid_is_whole(made):
    assert not [*made.failures()]
    found = {(r.text("start"), r.params["examples"], r.params["steps"]) for r in made.results()}
    assert found == {(s, *p) for s in ("trellis:1.5", "random") for p in ((0, 0), (10, 2))}
    again = course.run("budget", replace(SMALL, starts=("random",)), "", course.Wish(jobs=1))
    for row in again.results():
        assert row.figures == made.points[row.key].figures


def test_the_bytes_are_those_of_the_seed_that_is_written(made):
    """What is added up is what one seed with weights, recipe and examples takes."""
    lesson = open_lesson("", "", "", "")
    source = rungs.held(lesson)
    row = made.points["trellis:1.5, 10 examples, 2 steps#1"]
    section = budget._embedded(lesson, 10, budget.seed_of(SMALL.seed, "repeat 1"))
    carried = budget._carried(lesson, section)
    choices = plan(source.entries, "trellis", {"bits": 1.5})
    whole = io.BytesIO()
    code_source(source, [], choices, carried=carried).save(whole)
    assert row.number("bytes") == len(whole.getvalue())
    assert len(examples_section.read(section)) == 10
    assert row.number("beside") > sum(len(part.data) for part in section.parts)


def test_the_least_is_what_reaches_the_target_by_a_standard_error(made):
    target = next(made.results()).number("target")
    high, near = (target + 0.01, target + 0.02), (target - 0.02, target + 0.021)
    low = (0.1, 0.2)
    places = {
        ("trellis:1.5", 0): high,
        ("trellis:1.5", 10): high,
        ("random", 0): low,
        ("random", 10): near,  # the mean is over the target, but not by its error
    }
    rows = tables(scored(made, places))[LEAST].rows
    assert [row[:4] for row in rows] == [
        ("trellis:1.5", "nothing: reached at once", 0, 0),
        ("control: random", "not reached on this grid", None, None),
    ]
    cheaper = scored(made, {**places, ("random", 10): high})
    rows = tables(cheaper)[LEAST].rows
    assert [row[1:4] for row in rows[1:]] == [("examples", 10, 2), ("steps", 10, 2)]
    words = " ".join(b.text for b in page_of(cheaper).blocks if isinstance(b, Words))
    assert "by random with 10 examples" in words
    assert "save steps, not bytes" in words
    words = " ".join(
        b.text
        for b in page_of(scored(made, dict.fromkeys(places, low))).blocks
        if isinstance(b, Words)
    )
    assert "Nothing on this grid reaches the target" in words


def test_one_seed_alone_reaches_nothing(made):
    alone = {key: row for key, row in made.points.items() if row.repeat == 0}
    rows = tables(replace(made, points=alone))[LEAST].rows
    assert {row[1] for row in rows} == {"not reached on this grid"}


def test_the_report_is_of_the_document_alone(made):
    page = page_of(document.read(document.dump(made), "d.json"))
    grid = next(b for b in page.blocks if isinstance(b, Table) and "whole grid" in b.title)
    assert len(grid.rows) == 4
    plots = [block for block in page.blocks if isinstance(block, Plot)]
    assert len(plots) == 2
    assert {curve.name for curve in plots[0].curves} == {"trellis:1.5", "control: random"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": ("steam",)},
        {"examples": ()},
        {"examples": (0,)},
        {"steps": (0,)},
        {"seeds": 1},
        {"target": 1.5},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(SeedError):
        bench.load("budget").Options(**wrong)


def test_more_examples_than_there_are():
    with pytest.raises(UsageError, match="1198 examples"):
        bench.load("budget").inputs(replace(SMALL, examples=(5000,)))
