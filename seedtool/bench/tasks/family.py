"""Networks of one family that learn the digits at many sizes: for what changes with size alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.bench.tasks.lesson import Lesson, open_lesson
from seedtool.errors import MissingExtraError
from seedtool.examples.labelled import Examples
from seedtool.extracting import extract
from seedtool.growing.growth import Wish
from seedtool.recipes.schema import Step, Training

F32 = npt.NDArray[np.float32]
Arrays = dict[str, F32]

PIXELS, CLASSES = 64, 10
BATCH, RATE = 64, 3e-3


@dataclass(frozen=True)
class Size:
    """``depth``: how many square layers stand between the first and the last."""

    width: int
    depth: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of all tensors, by the module's names."""
        layers = {"read": (self.width, PIXELS)}
        layers |= {f"blocks.{i}": (self.width, self.width) for i in range(self.depth)}
        layers["scores"] = (CLASSES, self.width)
        made: dict[str, tuple[int, ...]] = {}
        for name, (out, into) in layers.items():
            made |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
        return made

    @property
    def parameters(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes().values())


def network(size: Size) -> Any:
    """A residual perceptron: images float32 [n, 1, 8, 8] to scores [n, 10].

    Each branch is divided by the root of the depth, so that depth alone does not make the
    signal larger (Hayou et al., "Stable ResNet", arXiv 2010.12859).
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "torch", "training networks of many sizes") from None
    from torch import nn

    class Perceptron(nn.Module):  # type: ignore[misc]  # torch is Any
        def __init__(self) -> None:
            super().__init__()
            self.read = nn.Linear(PIXELS, size.width)
            self.blocks = nn.ModuleList(
                nn.Linear(size.width, size.width) for _ in range(size.depth)
            )
            self.scores = nn.Linear(size.width, CLASSES)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            x = self.read(image.flatten(1))
            for block in self.blocks:
                x = x + block(torch.relu(x)) / size.depth**0.5
            scores: torch.Tensor = self.scores(torch.relu(x))
            return scores

    return Perceptron()


def lesson(size: Size, arrays: Mapping[str, F32], steps: int) -> Lesson:
    """The digits' lesson for a network with these values; ``steps`` of training."""
    digits = open_lesson("", "", "", "")
    recipe = replace(
        digits.recipe,
        preprocess=(Step("scale", (0.0, 1.0)),),
        training=Training(steps=steps, batch=BATCH, rate=RATE),
    )
    seed = extract(dict(arrays), codec="raw", with_graph=False)
    return Lesson("perceptron", seed, recipe, digits.examples, digits.test, network(size))


@dataclass(frozen=True)
class Learned:
    """A trained network. ``before``, ``after``: accuracy on the test images."""

    size: Size
    arrays: Arrays
    before: float
    after: float


def learn(size: Size, steps: int, seed: int) -> Learned:
    """A network of that size trained from a random start."""
    nothing = {name: np.zeros(shape, np.float32) for name, shape in size.shapes().items()}
    grown = lesson(size, nothing, steps).grow(Wish(start="random", seed=seed))
    arrays = {k: v.numpy().copy() for k, v in grown.module.state_dict().items()}
    return Learned(size, arrays, grown.scores.before or 0.0, grown.scores.after or 0.0)


def right(size: Size, arrays: Mapping[str, Any], examples: Examples) -> npt.NDArray[np.bool_]:
    """Which of the examples a network with these values reads right, bool [n]."""
    import torch

    module = network(size)
    module.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in arrays.items()})
    images = torch.from_numpy(np.asarray(examples.inputs, np.float32) / 255)
    with torch.no_grad():
        found = module(images).argmax(1).numpy()
    made: npt.NDArray[np.bool_] = found == np.asarray(examples.labels)
    return made
