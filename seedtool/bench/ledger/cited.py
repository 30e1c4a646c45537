"""The peers' benchmark as its document has it, which takes hours and is not run again here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from seedtool.bench.base import Input, Measure, Measured, Plain, Point
from seedtool.bench.results import rules
from seedtool.errors import FileError, MalformedError

OWN = ("seed", "seed calibrated", "seed healed")
Scores = Mapping[str, float]
# What is good enough, for each model, as the benchmark itself has it.
GOALS: dict[str, Callable[[Scores, Scores], bool]] = {
    "minilm": lambda found, own: found["cosine"] >= 0.98,
    "fashion": lambda found, own: found["accuracy"] >= 0.99 * own["accuracy"],
    "efficientnet": lambda found, own: found["agreement"] >= 0.99,
    "sentiment": lambda found, own: found["accuracy"] >= 0.99 * own["accuracy"],
    "smollm2": lambda found, own: found["perplexity"] <= 1.02 * own["perplexity"],
}


@dataclass(frozen=True)
class Options:
    """``peers``: the document of ``python -m benchmarks.peers run``, "" for none."""

    peers: str = ""


class Cited:
    Options = Options

    def figures(self, options: Any) -> Mapping[str, Measure]:
        return {
            "goal": Measure("what is good enough"),
            "seed_ratio": Measure("float32 bytes over the seed's, where good enough", "", "higher"),
            "seed_setting": Measure("of that seed"),
            "peer_ratio": Measure("the same of the best other tool's file", "", "higher"),
            "peer": Measure("that tool"),
        }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        if not options.peers:
            return {}
        data = _bytes(options.peers)
        name = Path(options.peers).name
        return {"document": Input(name, hashlib.sha256(data).hexdigest(), len(data))}

    def points(self, options: Any) -> Sequence[Point]:
        if not options.peers:
            return []
        models = {row["model"] for row in _rows(options.peers)["points"]}
        return [Point(name, {"model": name}) for name in GOALS if name in models]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """The smallest file of each tool among those that are good enough; no interpolation."""
        document, name = _rows(options.peers), str(point.params["model"])
        model, reached = document["models"][name], GOALS[name]
        good = [
            row
            for row in document["points"]
            if row["model"] == name and "scores" in row and reached(row["scores"], model["scores"])
        ]
        figures: dict[str, Plain] = {"goal": model["goal"]}
        own = [row for row in good if row["tool"] in OWN]
        others = [row for row in good if row["tool"] not in OWN]
        if own:
            best = min(own, key=lambda row: row["zstd"])
            figures["seed_ratio"] = model["bytes"] / best["zstd"]
            figures["seed_setting"] = f"{best['tool']} {best['setting']}"
        if others:
            best = min(others, key=lambda row: row["zstd"])
            figures["peer_ratio"] = model["bytes"] / best["zstd"]
            figures["peer"] = f"{best['tool']} {best['setting']}"
        return Measured(figures)

    def smoke(self, options: Any) -> Any:
        return options


def _bytes(path: str) -> bytes:
    try:
        rules.check_size(Path(path).stat().st_size, path)
        return Path(path).read_bytes()
    except OSError as e:
        raise FileError(f"{path}: {e.strerror or e}") from None


@lru_cache(maxsize=1)
def _rows(path: str) -> dict[str, Any]:
    """The document with its models and points, of which what is used is checked."""
    try:
        value = json.loads(_bytes(path))
        for row in value["points"]:
            own = value["models"][row["model"]]
            if "scores" not in row:
                continue
            numbers = [own["bytes"], row["zstd"], *row["scores"].values(), *own["scores"].values()]
            words = [own["goal"], row["tool"], row["setting"]]
            sound = all(type(n) in (int, float) for n in numbers) and row["zstd"] > 0
            if not sound or not all(isinstance(w, str) and len(w) < 256 for w in words):
                raise TypeError
            GOALS[row["model"]](row["scores"], own["scores"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise MalformedError(f"{path}: is no document of the peers' benchmark") from None
    made: dict[str, Any] = value
    return made
