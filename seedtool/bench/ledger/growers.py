"""Ways to assemble: gradients, heat, and heat before gradients, from one start at equal steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seedtool.bench.base import Input, Measure, Measured, Point
from seedtool.bench.engine.measuring import seed_of
from seedtool.bench.tasks.lesson import Lesson, open_lesson
from seedtool.examples.selection import choose
from seedtool.growing.growth import Wish

WAYS = ("gradient", "thermal", "hybrid")


@dataclass(frozen=True)
class Options:
    """``starts``: as growing has them. ``seeds``: repeats, alike for all ways."""

    starts: tuple[str, ...] = ("stats", "random")
    examples: int = 60
    steps: int = 100
    seeds: int = 5


class Growers:
    Options = Options

    def figures(self, options: Any) -> Mapping[str, Measure]:
        return {
            "zero": Measure("the score with no step", "", "higher"),
            "final": Measure("the score after all steps", "", "higher"),
        }

    def inputs(self, options: Any) -> Mapping[str, Input]:
        return _lesson().inputs()

    def points(self, options: Any) -> Sequence[Point]:
        return [
            Point(f"{way} from {start}", {"way": way, "start": start}, i)
            for start in options.starts
            for i in range(options.seeds)
            for way in WAYS
        ]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """By the repeat's own seed, which draws examples, start and batches."""
        lesson, own = _lesson(), seed_of(0, f"growers {point.repeat}")
        taught = lesson.examples.take(choose(lesson.examples, options.examples, seed=own))
        wish = Wish(
            start=str(point.params["start"]),
            grower=str(point.params["way"]),
            steps=options.steps,
            seed=own,
        )
        grown = lesson.grow(wish, taught)
        return Measured({"zero": grown.scores.before, "final": grown.scores.after})

    def smoke(self, options: Any) -> Any:
        return replace(options, steps=4, seeds=2)


def _lesson() -> Lesson:
    return open_lesson("", "", "", "")
