"""torch tensors as a seed's tensors. Nothing here imports torch: the tensors' owner has."""

from __future__ import annotations

from typing import Any

from seedtool.sources.base import Array
from seedtool.sources.dtypes import BY_NAME

_BITS = {"BF16": "uint16", "F8_E4M3": "uint8", "F8_E5M2": "uint8", "BOOL": "uint8"}


def form(tensor: Any) -> tuple[str, tuple[int, ...]] | str:
    """(dtype, shape) of a tensor, or in words why a seed can't hold it."""
    if (kind := type(tensor).__name__) not in {"Tensor", "Parameter"}:
        return f"a tensor of the kind {kind}"
    layout = str(tensor.layout).removeprefix("torch.")
    if layout != "strided":
        return f"a tensor of the layout {layout}"
    if tensor.is_quantized:
        return "a quantised tensor"
    if tensor.device.type == "meta":
        return "a tensor without values"
    dtype = BY_NAME.get(name := str(tensor.dtype).removeprefix("torch."))
    if dtype is None:
        return f"a tensor of the dtype {name}"
    return dtype, tuple(int(n) for n in tensor.shape)


def storage_key(tensor: Any) -> object | None:
    """Equal for tensors that are views of the same memory in the same form; None if empty."""
    if not tensor.numel():
        return None
    where = (str(tensor.device), tensor.untyped_storage().data_ptr(), tensor.storage_offset())
    return (*where, tensor.dtype, tuple(tensor.shape), tensor.stride())


def stored(tensor: Any, dtype: str) -> Array:
    """The tensor's values in C order, as the storage dtype of ``dtype``; a copy only if it must."""
    plain = tensor.detach().cpu().resolve_neg().contiguous()
    if dtype in _BITS:
        import torch

        plain = plain.view(getattr(torch, _BITS[dtype]))
    values: Array = plain.numpy()
    return values
