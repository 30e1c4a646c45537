"""``gate``: the bytes and quality of one way to code a model, repeated, for a gate of CI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Plain, Point
from seedtool.bench.inference import student
from seedtool.bench.reports.blocks import Block, Column, Table
from seedtool.bench.results.document import Document
from seedtool.bench.tasks import coders, open_task
from seedtool.bench.tasks.task import Task, arrays_of, size_of
from seedtool.errors import UsageError
from seedtool.recipes.schema import LOWER_IS_BETTER

SHOWN = ("bytes", "score", "kl")


@dataclass(frozen=True)
class Options:
    """``model``, ``task``, ``data`` and ``test`` as for zero-shot.

    ``coder`` and ``ratio``: how it is coded. ``steps`` of growing behind it, 0 for none.
    ``repeats``: each with a seed of its own.
    """

    model: str = ""
    task: str = ""
    data: str = ""
    test: str = ""
    coder: str = coders.PLANNED
    ratio: float = 16.0
    calibrate: str = ""
    steps: int = 0
    repeats: int = 5

    def __post_init__(self) -> None:
        if self.coder not in coders.NAMES:
            raise UsageError(
                f"unknown coder {self.coder!a}", hint=f"one of {', '.join(coders.NAMES)}"
            )
        if self.repeats < 1 or self.steps < 0 or not 1 <= self.ratio <= 1e6:
            raise UsageError("a ratio and repeats are 1 or more, steps 0 or more")


class Bench(base.Bench):
    title = "Bytes and quality, for a gate"
    about = (
        "One way to code a model, several times with different seeds: what a gate compares with"
        " its baseline. Bytes are exact; scores have the noise that the repeats show."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "metric": Measure("what the score is"),
        "bytes": Measure("of the whole seed, without a graph", "bytes", "lower", exact=True),
        "score": Measure("on data that trained nothing", "", "higher"),
        "kl": Measure("from the original's answers, with no step", "nats", "lower"),
        "retained": Measure("of the way from chance to the original", "", "higher"),
    }

    def figures(self, options: Any) -> Mapping[str, Measure]:
        if _task(options).metric not in LOWER_IS_BETTER:
            return self.measures
        return {**self.measures, "score": replace(self.measures["score"], better="lower")}

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return _task(options).inputs()

    def smoke(self, options: Any) -> Any:
        return replace(options, repeats=2, steps=min(options.steps, 1))

    def points(self, options: Any) -> Sequence[Point]:
        return [
            Point(f"{options.coder} at {options.ratio:g}x", {}, i) for i in range(options.repeats)
        ]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        task = _task(options)
        made = coders.code(task, options.coder, options.ratio, seed, options.calibrate)
        size = size_of(made)
        found = task.measure(arrays_of(made))
        score = task.grown(made, options.steps, seed) if options.steps else found.score
        chance = task.chance()
        figures: dict[str, Plain] = {
            "metric": task.metric,
            "bytes": size,
            "score": score,
            "kl": found.kl,
            "retained": task.retained(score),
        }
        own = task.measure(task.source.arrays)
        controls: dict[str, dict[str, Plain]] = {
            "chance": {"score": chance.score, "kl": chance.kl},
            "original": {"bytes": task.source.nbytes, "score": own.score},
        }
        return Measured(figures, controls)

    def blocks(self, document: Document) -> Iterator[Block]:
        rows = [*document.results()]
        forms = (Column("bytes", ",.0f"), Column("score", ".4f"), Column("KL, nats", ".4g"))
        cells: list[tuple[Any, ...]] = [(r.key, *(r.number(f) for f in SHOWN)) for r in rows]
        for row in rows[:1]:
            for control in row.controls:
                held = (row.number(figure, control) for figure in SHOWN)
                cells.append((f"control: {control}", *held))
        for name, of in (("mean", 0), ("deviation", 1)):
            columns = [[v for r in rows if (v := r.number(f)) is not None] for f in SHOWN]
            held = (student.mean_and_deviation(c)[of] if c else None for c in columns)
            cells.append((name, *held))
        yield Table("Repeats", (Column("point"), *forms), tuple(cells))


def _task(options: Options) -> Task:
    return open_task(options.model, options.task, options.data, options.test)
