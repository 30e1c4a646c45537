"""What is shipped by others and by us, and a comparison that repeats itself."""

from __future__ import annotations

import json
import mmap
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from seedtool import bench, memory
from seedtool.bench.compare import Options
from seedtool.bench.comparing import fronts, rows, runtime, shipping, students, taught
from seedtool.bench.comparing.fronts import Row, Score
from seedtool.bench.comparing.rows import Setting
from seedtool.bench.engine import course
from seedtool.bench.engine.measuring import Job, measure
from seedtool.bench.peers import catalogue
from seedtool.bench.reports.blocks import Plot, Table
from seedtool.bench.reports.page import page_of
from seedtool.bench.results import document
from seedtool.bench.results.document import Result
from seedtool.bench.tasks import coders, open_task
from seedtool.bench.tasks.lesson import open_lesson
from seedtool.bench.tasks.task import size_of
from seedtool.errors import FileError, UnsupportedError, UsageError

SMALL = Options(
    coders=("trellis", "stats"),
    peers=("gzip", "onnxruntime", "nncodec"),
    ratios=(16.0,),
    settings=1,
    examples=20,
    steps=2,
    seeds=2,
)


@pytest.fixture(scope="module")
def task():
    return open_task("", "", "", "")


@pytest.fixture(scope="module")
def lesson():
    return open_lesson("", "", "", "")


@pytest.fixture(scope="module")
def made():
    return course.run("compare", SMALL, "seed bench compare", course.Wish(jobs=1))


def test_what_is_not_installed_is_said():
    peer = catalogue.Peer("GGUF", ("Q4_0",), "no_such_package")
    assert peer.lacks == "not installed: pip install no_such_package"
    assert catalogue.PEERS["pruning + zstd"].lacks == ""
    keys = [point.key for point in bench.load("compare").points(replace(SMALL, nncodec="python"))]
    assert "nncodec -32#0" in keys


def test_peers_ship_what_is_no_matrix_as_we_do(task):
    source = task.source
    shipped = shipping.by_peer(source, catalogue.PEERS["onnxruntime"], "int8")
    matrices = [e for e in source.entries if shipping.is_matrix(e)]
    assert {e.name for e in matrices} == {"second.weight", "hidden.weight"}
    others = [e for e in source.entries if e not in matrices]
    assert all(np.array_equal(shipped.arrays[e.name], source.arrays[e.name]) for e in others)
    weights, rest = sum(e.size for e in matrices), sum(e.nbytes for e in others)
    assert weights * 0.9 < shipped.size < weights + 2 * rest
    timed = {"encode_seconds", "decode_seconds", "encode_bytes", "peak_bytes"}
    assert shipped.timings.keys() == timed


def test_packed_matrices_lose_nothing(task):
    shipped = shipping.by_peer(task.source, catalogue.PEERS["xz"], "")
    assert task.measure(shipped.arrays).kl == 0
    assert shipped.size < task.source.nbytes


def test_a_seed_is_shipped_as_it_is_saved(task):
    shipped = shipping.by_seed(lambda: coders.code(task, "trellis", 16.0, 0))
    assert shipped.size == size_of(coders.code(task, "trellis", 16.0, 0))
    assert task.measure(shipped.arrays).kl > 0


def test_memory_of_a_stretch():
    before = memory.begin_stretch()
    block = mmap.mmap(-1, 1 << 25)  # not malloc's, which may have as much to give again
    block.write(b"1" * (1 << 25))
    assert memory.stretch_bytes() >= before + len(block) // 2
    held = memory.peak_bytes()
    block.close()
    memory.begin_stretch()
    assert memory.peak_bytes() >= held - (4 << 20)  # the system counts some pages late


def test_a_student_is_small_and_learns_from_answers(task, lesson):
    examples = rows._examples(SMALL)
    made = students.taught(lesson, examples, 8000, 30, 1)
    assert made.source.elements < 8000
    assert {e.name for e in made.source.entries} == {e.name for e in task.source.entries}
    score = made.lesson.grow(rows._wish(replace(SMALL, steps=0), 1), arrays=made.source.arrays)
    assert score.scores.before > 0.2
    with pytest.raises(UnsupportedError, match="no student"):
        students.taught(lesson, examples, 100, 1, 1)


def test_students_of_a_config_have_fewer_heads_and_layers():
    import torch
    from transformers import (
        ResNetConfig,
        ResNetForImageClassification,
        ViTConfig,
        ViTForImageClassification,
    )

    config = ViTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        image_size=8,
        patch_size=4,
        num_channels=1,
        num_labels=10,
    )
    with torch.device("meta"):
        module = ViTForImageClassification(config)
    whole = students._weigh(module)
    made = students._of_config(module, whole / 3)
    assert whole / 10 < students._weigh(made) <= whole / 3
    assert made.config.hidden_size // made.config.num_attention_heads == 8
    narrow = ResNetConfig(num_channels=1, embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])
    with torch.device("meta"):
        stages = ResNetForImageClassification(narrow)
    made = students._of_config(stages, students._weigh(stages) / 3)
    assert made.config.hidden_sizes[1] == 2 * made.config.hidden_sizes[0] < 16
    with pytest.raises(UnsupportedError, match="no student"):
        students._of_config(module, 10)
    with pytest.raises(UnsupportedError, match="config has no"):
        students._of_config(torch.nn.Linear(2, 2), 10)


