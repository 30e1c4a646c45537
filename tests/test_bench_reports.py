"""Reports: nothing of a document is acted on, plots are well-formed, data are never mixed."""

from __future__ import annotations

import csv
import io
import itertools
import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from seedtool import bench
from seedtool.bench.base import Input
from seedtool.bench.reports import html, markdown, spreadsheet, svg, terminal
from seedtool.bench.reports.blocks import (
    Axis,
    Column,
    Curve,
    Heading,
    Page,
    Plot,
    Spot,
    Table,
    Words,
    written,
)
from seedtool.bench.reports.leaderboard import board
from seedtool.bench.reports.page import page_of
from seedtool.bench.reports.scale import Scale, mark
from seedtool.bench.results import document as results
from seedtool.bench.results.document import Document, Failure, Result
from seedtool.bench.results.rules import LARGEST, LEAST
from seedtool.errors import MalformedError, UnsupportedError, UsageError

EVIL = "<script>alert(1)</script> `x` |\x1b[31m\u202e=1+1"
SPOTS = (Spot(1, 0.5, 0.4, 0.6), Spot(100, 0.9), Spot(1000, math.nan), Spot(-1, 0.2))
PLOT = Plot(
    EVIL,
    Axis("ratio & more", log=True),
    Axis("score"),
    (
        Curve("ours", SPOTS),
        Curve("theirs", SPOTS[:2], "control"),
        Curve("R(D)", SPOTS[1:2], "limit"),
    ),
    levels=(("chance", 0.1), (EVIL, 0.1)),
)
TABLE = Table(EVIL, (Column("name"), Column("x", ",.2f")), ((EVIL, 1234.5), ("=2+2", None)))
PAGE = Page(EVIL, (Heading(EVIL), Words(EVIL), TABLE, PLOT))


def document(**changes: object) -> Document:
    asked = bench.load("gate")
    figures = {"metric": "accuracy", "bytes": 100, "score": 0.9, "kl": 0.01}
    points = {f"a#{i}": Result(f"a#{i}", "a", i, {}, i, figures) for i in range(2)}
    made = Document(
        bench="gate",
        command="seed bench gate",
        seed=0,
        options={},
        inputs={"data": Input("digits", "a" * 64, 3, "images")},
        measures=asked.measures,
        environment={"python": "3"},
        planned=("a#0", "a#1", "b"),
        points=points,
    )
    return replace(made, **changes)


def tables_of(page: Page) -> list[Table]:
    return [block for block in page.blocks if isinstance(block, Table)]


def test_plots_are_well_formed_and_hold_what_has_a_place():
    root = ET.fromstring(svg.render(PLOT))
    spots = [e for e in root if e.tag == "circle"]
    assert len(spots) == 2 + 2  # none for NaN, for a negative ratio, or for a limit
    assert len([e for e in root if e.attrib.get("class", "").startswith("bar")]) == 2
    for spot in spots:
        assert 0 <= float(spot.attrib["cx"]) <= svg.WIDTH
        assert 0 <= float(spot.attrib["cy"]) <= svg.HEIGHT
    heights = sorted(float(e.attrib["y"]) for e in root if e.get("class", "").startswith("name"))
    assert len(heights) == 5
    assert min(b - a for a, b in itertools.pairwise(heights)) >= svg.LINE - 0.2


def test_the_page_needs_nothing_and_acts_on_nothing():
    page = html.render(PAGE)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for word in ("http://", "https://", "src=", "href=", "@import", "url("):
        assert word not in page
    assert page.count("<svg") == 1
    assert "prefers-color-scheme: dark" in page


def test_markdown_and_csv_act_on_nothing():
    text = markdown.render(PAGE)
    assert "<script" not in text.replace("\\<", "")
    assert "\x1b" not in text
    assert "\u202e" not in text
    rows = [*csv.reader(io.StringIO(spreadsheet.render(PAGE)))]
    assert rows[1] == ["name", "x"]
    assert rows[2][1] == "1234.5"
    assert rows[3] == ["'=2+2", ""]
    assert [*terminal.render(PAGE)][-1].rows[1][1] == "1,234.50"


