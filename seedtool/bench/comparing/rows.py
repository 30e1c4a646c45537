"""A row of the comparison measured: shipped, unpacked, scored, grown and run as ONNX."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from seedtool import container
from seedtool.bench.base import Figures, Measured, Plain, Point
from seedtool.bench.comparing import runtime, shipping, students, taught
from seedtool.bench.comparing.shipping import Shipped
from seedtool.bench.peers import catalogue
from seedtool.bench.tasks import coders, open_task
from seedtool.bench.tasks.lesson import Lesson, lesson_of
from seedtool.bench.tasks.task import Task
from seedtool.errors import GateError, SeedError, UnsupportedError, UsageError
from seedtool.examples import selection
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.growing import embedding
from seedtool.growing.grown import Grown
from seedtool.growing.growth import Wish
from seedtool.recipes import section as recipes
from seedtool.seed import Section

HEALED, DISTILLED = "healed", "distilled"
DRAWN = ("stats", "minimal")  # their values are drawn when they are decoded
STUDENT = catalogue.PEERS["onnxruntime"], "int8"  # how a student is shipped
STUDENT_LEAST = 4.0  # a student of all widths in int8 is no student
EVERY_BIT = Quality(step=0)
FEW = 60  # examples of the shipped network's, so that growing from chance falls behind


@dataclass(frozen=True)
class Setting:
    """A row. ``kind``: original, random, seed, peer or student; ``lacks``: why it can't be."""

    kind: str
    name: str = ""
    setting: str = ""
    asked: float = 0.0
    lacks: str = ""

    @property
    def key(self) -> str:
        ratio = f"at {self.asked:g}x" if self.asked else ""
        return " ".join(word for word in (self.name or self.kind, self.setting, ratio) if word)

    @property
    def params(self) -> dict[str, Plain]:
        known: dict[str, Plain] = {"name": self.name, "setting": self.setting, "asked": self.asked}
        known["lacks"] = self.lacks
        return {"kind": self.kind, **{k: v for k, v in known.items() if v}}

    @classmethod
    def of(cls, params: Mapping[str, Plain]) -> Setting:
        texts = {k: str(params.get(k) or "") for k in ("kind", "name", "setting", "lacks")}
        return cls(**texts, asked=float(params.get("asked") or 0))


def numbers_of(options: Any) -> list[int]:
    """The recipe's seeds, and the next numbers where more are asked for."""
    own = [*dict.fromkeys(lesson_of(options).recipe.seeds)]
    more = (n for n in range(len(own) + options.seeds) if n not in own)
    while len(own) < options.seeds:
        own.append(next(more))
    return own[: options.seeds]


def measure(options: Any, point: Point) -> Measured:
    """The row's figures; of one that there can't be that it isn't ``reached``, and why."""
    row, lesson = Setting.of(point.params), lesson_of(options)
    metric = lesson.recipe.metric
    if row.lacks:
        return _unreached(metric, row.lacks)
    examples = _examples(options)
    number = int(point.params.get("number") or 0)
    try:
        if row.kind == "random":
            return _random(options, lesson, examples, number)
        if row.kind == "student":
            return _student(options, row, number)
        drawn = row.name in (*DRAWN, HEALED)
        shipped = _shipped(options, row, number if drawn else numbers_of(options)[0])
    except (GateError, UnsupportedError) as e:
        return _unreached(metric, e.message)
    task = _task(options)
    found = task.measure(shipped.arrays)
    grown = lesson.grow(_wish(options, number), examples, arrays=shipped.arrays)
    whole = row.name == STUDENT[0].name and row.setting == STUDENT[1]
    section = runtime.graph_or_why(options.model, task)
    onnx = runtime.measured(task.source, shipped.arrays, section, "int8" if whole else "fp32")
    figures = {**_sizes(task, shipped), "score": found.score, "kl": found.kl}
    return _measured(options, grown, figures, shipped.timings, onnx)


def _random(options: Any, lesson: Lesson, examples: Examples, number: int) -> Measured:
    """As the architecture begins, which takes the recipe and its data alone."""
    grown = lesson.grow(replace(_wish(options, number), start="random"), examples)
    return _measured(options, grown, {"score": grown.scores.before}, {}, (None, None, ""))


