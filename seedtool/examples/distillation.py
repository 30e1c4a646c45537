"""Images that are learned instead of chosen: distribution matching. Needs torch.

Zhao and Bilen, "Dataset condensation with distribution matching" (arXiv 2110.04181): under
convolutional networks of random weights the mean of a class's learned images is drawn to that of
its real ones, both augmented alike. What is learned is the coefficients of cosines that the
coder keeps, rounded as it rounds them (few numbers for an image, as Kim et al., arXiv
2205.14959, have it), so that bytes are spent on what the loss sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from seedtool.errors import MissingExtraError, UsageError
from seedtool.examples import cosines, pixels
from seedtool.examples.labelled import F32, I64, Examples
from seedtool.examples.selection import How, choose

CHANNELS = 32  # of a random network's layers
LAYERS = 3
MOMENTUM = 0.5
KEPT, TINY = 0.95, 1e-20  # of the gradient's power from step to step; so that none divides by 0
SHIFT = 0.08  # of a side, at most, that images are moved by
Teacher = Callable[[npt.NDArray[Any]], F32]
Watch = Callable[[int, float], None]


@dataclass(frozen=True)
class Learning:
    """``iterations``: each with a network of its own. ``real``: images of a class in each.

    ``rate``: root mean square of what a step changes coefficients by, in values of a pixel,
    falling to none. ``start``: how the images that learning begins with are chosen. ``flip``: real
    and learned ones alike, half of the time.
    """

    iterations: int = 300
    real: int = 64
    rate: float = 8.0
    start: How = "random"
    flip: bool = True

    def __post_init__(self) -> None:
        if self.iterations < 1 or self.real < 1 or not self.rate > 0:
            raise UsageError("learning takes iterations, real images and a rate over 0")


def distil(
    examples: Examples,
    count: int,
    step: int,
    *,
    teacher: Teacher | None = None,
    learning: Learning = Learning(),
    features: F32 | None = None,
    seed: int = 0,
    watch: Watch | None = None,
) -> Examples:
    """``count`` learned images, as many of each class as there are.

    ``examples``: uint8 images with classes. ``step``: that of :class:`coding.Quality` with which
    they will be coded. ``teacher``: images to probabilities, which label what was learned;
    without one their soft labels are those of the images that learning began with. ``watch``: told
    of each iteration and its loss. The same on one machine and thread count by ``seed``.
    """
    images = examples.inputs
    if isinstance(images, tuple) or images.dtype != np.uint8 or images.ndim < 3:
        raise UsageError("only images can be learned; other data are chosen")
    if examples.kind != "class":
        raise UsageError("images are learned for classes, and there are none")
    first = examples.take(np.sort(choose(examples, count, learning.start, features, seed)))
    made = _learned(examples, first, step, learning, seed, watch)
    soft = first.soft if teacher is None else teacher(made)
    return replace(first, inputs=made, soft=soft)


def _learned(
    examples: Examples,
    first: Examples,
    step: int,
    learning: Learning,
    seed: int,
    watch: Watch | None,
) -> npt.NDArray[np.uint8]:
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "torch", "learning images") from None
    random = torch.Generator().manual_seed(seed)
    real = np.asarray(examples.inputs)
    decoder = _Decoder(np.asarray(first.inputs), step)
    labels, own = cast(I64, examples.labels), cast(I64, first.labels)
    classes = np.unique(own)
    optimizer = torch.optim.SGD([decoder.values], lr=1.0, momentum=MOMENTUM)
    power = torch.zeros(())
    rows = [torch.tensor(np.flatnonzero(labels == c)) for c in classes]
    mine = [torch.tensor(np.flatnonzero(own == c)) for c in classes]
    for iteration in range(learning.iterations):
        network = _network(1 if real.ndim == 3 else real.shape[3], random)
        drawn = [r[torch.randint(len(r), (learning.real,), generator=random)] for r in rows]
        change = _augmentation(real.shape[1:3], learning.flip, random)
        with torch.no_grad():
            seen = network(change(_planes(torch.tensor(real[torch.cat(drawn).numpy()]))))
        said = network(change(_planes(decoder())))
        loss = torch.zeros(())
        for index, members in enumerate(mine):
            target = seen[index * learning.real : (index + 1) * learning.real].mean(0)
            loss = loss + (said[members].mean(0) - target).square().sum()
        optimizer.zero_grad()
        loss.backward()
        # One scale for all coefficients: scaled one by one, those that do not matter would drift.
        power = torch.maximum(KEPT * power, decoder.values.grad.square().mean())
        left = 1 - iteration / learning.iterations
        decoder.values.grad *= learning.rate * left * (1 - MOMENTUM) / (power.sqrt() + TINY)
        optimizer.step()
        if watch is not None:
            watch(iteration, float(loss.detach()))
    with torch.no_grad():
        made: npt.NDArray[np.uint8] = decoder().round().to(torch.uint8).numpy()
    return made


class _Decoder:
    """Images of rounded coefficients; ``values`` is the tensor to be learned."""

    def __init__(self, images: npt.NDArray[np.uint8], step: int) -> None:
        import torch

        made = cosines.forward(images)
        flat = made.reshape(len(made), -1)
        mean = np.rint(flat.mean(axis=0))
        kept = (flat - mean).std(axis=0) > pixels.LEFT_OUT * step
        self._mean = torch.tensor(mean.reshape(made.shape[1:]), dtype=torch.float32)
        self._kept = torch.tensor(kept.reshape(made.shape[1:]))
        self._bases = [
            torch.tensor(cosines.basis(size) / (1 << cosines.PRECISION), dtype=torch.float32)
            for size in made.shape[1:]
        ]
        self._step = 2.0 * step
        self.values = torch.tensor(made - mean.reshape(made.shape[1:]), dtype=torch.float32)
        self.values.requires_grad_()

    def __call__(self) -> Any:
        """Float32 [n, height, width(, channels)] in 0..255, with gradients past the rounding."""
        values = self.values
        if self._step:
            rounded = (values / self._step).round() * self._step
            values = values + (rounded - values).detach()
        made = values * self._kept + self._mean
        for axis, basis in enumerate(self._bases, 1):
            made = (made.movedim(axis, -1) @ basis).movedim(-1, axis)
        return made.clamp(0, 255)


def _planes(images: Any) -> Any:
    """[n, channels, height, width] in -1..1."""
    scaled = images.float() / 127.5 - 1
    return scaled[:, None] if scaled.ndim == 3 else scaled.movedim(-1, 1)


def _network(channels: int, random: Any) -> Callable[[Any], Any]:
    """Convolutions of random weights, each normalised, rectified and pooled; flat at the end."""
    import torch
    from torch.nn import functional

    weights = []
    for layer in range(LAYERS):
        inner = CHANNELS if layer else channels
        shape = (CHANNELS, inner, 3, 3)
        weights.append(torch.randn(shape, generator=random) * (2 / (9 * inner)) ** 0.5)

    def run(images: Any) -> Any:
        made = images
        for weight in weights:
            made = functional.conv2d(made, weight, padding=1)
            if made.shape[-1] * made.shape[-2] > 1:
                made = functional.instance_norm(made)
            made = functional.relu(made)
            if min(made.shape[-2:]) > 1:
                made = functional.avg_pool2d(made, 2)
        return made.flatten(1)

    return run


def _augmentation(size: tuple[int, ...], flip: bool, random: Any) -> Callable[[Any], Any]:
    """One shift and flip, for real and learned images alike (Zhao and Bilen, arXiv 2102.08259)."""
    import torch

    most = [round(SHIFT * side) for side in size]
    by = [int(torch.randint(-m, m + 1, (1,), generator=random)) for m in most]
    turned = flip and bool(torch.rand(1, generator=random) < 0.5)

    def change(images: Any) -> Any:
        moved = torch.roll(images, by, (2, 3))
        return moved.flip(3) if turned else moved

    return change
