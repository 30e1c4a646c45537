"""Benches are run: the same figures again, on after a kill, and past a point that fails."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from seedtool import bench
from seedtool.bench.engine import course
from seedtool.bench.engine.course import Wish
from seedtool.bench.engine.measuring import Job, measure, seed_of
from seedtool.bench.results import document
from seedtool.errors import LimitError, MalformedError, SeedError, UsageError

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "bench.schema.json").read_text())
CASES = ("uneven-rows", "tied-transposed", "not-finite")
OPTIONS = bench.load("failures").Options(CASES)


@pytest.fixture(scope="module")
def found() -> document.Document:
    return course.run("failures", OPTIONS, "seed bench failures", Wish(seed=3, jobs=1))


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "model.npz"
    rng = np.random.default_rng(0)
    np.savez(path, **{f"{i}.weight": rng.normal(0, 0.1, (48, 32)).astype("f4") for i in range(2)})
    return path


def figures(made: document.Document) -> dict:
    return {k: v for k, v in document.write(made).items() if k != "timings"}


def test_figures_are_the_same_again_however_many_run_at_a_time(found):
    again = course.run("failures", OPTIONS, "seed bench failures", Wish(seed=3, jobs=3))
    assert figures(again) == figures(found)
    other = course.run("failures", bench.load("failures").Options(CASES[:1]), "", Wish(seed=4))
    assert other.points[CASES[0]].figures != found.points[CASES[0]].figures


def test_a_document_is_as_its_schema_says_and_is_read_as_it_was_written(found, tmp_path):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document.write(found), SCHEMA)
    document.save(found, tmp_path / "d.json")
    again = document.load(tmp_path / "d.json")
    assert document.write(again) == document.write(found)
    assert document.dump(again).isascii()


def test_a_run_goes_on_after_a_kill_with_what_it_has(model, tmp_path):
    out = tmp_path / "rate.json"
    bits = ",".join(str(1 + i / 8) for i in range(24))
    words = ["bench", "rate", str(model), "--bits", bits, "-j", "1", "-q", "-o", str(out)]
    command = [sys.executable, "-m", "seedtool", *words]
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            if out.exists() and len(document.load(out).points) >= 2:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.02)
    first = document.load(out)
    assert 2 <= len(first.points) < len(first.planned)
    subprocess.run([*command, "--resume"], check=True)
    whole = document.load(out)
    assert whole.left == 0
    assert {k: whole.timings[k] for k in first.timings} == first.timings  # not measured again
    asked = bench.load("rate").Options(str(model), tuple(map(float, bits.split(","))))
    straight = course.run("rate", asked, whole.command, Wish(jobs=2))
    assert figures(whole) == figures(straight)


def test_what_was_begun_otherwise_is_not_gone_on_with(found, tmp_path):
    path = tmp_path / "d.json"
    document.save(found, path)
    with pytest.raises(UsageError, match="another seed"):
        course.run("failures", OPTIONS, "", Wish(seed=4, out=path, resume=True))
    other = bench.load("failures").Options(CASES[:2])
    with pytest.raises(UsageError, match="other options"):
        course.run("failures", other, "", Wish(seed=3, out=path, resume=True))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho no coder here >&2\nexit 3\n", "nncodec failed: no coder here"),
        ("#!/bin/sh\nkill -9 $PPID\n", "its process ended by SIGKILL"),
    ],
)
def test_points_that_fail_or_kill_their_process_end_no_others(model, tmp_path, script, said):
    peer = tmp_path / "python"
    peer.write_text(script)
    peer.chmod(0o755)
    asked = bench.load("rate").Options(str(model), (2.0,), ("quant",), str(peer))
    made = course.run("rate", asked, "", Wish(jobs=1, out=tmp_path / "d.json"))
    assert [(key, why.message) for key, why in made.failures()] == [("nncodec at 2", said)]
    assert len([*made.results()]) == 3
    jsonschema.validate(document.write(document.load(tmp_path / "d.json")), SCHEMA)
    peer.write_text('#!/bin/sh\necho \'{"bytes": 768, "noise": 0.5}\'\n')
    again = course.run("rate", asked, "", Wish(jobs=1, out=tmp_path / "d.json", resume=True))
    assert again.points["nncodec at 2"].figures["bits"] == 8 * 768 / (2 * 48 * 32)
    assert again.timings["quant at 2"] == made.timings["quant at 2"]


def test_faults_of_a_bench_are_told_and_not_raised():
    result, _ = measure(Job("failures", {"cases": []}, "x", None, 0, {"case": "none"}))
    assert result.error
    assert result.error.message.startswith("KeyError")


def test_each_point_has_a_seed_of_its_own():
    seeds = {seed_of(s, key) for s in (0, 1) for key in ("a", "b", "a#0")}
    assert len(seeds) == 6
    assert all(0 <= seed < 1 << 53 for seed in seeds)
    assert seed_of(0, "a") == 7135616687698509  # documents of old runs stay comparable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("points"), "'points' is missing"),
        (lambda d: d.update(surprise=1), "unknown key 'surprise'"),
        (lambda d: d.update(format="other"), "no document of a bench"),
        (lambda d: d.update(seed=-1), "'seed'"),
        (lambda d: d.update(bench=["failures"]), "'bench'"),
        (lambda d: d.update(command="x" * 20000), "'command'"),
        (lambda d: d["points"].append(d["points"][0]), "two points"),
        (lambda d: d["planned"].pop(), "not planned"),
        (lambda d: d["timings"].update(other={"seconds": 1, "peak_bytes": 1}), "not planned"),
        (lambda d: d["timings"].update({CASES[0]: {"seconds": -1, "peak_bytes": 1}}), "'timings'"),
        (lambda d: d["points"][0].update(figures={"a": [1]}), "'points'"),
        (lambda d: d["points"][0].update(figures={"a": 1e400}), "no JSON document"),
        (lambda d: d["points"][0].pop("notes"), "'points'"),
        (lambda d: d["points"][0].update(error={"message": "x"}), "'points'"),
        (lambda d: d["inputs"].update(m={"name": "", "sha256": "0", "size": 0, "unit": ""}), "inp"),
        (lambda d: d["measures"]["worse"].update(better="sideways"), "'measures'"),
    ],
)
def test_documents_of_strangers_are_checked(found, change, message):
    value = copy.deepcopy(document.write(found))
    change(value)
    with pytest.raises(MalformedError, match=message):
        document.read(json.dumps(value).encode(), "x")


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100000, b'{"format": NaN}'])
def test_what_is_no_document_is_malformed(data):
    with pytest.raises(MalformedError, match="x: is no"):
        document.read(data, "x")


def test_documents_too_long_are_not_read(tmp_path):
    path = tmp_path / "long.json"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(LimitError):
        document.load(path)


def test_a_bench_is_only_ever_one_of_those_here():
    assert {"rate", "failures", "gate", "zero-shot"} <= set(bench.names())
    for name in ("base", "os", "results.document", "../rate", "zero_shot"):
        with pytest.raises(SeedError, match="not known here"):
            bench.load(name)


def test_ray_finds_the_same_figures(found):
    pytest.importorskip("ray")
    made = course.run("failures", OPTIONS, "seed bench failures", Wish(3, 2, engine="ray"))
    assert figures(made) == figures(found)
