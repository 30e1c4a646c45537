"""What ``budget`` found: the cheapest places of the grid that reach the target, and all of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedtool.bench.inference import student
from seedtool.bench.reports.blocks import (
    Axis,
    Block,
    Cell,
    Column,
    Curve,
    Heading,
    Plot,
    Spot,
    Table,
    Words,
)
from seedtool.bench.results.document import Document, Result

RANDOM = "random"


@dataclass(frozen=True)
class Place:
    """A start with so many examples and steps: the mean score of ``count`` seeds, its standard
    error, and mean bytes of the whole seed and of recipe and examples in it."""

    start: str
    examples: int
    steps: int
    count: int
    score: float
    error: float
    bytes: float
    beside: float
    reached: bool


def blocks(document: Document) -> Iterator[Block]:
    """Tables, plots and words, from the document alone."""
    score = document.measures.get("score")
    lower = score is not None and score.better == "lower"
    places = _places(document, lower=lower)
    first = next(document.results(), None)
    target = first.number("target") if first else None
    if not places or first is None or target is None:
        return
    metric = first.text("metric")
    starts = list(dict.fromkeys(place.start for place in places))
    yield Heading("The least that reaches the target")
    yield Words(
        f"The target is {metric} {target:.4f}; the original has"
        f" {first.number('score', 'original') or 0:.4f},"
        f" chance {first.number('score', 'chance') or 0:.4f}."
    )
    yield _least(places, starts)
    yield from _verdict(places)
    yield from _plots(places, starts, target, metric)
    yield _grid(places)


def _places(document: Document, *, lower: bool) -> list[Place]:
    groups: dict[tuple[str, int, int], list[Result]] = {}
    for row in document.results():
        examples, steps = row.params.get("examples"), row.params.get("steps")
        if isinstance(examples, int) and isinstance(steps, int):
            groups.setdefault((row.text("start"), examples, steps), []).append(row)
    made = []
    for (start, examples, steps), rows in groups.items():
        scores = [score for row in rows if (score := row.number("score")) is not None]
        if not scores:
            continue
        mean, deviation = student.mean_and_deviation(scores)
        error = deviation / math.sqrt(len(scores))
        target = rows[0].number("target") or 0.0
        reached = mean + error <= target if lower else mean - error >= target
        reached = reached and len(scores) > 1  # one tells no error
        sizes = (_mean(rows, "bytes"), _mean(rows, "beside"))
        count = len(scores)
        made.append(Place(start, examples, steps, count, mean, error, *sizes, reached))
    return made


def _mean(rows: Sequence[Result], figure: str) -> float:
    values = [value for row in rows if (value := row.number(figure)) is not None]
    return math.fsum(values) / len(values) if values else 0.0


def _least(places: Sequence[Place], starts: Sequence[str]) -> Table:
    """Of each start the place of fewest examples, of fewest steps, and of fewest bytes."""
    columns = (
        Column("start"),
        Column("least"),
        Column("examples", "d"),
        Column("steps", "d"),
        Column("recipe and examples, bytes", ",.0f"),
        Column("whole seed, bytes", ",.0f"),
        Column("score", ".4f"),
        Column("±", ".4f"),
    )
    cells: list[tuple[Cell, ...]] = []
    for start in starts:
        reached = [place for place in places if place.start == start and place.reached]
        shown = f"control: {start}" if start == RANDOM else start
        if not reached:
            cells.append((shown, "not reached on this grid", *(None for _ in columns[2:])))
            continue
        if any(place.steps == 0 for place in reached):
            best = next(place for place in reached if place.steps == 0)
            cells.append((shown, "nothing: reached at once", *_cells(best)))
            continue
        for what, key in (
            ("examples", lambda p: (p.examples, p.steps)),
            ("steps", lambda p: (p.steps, p.examples)),
        ):
            cells.append((shown, what, *_cells(min(reached, key=key))))
    return Table("The smallest examples and steps, on the grid", columns, tuple(cells))


def _cells(place: Place) -> tuple[Cell, ...]:
    sizes = (place.beside, place.bytes)
    return (place.examples, place.steps, *sizes, place.score, place.error)


def _verdict(places: Sequence[Place]) -> Iterator[Block]:
    reached = [place for place in places if place.reached]
    if not reached:
        yield Words("Nothing on this grid reaches the target: more examples or more steps would.")
        return
    best = min(reached, key=lambda place: (place.bytes, place.steps))
    told = (
        f"Fewest bytes in all: {best.bytes:,.0f}, by {best.start} with {best.examples} examples and"
        f" {best.steps} steps."
    )
    plain = [place for place in reached if place.start == RANDOM]
    if plain and best.start != RANDOM:
        other = min(plain, key=lambda place: (place.bytes, place.steps))
        told += (
            f" The control, a random start, needs {other.bytes:,.0f} bytes: {other.examples}"
            f" examples and {other.steps} steps."
        )
    elif plain:
        told += (
            " That is the control: on this task examples alone are the cheapest seed, and weights"
            " save steps, not bytes."
        )
    else:
        told += " The control, a random start, does not reach the target on this grid."
    yield Words(told)


def _plots(
    places: Sequence[Place], starts: Sequence[str], target: float, metric: str
) -> Iterator[Block]:
    levels = (("target", target),)
    most = max(place.steps for place in places)
    some = max(place.examples for place in places)
    ways = (
        (
            f"By bytes of the whole seed, after {most} steps",
            "bytes of the whole seed",
            [(place, place.bytes) for place in places if place.steps == most],
        ),
        (
            f"By steps, with {some} examples",
            "steps",
            [(place, float(place.steps)) for place in places if place.examples == some],
        ),
    )
    for title, label, chosen in ways:
        curves = []
        for start in starts:
            spots = sorted(
                (x, place.score, place.error) for place, x in chosen if place.start == start and x
            )
            if spots:
                made = tuple(Spot(x, y, y - error, y + error) for x, y, error in spots)
                control = start == RANDOM
                name = f"control: {start}" if control else start
                curves.append(Curve(name, made, "control" if control else "measured"))
        if curves:
            yield Plot(title, Axis(label, log=True), Axis(metric), tuple(curves), levels)


def _grid(places: Sequence[Place]) -> Table:
    columns = (
        Column("start"),
        Column("examples", "d"),
        Column("steps", "d"),
        Column("seeds", "d"),
        Column("score", ".4f"),
        Column("±", ".4f"),
        Column("whole seed, bytes", ",.0f"),
        Column("reached"),
    )
    ordered = sorted(places, key=lambda p: (p.start == RANDOM, p.start, p.examples, p.steps))
    cells = tuple(
        (p.start, p.examples, p.steps, p.count, p.score, p.error, p.bytes, p.reached)
        for p in ordered
    )
    return Table("The whole grid: means over seeds, ± their standard errors", columns, cells)
