"""What imports what: only lower floors, no cycles, and heavy packages not until they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import seedtool
from tests.cli import models, script

ROOT = Path(seedtool.__file__).parent
FLOORS = {
    "errors": 0,
    "version": 0,
    "accelerator": 1,
    "assets": 1,
    "chacha": 1,
    "floats": 1,
    "feedback": 1,
    "grid": 1,
    "memory": 1,
    "output": 1,
    "piecewise": 1,
    "planes": 1,
    "protobuf": 1,
    "rans": 1,
    "scaleclasses": 1,
    "stages": 1,
    "tcq": 1,
    "viterbi": 1,
    "walk": 1,
    "seed": 1,
    "codecs": 2,
    "integers": 2,
    "modelproto": 2,
    "tensorproto": 2,
    "container": 3,
    "graph": 3,
    "assemble": 4,
    "coding": 4,
    "compare": 4,
    "difference": 4,
    "extraction": 4,
    "plan": 4,
    "recipes": 4,
    "seedfile": 4,
    "tensors": 4,
    "bases": 5,
    "calibration": 5,
    "examples": 5,
    "models": 5,
    "planning": 5,
    "opening": 5,
    "sinks": 5,
    "sources": 5,
    "api": 6,
    "bench": 6,
    "check": 6,
    "demo": 6,
    "extracting": 6,
    "growing": 6,
    "parity": 6,
    "receipts": 6,
    "cli": 7,
    "__main__": 8,
}
HEAVY = {
    "accelerate",
    "cma",
    "huggingface_hub",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "sklearn",
    "torch",
    "transformers",
}
NEEDLESS_FOR_HELP = {"numpy", "zstandard", "msgpack", "rich", "safetensors"}


def modules() -> dict[str, Path]:
    """Every module of the package but its own ``__init__``, by its name below seedtool."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(p for p in parts if p != "__init__")] = path
    del found[""]
    return found


def imports(path: Path, *, in_functions: bool) -> Iterator[str]:
    """Dotted names that a file imports, at module level or anywhere; not those for types alone."""

    def walk(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not in_functions:
            return
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    yield from walk(ast.parse(path.read_text()))


def own(name: str, known: dict[str, Path]) -> str | None:
    """The module of ours that an imported name is or is in, None for one of another package."""
    if name != "seedtool" and not name.startswith("seedtool."):
        return None
    below = name.removeprefix("seedtool").removeprefix(".")
    while below and below not in known:
        below = below.rpartition(".")[0]
    return below or None


def floor(module: str) -> int:
    return FLOORS[module.partition(".")[0]]


def test_every_module_has_a_floor():
    assert {m.partition(".")[0] for m in modules()} == set(FLOORS)


def test_modules_import_only_lower_floors_or_their_own():
    known = modules()
    wrong = [
        f"{module} ({floor(module)}) imports {target} ({floor(target)})"
        for module, path in known.items()
        for name in imports(path, in_functions=True)
        if (target := own(name, known)) and floor(target) > floor(module)
    ]
    assert not wrong


def test_no_cycle_of_modules():
    known = modules()
    graph = {
        module: {t for n in imports(path, in_functions=False) if (t := own(n, known))} - {module}
        for module, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as e:
        pytest.fail(" imports ".join(e.args[1][::-1]))


def test_heavy_packages_are_imported_in_functions_alone():
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in ROOT.rglob("*.py")
        for name in imports(path, in_functions=False)
        if name.partition(".")[0] in HEAVY
    ]
    assert not wrong


def test_only_the_command_prints():
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for module, path in modules().items()
        if not module.startswith("cli")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "input")
    ]
    assert not wrong


LOADED = """
import sys
from seedtool.cli import main
sys.argv[0] = "seed"
try:
    main()
except SystemExit as e:
    sys.stderr.write("\\nloaded " + " ".join({m.partition(".")[0] for m in sys.modules}))
    raise
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The packages that a fresh process has loaded when the command is done."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=folder,
        env=script.environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("\nloaded ")[2].split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("layers")
    models.make(made)
    seedtool.extract(str(made / "net.onnx")).save(made / "net.seed")
    seedtool.extract(str(made / "hf"), with_graph=False).save(made / "hf.seed")
    return made


def test_help_loads_next_to_nothing(folder):
    assert not loaded(folder, "--help") & (HEAVY | NEEDLESS_FOR_HELP)
    assert not loaded(folder, "extract", "--help") & (HEAVY | NEEDLESS_FOR_HELP)


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "net.seed"],
        ["verify", "net.seed"],
        ["assemble", "net.seed", "-o", "layers.safetensors"],
        ["assemble", "net.seed", "-o", "layers.npz"],
        ["assemble", "net.seed", "-o", "layers.onnx"],
        ["assemble", "hf.seed", "-o", "layers"],
        ["extract", "net.onnx", "-o", "again.seed"],
        ["extract", "tiny.safetensors", "-o", "tiny.seed", "--bits", "4"],
        ["diff", "net.seed", "net.onnx"],
    ],
    ids=" ".join,
)
def test_commands_load_no_heavy_package(folder, arguments):
    packages = loaded(folder, *arguments)
    assert "numpy" in packages
    assert not packages & HEAVY
