"""Data that the caller names or holds, for a recipe."""

from __future__ import annotations

from pathlib import Path

from seedtool.errors import DigestError, UsageError
from seedtool.examples.labelled import Examples, Kind
from seedtool.examples.reading import read_examples
from seedtool.recipes.schema import Recipe, Task

KINDS: dict[Task, Kind] = {
    "token-classification": "tags",
    "regression": "value",
    "causal-lm": "none",
    "embedding": "none",
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


def unseen_examples(recipe: Recipe, data: Examples | str | Path) -> Examples:
    """Examples to measure by: of a folder or data set with splits the one called ``test``."""
    try:
        return _read(recipe, data, "test")
    except UsageError:
        return _read(recipe, data, None)


def _read(recipe: Recipe, data: Examples | str | Path, split: str | None) -> Examples:
    if isinstance(data, Examples):
        return data
    sizes = [step.values for step in recipe.preprocess if step.kind == "resize"]
    return read_examples(
        data,
        KINDS.get(recipe.task, "class"),
        inputs=recipe.data.inputs,
        label=recipe.data.label,
        classes=recipe.classes,
        split=split,
        size=(int(sizes[0][0]), int(sizes[0][1])) if sizes else None,
    )


def choose_recipe(recipes: tuple[Recipe, ...], task: str | None) -> Recipe:
    """The recipe of that name, or the only one; UsageError if there is none."""
    if not recipes:
        raise UsageError(
            "the seed carries no recipe", hint="seed extract --recipe FILE puts one in"
        )
    names = ", ".join(recipe.name for recipe in recipes)
    if task is None:
        if len(recipes) > 1:
            raise UsageError(
                f"the seed carries {len(recipes)} recipes: {names}", hint="--task NAME"
            )
        return recipes[0]
    for recipe in recipes:
        if recipe.name == task:
            return recipe
    raise UsageError(f"the seed carries no recipe {task!a}", hint=f"it has {names}")
