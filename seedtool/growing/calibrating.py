"""A recipe's data as what a plan is calibrated by: inputs of its model, without labels."""

from __future__ import annotations

from seedtool.assemble import Assembly
from seedtool.calibration.batches import Batches
from seedtool.examples.labelled import Examples, shuffled
from seedtool.growing import teacher
from seedtool.growing.given import taught_examples
from seedtool.recipes.schema import Recipe

MOST = 4160  # examples: no plan reads more
SIZE = 16  # in a batch


def batches(assembly: Assembly, recipe: Recipe, examples: Examples, name: str) -> Batches:
    """At most MOST of the examples, as the recipe prepares them, in batches by input name.

    What the recipe holds out is left out; which are taken is drawn by its first seed. ``name``:
    what the data are called.
    """
    taught = taught_examples(recipe, examples)
    some = taught.take(shuffled(len(taught), recipe.seeds[0])[:MOST])
    with teacher.prepared(assembly, recipe, some) as made:
        return Batches(made.inputs(some, SIZE), name)
