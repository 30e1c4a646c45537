"""One tool at one setting on one model: code, measure the bytes, score what is decoded."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

import seedtool
from benchmarks.peers.environments import interpreter
from benchmarks.peers.models import MODELS
from benchmarks.peers.models.base import Batch, Forward
from benchmarks.peers.scoring import score, score_forward
from benchmarks.peers.tools import Tool

ROOT = Path(__file__).parents[2]
CODERS = Path(__file__).parent / "coders"
Point = dict[str, Any]


def run(tool: Tool, setting: str, name: str, cache: Path) -> Point:
    """Bytes (as the tool wrote them, and by zstd -19), scores, seconds, versions, command."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        command = _command(tool, setting, name, cache, out)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-2000:] or f"exit code {done.returncode}")
        report: Point = json.loads(done.stdout.splitlines()[-1])
        coded = (out / "coded").read_bytes()
        uncounted = report.pop("uncounted", 0)
        packed = zstandard.ZstdCompressor(level=19).compress(coded)
        found: Point = {
            "model": name,
            "tool": tool.name,
            "setting": setting,
            "bytes": len(coded) - uncounted,
            "zstd": min(len(coded), len(packed)) - uncounted,
            "scores": _scores(tool, name, cache, out),
            "command": " ".join(command[1:]).replace(folder, "OUT").replace(str(cache), "CACHE"),
        }
    return found | {"command": found["command"].replace(f"{ROOT}/", "")} | report


def _command(tool: Tool, setting: str, name: str, cache: Path, out: Path) -> list[str]:
    python = str(interpreter(cache, tool.environment, tool.requirements))
    if tool.takes == "model":
        module = f"benchmarks.peers.coders.{tool.coder}"
        return [python, "-W", "ignore", "-m", module, name, str(cache), str(out), setting]
    source = MODELS[name].folder(cache) / "model.safetensors"
    if tool.takes == "graph":
        source = graph(name, cache)
    script = str(CODERS / f"{tool.coder}.py")
    return [python, "-W", "ignore", script, str(source), str(out), setting]


def _scores(tool: Tool, name: str, cache: Path, out: Path) -> dict[str, float]:
    if tool.takes == "graph":
        return score_forward(name, session_forward(out / "coded"), cache)
    from safetensors.numpy import load_file

    decoded = load_file(out / "decoded.safetensors")
    return score(name, {k: v for k, v in decoded.items() if v.dtype == np.float32}, cache)


def graph(name: str, cache: Path) -> Path:
    """The model as an ONNX file in float32, made once by seedtool without loss."""
    path = cache / "onnx" / f"{name}.onnx"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        model = MODELS[name]
        folder = model.folder(cache)
        if (folder / "config.json").exists():
            made = seedtool.extract(str(folder))
        else:
            import torch

            example = {k: torch.from_numpy(v) for k, v in model.example(cache).items()}
            made = seedtool.extract(model.load(cache), example=example)
        made.assemble(path, to="onnx")
    return path


def session_forward(path: Path) -> Forward:
    from seedtool.models.session import Session

    session = Session(path)

    def forward(batch: Batch) -> Any:
        return session({k: v for k, v in batch.items() if k in session.inputs})[0]

    return forward


def versions() -> dict[str, str]:
    """Of what all tools share."""
    from importlib.metadata import version

    shared = ("numpy", "torch", "transformers", "safetensors", "zstandard")
    return {"python": sys.version.split()[0]} | {name: version(name) for name in shared}
