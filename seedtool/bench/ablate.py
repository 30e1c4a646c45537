"""``ablate``: what each part of a seed is worth to what learns from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from seedtool.bench import base
from seedtool.bench.base import Input, Measure, Measured, Plain, Point
from seedtool.bench.engine.measuring import seed_of
from seedtool.bench.reports import ablation
from seedtool.bench.reports.blocks import Block
from seedtool.bench.results.document import Document
from seedtool.bench.starts import components, curves, ends, rungs
from seedtool.bench.tasks.lesson import lesson_of
from seedtool.errors import UsageError
from seedtool.examples.selection import choose
from seedtool.growing.growth import Wish
from seedtool.recipes.schema import LOWER_IS_BETTER

LADDER = (
    *("random", "minimal", "stats", "pca", "pca:32", "pca:64"),
    *("trellis:3", "trellis:1.5", "trellis:0.75", "delta:0.75", "coded"),
)
STARTS = (*LADDER, *components.NAMES)
NEEDED = ("random", "selected")  # the control, and what shows that the tests have power
LOOKS = 16  # at a curve, after 0 steps


@dataclass(frozen=True)
class Options:
    """``examples`` to learn from, ``steps`` of growing, ``seeds``: repeats.

    ``base``: the model that ``delta`` starts are differences to, "" for a coarse seed of the same
    model. ``margin``: of the score, within which starts are equivalent. ``thresholds``: shares of
    the way from chance to the original. ``seed``: of the repeats' own.
    """

    model: str = ""
    task: str = ""
    data: str = ""
    test: str = ""
    base: str = ""
    starts: tuple[str, ...] = STARTS
    examples: int = 60
    steps: int = 200
    seeds: int = 5
    margin: float = 0.02
    thresholds: tuple[float, ...] = (0.5, 0.95)
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.starts:
            rungs.check(name)
        if self.examples < 1 or self.steps < 1:
            raise UsageError("examples and steps are 1 or more")
        if self.seeds < 2:
            raise UsageError(f"pairs need 2 seeds or more, not {self.seeds}")
        if not self.margin > 0:
            raise UsageError(f"a margin is over 0, not {self.margin:g}")
        if not self.thresholds or any(not 0 < share <= 1 for share in self.thresholds):
            raise UsageError("thresholds are shares of the way to the original: over 0, 1 at most")


class Bench(base.Bench):
    title = "What a start is worth"
    about = (
        "The same recipe on the same examples for as many steps, from weights that hold less and"
        " less of the original's: every repeat has its own examples, batches and drawn weights,"
        " alike for all starts, which so are pairs. The control is what the architecture begins"
        " with (random). Bytes are of the seed that brings the weights, without graph, recipe and"
        " examples, which are the same for all."
    )
    Options = Options
    measures: ClassVar[Mapping[str, Measure]] = {
        "metric": Measure("what the score is"),
        "zero": Measure("the score with no step of growing", "", "higher"),
        "final": Measure("the score after all steps", "", "higher"),
        "area": Measure("the mean score over the steps", "", "higher"),
        "bytes": Measure("of the seed with these weights", "bytes", "lower", exact=True),
    }

    def figures(self, options: Any) -> Mapping[str, Measure]:
        lower = lesson_of(options).recipe.metric in LOWER_IS_BETTER
        made = dict(self.measures)
        if lower:
            scores = {n: replace(made[n], better="lower") for n in ("zero", "final", "area")}
            made |= scores
        for share in options.thresholds:
            told = f"first as good as {share:.0%} of the way from chance to the original"
            made[f"steps_to_{share:g}"] = Measure(told, "steps", "lower")
        for step in curves.places(options.steps, LOOKS):
            made[f"at_{step}"] = replace(made["final"], about=f"the score after {step} steps")
        return made

    def inputs(self, options: Any) -> Mapping[str, Input]:
        lesson = lesson_of(options)
        lesson.check_count(options.examples)
        return lesson.inputs()

    def smoke(self, options: Any) -> Any:
        starts = ("random", "pca", "pca-bases", "trellis:1.5", "selected")
        return replace(options, starts=starts, examples=20, steps=6, seeds=2)

    def points(self, options: Any) -> Sequence[Point]:
        wholes = [components.part_of(n) for n in options.starts if n in components.NAMES]
        starts = [*dict.fromkeys((*NEEDED, *filter(None, wholes), *options.starts))]
        starts.sort(key=lambda name: STARTS.index(name) if name in STARTS else len(LADDER))
        return [Point(name, {"start": name}, i) for i in range(options.seeds) for name in starts]

    def measure(self, options: Any, point: Point, seed: int) -> Measured:
        """By the repeat's own seed, the same for every start."""
        lesson = lesson_of(options)
        name, own = str(point.params["start"]), seed_of(options.seed, f"repeat {point.repeat}")
        made = rungs.make(rungs.held(lesson), name, own, options.base)
        examples = lesson.examples.take(choose(lesson.examples, options.examples, seed=own))
        start = rungs.RANDOM if made.arrays is None else rungs.CODED
        looks = curves.places(options.steps, LOOKS)
        wish = Wish(start=start, steps=options.steps, seed=own, looks=looks)
        recipe = replace(lesson.recipe, training=replace(lesson.recipe.training, target=None))
        grown = lesson.grow(wish, examples, recipe, made.arrays)
        curve = [(0, grown.scores.before or 0.0), *grown.course.looks]
        found = ends.of(lesson)
        figures: dict[str, Plain] = {
            "metric": recipe.metric,
            "zero": grown.scores.before,
            "final": grown.scores.after,
            "area": curves.area(curve),
        }
        if made.bytes is not None:
            figures["bytes"] = made.bytes
        lower = recipe.metric in LOWER_IS_BETTER
        for share in options.thresholds:
            reached = curves.steps_to(curve, found.between(share), lower=lower)
            figures[f"steps_to_{share:g}"] = reached
        figures |= {f"at_{step}": score for step, score in grown.course.looks}
        controls = {"original": {"final": found.original}, "chance": {"final": found.chance}}
        return Measured(figures, controls)

    def blocks(self, document: Document) -> Iterator[Block]:
        return ablation.blocks(document)