def _student(options: Any, row: Setting, number: int) -> Measured:
    """Taught by the sender on the same examples for as many steps, shipped in int8, grown."""
    lesson, task, examples = lesson_of(options), _task(options), _examples(options)
    others = shipping.bytes_beside(task.source)
    size = task.source.nbytes / row.asked - others
    made = students.taught(lesson, examples, size, _steps(options), number)
    shipped = shipping.by_peer(made.source, *STUDENT)
    grown = made.lesson.grow(_wish(options, number), examples, arrays=shipped.arrays)
    onnx = runtime.measured(made.source, shipped.arrays, made.graph(), "int8")
    figures = {**_sizes(task, shipped), "score": grown.scores.before}
    return _measured(options, grown, figures, shipped.timings, onnx)


@lru_cache(maxsize=1)
def _shipped(options: Any, row: Setting, number: int) -> Shipped:
    task, lesson = _task(options), lesson_of(options)
    if row.kind == "original":
        return Shipped(task.source.nbytes + shipping.bytes_beside(task.source), task.source.arrays)
    if row.kind == "peer":
        peer = catalogue.PEERS.get(row.name) or catalogue.Peer(row.name)
        return shipping.by_peer(task.source, peer, row.setting, options.nncodec)
    if row.name not in (coders.CALIBRATED, HEALED):
        return shipping.by_seed(lambda: coders.code(task, row.name, row.asked, number))
    return shipping.by_seed(
        lambda: taught.planned(
            task,
            lesson,
            _examples(options),
            ratio=row.asked,
            seed=number,
            steps=_steps(options) if row.name == HEALED else 0,
            calibrate=options.calibrate,
        )
    )


def _task(options: Any) -> Task:
    return open_task(options.model, options.task, options.data, options.test)


@lru_cache(maxsize=1)
def _examples(options: Any) -> Examples:
    lesson = lesson_of(options)
    count = options.examples or (0 if options.model else FEW)
    if not count:
        return lesson.examples
    if count > len(lesson.examples):
        raise UsageError(f"there are {len(lesson.examples)} examples, not {count}")
    rows = selection.choose(lesson.examples, count, "random", None, lesson.recipe.seeds[0])
    return lesson.examples.take(rows)


@lru_cache(maxsize=1)
def _growing_bytes(options: Any) -> int | None:
    """Of the recipe and the examples as a seed has them; None where it can't have them."""
    recipe = embedding.embedded(lesson_of(options).recipe)
    try:
        carried: list[Section] = [
            embedding.embed(recipe, _examples(options), quality=EVERY_BIT),
            recipes.make(recipe),
        ]
    except SeedError:
        return None
    return sum(map(container.stored_size, carried))


def _wish(options: Any, number: int) -> Wish:
    return Wish(steps=options.steps, seed=number)


def _steps(options: Any) -> int:
    """Of growing, as the recipe has them or the caller."""
    training = lesson_of(options).recipe.training
    if options.steps is not None:
        return int(options.steps)
    if training.steps is not None:
        return training.steps
    return max(1, math.ceil((training.epochs or 0.0) * len(_examples(options)) / training.batch))


def _sizes(task: Task, shipped: Shipped) -> dict[str, Plain]:
    return {
        "bytes": shipped.size,
        "bits": 8 * shipped.size / task.source.elements,
        "ratio": task.source.nbytes / shipped.size,
    }


def _measured(
    options: Any,
    grown: Grown,
    figures: Figures,
    timings: Mapping[str, float],
    onnx: tuple[int | None, float | None, str],
) -> Measured:
    size, seconds, why = onnx
    chance = _task(options).chance()
    scores = grown.scores
    made: dict[str, Plain] = {
        "metric": grown.recipe.metric,
        **figures,
        "error": scores.before_error,
        "grown": scores.after,
        "grown_error": scores.after_error,
        "growing_bytes": _growing_bytes(options),
        "onnx_bytes": size,
        "reached": True,
        "examples": grown.examples,
        "steps": grown.course.steps,
    }
    parts = {**timings, "growing_seconds": grown.course.seconds}
    if seconds is not None:
        parts["onnx_seconds"] = seconds
    controls = {"chance": {"score": chance.score, "kl": chance.kl}}
    return Measured(made, controls, (why,) if why else (), parts)


def _unreached(metric: str, why: str) -> Measured:
    return Measured({"metric": metric, "reached": False}, notes=(why,))
