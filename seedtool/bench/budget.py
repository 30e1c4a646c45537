"""``budget``: the least data and the fewest steps that reach a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Plain, Point
from seedtool.bench.engine.measuring import seed_of
from seedtool.bench.reports import budget as report
from seedtool.bench.reports.blocks import Block
from seedtool.bench.results.document import Document
from seedtool.bench.starts import ends, rungs
from seedtool.bench.starts.rungs import Made
from seedtool.bench.tasks.lesson import Lesson, lesson_of
from seedtool.errors import UsageError
from seedtool.examples import section as examples_section
from seedtool.examples.coding import Quality
from seedtool.examples.selection import choose
from seedtool.growing.growth import Wish
from seedtool.recipes import carriage
from seedtool.recipes.schema import LOWER_IS_BETTER, Data
from seedtool.seed import Section


@dataclass(frozen=True)
class Options:
    """A grid of ``examples`` (the embedded section's) by ``steps``, ``seeds`` times for each start.

    ``target``: share of the original's score that is to be reached. ``seed``: of the repeats'
    own. A random start joins always, as the control.
    """

    model: str = ""
    task: str = ""
    data: str = ""
    test: str = ""
    base: str = ""
    starts: tuple[str, ...] = ("trellis:0.75", "trellis:0.2", "pca:32", "stats", rungs.RANDOM)
    examples: tuple[int, ...] = (10, 20, 40, 80, 160, 320)
    steps: tuple[int, ...] = (25, 50, 100, 200)
    seeds: int = 3
    target: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.starts:
            rungs.check(name)
        if not self.examples or not self.steps or min(*self.examples, *self.steps) < 1:
            raise UsageError("examples and steps are 1 or more")
        if self.seeds < 2:
            raise UsageError(f"a standard error needs 2 seeds or more, not {self.seeds}")
        if not 0 < self.target <= 1:
            raise UsageError(f"a target is over 0 and 1 at most, not {self.target:g}")


class Bench(base.Bench):
    title = "Least data, fewest steps"
    about = (
        "How many embedded examples and how many steps of growing reach a share of the original's"
        " score, from weights that hold more or less of the original's and from a random start,"
        " which is the control. A place of the grid reaches it where the mean over seeds is at"
        " least one standard error on the good side. Bytes are of the whole seed: weights, recipe"
        " and examples, without graph; a random start's are those of minimal, which holds a few"
        " bytes a tensor."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "metric": Measure("what the score is"),
        "score": Measure("after the steps, on data that trained nothing", "", "higher"),
        "target": Measure("what is to be reached"),
        "beside": Measure("of the recipe and its examples", "bytes", "lower", exact=True),
        "bytes": Measure("of the whole seed", "bytes", "lower", exact=True),
    }

    def figures(self, options: Any) -> Mapping[str, Measure]:
        if lesson_of(options).recipe.metric not in LOWER_IS_BETTER:
            return self.measures
        return {**self.measures, "score": replace(self.measures["score"], better="lower")}

    def inputs(self, options: Any) -> Mapping[str, Input]:
        lesson = lesson_of(options)
        lesson.check_count(max(options.examples))
        return lesson.inputs()

    def smoke(self, options: Any) -> Any:
        return replace(options, starts=("trellis:1.5",), examples=(10, 20), steps=(4,), seeds=2)

    def points(self, options: Any) -> Sequence[Point]:
        starts = dict.fromkeys((*options.starts, rungs.RANDOM))
        grid = [(0, 0), *((n, m) for n in sorted(options.examples) for m in sorted(options.steps))]
        return [
            Point(
                f"{start}, {examples} examples, {steps} steps",
                {"start": start, "examples": examples, "steps": steps},
                repeat,
            )
            for repeat in range(options.seeds)
            for start in starts
            for examples, steps in grid
        ]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """By the repeat's own seed, the same for every start and place of the grid."""
        lesson = lesson_of(options)
        found = ends.of(lesson)
        name, own = str(point.params["start"]), seed_of(options.seed, f"repeat {point.repeat}")
        count, steps = int(point.params["examples"] or 0), int(point.params["steps"] or 0)
        made = _made(options, name, own)
        figures: dict[str, Plain] = {"metric": lesson.recipe.metric, "bytes": made.bytes}
        if made.arrays is None:  # four bytes are as good as any other draw of the architecture's
            figures["bytes"] = _made(options, "minimal", own).bytes
        taught = lesson.examples
        if count:
            section = _embedded(lesson, count, own)
            taught = examples_section.read(section)
            beside = rungs.bytes_beside(rungs.held(lesson), _carried(lesson, section))
            figures |= {"beside": beside, "bytes": int(figures["bytes"] or 0) + beside}
        start = rungs.RANDOM if made.arrays is None else rungs.CODED
        recipe = replace(lesson.recipe, training=replace(lesson.recipe.training, target=None))
        grown = lesson.grow(Wish(start=start, steps=steps, seed=own), taught, recipe, made.arrays)
        figures["score"] = grown.scores.after
        lower = recipe.metric in LOWER_IS_BETTER
        share = 1 / options.target if lower else options.target
        figures["target"] = share * found.original
        controls = {"original": {"score": found.original}, "chance": {"score": found.chance}}
        return Measured(figures, controls)

    def blocks(self, document: Document) -> Iterator[Block]:
        return report.blocks(document)


@lru_cache(maxsize=2)
def _made(options: Options, name: str, seed: int) -> Made:
    """Kept for the places of the grid that are measured next."""
    return rungs.make(rungs.held(lesson_of(options)), name, seed, options.base)


def _embedded(lesson: Lesson, count: int, seed: int) -> Section:
    """So many examples as a seed carries them: what is learned from is what it decodes to."""
    chosen = lesson.examples.take(choose(lesson.examples, count, seed=seed))
    return examples_section.make(lesson.recipe.name, chosen, Quality())


def _carried(lesson: Lesson, section: Section) -> tuple[Section, ...]:
    """The recipe and its examples as they ride along."""
    recipe = replace(lesson.recipe, data=Data("embedded", held_out=0.0))
    return carriage.sections_of([(recipe, section)])
