"""A seed grown by its task's examples, by those of all tasks, and by another task's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.engine.measuring import seed_of
from seedtool.bench.starts import rungs
from seedtool.bench.tasks.lesson import Lesson, open_lesson
from seedtool.codecs.base import Array
from seedtool.examples.labelled import Examples
from seedtool.examples.selection import choose
from seedtool.growing.growth import Wish

TASKS = {"low": tuple(range(5)), "high": tuple(range(5, 10))}  # digits of a task
HINTS = ("right", "generic", "wrong")


@dataclass(frozen=True)
class Options:
    """``start``: what is sent, a coded network. ``seeds``: repeats, alike for all hints."""

    start: str = "trellis:0.2"
    examples: int = 60
    steps: int = 100
    seeds: int = 5


class Specialised:
    Options = Options

    def figures(self, options: Any) -> Mapping[str, Measure]:
        return {
            "zero": Measure("the score on the task's test images with no step", "", "higher"),
            "final": Measure("the score on the task's test images, among all digits", "", "higher"),
            "told": Measure("the same if answers outside the task are ruled out", "", "higher"),
        }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return _lesson().inputs()

    def points(self, options: Any) -> Sequence[Point]:
        return [
            Point(f"{task} by the {hint} hint", {"task": task, "hint": hint}, i)
            for task in TASKS
            for i in range(options.seeds)
            for hint in HINTS
        ]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """By the repeat's own seed, which draws examples and batches."""
        lesson, own = _lesson(), seed_of(0, f"specialised {point.repeat}")
        task, hint = str(point.params["task"]), str(point.params["hint"])
        other = next(name for name in TASKS if name != task)
        known = {"right": TASKS[task], "wrong": TASKS[other]}.get(hint, tuple(range(10)))
        taught = _of(lesson.examples, known)
        taught = taught.take(choose(taught, options.examples, seed=own))
        measured = replace(lesson, test=_of(lesson.test, TASKS[task]))
        wish = Wish(start="coded", steps=options.steps, seed=own)
        grown = measured.grow(wish, taught, arrays=_sent(options.start))
        told = _among(grown.module, measured.test, TASKS[task])
        figures = {"zero": grown.scores.before, "final": grown.scores.after, "told": told}
        return Measured(figures)

    def smoke(self, options: Any) -> Any:
        return replace(options, steps=4, seeds=2)


@lru_cache(maxsize=1)
def _sent(start: str) -> Mapping[str, Array] | None:
    return rungs.make(rungs.held(_lesson()), start, 0).arrays


def _among(module: Any, test: Examples, digits: tuple[int, ...]) -> float:
    """How often the likeliest of these digits is the right one."""
    import torch

    images = np.asarray(test.inputs, np.float32)[:, None] / np.float32(255)
    with torch.no_grad():
        scores = module(torch.from_numpy(images)).numpy()[:, list(digits)]
    return float((np.array(digits)[scores.argmax(1)] == np.asarray(test.labels)).mean())


def _of(examples: Examples, digits: tuple[int, ...]) -> Examples:
    return examples.take(np.flatnonzero(np.isin(np.asarray(examples.labels), digits)))


def _lesson() -> Lesson:
    return open_lesson("", "", "", "")
