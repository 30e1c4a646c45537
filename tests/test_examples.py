"""Every example is run as its own text says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seedtool import demo
from seedtool.recipes import section, toml

EXAMPLES = Path(__file__).parent.parent / "examples"
SHIPPED = Path(demo.__file__).parent / "data" / "digits.seed"
# A shell on another machine is a pipe to a shell. This one is on the same machine.
SSH = '#!/bin/sh\necho "$1" >> hosts\nshift\nexec sh -c "$*"\n'
BLOCK = """
import runpy, sys
for name in ("torch", "transformers", "onnx", "onnxscript"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def run(tmp_path):
    def go(*command):
        path = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
        return subprocess.run(
            list(map(str, command)),
            cwd=tmp_path,
            env={"PATH": path, "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return go


def test_every_example_is_tested():
    text = Path(__file__).read_text()
    for file in EXAMPLES.iterdir():
        if file.is_file():
            assert f'"{file.name}"' in text


def test_pipe(run, tmp_path):
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    assert run("seed", "assemble", SHIPPED, "-o", "digits.onnx").returncode == 0
    done = run(EXAMPLES / "pipe.sh", "digits.onnx", "pi@board", "it's here.onnx", "--bits", "4")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hosts").read_text() == "pi@board\n"
    digits = demo.Digits()
    right = demo.score(digits, tmp_path / "it's here.onnx")
    assert right >= digits.right_when_trained - 3
    assert {p.name for p in tmp_path.iterdir()} == {"ssh", "hosts", "digits.onnx", "it's here.onnx"}


def test_pipe_that_fails_here_leaves_nothing_there(run, tmp_path):
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    done = run(EXAMPLES / "pipe.sh", "missing.onnx", "pi@board", "there.onnx")
    assert done.returncode != 0
    assert not (tmp_path / "there.onnx").exists()


def test_ci(run, tmp_path):
    size = SHIPPED.stat().st_size
    done = run(EXAMPLES / "ci.sh", SHIPPED, size, "model.onnx")
    assert done.returncode == 0, done.stderr
    digest = run("seed", "verify", SHIPPED).stdout.strip()
    assert done.stdout == f"{SHIPPED}: {size} / {size} bytes allowed, content {digest}\n"
    digits = demo.Digits()
    assert demo.score(digits, tmp_path / "model.onnx") == digits.right_when_trained


@pytest.mark.parametrize(("most", "damage", "code"), [(1000, False, 6), (10**9, True, 3)])
def test_ci_stops(run, tmp_path, most, damage, code):
    data = bytearray(SHIPPED.read_bytes())
    if damage:
        data[len(data) // 2] ^= 1
    (tmp_path / "x.seed").write_bytes(data)
    done = run(EXAMPLES / "ci.sh", "x.seed", most, "model.onnx")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(("x.seed: ", "seed: x.seed: "))
    assert not (tmp_path / "model.onnx").exists()


def test_edge_without_torch(run, tmp_path):
    digits = demo.Digits()
    np.savez(tmp_path / "images.npz", images=digits.images)
    done = run(sys.executable, "-c", BLOCK, EXAMPLES / "edge.py", SHIPPED, "images.npz")
    assert done.returncode == 0, done.stderr
    answers, remark = done.stdout.splitlines()
    right = np.sum(np.array(answers.split(), int) == digits.labels)
    assert right == digits.right_when_trained
    assert remark == "torch was not needed: True"


def test_api(run, tmp_path):
    done = run(sys.executable, EXAMPLES / "api.py", tmp_path)
    assert done.returncode == 0, done.stderr
    sizes, apart, exact = done.stdout.splitlines()
    seed, plain, decibels = map(float, re.findall(r"[\d.]+", sizes.replace(",", "")))
    assert seed == (tmp_path / "model.seed").stat().st_size
    assert plain == 4 * (64 * 256 + 256 + 256 * 10 + 10)
    assert decibels > 30
    difference, spread = map(float, re.findall(r"\d\.\d+", apart))
    assert difference < spread / 10
    assert exact == "2.bias is exact: True"


RECIPES = {
    "digits.toml": "image-classification",
    "garments.toml": "image-classification",
    "movies.toml": "text-classification",
    "names.toml": "token-classification",
    "prose.toml": "causal-lm",
    "rating.toml": "regression",
    "teacher.toml": "embedding",
}


@pytest.mark.parametrize("name", RECIPES)
def test_recipe(name):
    made = toml.load(EXAMPLES / name)
    assert (made.name, made.task) == (Path(name).stem, RECIPES[name])
    assert section.read(section.make(made)) == made
