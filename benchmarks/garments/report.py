"""The points as a page: a table for each question, and the plot of bytes against accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.garments.spending import RECIPE, STEPS, WAYS
from seedtool.bench.reports import html, svg
from seedtool.bench.reports.blocks import Axis, Curve, Plot, Spot
from seedtool.recipes import toml

MARK = "<!-- table -->"
RATE = toml.load(RECIPE).training.rate
Point = dict[str, Any]


def write_page(points: list[Point], page: Path) -> None:
    """Put the tables where the page has its marks, and the plot beside it."""
    head, _, rest = page.read_text().partition(MARK)
    _, _, tail = rest.partition(MARK)
    page.write_text(f"{head}{MARK}\n\n{_tables(points)}\n{MARK}{tail}")
    page.with_suffix(".svg").write_text(_alone(svg.render(_plot(points))))


def _alone(drawn: str) -> str:
    """A plot that is a file of its own: with the style that a page gives it, light or dark."""
    first, _, rest = drawn.partition("\n")
    back = '<rect width="100%" height="100%" style="fill: var(--back)"/>'
    named = first.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{named}\n<style>{html.STYLE}{html.COLOURS}</style>\n{back}\n{rest}\n"


def _tables(points: list[Point]) -> str:
    shown = [p for p in points if not p["tune"]]
    rows = [
        "| bytes spent on | growing starts | seed, bytes | of examples | images | 0 steps "
        "| grown | ± over seeds | steps | rate | grower | CPU s |",
        "|---|---|" + "---:|" * 8 + "---|---:|",
    ]
    for p in sorted(shown, key=lambda p: (p["size"], [*WAYS].index(p["way"]))):
        grown = f"{_mean(p):.4f} | {_error(p):.4f} | {p['steps']} | {p['rate']:g} | {p['grower']}"
        spent = f"{p['examples_bytes']:,} | {p['examples']:,}" if "examples" in p else "0 | 0"
        rows.append(
            f"| {p['way']} | {WAYS[p['way']].start or 'no step'} | {p['bytes']:,} | {spent} "
            f"| {p['before']:.4f} "
            f"| {grown if 'examples' in p else '| | 0 | |'} | {p.get('cpu_seconds', '')} |"
        )
    return "\n".join(rows) + "\n"


def _plot(points: list[Point]) -> Plot:
    curves = []
    for name in WAYS:
        mine = [
            p
            for p in points
            if p["way"] == name
            and not p["tune"]
            and p["grower"] == "gradient"
            and p["rate"] == RATE
        ]
        spots = tuple(
            Spot(p["bytes"], _mean(p), _mean(p) - _error(p), _mean(p) + _error(p))
            for p in sorted(mine, key=lambda p: p["bytes"])
            if p["steps"] == STEPS
        )
        if spots:
            curves.append(Curve(name, spots, "control" if name == "random" else "measured"))
    return Plot(
        "Fashion-MNIST: bytes of a seed against what it grows to",
        Axis("bytes of the whole seed", log=True),
        Axis("test accuracy"),
        tuple(curves),
    )


def _mean(point: Point) -> float:
    return float(np.mean(point["scores"]))


def _error(point: Point) -> float:
    scores = point["scores"]
    return float(np.std(scores, ddof=1) / len(scores) ** 0.5) if len(scores) > 1 else 0.0
