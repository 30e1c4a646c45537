"""Plans by data at the command line: a model's folder, its tokenizer, a text."""

from __future__ import annotations

import json
import os
import pty
import re
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import seedtool
from seedtool.cli import run
from seedtool.cli.sizes import read_size
from seedtool.cli.text import answers_kept
from seedtool.errors import UsageError
from tests.cli import script
from tests.test_cli_terminal import typed

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "reports.schema.json").read_text())
WORDS = ["a", "seed", "grows", "back", "growsing", "ing"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, bert_folder) -> Path:
    made = tmp_path_factory.mktemp("plan")
    (made / "bert").symlink_to(bert_folder)
    rng = np.random.default_rng(0)
    lines = {" ".join(rng.choice(WORDS, rng.integers(2, 9))) for _ in range(60)}
    (made / "lines.txt").write_text("\n".join(sorted(lines)))
    (made / "few.txt").write_text("a seed\nback\n")
    return made


def called(folder: Path, command: str) -> script.Step:
    return script.called(script.Step(0, f"seed {command}"), folder)


@pytest.fixture(scope="module")
def extracted(folder) -> script.Step:
    return called(folder, "extract bert -o bert.seed --no-graph --bits 6 --calibrate lines.txt")


def test_the_report_says_what_of_the_answers_is_kept(folder, extracted):
    assert extracted.code == 0, extracted
    size = (folder / "bert.seed").stat().st_size
    assert 0.97 * 6 * 18_944 / 8 < size <= 6 * 18_944 / 8
    line = next(line for line in extracted.err if line.startswith("answers kept: "))
    assert re.fullmatch(
        r"answers kept: cosine (0\.9\d{3}|1\.0000) \(a mismatched pair has 0\.\d{3}\)"
        r" over \d+ samples of lines\.txt that nothing was fitted to",
        line,
    )


def test_the_seed_says_it_too_and_decodes(folder, extracted):
    assert called(folder, "verify bert.seed -q").code == 0
    shown = called(folder, "inspect bert.seed").out
    line = next(line for line in shown if line.startswith("  answers"))
    assert "samples of 'lines.txt', as extract measured" in line
    said = next(line for line in extracted.err if line.startswith("answers kept: "))
    assert said.split()[3] == line.split()[2]


def test_as_json_with_a_quality_and_a_plan(folder):
    seen = called(
        folder,
        "extract bert -o - --no-graph --quality 0.99 --calibrate lines.txt --seed 3"
        " --dry-run --json",
    )
    assert (seen.code, seen.err) == (0, [])
    report = json.loads("\n".join(seen.out))
    jsonschema.validate(report, {**SCHEMA, "$ref": "#/$defs/extract"})
    assert report["answers"]["quality"] >= 0.99
    assert (report["answers"]["seed"], report["answers"]["kind"]) == (3, "embedding")
    sizes = [row["bytes"] for row in report["plan"]]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) < report["seed_bytes"]
    assert sum(row["share_of_bytes"] for row in report["plan"]) < 1
    shares = [row["share_of_loss"] for row in report["plan"] if "share_of_loss" in row]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert {row["kind"] for row in report["plan"]} == {
        "embeddings",
        "matrix",
        "queries and keys",
        "vector",
    }


def test_what_was_chosen_by_the_samples_is_said(folder):
    seen = called(folder, "extract bert -o q.seed --no-graph --quality 0.9 --calibrate lines.txt")
    assert seen.code == 0
    assert any(line.endswith("that nothing but the size was fitted to") for line in seen.err)


def test_healing_is_told_before_and_after(folder):
    seen = called(
        folder,
        "extract bert -o h.seed --no-graph --bits 6 --calibrate lines.txt --heal 3 --json",
    )
    assert (seen.code, seen.err) == (0, [])
    report = json.loads("\n".join(seen.out))
    jsonschema.validate(report, {**SCHEMA, "$ref": "#/$defs/extract"})
    assert 0.9 < report["answers"]["before_healing"] <= 1
    assert report["seed_bytes"] == (folder / "h.seed").stat().st_size
    assert not list(folder.glob("*.healing"))
    assert any(" before healing; " in line for line in called(folder, "inspect h.seed").out)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ("none.txt", 1, "bert: none.txt: no such file or folder"),
        ("few.txt", 2, "bert: few.txt: holds 2 different samples, calibration needs 8 or more"),
        ("bert/model.safetensors", 3, "bert/model.safetensors: is no UTF-8 text"),
    ],
)
def test_data_that_is_none(folder, data, code, said):
    seen = called(folder, f"extract bert -o no.seed --no-graph --bits 6 --calibrate {data}")
    assert seen.code == code
    assert [line.startswith(f"seed: {said}") for line in seen.err] == [True]
    assert not (folder / "no.seed").exists()


