"""A seed's own model as a teacher: what it says of examples, and how near it takes them to be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from seedtool.assemble import Assembly
from seedtool.codecs.base import Array
from seedtool.errors import UsageError
from seedtool.examples.labelled import F32, Examples
from seedtool.growing import adoption, randomness
from seedtool.growing import body as bodies
from seedtool.growing.answers import Caller
from seedtool.growing.growth import classes_of
from seedtool.growing.material import Preparation
from seedtool.recipes.schema import Recipe

BATCH = 64


@dataclass(frozen=True)
class Teacher:
    """``module`` in eval mode, called as the recipe's growing calls it."""

    module: Any
    call: Caller
    preparation: Preparation
    classes: int

    def probabilities(self, examples: Examples) -> F32:
        """float32 [n, classes], of one label for a whole example."""
        import torch

        said = [torch.softmax(answer.double(), -1) for answer in self._answers(examples)]
        return cast(F32, torch.cat(said).float().numpy())

    def vectors(self, examples: Examples) -> F32:
        """float32 [n, d] as the task ``embedding`` has them, whatever the labels.

        UsageError for a network that says no vector of an example.
        """
        import torch

        blank = Examples(examples.inputs, np.zeros(len(examples), np.float32))
        said = torch.cat([answer.float() for answer in self._answers(blank)])
        if said.ndim != 2:
            raise UsageError("the network says no vector of an example")
        return cast(F32, said.numpy())

    def features(self, examples: Examples) -> F32 | None:
        """What its last linear layer is given, float32 [n, d]; None where that is no row each."""
        import torch

        layers = [m for m in self.module.modules() if isinstance(m, torch.nn.Linear)]
        if not layers:
            return None
        taken: list[Any] = []
        hook = layers[-1].register_forward_pre_hook(lambda _, given: taken.append(given[0]))
        try:
            for _ in self._answers(examples):
                pass
        finally:
            hook.remove()
        if any(rows.ndim != 2 for rows in taken) or sum(map(len, taken)) != len(examples):
            return None
        return cast(F32, torch.cat(taken).float().numpy())

    def inputs(self, examples: Examples, size: int) -> Iterator[dict[str, Array]]:
        """What it is called with, by name, ``size`` examples of like length at a time."""
        blank = examples
        if examples.kind != "tags":
            blank = Examples(examples.inputs, soft=np.zeros((len(examples), 1), np.float32))
        material = self.preparation.material(blank, self.classes)
        order = np.arange(len(material))
        if material.ids:
            order = np.argsort([len(row) for row in material.inputs], kind="stable")
        for at in range(0, len(order), size):
            batch = self.preparation.batch(material, order[at : at + size])
            yield {name: held.numpy() for name, held in self.call.named(batch).items()}

    def _answers(self, examples: Examples) -> Iterator[Any]:
        import torch

        material = self.preparation.material(examples, self.classes)
        with torch.no_grad(), randomness.deterministic():
            for at in range(0, len(material), BATCH):
                rows = np.arange(at, min(at + BATCH, len(material)))
                yield self.call(self.module, self.preparation.batch(material, rows))


@contextlib.contextmanager
def opened(
    assembly: Assembly, recipe: Recipe, examples: Examples, module: Any = None
) -> Iterator[Teacher]:
    """The teacher that ``assembly``'s model is for the recipe's task; its arrays are read.

    ``module``: a torch.nn.Module for seeds that carry no config.json. UsageError for a network
    without the task's head, or of other classes.
    """
    architecture = str(assembly.meta.get("architecture", ""))
    if module is None and adoption.is_needed(architecture, recipe.task):
        raise UsageError(
            f"the model has no head for {recipe.task}, so it can't label examples",
            hint="cross_entropy instead of kl, and --select random",
        )
    with prepared(assembly, recipe, examples, module) as made:
        yield made


@contextlib.contextmanager
def prepared(
    assembly: Assembly, recipe: Recipe, examples: Examples, module: Any = None
) -> Iterator[Teacher]:
    """The same, with a head that has learned nothing where the model has none for the task."""
    values = {entry.name: array for entry, _, array in assembly.stream()}
    classes = classes_of(recipe, examples)
    with bodies.opened(assembly, values, recipe, classes, recipe.seeds[0], module) as body:
        config = getattr(body.module, "config", None)
        texts = isinstance(examples.inputs, tuple)
        preparation = Preparation(
            recipe,
            bodies.tokenizer_of(body) if texts else None,
            bodies.longest_of(body),
            getattr(config, "num_channels", None),
        )
        yield Teacher(body.module, Caller(body.module, recipe.task), preparation, classes)


def wanted(recipe: Recipe, how: str, examples: Examples) -> bool:
    """Whether choosing ``how``, the recipe's loss or its task needs a teacher of these examples."""
    if recipe.task == "embedding":
        return not has_vectors(examples)
    return how in ("herding", "margin", "kcenter") or recipe.loss.kl > 0


def has_vectors(examples: Examples) -> bool:
    """Whether they have what the task ``embedding`` learns, so that no teacher says it."""
    return examples.soft is not None or examples.kind in ("vector", "value")
