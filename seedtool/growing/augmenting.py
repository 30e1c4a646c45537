"""Examples changed in ways that keep their class, for training alone."""

from __future__ import annotations

from typing import Any

from seedtool.recipes.schema import Step

KINDS = frozenset({"shift", "flip", "cutout", "noise"})


def augment(inputs: Any, step: Step, generator: Any) -> Any:
    """``inputs`` float32 [n, channels, height, width] (``noise``: of any shape) changed at random.

    The draws are of ``generator``, on the CPU where ``inputs`` are. What a
    shift or a cutout leaves empty is 0.
    """
    import torch

    (amount,) = step.values
    if step.kind == "noise":
        return inputs + amount * torch.randn(inputs.shape, generator=generator)
    if step.kind == "flip":
        chosen = torch.rand(len(inputs), generator=generator) < amount
        return torch.where(chosen[:, None, None, None], inputs.flip(-1), inputs)
    if step.kind == "shift":
        return _shifted(inputs, int(amount), generator)
    return _cut(inputs, int(amount), generator)


def _shifted(images: Any, most: int, generator: Any) -> Any:
    """Moved by up to ``most`` pixels along each axis."""
    import torch

    count, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, (most,) * 4)
    moves = torch.randint(0, 2 * most + 1, (2, count, 1), generator=generator)
    rows = (moves[0] + torch.arange(height))[:, :, None]
    columns = (moves[1] + torch.arange(width))[:, None, :]
    which = torch.arange(count)[:, None, None]
    return padded[which, :, rows, columns].permute(0, 3, 1, 2)


def _cut(images: Any, side: int, generator: Any) -> Any:
    """A square emptied around a random pixel (DeVries and Taylor, arXiv 1708.04552)."""
    import torch

    count, _, height, width = images.shape

    def inside(size: int) -> Any:
        first = torch.randint(0, size, (count, 1), generator=generator) - side // 2
        at = torch.arange(size)
        return (at >= first) & (at < first + side)

    hole = inside(height)[:, :, None] & inside(width)[:, None, :]
    return images.masked_fill(hole[:, None], 0.0)
