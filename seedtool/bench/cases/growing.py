"""Faults of what a model is grown by: a recipe whose examples are mostly of one class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from seedtool.bench.cases.trial import Case, Trial, Trials
from seedtool.bench.tasks import family
from seedtool.bench.tasks.family import Size
from seedtool.bench.tasks.lesson import open_lesson
from seedtool.bench.tasks.task import size_of
from seedtool.examples import section
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.examples.selection import choose
from seedtool.extracting import extract
from seedtool.growing.growth import Wish
from seedtool.recipes.schema import Data

SIZE, STEPS = Size(64, 1), 150
RARE = 7  # images of each class but the common one
SHARE = 0.9  # of the images, which the common class has
COUNT = 70  # examples that the recipe carries


def class_imbalanced(seed: int) -> Trials:
    """A recipe that carries its data as they come, 90 % of one class."""
    lesson = open_lesson("", "", "", "")
    rng = np.random.default_rng(seed)
    common = int(rng.integers(10))
    even, uneven = lesson.examples, _uneven(lesson.examples, common, rng)
    rare = np.asarray(lesson.test.labels) != common

    def trial(examples: Examples) -> Trial:
        nothing = {n: np.zeros(s, np.float32) for n, s in SIZE.shapes().items()}
        mine = family.lesson(SIZE, nothing, STEPS)
        carried = section.make("digits", examples, Quality())
        recipe = replace(mine.recipe, data=Data("embedded", held_out=0.0))
        sent = extract(nothing, codec="minimal", recipes=[(recipe, carried)], with_graph=False)
        grown = mine.grow(Wish(start="random", seed=seed), section.read(carried))
        arrays = {k: v.numpy() for k, v in grown.module.state_dict().items()}
        right = family.right(SIZE, arrays, lesson.test)
        totals.append(float(1 - right.mean()))
        return Trial(float(1 - right[rare].mean()), 8 * size_of(sent) / SIZE.parameters)

    totals: list[float] = []
    drawn = uneven.take(np.sort(rng.permutation(len(uneven))[:COUNT]))
    trials = (
        trial(even.take(choose(even, COUNT, seed=seed))),
        trial(drawn),
        trial(uneven.take(choose(uneven, COUNT, seed=seed))),
    )
    said = ", ".join(f"{100 * wrong:.1f} %" for wrong in totals)
    return Trials(*trials, f"of all classes' test images wrong are, in the same order, {said}")


def _uneven(examples: Examples, common: int, rng: np.random.Generator) -> Examples:
    """``RARE`` images of each class but the common one, which has the rest of the data.

    It has too few of its own, so they are moved by a pixel each way as well.
    """
    labels = np.asarray(examples.labels)
    classes = np.unique(labels)
    few = [rng.permutation(np.flatnonzero(labels == c))[:RARE] for c in classes if c != common]
    others = np.concatenate(few)
    images = np.asarray(examples.inputs)
    mine = images[labels == common]
    turns = [np.roll(mine, by, axis) for axis in (1, 2) for by in (-1, 1)]
    many = np.concatenate([mine, *turns])[: round(len(others) * SHARE / (1 - SHARE))]
    held: npt.NDArray[np.int64] = np.concatenate(
        [labels[others], np.full(len(many), common)]
    ).astype(np.int64)
    return replace(examples, inputs=np.concatenate([images[others], many]), labels=held)


CASES = (
    Case(
        "class-imbalanced",
        f"a recipe that carries {COUNT} examples as they come, {100 * SHARE:.0f} % of one class;"
        " the error is the share of the other classes' images that the grown model reads wrong",
        "as many examples chosen evenly of each class (what --examples does)",
        "error",
        class_imbalanced,
    ),
)
