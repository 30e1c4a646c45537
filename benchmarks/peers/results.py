"""The file of results: one document, written anew after every point, so that a run resumes."""

from __future__ import annotations

import json
import os
import platform
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.peers import corpora, photographs
from benchmarks.peers.models import MODELS, fashion, sentiment
from benchmarks.peers.running import Point, versions
from benchmarks.peers.scoring import original, tensors_of

Results = dict[str, Any]


def open_results(path: Path, resume: bool) -> Results:
    if resume and path.exists():
        found: Results = json.loads(path.read_text())
        return found
    machine = {"machine": platform.machine(), "system": platform.system(), "cores": os.cpu_count()}
    seeds = {"text": corpora.SEED, "photographs": photographs.SEED}
    seeds |= {"fashion": fashion.SEED, "sentiment": sentiment.SEED}
    return {"environment": machine | versions(), "seeds": seeds, "models": {}, "points": []}


def describe(results: Results, name: str, cache: Path) -> None:
    """Put a model's own figures and the digests of its weights and data into the results."""
    model = MODELS[name]
    tensors = tensors_of(name, cache)
    files = {part: model.split(cache, part) for part in ("calibration", "tuning", "test")}
    files["weights"] = model.folder(cache) / "model.safetensors"
    results["models"][name] = {
        "about": model.about,
        "data": model.data,
        "goal": model.goal.text,
        "weights": sum(tensor.size for tensor in tensors.values()),
        "bytes": sum(tensor.nbytes for tensor in tensors.values()),
        "scores": original(name, cache),
        "sha256": {part: sha256(path.read_bytes()).hexdigest() for part, path in files.items()},
    }


def find(results: Results, model: str, tool: str, setting: str) -> Point | None:
    keys = {"model": model, "tool": tool, "setting": setting}
    return next((p for p in results["points"] if p.items() >= keys.items()), None)


def put(results: Results, point: Point) -> None:
    """Add a point in place of an older one of the same run."""
    old = find(results, point["model"], point["tool"], point["setting"])
    results["points"] = [p for p in results["points"] if p is not old] + [point]


def save(results: Results, path: Path) -> None:
    half = path.with_name(f"{path.name}.half")
    half.write_text(json.dumps(results, indent=1) + "\n")
    half.rename(path)


def measured(results: Results) -> list[str]:
    """The models that there are points of."""
    known = {point["model"] for point in results["points"]}
    return [name for name in results["models"] if name in known]
