"""What benches of a model are given: the model itself, its recipe, and its data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seedtool import api
from seedtool.api import Seed
from seedtool.errors import UsageError
from seedtool.examples.labelled import Examples
from seedtool.extracting import extract
from seedtool.growing import given
from seedtool.recipes import toml
from seedtool.recipes.schema import Recipe
from seedtool.seedfile import begins_as_seed


@dataclass(frozen=True)
class Given:
    """``examples``: all that there are to learn from; ``test`` measures, ``apart`` from them."""

    seed: Seed
    recipe: Recipe
    examples: Examples
    test: Examples
    apart: bool


def open_given(model: str, recipe: str, data: str, test: str) -> Given:
    """``model``: what extract takes, or a seed; ``recipe``: a file, or its name in a seed.

    ``data``: where the recipe's data are given; ``test``: what to measure by, else what the
    recipe holds out. "" for what is not given. UsageError where these do not fit.
    """
    path = Path(model)
    is_seed = path.is_file() and begins_as_seed(path)
    seed = api.load(path) if is_seed else extract(model, with_graph=False)
    if seed.header.base:
        raise UsageError(
            f"{model}: is a difference to another model",
            hint="seed assemble makes a model of it",
        )
    if recipe and Path(recipe).is_file():
        chosen = toml.load(Path(recipe))
    elif not is_seed:
        raise UsageError("a model that is no seed needs a recipe", hint="--task FILE.toml")
    else:
        chosen = given.choose_recipe(seed.recipes(), recipe or None)
    if not data and not is_seed:
        raise UsageError(
            f"the data of the recipe {chosen.name!a} are yours to give", hint="--data DATA"
        )
    examples = given.learned_examples(seed, chosen, data or None)
    unseen = given.unseen_examples(chosen, test) if test else None
    measured = given.measured_examples(chosen, examples, unseen)
    if measured is None:
        raise UsageError("the recipe holds out nothing to measure by", hint="--test-data DATA")
    return Given(seed, chosen, examples, measured, unseen is not None)
