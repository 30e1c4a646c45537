"""A receipt's growing done again, from its recipe and the receipt's checked parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seedtool.errors import DigestError, MalformedError, UsageError
from seedtool.examples.labelled import Examples
from seedtool.growing import given
from seedtool.growing.growth import Wish
from seedtool.receipts import section
from seedtool.receipts.environment import threads
from seedtool.receipts.making import Trial, make
from seedtool.receipts.schema import Receipt
from seedtool.recipes.schema import Recipe
from seedtool.stages import Stage, silent

if TYPE_CHECKING:
    from seedtool.api import Seed

Data = Examples | str | Path | None
AS_IT_SAYS = Wish()


def trial_of(
    seed: Seed,
    recipe: Recipe,
    data: Data = None,
    test: Data = None,
    seeds: tuple[int, ...] | None = None,
    wish: Wish = AS_IT_SAYS,
) -> Trial:
    """What a receipt of ``recipe`` is made of; None: the seed's examples, none, the recipe's."""
    examples = given.learned_examples(seed, recipe, data)
    unseen = None if test is None else given.unseen_examples(recipe, test)
    return Trial(recipe, examples, unseen, seeds or recipe.seeds, wish)


def repeat(
    seed: Seed,
    receipt: Receipt,
    *,
    recipe: Recipe | None = None,
    data: Data = None,
    test: Data = None,
    seeds: int | None = None,
    stage: Stage = silent,
) -> Receipt:
    """The receipt made again, with its threads, by the first ``seeds`` of its seeds (None: all).

    ``recipe``: the one it is of, where that is none of the seed's.

    DigestError or MalformedError where seed, recipe or data are not those that the receipt is of,
    UsageError where one of them is missing.
    """
    if seeds is not None and not 1 <= seeds <= len(receipt.seeds):
        raise UsageError(f"the receipt has {len(receipt.seeds)} seeds, not {seeds}")
    recipe = recipe or next((r for r in seed.recipes() if r.name == receipt.recipe), None)
    if recipe is None:
        raise UsageError(
            f"the seed carries no recipe {receipt.recipe!a}, of which the receipt is",
            hint="--recipe FILE",
        )
    if section.digest_of(recipe) != receipt.recipe_digest:
        raise DigestError(f"the receipt is of another recipe called {recipe.name!a}")
    if recipe.metric != receipt.metric:
        raise MalformedError(f"the receipt states {receipt.metric}, its recipe {recipe.metric}")
    if section.content_of(seed) != receipt.content:
        raise DigestError("the receipt is of another seed")
    if receipt.held_out == (test is not None):
        raise UsageError(
            "the receipt was measured on " + ("what is held out" if test else "test data"),
            hint="without test data" if test else "--test-data DATA",
        )
    wish = Wish(receipt.start, receipt.grower, receipt.steps)
    trial = trial_of(seed, recipe, data, test, receipt.seeds[:seeds], wish)
    if trial.examples.digest().hex() != receipt.data:
        raise DigestError("the data are not those that the receipt's model learned from")
    if trial.measured().digest().hex() != receipt.test:
        raise DigestError("the test data are not those that the receipt was measured on")
    with threads(int(receipt.environment["threads"])):
        return make(seed, trial, stage=stage)
