"""Layers that are matrix products, seen as such: their inputs and outputs as positions.

A layer of weight W [out, in] adds W x_t for every position t. Of a linear layer
positions are tokens, of a convolution the places that its kernel is laid on
(groups are matrices of their own).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["linear", "transposed", "convolution", "embedding"]


@dataclass(frozen=True)
class Layer:
    """A module with a weight of its own, called ``parameter`` in the model."""

    parameter: str
    kind: Kind
    module: Any

    @property
    def groups(self) -> int:
        return int(self.module.groups) if self.kind == "convolution" else 1

    @property
    def out(self) -> int:
        """Outputs of a matrix, rows of an embedding."""
        return int(self.module.weight.shape[1 if self.kind == "transposed" else 0])

    @property
    def width(self) -> int:
        """Inputs of each output, features of an embedding."""
        return int(self.module.weight.numel()) // self.out


def find_layers(model: Any) -> list[Layer]:
    """Every layer of a known kind whose weight is a parameter as it is, in the model's order."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = []
    for module in model.modules():
        kind = _kind(module)
        name = names.get(id(getattr(module, "weight", None)))
        if kind is not None and name is not None:
            found.append(Layer(name, kind, module))
    return found


def _kind(module: Any) -> Kind | None:
    from torch import nn

    if isinstance(module, nn.Linear):
        return "linear"
    if isinstance(module, (nn.Conv1d, nn.Conv2d)):
        return "convolution"
    if isinstance(module, nn.Embedding):
        return "embedding"
    of_gpt2 = type(module).__name__ == "Conv1D" and type(module).__module__.startswith(
        "transformers"
    )
    return "transposed" if of_gpt2 else None


def positions_in(layer: Layer, x: Any, out_shape: tuple[int, ...]) -> Any:
    """Inputs [samples, groups, positions, in / groups] of a layer that made ``out_shape``."""
    if layer.kind != "convolution":
        return x.reshape(x.shape[0], 1, -1, x.shape[-1])
    from torch.nn import functional

    conv = layer.module
    x, kernel, stride, dilation = _planar(conv, x)
    sizes = (1, out_shape[-1]) if len(out_shape) == 3 else out_shape[-2:]
    pads: list[int] = []
    for axis in (1, 0):
        spans = (sizes[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
        missing = spans - x.shape[2 + axis]
        left = _left(conv, axis, x.shape[2 + axis], sizes[axis], kernel, stride, dilation)
        left = max(missing, 0) // 2 if left is None else left
        pads += [left, missing - left]
    mode = "constant" if conv.padding_mode == "zeros" else conv.padding_mode
    patches = functional.unfold(functional.pad(x, pads, mode), kernel, dilation, 0, stride)
    samples, rows, places = patches.shape
    return patches.view(samples, conv.groups, rows // conv.groups, places).transpose(2, 3)


def _planar(conv: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """The input and the sizes of a convolution, of one in one dimension as in two."""
    if x.ndim == 4:
        return x, tuple(conv.kernel_size), tuple(conv.stride), tuple(conv.dilation)
    return x[:, :, None], (1, *conv.kernel_size), (1, *conv.stride), (1, *conv.dilation)


def _left(
    conv: Any, axis: int, size: int, made: int, kernel: Any, stride: Any, dilation: Any
) -> int | None:
    """Zeros before the first pixel as the layer states them; None if they explain not its output.

    Then it pads by itself as "same" does: half of what is missing.
    """
    if isinstance(conv.padding, str):
        return 0 if conv.padding == "valid" else None
    stated = tuple(conv.padding) if len(conv.padding) == 2 else (0, *conv.padding)
    extent = dilation[axis] * (kernel[axis] - 1) + 1
    explained = (size + 2 * stated[axis] - extent) // stride[axis] + 1 == made
    return int(stated[axis]) if explained else None


def positions_out(layer: Layer, g: Any) -> Any:
    """Outputs, or their gradients, [samples, groups, positions, out / groups]."""
    if layer.kind != "convolution":
        return g.reshape(g.shape[0], 1, -1, g.shape[-1])
    samples, out = g.shape[:2]
    return g.reshape(samples, layer.groups, out // layer.groups, -1).transpose(2, 3)
