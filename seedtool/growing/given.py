"""Data that the caller names or holds, for a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from seedtool.errors import DigestError, UsageError
from seedtool.examples import section
from seedtool.examples.labelled import Examples, Kind, divide
from seedtool.examples.reading import read_examples
from seedtool.growing.encoder import encoder_scores
from seedtool.recipes import matching
from seedtool.recipes.matching import Match
from seedtool.recipes.schema import Recipe, Task
from seedtool.recipes.section import examples_of

if TYPE_CHECKING:
    from seedtool.api import Seed

KINDS: dict[Task, Kind] = {
    "token-classification": "tags",
    "regression": "value",
    "causal-lm": "none",
    "embedding": "vector",
}


def given_examples(recipe: Recipe, data: Examples | str | Path) -> Examples:
    """The examples themselves or of a file, folder or data set id, as the recipe reads them.

    DigestError if the recipe names other data.
    """
    found = _read(recipe, data, recipe.data.split)
    wanted, digest = recipe.data.digest, found.digest().hex()
    if wanted is not None and digest != wanted:
        where = "the data given" if isinstance(data, Examples) else str(data)
        raise DigestError(
            f"{where}: is not the recipe's data, which has {wanted[:16]}..., not {digest[:16]}..."
        )
    return found


def learned_examples(seed: Seed, recipe: Recipe, data: Examples | str | Path | None) -> Examples:
    """What ``seed`` is grown on by ``recipe``: the ``data`` given, or the seed's own examples."""
    inside = examples_of(recipe)
    if data is not None:
        return given_examples(recipe, data)
    if inside is None:
        raise UsageError(
            f"the data of the recipe {recipe.name!a} are yours to give", hint="--data DATA"
        )
    return section.read(seed.examples(inside))


def measured_examples(recipe: Recipe, examples: Examples, test: Examples | None) -> Examples | None:
    """What it is measured by: ``test``, else those that the recipe holds out, else nothing."""
    if test is not None or not recipe.data.held_out:
        return test
    return examples.take(divide(len(examples), recipe.data.held_out, recipe.seeds[0])[1])


def taught_examples(recipe: Recipe, examples: Examples) -> Examples:
    """What is left to learn from where the recipe holds out a part."""
    if not recipe.data.held_out:
        return examples
    return examples.take(divide(len(examples), recipe.data.held_out, recipe.seeds[0])[0])


def unseen_examples(recipe: Recipe, data: Examples | str | Path) -> Examples:
    """Examples to measure by: of a folder or data set with splits the one called ``test``."""
    try:
        return _read(recipe, data, "test")
    except UsageError:
        return _read(recipe, data, None)


def _read(recipe: Recipe, data: Examples | str | Path, split: str | None) -> Examples:
    if isinstance(data, Examples):
        return data
    kind = KINDS.get(recipe.task, "class")
    try:
        return _of_kind(recipe, data, split, kind)
    except UsageError:
        if kind != "vector":
            raise
        return _of_kind(recipe, data, split, "none")  # a teacher says the vectors


def _of_kind(recipe: Recipe, data: str | Path, split: str | None, kind: Kind) -> Examples:
    sizes = [step.values for step in recipe.preprocess if step.kind == "resize"]
    return read_examples(
        data,
        kind,
        inputs=recipe.data.inputs,
        label=recipe.data.label,
        classes=recipe.classes,
        split=split,
        size=(int(sizes[0][0]), int(sizes[0][1])) if sizes else None,
    )


def match_recipe(
    recipes: tuple[Recipe, ...], task: str | None, encoder: str | Path | None = None
) -> Match:
    """The recipe that ``task`` names or describes, or the only one, and how well it does.

    ``encoder``: the folder of a sentence encoder, by which a description is matched; None: by
    keywords. UsageError that lists the names where none or several fit.
    """
    found = matching.named(recipes, task)
    if found is not None or task is None:
        return cast(Match, found)
    if encoder is None:
        return matching.choose(recipes, task, "keywords", matching.keyword_scores(recipes, task))
    return matching.choose(recipes, task, "encoder", encoder_scores(encoder, recipes, task))


def choose_recipe(recipes: tuple[Recipe, ...], task: str | None) -> Recipe:
    """The recipe that :func:`match_recipe` finds by its name or keywords."""
    return match_recipe(recipes, task).recipe
