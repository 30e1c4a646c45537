"""The demo runs the shipped network for real: every figure it prints is counted again here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import seedtool
from seedtool import demo
from seedtool.errors import SeedError

ROOT = Path(__file__).parent.parent


def run(*arguments, check=True, **environment):
    command = [sys.executable, "-m", "seedtool", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    done = run("demo", "--json", TMPDIR=str(scratch))
    assert done.stderr == ""
    assert list(scratch.iterdir()) == [], "the demo left files behind"
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def digits():
    return demo.Digits()


def test_every_codec_has_a_line(report):
    from seedtool import codecs

    built_in = {p.stem for p in Path(codecs.__file__).parent.glob("*.py")} - {"__init__", "base"}
    assert {line["codec"] for line in report["lines"]} == built_in


def test_lossless_keeps_the_score_and_chance_is_chance(report):
    controls = report["controls"]
    assert controls["trained"] >= 0.98 * report["images"]
    assert controls["uncoded"] == controls["trained"]
    by_codec = {line["codec"]: line for line in report["lines"]}
    for codec in ("raw", "lossless"):
        assert by_codec[codec]["right"] == controls["trained"]
    for codec in ("stats", "minimal"):
        assert by_codec[codec]["right"] < 0.3 * report["images"]
        assert by_codec[codec]["seed_bytes"] < 0.05 * report["tensor_bytes"]


def test_quant_trades_bytes_for_score(report):
    rates = {line["options"]["bits"]: line for line in report["lines"] if line["codec"] == "quant"}
    assert {2, 4} <= set(rates)
    sizes = [rates[bits]["seed_bytes"] for bits in sorted(rates)]
    assert sizes == sorted(sizes)
    assert rates[4]["right"] >= report["controls"]["trained"] - 3
    assert rates[4]["seed_bytes"] < 0.16 * report["tensor_bytes"]


def test_the_command_beside_a_line_gives_the_line_again(report):
    line = next(r for r in report["lines"] if r["options"] == {"bits": 2})
    program, *arguments = line["command"].split()
    assert program == "seed"
    again = json.loads(run(*arguments, "--json").stdout)
    assert [(r["seed_bytes"], r["right"]) for r in again["lines"]] == [
        (line["seed_bytes"], line["right"])
    ]


def test_kept_models_are_what_was_scored(tmp_path, digits):
    import onnxruntime

    folder = tmp_path / "kept"
    done = run("demo", "--bits", "1.5", "--keep", folder)
    (name,) = {p.name for p in folder.iterdir()} - {"uncoded.onnx"}
    session = onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
    scores = session.run(None, {session.get_inputs()[0].name: digits.images})[0]
    right = int((scores.argmax(1) == digits.labels).sum())
    assert f"{right} of {len(digits.labels)}" in done.stdout.splitlines()[1]
    again = run("demo", "--bits", "1.5", "--keep", folder, check=False)
    assert (again.returncode, again.stdout) == (7, "")
    assert again.stderr.count("\n") == 1


def test_a_failing_second_process_is_one_line(tmp_path, digits):
    target = tmp_path / "there.onnx"
    target.write_bytes(b"precious")
    with pytest.raises(SeedError, match=r"second process ended with 7: .*exists already"):
        demo.send(digits, "raw", {}, target)
    assert target.read_bytes() == b"precious"


def test_without_onnxruntime_the_install_line_is_told(tmp_path):
    blocker = "import sys; sys.modules['onnxruntime'] = None; import runpy; sys.argv[1:] = ['demo']"
    code = f"{blocker}; runpy.run_module('seedtool', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "pip install 'seedtool[demo]'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--set", "rank=3"], 2), (["--codec", "nope"], 2), (["--bits", "40"], 2)],
)
def test_bad_requests(arguments, code):
    done = run("demo", *arguments, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("seed: ")
    assert done.stderr.count("\n") == 1


def test_the_shipped_seed_is_whole_and_says_where_it_is_from(digits):
    path = Path(demo.__file__).parent / "data" / "digits.seed"
    assert len(seedtool.load(path).verify()) == 32
    meta = seedtool.load(path).meta()
    assert meta["held_out"] == {"images": len(digits.labels), "right": digits.right_when_trained}
    assert "CC BY 4.0" in meta["licence"]
    assert (ROOT / "benchmarks" / meta["source"]).is_file()


def test_the_held_out_images_are_those_that_training_leaves_out(digits):
    import runpy

    _, _, images, labels = runpy.run_path(str(ROOT / "benchmarks" / "train_digits.py"))["split"]()
    assert np.array_equal(digits.images, images.numpy())
    assert np.array_equal(digits.labels, labels.numpy())
