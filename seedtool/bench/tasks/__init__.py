"""What models are measured at: the network that ships with the program, or a recipe's task."""

from __future__ import annotations

from functools import lru_cache

from seedtool.bench.tasks.digits import DigitsTask
from seedtool.bench.tasks.task import Task
from seedtool.errors import UsageError


@lru_cache(maxsize=1)
def open_task(model: str, recipe: str, data: str, test: str) -> Task:
    """The task of a model by a recipe's file or, in a seed, its name; "" for what is not given.

    Without a model it is the network that ships with the program. Kept for the points
    that are measured next in the process. Raises subclasses of SeedError.
    """
    if model:
        from seedtool.bench.tasks.recipe import RecipeTask

        return RecipeTask(model, recipe, data, test)
    if recipe or data or test:
        raise UsageError("a recipe and data need a model that they are for", hint="MODEL")
    return DigitsTask()
