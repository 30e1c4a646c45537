"""Prepare models and data, run seedtool and its peers on them, and write table and plot."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.environments import interpreter
from benchmarks.peers.models import MODELS
from benchmarks.peers.report import markdown
from benchmarks.peers.results import Results, describe, find, open_results, put, save
from benchmarks.peers.running import ROOT, run
from benchmarks.peers.scoring import default_cache, original
from benchmarks.peers.tools import TOOLS, Tool

MATPLOTLIB = (("matplotlib==3.10.8",),)


def main() -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    args = arguments()
    cache = args.envs.absolute()
    names = args.models.split(",")
    for name in names:
        MODELS[name].prepare(cache)
        print(name, original(name, cache), flush=True)
    if args.what == "prepare":
        return
    results = open_results(args.output, args.resume)
    for name in names:
        describe(results, name, cache)
    if args.what == "run":
        chosen = [t for t in TOOLS.values() if not t.named_only]
        if args.tools:
            chosen = [TOOLS[tool] for tool in args.tools.split(",")]
        for name in names:
            measure(results, name, chosen, cache, args.output)
    save(results, args.output)
    args.output.with_suffix(".md").write_text(markdown(results, args.output.stem))
    plot(cache, args.output)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("what", choices=["prepare", "run", "report"], nargs="?", default="run")
    parser.add_argument(
        "--envs",
        type=Path,
        default=default_cache(),
        metavar="FOLDER",
        help="where environments, models and data are made, once (default: %(default)s)",
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("peers.json"), metavar="JSON")
    parser.add_argument("--models", default=",".join(MODELS), metavar="NAME,...")
    every = ", ".join(TOOLS)
    parser.add_argument("--tools", metavar="NAME,...", help=f"of: {every}")
    parser.add_argument("--resume", action="store_true", help="keep the points that JSON has")
    return parser.parse_args()


def measure(results: Results, name: str, tools: list[Tool], cache: Path, output: Path) -> None:
    weights = results["models"][name]["weights"]
    for tool in tools:
        for setting in tool.settings_for(name, weights):
            old = find(results, name, tool.name, setting)
            if old and "error" not in old:
                continue
            try:
                point = run(tool, setting, name, cache)
            except Exception as error:  # one tool's failure must not end the others' run
                point = {"model": name, "tool": tool.name, "setting": setting, "error": str(error)}
            put(results, point)
            save(results, output)
            shown = point.get("error", point.get("scores"))
            print(name, tool.name, setting, point.get("zstd", ""), shown, flush=True)


def plot(cache: Path, results: Path) -> None:
    python = interpreter(cache, "matplotlib", MATPLOTLIB)
    for suffix in (".svg", ".png"):
        command = [str(python), "-m", "benchmarks.peers.plot", str(results.absolute())]
        drawn = str(results.absolute().with_suffix(suffix))
        subprocess.run([*command, drawn], cwd=ROOT, check=True, stdout=sys.stderr)