def test_plans_by_the_lessons_own_examples(task, lesson):
    made = taught.planned(task, lesson, rows._examples(SMALL), ratio=8.0, seed=0, steps=2)
    size = size_of(made)
    assert 6 < task.source.nbytes / size < 8.2
    arrays = shipping.by_seed(lambda: made).arrays
    assert task.measure(arrays).score > 0.9


def test_onnx_is_run_and_weighed(task):
    section = runtime.graph_or_why("", task)
    whole, seconds, why = runtime.measured(task.source, task.source.arrays, section)
    small, _, _ = runtime.measured(task.source, task.source.arrays, section, "int8")
    assert small < whole / 3
    assert seconds > 0
    assert not why
    none = runtime.measured(task.source, task.source.arrays, UnsupportedError("no graph"))
    assert none == (None, None, "no ONNX: no graph")


def row(key, kind, size, score, spread=0.0, error=0.0):
    figures = {"score": Score(score, spread, error)}
    return Row(key, kind, key, size, figures, Result(key, key, None, {"kind": kind}, 0))


def test_fronts_and_knees():
    found = [
        row("original", "original", 1000, 0.9, error=0.03),
        row("a", "seed", 100, 0.895),
        row("b", "seed", 50, 0.88),
        row("c", "peer", 120, 0.9),
        row("d", "peer", 60, 0.5),
        row("e", "peer", 100, 0.7),
    ]
    assert [r.key for r in fronts.front(found, "score", lower=False)] == ["b", "a", "c"]
    near, error = fronts.sweet_spots(found, lower=False)
    assert (near.ours.key, near.others.key) == ("a", "c")
    assert near.least == pytest.approx(0.891)
    assert (error.ours.key, error.others.key) == ("b", "c")
    assert error.least == pytest.approx(0.87)
    losses = [
        row("original", "original", 1000, 10.0),
        row("f", "seed", 10, 10.05),
        row("g", "peer", 5, 11.0),
    ]
    near, error = fronts.sweet_spots(losses, lower=True)
    assert (near.ours.key, near.others) == ("f", None)
    assert error.ours is None
    assert [r.key for r in fronts.front(losses, "score", lower=True)] == ["g", "f"]


def test_the_document_has_all_rows_and_its_page_their_plots(made):
    assert not [*made.failures()]
    groups = list(dict.fromkeys(result.group for result in made.results()))
    assert groups == [
        "original",
        "random",
        "trellis at 16x",
        "stats",
        "gzip",
        "onnxruntime int8",
        "nncodec",
    ]
    point = {r.group: r for r in made.results()}
    assert point["nncodec"].figures["reached"] is False
    assert point["nncodec"].notes == ("not given: --nncodec PYTHON",)
    assert point["gzip"].figures["grown"] == point["original"].figures["grown"]
    assert point["original"].figures["score"] > 0.99
    assert point["stats"].controls["chance"]["score"] < 0.2
    assert point["random"].number("bytes") is None
    assert made.timings["trellis at 16x#0"].parts["encode_seconds"] > 0
    schema = json.loads((Path(__file__).parent.parent / "docs" / "bench.schema.json").read_text())
    jsonschema.validate(document.write(made), schema)
    page = page_of(document.read(document.dump(made), "it"))
    plots = [block for block in page.blocks if isinstance(block, Plot)]
    assert len(plots) == 2
    assert {name for name, _ in plots[1].levels} > {"control: random", "control: chance"}
    knees = next(b for b in page.blocks if isinstance(b, Table) and "knees" in b.title)
    assert [line[3] for line in knees.rows] == ["trellis at 16x"] * 4


def test_a_row_repeats_itself(made):
    for key in ("stats#1", "onnxruntime int8#0"):
        result = made.points[key]
        plain = document.write(made)["options"]
        job = Job("compare", plain, result.group, result.repeat, 7, result.params)
        assert measure(job)[0].figures == result.figures


def test_settings_and_points():
    assert Setting.of(Setting("peer", "GGUF", "Q4_K").params) == Setting("peer", "GGUF", "Q4_K")
    assert Setting("student", "distilled", asked=8.0).key == "distilled at 8x"
    assert rows.numbers_of(replace(SMALL, seeds=7)) == [0, 1, 2, 3, 4, 5, 6]
    points = bench.load("compare").points(Options())
    assert len({point.key for point in points}) == len(points)
    assert {p.params["number"] for p in points if p.group == "xz"} == {0, 1, 2}


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"ratios": (0.5,)}, "ratios are"),
        ({"coders": ("rust",)}, "unknown coder"),
        ({"peers": ("rust",)}, "unknown peer"),
        ({"seeds": 0}, "seeds are"),
        ({"steps": -1}, "seeds are"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, match):
    with pytest.raises(UsageError, match=match):
        Options(**asked)


def test_faults_of_peers_are_told(task):
    with pytest.raises(FileError, match="no-such-python"):
        shipping.by_peer(task.source, catalogue.Peer("nncodec"), "-20", "no-such-python")
    with pytest.raises(UsageError, match="5000"):
        rows._examples(replace(SMALL, examples=5000))
