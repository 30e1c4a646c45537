"""The built wheel in an environment of its base dependencies alone, as on an edge device."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

import seedtool
from seedtool import extracting
from seedtool.graph import Graph, Initializer, to_section
from seedtool.plan import plan
from seedtool.sources import open_source
from tests.cli import models, script
from tests.test_layers import HEAVY, LOADED

ROOT = Path(__file__).parent.parent
ABSENT = ("torch", "transformers", "onnx", "onnxruntime", "onnxscript", "huggingface_hub")
CODECS = {"lossless": {}, "quant": {"bits": 4}, "pca": {"rank": 16}}
MEMORY = 64 << 20  # bytes that assembling may take beside two of the largest tensor
PEAK = "import re; print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    compiled = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "seedtool", tree / "seedtool", ignore=compiled)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder)]
    subprocess.run([*build, str(tree)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def edge(wheel, tmp_path_factory) -> Path:
    """The bin folder of a fresh environment that has the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("edge") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*install, str(wheel)], check=True)
    return python.parent


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Models, and seeds that were made where everything is installed."""
    import torch

    made = tmp_path_factory.mktemp("edge_models")
    models.make(made)
    seedtool.extract(str(made / "net.onnx")).save(made / "net.seed")
    seedtool.extract(str(made / "hf"), with_graph=False).save(made / "hf.seed")
    torch.save({"weight": torch.zeros(2, 2)}, made / "model.pt")
    return made


def run(edge: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``seed`` of the fresh environment."""
    return subprocess.run(
        [str(edge / "seed"), *arguments],
        cwd=folder,
        env={**script.environment(folder), "PATH": f"{edge}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_the_package_and_no_more(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names} == {
        "seedtool",
        f"seedtool-{seedtool.__version__}.dist-info",
    }
    assert {"seedtool/py.typed", "seedtool/data/digits.seed"} <= set(names)


def test_nothing_heavy_is_there(edge):
    code = f"from importlib.util import find_spec; print([m for m in {ABSENT} if find_spec(m)])"
    found = subprocess.run(
        [edge / "python", "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["inspect", "net.seed", "--tensors"],
        ["verify", "net.seed"],
        ["assemble", "net.seed", "-o", "edge.safetensors"],
        ["assemble", "net.seed", "-o", "edge.npz"],
        ["assemble", "net.seed", "-o", "edge.onnx"],
        ["assemble", "net.seed", "-o", "edge8.onnx", "--precision", "int8"],
        ["assemble", "hf.seed", "-o", "edge"],
        ["extract", "net.onnx", "-o", "edge.seed", "--bits", "4"],
        ["diff", "net.seed", "net.onnx"],
    ],
    ids=" ".join,
)
def test_base_dependencies_are_enough(edge, folder, arguments):
    done = subprocess.run(
        [str(edge / "python"), "-c", LOADED, *arguments],
        cwd=folder,
        env=script.environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not set(done.stderr.rpartition("\nloaded ")[2].split()) & HEAVY


def test_models_made_there_compute_what_the_source_does(edge, folder):
    from seedtool.models.session import Session

    assert run(edge, folder, "assemble", "net.seed", "-o", "same.onnx", "-q").returncode == 0
    x = {"x": np.random.default_rng(1).random((3, 64), np.float32)}
    (ours,), (theirs,) = (Session(folder / f)(x) for f in ("same.onnx", "net.onnx"))
    np.testing.assert_array_equal(ours, theirs)
    assert run(edge, folder, "assemble", "hf.seed", "-o", "same", "-q").returncode == 0
    from safetensors.numpy import load_file

    array = load_file(folder / "same" / "model.safetensors")["a.weight"]
    np.testing.assert_array_equal(array, models.weights(64, 32))


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["extract", "model.pt", "-o", "x.seed"], "torch", "torch"),
        (["extract", "some/model", "-o", "x.seed"], "huggingface_hub", "torch"),
        (["demo"], "onnxruntime", "demo"),
        (["assemble", "net.seed", "-o", "x.onnx", "--check", "net.onnx"], "onnxruntime", "onnx"),
    ],
    ids=["torch", "hub", "demo", "check"],
)
def test_what_is_missing_is_said_with_the_line_that_installs_it(
    edge, folder, arguments, package, extra
):
    done = run(edge, folder, *arguments)
    assert (done.returncode, done.stdout) == (5, "")
    line = rf"seed: .*needs the package {package}, which is not installed"
    assert re.fullmatch(
        rf"{line} \(pip install 'seedtool\[{extra}\]'\)", done.stderr.splitlines()[-1]
    )
    assert not (folder / "x.seed").exists()


@pytest.fixture(scope="session")
def large(tmp_path_factory) -> tuple[Path, int]:
    """Seeds of a network whose embedding is as large as MiniLM's, and its bytes."""
    made = tmp_path_factory.mktemp("large")
    arrays = {
        "embedding": models.weights(30522, 384),
        **{f"layer.{i}": models.weights(1536, 384, i) for i in range(4)},
    }
    graph = Graph(18, _skeleton(), tuple(Initializer(n, n) for n in arrays))
    for codec, settings in CODECS.items():
        source = open_source(arrays)
        seed = extracting.code_source(
            source, [to_section(graph)], plan(source.entries, codec, settings)
        )
        seed.save(made / f"{codec}.seed")
    return made, arrays["embedding"].nbytes


def _skeleton() -> bytes:
    from onnx import helper

    graph = helper.make_graph([], "large", [], [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's accounts")
@pytest.mark.parametrize("kind", ["safetensors", "npz", "onnx"])
@pytest.mark.parametrize("codec", CODECS)
def test_memory_of_assembling(edge, large, codec, kind):
    folder, largest = large
    done = run(edge, folder, "assemble", f"{codec}.seed", "-o", f"{codec}.{kind}", "--json")
    assert done.returncode == 0, done.stderr
    (folder / f"{codec}.{kind}").unlink()
    empty = subprocess.run(
        [edge / "python", "-c", PEAK], capture_output=True, text=True, check=True
    )
    taken = json.loads(done.stdout)["peak_bytes"] - int(empty.stdout) * 1024
    assert taken <= MEMORY + 2 * largest
