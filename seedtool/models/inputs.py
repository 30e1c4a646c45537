"""What a model is called with: the example that a graph is traced from."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from seedtool.errors import NoGraphError

# Sizes that differ from each other, and from 1, which tracing takes for a constant.
BATCH, LENGTH = 2, 11
PREFIX = "module."  # what the wrapper puts before its module's own names
IDS = 100  # token ids below this exist in every vocabulary of size


@dataclass(frozen=True)
class Example:
    """Tensors by the name of the argument they are, and what never changes beside them.

    ``axes``: for each input the axes whose size may vary, with a name each.
    """

    tensors: dict[str, Any]
    axes: dict[str, dict[int, str]]
    fixed: dict[str, Any]


def for_hf(model: Any) -> Example:
    """An example by the model's own config; NoGraphError if its kind of input is not known."""
    import torch

    takes = inspect.signature(model.forward).parameters
    config = model.config
    fixed: dict[str, Any] = {"use_cache": False} if "use_cache" in takes else {}
    tensors: dict[str, Any] = {}
    main = model.main_input_name
    if main == "pixel_values":
        size = getattr(config, "image_size", None) or 224
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        pixels = (BATCH, int(getattr(config, "num_channels", 3)), int(height), int(width))
        tensors[main] = torch.randn(pixels, generator=torch.Generator().manual_seed(0))
        return Example(tensors, {main: {0: "batch"}}, fixed)
    if main != "input_ids":
        raise NoGraphError(f"the model takes {main!a}, for which no example is known")
    positions = getattr(config, "max_position_embeddings", None) or LENGTH
    shape = (BATCH, min(LENGTH, int(positions)))
    top = min(IDS, int(getattr(config, "vocab_size", IDS)))
    tensors[main] = torch.arange(shape[0] * shape[1]).reshape(shape) % top
    if "attention_mask" in takes:
        tensors["attention_mask"] = torch.ones(shape, dtype=torch.int64)
    if "token_type_ids" in takes and int(getattr(config, "type_vocab_size", 0) or 0) > 1:
        tensors["token_type_ids"] = torch.zeros(shape, dtype=torch.int64)
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in takes:
        tensors["decoder_input_ids"] = tensors[main].clone()
    return Example(tensors, {n: {0: "batch", 1: "sequence"} for n in tensors}, fixed)


def for_module(example: dict[str, Any]) -> Example:
    """The caller's tensors; the first axis may vary, of ids (integers, two axes) the second too."""
    import torch

    tensors = {
        name: value if isinstance(value, torch.Tensor) else torch.as_tensor(value)
        for name, value in example.items()
    }
    axes: dict[str, dict[int, str]] = {}
    for name, value in tensors.items():
        ids = value.ndim == 2 and not value.dtype.is_floating_point
        axes[name] = dict(enumerate(("batch", "sequence")[: 2 if ids else min(value.ndim, 1)]))
    return Example(tensors, axes, {})


def outputs_of(result: Any) -> dict[str, Any]:
    """The tensors that a model returned, by name, in order; what is no tensor is left out."""
    import torch

    if isinstance(result, torch.Tensor):
        return {"output": result}
    if isinstance(result, dict):  # transformers' ModelOutput is one
        rows = [(str(k), v) for k, v in result.items()]
    else:
        rows = [(f"output_{i}", v) for i, v in enumerate(result)]
    return {name: value for name, value in rows if isinstance(value, torch.Tensor)}


def wrap(module: Any, names: list[str], fixed: dict[str, Any]) -> Any:
    """A module that takes its tensors in the order of ``names`` and returns a tuple of tensors."""
    import torch

    class Wrapped(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, *tensors: Any) -> tuple[Any, ...]:
            named = dict(zip(names, tensors, strict=True))
            return tuple(outputs_of(self.module(**named, **fixed)).values())

    return Wrapped().eval()
