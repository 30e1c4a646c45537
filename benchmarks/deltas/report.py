"""Results as a table, mean over trainings, and a plot: bytes against the score retained."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.deltas.methods import METHODS
from benchmarks.peers.environments import interpreter
from benchmarks.peers.running import ROOT

MATPLOTLIB = (("matplotlib==3.10.8",),)
MARK = "<!-- table -->"
Point = dict[str, Any]


def kinds(results: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(t["kind"] for t in results["tunes"].values()))


def points(results: dict[str, Any], kind: str, method: str, ratio: float) -> list[Point]:
    """The points of all trainings of a kind."""
    tunes = [name for name, t in results["tunes"].items() if t["kind"] == kind]
    keys = {"method": method, "ratio": ratio}
    every = (p for p in results["points"] if p["tune"] in tunes and "scores" in p)
    return [p for p in every if p.items() >= keys.items()]


def retained(found: Iterable[Point]) -> tuple[float, float]:
    """The share of the fine-tune's accuracy, mean over trainings, and its standard error."""
    scores = [p["scores"] for p in found]
    errors = np.array([s["retained_error"] for s in scores])
    return (
        float(np.mean([s["retained"] for s in scores])),
        float(np.sqrt((errors**2).sum()) / len(scores)),
    )


def table(results: dict[str, Any], kind: str) -> str:
    tunes = [t for t in results["tunes"].values() if t["kind"] == kind]
    names = {name for name, t in results["tunes"].items() if t["kind"] == kind}
    ratios = sorted({p["ratio"] for p in results["points"] if p["ratio"] and p["tune"] in names})
    own = [t["scores"]["accuracy"] for t in tunes]
    errors = [t["scores"]["error"] for t in tunes]
    lines = [
        f"### {tunes[0]['about']}",
        "",
        f"{tunes[0]['bytes']:,} bytes in float32; {len(tunes)} training(s), accuracy "
        + ", ".join(f"{a:.3f} ± {e:.3f}" for a, e in zip(own, errors, strict=True))
        + f". Tested on {tunes[0]['data']}.",
        "",
        _row(["", *(f"{r:g} x: {tunes[0]['bytes'] / r:,.0f} bytes" for r in ratios)]),
        _row(["---"] * (len(ratios) + 1)),
    ]
    for name, method in METHODS.items():
        if method.sized and any(points(results, kind, name, r) for r in ratios):
            cells = [_cell(points(results, kind, name, r)) for r in ratios]
            lines.append(_row([name, *cells]))
    for name in (n for n, m in METHODS.items() if not m.sized):
        if found := points(results, kind, name, 0.0):
            size = np.mean([p["bytes"] for p in found])
            cell = f"{_cell(found)} at {size:,.0f} bytes"
            lines.append(_row([name, cell, *[""] * (len(ratios) - 1)]))
    return "\n".join(lines)


def _cell(found: list[Point]) -> str:
    if not found:
        return ""
    share, error = retained(found)
    agreement = np.mean([p["scores"]["agreement"] for p in found])
    return f"{100 * share:.1f} ± {100 * error:.1f} %, {100 * agreement:.1f} %"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(results: dict[str, Any], cache: Path, output: Path, page: Path | None) -> None:
    """The table beside the results, or in a page behind its mark; plots beside it."""
    text = "\n\n".join(table(results, kind) for kind in kinds(results))
    target = page or output.with_suffix(".md")
    before = page.read_text().split(MARK)[0] if page else ""
    target.write_text(f"{before}{MARK}\n{text}\n")
    python = interpreter(cache, "matplotlib", MATPLOTLIB)
    for suffix in (".svg", ".png") if page is None else (".svg",):
        command = [str(python), "-m", "benchmarks.deltas.plot", str(output.absolute())]
        drawn = str(target.absolute().with_suffix(suffix))
        subprocess.run([*command, drawn], cwd=ROOT, check=True, stdout=sys.stderr)
