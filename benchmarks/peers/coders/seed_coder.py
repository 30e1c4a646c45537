"""seedtool itself: the commands a user types, and the library where the model is a living module.

    python -m benchmarks.peers.coders.seed_coder MODEL CACHE OUT SETTING

writes OUT/coded and OUT/decoded.safetensors. The setting is words of `seed
extract`, as `--bits 3` or `--calibrate --ratio 12 --heal 10m`; the file of
calibration data is put behind --calibrate here. Tokenizer, config and graph
are not counted, as with no other tool: the line printed says how many bytes they are.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import seedtool
from benchmarks.peers.models import MODELS
from benchmarks.peers.models.base import Model


def extract(model: Model, cache: Path, target: Path, words: list[str]) -> None:
    folder, data = model.folder(cache), model.split(cache, "calibration")
    if (folder / "config.json").exists():
        given = [word for w in words for word in ((w, str(data)) if w == "--calibrate" else (w,))]
        _seed("extract", str(folder), "-o", str(target), "--no-graph", *given)
        return
    settings: dict[str, Any] = {}
    for key, value in zip(words, [*words[1:], ""], strict=True):
        if key == "--calibrate":
            settings["calibrate"] = data
        elif key.startswith("--"):
            settings[key.removeprefix("--")] = _value(value)
    seedtool.extract(model.load(cache), with_graph=False, **settings).save(target)


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _seed(*words: str) -> None:
    command = [sys.executable, "-m", "seedtool", *words, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"seed {' '.join(words)}: {done.stderr.strip()}")


def main() -> None:
    name, cache, out, setting = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    start = time.perf_counter()
    extract(MODELS[name], cache, out / "coded", setting.split())
    seconds = round(time.perf_counter() - start, 2)
    seed = seedtool.load(out / "coded")
    kinds = ("asset", "graph")
    uncounted = sum(s.stored for s in seed.sections(lambda *_: False) if s.kind in kinds)
    seed.assemble(out / "decoded.safetensors", to="safetensors")
    report = {"seconds": seconds, "uncounted": uncounted}
    print(json.dumps(report | {"versions": {"seedtool": f"{seedtool.__version__} {_commit()}"}}))


if __name__ == "__main__":
    main()
