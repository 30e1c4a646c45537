"""Small networks, computed by numpy where a case measures and as torch modules to plan by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import MissingExtraError

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Perceptron:
    """second · max(first · x, 0), without biases."""

    first: F32
    second: F32

    def __call__(self, inputs: F32) -> npt.NDArray[np.float64]:
        """Outputs [n, out] of inputs [n, in], summed in float64."""
        hidden = np.maximum(inputs.astype(np.float64) @ self.first.T.astype(np.float64), 0)
        outputs: npt.NDArray[np.float64] = hidden @ self.second.T.astype(np.float64)
        return outputs

    def with_arrays(self, arrays: Mapping[str, Any]) -> Perceptron:
        """The same network with the weights of a seed of :meth:`torch`."""
        return Perceptron(arrays["0.weight"], arrays["2.weight"])

    def torch(self) -> Any:
        """The network as a torch.nn.Sequential, whose input is called ``input``."""
        try:
            import torch
        except ImportError:
            raise MissingExtraError("torch", "torch", "planning by data") from None
        layers = [torch.nn.Linear(*w.shape[::-1], bias=False) for w in (self.first, self.second)]
        for layer, weight in zip(layers, (self.first, self.second), strict=True):
            layer.weight.data = torch.from_numpy(weight.copy())
        return torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1]).eval()


def perceptron(first: F32, second: F32) -> Perceptron:
    """A network of two layers."""
    return Perceptron(np.ascontiguousarray(first), np.ascontiguousarray(second))
