"""Examples of given data that a seed takes along for a recipe: chosen or learned, and coded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from seedtool import container
from seedtool.errors import UsageError
from seedtool.examples import section as sections
from seedtool.examples import selection
from seedtool.examples.coding import Quality
from seedtool.examples.distillation import Learning, distil
from seedtool.examples.labelled import F32, I64, Examples
from seedtool.examples.selection import How
from seedtool.growing.growth import classes_of
from seedtool.growing.teacher import Teacher, has_vectors
from seedtool.recipes.schema import Recipe
from seedtool.recipes.section import examples_of
from seedtool.seed import Section

SELECTS = (*selection.HOWS, "distilled")
QUALITY, LEARNING = Quality(), Learning()
FRAME = 256  # bytes of a section besides its parts, about
SHRINK = 0.98  # of what learned examples are too many by
BY_CLASSES = frozenset({"margin", "distilled"})
WHOLE = frozenset({"text-classification", "image-classification"})  # one label an example


@dataclass(frozen=True)
class Share:
    """How many of the examples: a ``count``, or as many as take ``size`` bytes; None: all.

    ``how``: one of SELECTS; ``learning``: of ``distilled``.
    """

    count: int | None = None
    size: int | None = None
    how: str = "random"
    learning: Learning = LEARNING

    def __post_init__(self) -> None:
        if self.how not in SELECTS:
            raise UsageError(f"unknown selection {self.how!a}", hint=f"one of {', '.join(SELECTS)}")
        if self.count is not None and self.size is not None:
            raise UsageError("either so many examples or so many bytes of them")
        if self.how != "random" and self.count is None and self.size is None:
            raise UsageError("all examples are taken, so none is selected", hint="--data-size 48KB")


ALL = Share()


def embedded(recipe: Recipe) -> Recipe:
    """The recipe with its data in the seed, as examples of its name."""
    if recipe.data.source == "embedded":
        return recipe
    data = replace(recipe.data, source="embedded", digest=None, split=None)
    return replace(recipe, data=data)


def check_how(recipe: Recipe, how: str) -> None:
    """UsageError for a way of choosing that vectors can't be chosen by."""
    if recipe.task == "embedding" and how in BY_CLASSES:
        raise UsageError(
            f"recipe {recipe.name!a}: {how} chooses by classes, and vectors have none",
            hint="--select random, herding or kcenter",
        )


def embed(
    recipe: Recipe,
    examples: Examples,
    share: Share = ALL,
    teacher: Teacher | None = None,
    quality: Quality = QUALITY,
) -> Section:
    """The section of the examples that ``recipe``, whose data are embedded, is grown on.

    ``teacher``: the model itself, which labels them softly if the recipe's loss has kl, and
    whose last layer says how near they are. Of the task ``embedding`` its vectors are the labels
    of data that have none, and vectors say how near they are. Chance is by the recipe's first
    seed. UsageError for what can't be chosen or coded so.
    """
    name = examples_of(recipe)
    if name is None:
        raise UsageError(f"recipe {recipe.name!a}: its data is given by the receiver, not embedded")
    if recipe.task == "embedding":
        check_how(recipe, share.how)
        examples = _with_vectors(examples, teacher, share, recipe.seeds[0])
    if examples.kind in ("class", "tags") and not examples.classes:
        names = recipe.classes or map(str, range(classes_of(recipe, examples)))
        examples = replace(examples, classes=tuple(names))
    soft = bool(recipe.loss.kl)
    if examples.kind == "class" and recipe.task in WHOLE and teacher is not None:
        examples = replace(examples, soft=teacher.probabilities(examples))
    elif soft:
        raise UsageError("soft labels are of a teacher and of classes: kl has none here")
    return _chosen(name, examples, share, teacher, quality, recipe.seeds[0], soft=soft)


def _with_vectors(examples: Examples, teacher: Teacher | None, share: Share, seed: int) -> Examples:
    """The examples labelled by the vectors that they have, or else by the teacher's."""
    if not has_vectors(examples):
        if teacher is None:
            raise UsageError("the data have no vectors, and there is no model to make them")
        plain = Examples(examples.inputs)
        if share.how == "random" and share.count is not None:  # the rest needs no vectors
            plain = plain.take(selection.choose(plain, share.count, "random", None, seed))
        return Examples(plain.inputs, teacher.vectors(plain))
    if examples.soft is not None:
        return Examples(examples.inputs, np.asarray(examples.soft, np.float32))
    vectors = np.asarray(examples.labels, np.float32)
    return Examples(examples.inputs, vectors.reshape(len(examples), -1))


def _chosen(
    name: str,
    examples: Examples,
    share: Share,
    teacher: Teacher | None,
    quality: Quality,
    seed: int,
    *,
    soft: bool,
) -> Section:
    features: F32 | None = None
    if examples.kind == "vector":
        features = cast(F32, examples.labels)
    elif teacher is not None and share.how in {"herding", "kcenter"}:
        features = teacher.features(examples)

    def made(count: int) -> Section:
        if share.how == "distilled":
            taken = distil(
                examples,
                count,
                quality.step,
                teacher=_labels(teacher, examples) if soft else None,
                learning=share.learning,
                features=features,
                seed=seed,
            )
        elif count == len(examples):
            taken = examples
        else:
            how = cast(How, share.how)
            taken = examples.take(selection.choose(examples, count, how, features, seed))
        return sections.make(name, taken if soft else replace(taken, soft=None), quality)

    if share.size is None:
        return made(len(examples) if share.count is None else share.count)
    how = cast(How, "random" if share.how == "distilled" else share.how)
    shown = examples if soft or how == "margin" else replace(examples, soft=None)
    parts = share.size - FRAME
    if parts < 1:
        raise UsageError(f"{share.size} bytes are too few for examples", hint="--data-size 48KB")
    count = len(selection.choose_size(shown, parts, quality, how, features, seed))
    section, classes = made(count), examples.kind == "class"
    # What was learned takes other bytes than what learning began with.
    while (taken := container.stored_size(section)) > share.size:
        count = min(count - 1, int(count * SHRINK * share.size / taken))
        if count < (len(np.unique(cast(I64, examples.labels))) if classes else 1):
            raise UsageError(f"{share.size} bytes are too few for an example of each class")
        section = made(count)
    return section


def _labels(teacher: Teacher | None, examples: Examples) -> Callable[..., F32] | None:
    """The teacher as learning has it: images to probabilities."""
    if teacher is None:
        return None

    def label(images: npt.NDArray[Any]) -> F32:
        blank = np.zeros(len(images), np.int64)
        return teacher.probabilities(Examples(images, blank, None, examples.classes))

    return label
