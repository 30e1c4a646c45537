"""A plot as SVG: colours by classes that the page's style gives, in the light and in the dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedtool.bench.reports.blocks import Curve, Plot, Spot
from seedtool.bench.reports.letters import as_html
from seedtool.bench.reports.scale import Scale, mark
from seedtool.bench.results.writing import written

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 66, 190, 14, 48  # margins; names stand in the right one
LINE = 15  # between names
COLOURS = 8
LETTERS = 28  # of a name that fit


@dataclass(frozen=True)
class _Frame:
    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM)

    def shows(self, spot: Spot) -> bool:
        return all(math.isfinite(v) for v in self.at(spot.x, spot.y))


def render(plot: Plot) -> str:
    """An ``svg`` element, to stand in a page with :data:`seedtool.bench.reports.html.STYLE`."""
    frame = _frame(plot)
    colours = _colours(plot.curves)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{as_html(plot.title)}">',
        *_axes(plot, frame),
    ]
    names: list[tuple[float, float, str, str]] = []
    for name, level in plot.levels:
        _, y = frame.at(_middle(frame.x), level)
        parts.append(f'<path class="line control" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        names.append((WIDTH - RIGHT, y, name, "control"))
    for curve, colour in zip(plot.curves, colours, strict=True):
        shown = [spot for spot in curve.spots if frame.shows(spot)]
        if shown:
            parts += _curve(curve, shown, frame, colour)
            names.append((*frame.at(shown[-1].x, shown[-1].y), curve.name, colour))
    return "\n".join([*parts, *_names(names), "</svg>"])


def _frame(plot: Plot) -> _Frame:
    spots = [spot for curve in plot.curves for spot in curve.spots]
    heights = [v for s in spots for v in (s.y, s.low, s.high) if v is not None]
    heights += [level for _, level in plot.levels]
    x = Scale.of([s.x for s in spots], log=plot.x.log)
    return _Frame(x, Scale.of(heights, log=plot.y.log))


def _middle(scale: Scale) -> float:
    middle = (scale.low + scale.high) / 2
    return 10.0**middle if scale.log else middle


def _colours(curves: Sequence[Curve]) -> list[str]:
    """A class for each curve: colours in turn for what was measured, grey for the others."""
    found, next_one = [], 0
    for curve in curves:
        if curve.role == "measured":
            found.append(f"c{next_one % COLOURS}")
            next_one += 1
        else:
            found.append(curve.role)
    return found


def _axes(plot: Plot, frame: _Frame) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value in frame.x.marks:
        x = LEFT + frame.x.place(value) * (right - LEFT)
        yield f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>'
        yield _mark(x, bottom + 17, "middle", value)
    for value in frame.y.marks:
        y = bottom - frame.y.place(value) * (bottom - TOP)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
        yield _mark(LEFT - 7, y + 4, "end", value)
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    middle = (LEFT + right) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{as_html(plot.x.label)}</text>'
    middle = (TOP + bottom) / 2
    turned = f'transform="rotate(-90 14 {middle})"'
    yield f'<text x="14" y="{middle}" text-anchor="middle" {turned}>{as_html(plot.y.label)}</text>'


def _mark(x: float, y: float, anchor: str, value: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="mark" {place}>{mark(value)}</text>'


def _curve(curve: Curve, spots: Sequence[Spot], frame: _Frame, colour: str) -> Iterator[str]:
    places = [frame.at(spot.x, spot.y) for spot in spots]
    if curve.joined and len(places) > 1:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        yield f'<path class="line {colour}" d="M{path}"/>'
    for spot, (x, y) in zip(spots, places, strict=True):
        yield from _bar(spot, frame, x, colour)
        if curve.role != "limit":
            told = as_html(f"{curve.name}: {written(spot.x, ',.6g')}; {written(spot.y, ',.6g')}")
            place = f'cx="{x:.1f}" cy="{y:.1f}" r="3.2"'
            yield f'<circle class="spot {colour}" {place}><title>{told}</title></circle>'


def _bar(spot: Spot, frame: _Frame, x: float, colour: str) -> Iterator[str]:
    ends = [frame.at(spot.x, v)[1] for v in (spot.low, spot.high) if v is not None]
    if len(ends) == 2 and all(map(math.isfinite, ends)):
        low, high = ends
        caps = f"M{x - 4:.1f} {low:.1f}h8M{x - 4:.1f} {high:.1f}h8"
        yield f'<path class="bar {colour}" d="M{x:.1f} {low:.1f}V{high:.1f}{caps}"/>'


def _names(names: list[tuple[float, float, str, str]]) -> Iterator[str]:
    """Names in the right margin at the heights of their curves' ends, moved apart."""
    ordered = sorted(names, key=lambda name: name[1])
    heights = _apart([y for _, y, _, _ in ordered])
    for (x, y, name, colour), height in zip(ordered, heights, strict=True):
        short = name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
        left = WIDTH - RIGHT + 22
        yield f'<path class="lead {colour}" d="M{x + 4:.1f} {y:.1f}L{left - 4} {height:.1f}"/>'
        yield f'<text class="name {colour}" x="{left}" y="{height + 4:.1f}">{as_html(short)}</text>'


def _apart(heights: Sequence[float]) -> list[float]:
    """Ascending heights moved until they are LINE apart, within the plot if there is room."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + LINE if placed else TOP))
    lowest: float = HEIGHT - BOTTOM
    for at in reversed(range(len(placed))):
        placed[at] = min(placed[at], lowest)
        lowest = placed[at] - LINE
    return placed