@pytest.mark.parametrize("name", ["gate", "zero-shot", "rate", "failures"])
def test_every_bench_makes_a_page_of_what_has_no_figures(name):
    strange = {"x": Result("x", "x", None, {"kind": "rate", "codec": 3}, 0, {"bits": "many"})}
    made = document(bench=name, planned=("x", "y"), points=strange)
    assert "1 of 2 points" in html.render(page_of(made))
    empty = replace(made, points={"x": Result("x", "x", None, {}, 0, error=Failure("no <b>"))})
    assert "no &lt;b&gt;" in html.render(page_of(empty))


@pytest.mark.parametrize("size", [LARGEST, -LARGEST, LEAST, 0.0])
@pytest.mark.parametrize("name", ["gate", "zero-shot", "rate", "compare", "budget", "scaling"])
def test_pages_have_room_for_figures_of_all_sizes(name, size):
    known = bench.load(name).measures
    figures = {figure: size * (1 - at % 3) for at, figure in enumerate(known)}
    found = {
        f"{kind}#{i}": Result(f"{kind}#{i}", kind, i, {"kind": kind, "start": "x"}, 0, figures)
        for kind in ("width", "seed", "original", "x")
        for i in range(2)
    }
    made = document(bench=name, measures=known, planned=tuple(found), points=found)
    made = results.read(results.dump(made), "it")
    for page in (page_of(made), board([("one", made)])):
        for renderer in (html, markdown, spreadsheet):
            assert renderer.render(page)


@pytest.mark.parametrize("size", [1e101, -1e101, 1e-101, 5e-324])
def test_figures_that_nothing_has_are_refused(size):
    held = {"x": Result("x", "x", None, {}, 0, {"bytes": size})}
    text = results.dump(document(planned=("x",), points=held))
    with pytest.raises(MalformedError, match="points"):
        results.read(text, "it")
    assert results.settled({"bytes": size})["bytes"] in (None, 0.0)


def test_large_numbers_are_written_whole():
    whole = Column("bytes", ",.6g")
    cells = [340807, 1234567.0, 1e14, 1e20, 0.123456789, -2.5e7]
    told = ["340,807", "1,234,567", "100,000,000,000,000", "1e+20", "0.123457", "-25,000,000"]
    assert [written(cell, whole) for cell in cells] == told


def test_a_leaderboard_has_no_empty_columns():
    once = document(planned=("a",), points={"a": Result("a", "a", None, {}, 0, {"bytes": 9})})
    titles = [[c.title for c in t.columns] for t in tables_of(board([("one", once)]))]
    assert titles == [["document", "point", "bytes"]]


def test_a_page_tells_how_to_measure_it_again_and_what_is_left():
    text = markdown.render(page_of(document()))
    assert "seed bench gate (2 of 3 points measured, seed 0)" in text
    assert "control" not in text
    with pytest.raises(UnsupportedError):
        page_of(document(bench="os"))


def test_a_leaderboard_never_mixes_data():
    other = document(inputs={"data": Input("digits", "b" * 64, 3, "images")})
    page = board([("one", document()), ("two", other), ("three", document())])
    tables = tables_of(page)
    assert [[row[0] for row in table.rows] for table in tables] == [["one", "three"], ["two"]]
    headings = [block.text for block in page.blocks if isinstance(block, Heading)]
    assert headings == [f"gate: digits, data {c * 16}" for c in "ab"]
    with pytest.raises(UsageError):
        board([])


def test_scales_have_round_marks_inside():
    for values, log in (
        ((0.0, 1.0), False),
        ((3.2, 980.0), True),
        ((0.98, 1.01), True),
        ((5,), False),
    ):
        scale = Scale.of(values, log=log)
        assert len(scale.marks) >= 2
        assert all(0 <= scale.place(m) <= 1 for m in scale.marks)
        assert all(0 < scale.place(v) < 1 for v in values)
    assert math.isnan(Scale.of((1, 10), log=True).place(0))
    assert [mark(v) for v in (0, 1, 0.25, 1e-5, 2e6, 1500)] == [
        "0",
        "1",
        "0.25",
        "1e-5",
        "2e6",
        "1,500",
    ]
