"""A receipt made: a seed grown by each of a recipe's seeds, and so is its control."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING

from seedtool.assemble import Assembly
from seedtool.errors import GateError, UsageError
from seedtool.examples.labelled import Examples
from seedtool.growing import adoption
from seedtool.growing.given import measured_examples
from seedtool.growing.grown import Grown
from seedtool.growing.growth import Wish, grow
from seedtool.growing.start import CODED, RANDOM
from seedtool.receipts.environment import environment
from seedtool.receipts.schema import Figure, Receipt, Row
from seedtool.receipts.section import content_of, digest_of
from seedtool.recipes.combinations import SCORES
from seedtool.recipes.schema import Metric, Recipe
from seedtool.stages import Advance, Stage, silent

if TYPE_CHECKING:
    from seedtool.api import Seed

Original = Callable[[], Assembly]


@dataclass(frozen=True)
class Trial:
    """What is grown, how, and by what it is measured.

    ``test``: None for what the recipe holds out. ``wish``: start, grower and steps, where they
    are not the recipe's. ``seeds``: of growing's random numbers, one growing each.
    """

    recipe: Recipe
    examples: Examples
    test: Examples | None
    seeds: tuple[int, ...]
    wish: Wish = field(default_factory=Wish)

    def measured(self) -> Examples:
        """What it is measured by; UsageError if there is nothing."""
        found = measured_examples(self.recipe, self.examples, self.test)
        if found is None:
            raise UsageError(
                "a receipt needs examples that train nothing",
                hint="--test-data DATA, or held_out in the recipe",
            )
        return found


def make(
    seed: Seed,
    trial: Trial,
    *,
    original: Original | None = None,
    first: Grown | None = None,
    stage: Stage = silent,
) -> Receipt:
    """Grow ``seed``, which is one of a file, and its control by each of the trial's seeds.

    ``original``: what the seed was extracted from, each time anew. ``first``: what was grown
    already by the first seed. GateError where a figure is no number.
    """
    measured = trial.measured()
    grown = [first] if first else []
    for number in trial.seeds[len(grown) :]:
        grown.append(_grown(seed.assembly(), trial, number, trial.wish.start, _told(stage, number)))
    control = grown
    if trial.wish.start != RANDOM:
        control = [
            _grown(seed.assembly(), trial, n, RANDOM, _told(stage, n, "the control, "))
            for n in trial.seeds
        ]
    metric = trial.recipe.metric
    figures: dict[Row, Figure] = {
        "zero_shot": _before(grown, metric),
        "grown": _after(grown, metric),
        "random": _after(control, metric),
    }
    if original is not None:
        own = _original(original(), trial)
        if own is not None:
            figures["original"] = _before([own], metric)
    one = grown[0]
    return Receipt(
        recipe=trial.recipe.name,
        recipe_digest=digest_of(trial.recipe),
        content=content_of(seed),
        metric=metric,
        start=one.start,
        grower=one.recipe.growing.grower,
        steps=one.steps,
        seeds=trial.seeds,
        done=tuple(g.course.steps for g in grown),
        examples=one.examples,
        data=trial.examples.digest().hex(),
        tested=len(measured),
        test=measured.digest().hex(),
        held_out=trial.test is None,
        figures=figures,
        seconds=round(fmean(g.course.seconds for g in grown), 2),
        peak_bytes=max(g.peak_bytes for g in grown),
        processes=one.processes,
        device=one.device,
        environment=environment(),
    )


def _grown(assembly: Assembly, trial: Trial, seed: int, start: str, stage: Stage) -> Grown:
    wish = replace(trial.wish, seed=seed, start=start, checkpoint=None, to=None)
    return grow(assembly, trial.recipe, trial.examples, trial.test, wish, stage)


def _original(assembly: Assembly, trial: Trial) -> Grown | None:
    """The original with no step of growing; None if it has no head for the task."""
    architecture = str(assembly.meta.get("architecture", ""))
    if trial.wish.module is None and adoption.is_needed(architecture, trial.recipe.task):
        return None
    return _grown(
        assembly, replace(trial, wish=replace(trial.wish, steps=0)), trial.seeds[0], CODED, silent
    )


def _before(grown: Sequence[Grown], metric: Metric) -> Figure:
    scores = [g.scores for g in grown]
    return _figure([s.before for s in scores], [s.before_error for s in scores], metric)


def _after(grown: Sequence[Grown], metric: Metric) -> Figure:
    scores = [g.scores for g in grown]
    return _figure([s.after for s in scores], [s.after_error for s in scores], metric)


def _figure(
    values: Sequence[float | None], errors: Sequence[float | None], metric: Metric
) -> Figure:
    """Scores by seed, those beyond a metric's range at its end, and their mean error."""
    low, high = SCORES[metric]
    if any(value is None or math.isnan(value) for value in values):
        raise GateError(f"{metric} is not a number, so that there is no receipt")
    known = [e for e in errors if e is not None and math.isfinite(e)]
    error = min(fmean(known), 1e9) if known else None
    return Figure(tuple(min(max(v, low), high) for v in values if v is not None), error)


def _told(stage: Stage, seed: int, what: str = "") -> Stage:
    """The stage of one of many growings."""

    def named(name: str, length: float) -> Advance:
        return stage(f"{name} ({what}seed {seed})", length)

    return named
