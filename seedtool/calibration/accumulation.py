"""Sums over a layer's inputs and the gradients of its outputs, a batch at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.calibration.layers import Layer, positions_in, positions_out

CHUNK = 1 << 24  # elements of patches or gradients held at a time
# A few positions of language models have inputs 100,000 times as strong as others, which they
# only attend to (Sun et al., "Massive Activations", arXiv 2402.17762): all others would count
# as nothing. Where no more than that is left out, sums are as they were.
STRONGEST = 25.0  # squared norm of an input over the median one


class Accumulator:
    """Sums of one weight, over all its uses as a matrix or all as an embedding.

    ``second``: float32 torch.Tensor [groups, in, in], Σ x xᵀ over ``positions``
    inputs, of matrices with the strongest tempered. ``energy``: float32 [out], Σ over
    samples of the squared gradient of each row of the weight; of an embedding its mean
    over the row.
    """

    def __init__(self, layer: Layer) -> None:
        import torch

        self.layer = layer
        self.second: Any = None
        self.positions = 0
        self.energy = torch.zeros(layer.out)

    def add_inputs(self, x: Any, shape: tuple[int, ...], samples: int, mask: Any) -> None:
        """Add the inputs of a call that made outputs of ``shape`` of a batch of ``samples``.

        ``mask``: bool [samples, positions], or None; where it is False nothing is added.
        """
        import torch

        for part, own, _ in _parts(self.layer, x, shape, samples):
            places = _folded(positions_in(self.layer, part, shape), len(part) // _length(own))
            if mask is not None and (len(places), places.shape[2]) == mask[own].shape:
                flat = places.transpose(1, 2)[mask[own]].transpose(0, 1)
            else:
                flat = places.transpose(0, 1).flatten(1, 2)
            if self.layer.kind in ("linear", "transposed"):
                flat = _tempered(flat)
            second = torch.bmm(flat.transpose(1, 2), flat)
            self.second = second if self.second is None else self.second.add_(second)
            self.positions += flat.shape[1]

    def add_gradients(self, x: Any, g: Any, samples: int) -> None:
        """Add what a call's gradients ``g`` of its outputs make of the gradient of the weight."""
        if self.layer.kind == "embedding":
            self._add_tokens(x, g, samples)
            return
        for part, own, rows in _parts(self.layer, x, tuple(g.shape), samples):
            windows = len(part) // _length(own)
            inputs = _folded(positions_in(self.layer, part, tuple(g.shape)), windows)
            outputs = _folded(positions_out(self.layer, g[rows]), windows)
            self.energy += row_energies(inputs, outputs).reshape(-1)

    def _add_tokens(self, ids: Any, g: Any, samples: int) -> None:
        import torch

        sample = torch.arange(len(ids)) * samples // max(samples, len(ids))
        keys = ids.reshape(len(ids), -1) + sample[:, None] * self.layer.out
        tokens, places = keys.reshape(-1).unique(return_inverse=True)
        sums = g.new_zeros(len(tokens), g.shape[-1]).index_add_(0, places, g.flatten(0, -2))
        self.energy.index_add_(0, tokens % self.layer.out, sums.square().mean(1))

    def columns(self) -> npt.NDArray[np.float32]:
        """E[x xᵀ] per position, float32 [groups, in, in]."""
        found: npt.NDArray[np.float32] = (self.second / self.positions).numpy()
        return found


def row_energies(inputs: Any, outputs: Any) -> Any:
    """Squared norms of the rows of outputsᵀ · inputs, summed over samples, [groups, out].

    Both are [samples, groups, positions, n]. Σ_t Σ_s g_t g_s (x_t · x_s) is the same without
    the product, and cheaper where there are fewer positions than weights in a row.
    """
    (positions, width), out = inputs.shape[2:], outputs.shape[3]
    if positions * (width + out) < width * out:
        gram = inputs @ inputs.transpose(2, 3)
        return (outputs * (gram @ outputs)).sum((0, 2)).clamp_(min=0)
    return (outputs.transpose(2, 3) @ inputs).square_().sum((0, 3))


def _parts(
    layer: Layer, x: Any, shape: tuple[int, ...], samples: int
) -> Iterator[tuple[Any, slice, slice]]:
    """Some rows of x, with which samples and which rows they are, as many as may be held.

    Windows of an image, or tokens without an axis of their own, are several
    rows of one sample.
    """
    windows = len(x) // samples if samples and len(x) % samples == 0 else 1
    places = math.prod(shape[2:]) if layer.kind == "convolution" else 0
    largest = max(places * layer.width * layer.groups, layer.out * layer.width, 1)
    step = max(1, CHUNK // largest)
    for at in range(0, len(x) // windows, step):
        end = min(at + step, len(x) // windows)
        rows = slice(at * windows, end * windows)
        yield x[rows], slice(at, end), rows


def _tempered(inputs: Any) -> Any:
    """Inputs [groups, positions, in], those stronger than STRONGEST made as strong as that."""
    energy = inputs.square().sum(2)
    if not energy.numel():
        return inputs
    most = STRONGEST * energy.median(1, keepdim=True).values
    if not bool((energy > most).any()) or not bool((most > 0).all()):
        return inputs
    return inputs * (most / energy).clamp_(max=1.0).sqrt_()[:, :, None]


def _length(part: slice) -> int:
    return int(part.stop - part.start)


def _folded(values: Any, windows: int) -> Any:
    """[samples · windows, groups, positions, n] as [samples, groups, windows · positions, n]."""
    rows, groups, places, width = values.shape
    apart = values.reshape(rows // windows, windows, groups, places, width)
    return apart.transpose(1, 2).reshape(rows // windows, groups, windows * places, width)
