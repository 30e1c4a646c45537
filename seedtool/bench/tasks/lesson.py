"""What benches that train teach: a model that learned its task, and the recipe to learn it by."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from seedtool import api, coding, tensors
from seedtool.api import Seed
from seedtool.bench.base import Input
from seedtool.bench.tasks.given import open_given
from seedtool.codecs.base import Array
from seedtool.errors import MissingExtraError, UsageError
from seedtool.examples.labelled import Examples
from seedtool.growing import given
from seedtool.growing.grown import Grown
from seedtool.growing.growth import Wish, grow
from seedtool.recipes.schema import Data, Recipe, Step, Training

DIGITS = Recipe(
    name="digits",
    task="image-classification",
    about="handwritten digits",
    classes=tuple("0123456789"),
    data=Data(source="given", held_out=0.0),
    preprocess=(Step("scale", (0.0, 1.0)), Step("shift", (1,))),
    training=Training(steps=200, batch=64, rate=2e-3),
    seeds=(0, 1, 2, 3, 4),
)


@dataclass(frozen=True, eq=False)
class Lesson:
    """``examples`` are all that may teach, ``test`` what measures and teaches nothing.

    ``module``: a torch.nn.Module for seeds that carry no config.json. ``name``: of the model.
    Equal to itself alone, so that what is made of one can be kept for it.
    """

    name: str
    seed: Seed
    recipe: Recipe
    examples: Examples
    test: Examples
    module: Any = None

    def grow(
        self,
        wish: Wish,
        examples: Examples | None = None,
        recipe: Recipe | None = None,
        arrays: Mapping[str, Array] | None = None,
    ) -> Grown:
        """The model grown on ``examples`` (None: all), measured by ``test``.

        ``arrays``: other values of its tensors, by owner and in storage dtypes.
        """
        taught = self.examples if examples is None else examples
        made = self.seed.assembly()
        if arrays is not None:
            made = replace(made, arrays=(arrays[entry.name] for entry, _ in made.tensors))
        # What recipes hold out was taken out of the examples already.
        plain = replace(self.recipe if recipe is None else recipe, data=Data("given", held_out=0.0))
        return grow(made, plain, taught, self.test, replace(wish, module=self.module))

    def check_count(self, examples: int) -> None:
        """UsageError where there are fewer to be chosen."""
        if examples > len(self.examples):
            raise UsageError(f"there are {len(self.examples)} examples to choose from")

    def inputs(self) -> Mapping[str, Input]:
        """The model and both data, by digest."""
        held = self.seed.assembly()
        values = {entry.name: array for entry, _, array in held.stream()}
        entries = self.seed.header.tensors
        digest, size = tensors.identity(entries, lambda e: coding.check(values[e.name]))
        return {
            "model": Input(self.name, digest.hex(), size),
            "data": _input(self.recipe.name, self.examples),
            "test": _input("test", self.test),
        }


def lesson_of(options: Any) -> Lesson:
    """The lesson that a bench's options name."""
    return open_lesson(options.model, options.task, options.data, options.test)


@lru_cache(maxsize=1)
def open_lesson(model: str, task: str, data: str, test: str) -> Lesson:
    """The lesson of a model by a recipe's file or, in a seed, its name; "" for what is not given.

    Without a model: the network of ``seed demo`` and the images that it learned from. Kept for
    the points that are measured next in the process. Raises subclasses of SeedError.
    """
    if not model:
        if task or data or test:
            raise UsageError("a recipe and data need a model that they are for", hint="MODEL")
        return _digits()
    found = open_given(model, task, data, test)
    taught = found.examples
    if not found.apart:
        taught = given.taught_examples(found.recipe, taught)
    return Lesson(model, found.seed, found.recipe, taught, found.test)


def network() -> Any:
    """The network of ``seed demo``: 8x8 images, 0 to 1, to ten digits; 85,066 parameters."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "torch", "growing") from None
    from torch import nn

    class Digits(nn.Module):  # type: ignore[misc]  # torch is Any
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(1, 32, 3, padding=1)
            self.second = nn.Conv2d(32, 64, 3, padding=1)
            self.dropout = nn.Dropout(0.4)
            self.hidden = nn.Linear(64 * 4 * 4, 64)
            self.scores = nn.Linear(64, 10)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            x = torch.relu(self.first(image))
            x = nn.functional.max_pool2d(torch.relu(self.second(x)), 2)
            x = self.hidden(self.dropout(x.flatten(1)))
            scores: torch.Tensor = self.scores(torch.relu(x))
            return scores

    return Digits()


def _digits() -> Lesson:
    folder = resources.files("seedtool") / "data"
    seed = api.load(Path(str(folder / "digits.seed")))
    train, test = (_shipped(f"digits_{part}.npz") for part in ("train", "test"))
    return Lesson("seed demo", seed, DIGITS, train, test, network())


def _shipped(name: str) -> Examples:
    data = (resources.files("seedtool") / "data" / name).read_bytes()
    with np.load(io.BytesIO(data)) as held:
        images = np.rint(held["images"].astype(np.float32)[:, 0] * (255 / 16)).astype(np.uint8)
        return Examples(images, held["labels"].astype(np.int64), classes=DIGITS.classes)


def _input(name: str, examples: Examples) -> Input:
    return Input(name, examples.digest().hex(), len(examples), "examples")