def test_a_gate_leaves_nothing(folder):
    seen = called(folder, "extract bert -o no.seed --no-graph --size 2KB --calibrate lines.txt")
    assert seen.code == 6
    assert seen.err[0].startswith("seed: bert: a seed can't take 2,000 bytes")
    assert not (folder / "no.seed").exists()


def test_a_terminal_sees_each_stretch_of_work(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "net.npz", a=rng.normal(0, 1, (512, 512)).astype("f4"))
    command = ["extract", "net.npz", "-o", "net.seed", "--force", "--bits", "3"]
    code, shown, out = typed(tmp_path, *command, streams="e", COLUMNS="100")
    assert (code, out) == (0, b"")
    assert "coding" in shown
    assert "extracting" in shown
    assert "net.seed: " in shown
    code, _, said = typed(tmp_path, *command, streams="o")
    assert code == 0
    assert b"coding" not in said
    assert b"\x1b" not in said


def test_bars_come_in_turn_and_are_numbered(monkeypatch):
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    with os.fdopen(theirs, "w") as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        with run.stages(quiet=False) as stage:
            stage("calibrating", 0)
            time.sleep(0.6)  # longer than it takes until the next is drawn
            for _ in range(2):
                advance = stage("coding", 100)
                for _ in range(3):
                    advance(10)
                    time.sleep(0.2)
        monkeypatch.undo()
        shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    places = [shown.index(text) for text in ("calibrating", "coding ", "coding, pass 2")]
    assert places == sorted(places)
    assert "%" in shown
    assert "/s" in shown


def test_quiet_draws_no_bar(monkeypatch, capsys):
    with run.stages(quiet=True) as stage:
        stage("coding", 100)(50)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("3000000", 3_000_000),
        ("3MB", 3_000_000),
        ("3 mb", 3_000_000),
        ("800KB", 800_000),
        ("1.5kB", 1500),
        ("2MiB", 2 << 20),
        ("0.5KiB", 512),
        ("1GB", 10**9),
        ("1GiB", 1 << 30),
        ("17b", 17),
    ],
)
def test_sizes(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "3M", "3,000", "1e6", "-3MB", "3 000", "3TB", "٣MB"])
def test_what_is_no_size(text):
    with pytest.raises(UsageError, match="size is a number of bytes"):
        read_size(text)


ANSWERS = {"quality": 0.98461, "control": 0.048, "predictions": 64, "data": "x.txt"}
EVIL = {**ANSWERS, "kind": "\x1b[2J", "data": "\x1b[2J\n"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "embedding"}, "cosine 0.9846 (a mismatched pair has 0.048) over 64 samples"),
        (
            {"kind": "embedding", "before_healing": 0.9},
            "cosine 0.9846 (0.9000 before healing; a mismatched pair has 0.048) over 64 samples",
        ),
        (
            {"kind": "logits", "predictions": 1},
            "98.46 % the same (the commonest alone has 4.8 %) over 1 answer",
        ),
        (
            {"kind": "logits", "before_healing": 0.9},
            "98.46 % the same (90.00 % before healing; the commonest alone has 4.8 %)"
            " over 64 answers",
        ),
    ],
)
def test_how_answers_are_told(more, said):
    assert answers_kept({**ANSWERS, **more}) == f"{said} of x.txt"


@pytest.mark.parametrize(
    "answers",
    [
        None,
        7,
        {},
        {**ANSWERS, "kind": "logits", "quality": "all"},
        {**ANSWERS, "kind": "logits", "predictions": True},
        {**ANSWERS, "kind": "logits", "before_healing": [1]},
        EVIL,
    ],
)
def test_inspect_believes_nothing(tmp_path, answers):
    """The fidelity document is what its maker wrote, which may be anything."""
    made = seedtool.extract({"a": np.ones(4, np.float32)})
    made.ledger.quality = answers
    made.save(tmp_path / "a.seed")
    seen = called(tmp_path, "inspect a.seed")
    assert seen.code == 0
    assert "\x1b" not in "".join(seen.out)
    shown = [line for line in seen.out if line.startswith("  answers")]
    assert len(shown) == (answers is EVIL)
