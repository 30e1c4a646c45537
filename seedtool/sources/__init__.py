"""Where models come from: one file a kind, and the choice between them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seedtool.errors import MalformedError, SeedError, UsageError
from seedtool.seed import check_entries
from seedtool.sources.base import Source, reading
from seedtool.sources.hf import HfFolderSource
from seedtool.sources.hub import HubSource, is_hub_id
from seedtool.sources.kinds import ENDINGS, READS, kind_of
from seedtool.sources.module import ModuleSource
from seedtool.sources.npz import NpySource, NpzSource
from seedtool.sources.peft import PeftSource, is_adapter
from seedtool.sources.safetensors import SafetensorsSource
from seedtool.sources.state_dict import StateDictSource, pick
from seedtool.sources.ties import tie_duplicates
from seedtool.sources.torch_file import TorchFileSource
from seedtool.tensors import BaseModel


def open_source(
    model: Any,
    *,
    key: str | None = None,
    example: Mapping[str, Any] | tuple[Any, ...] | None = None,
    base: BaseModel | None = None,
) -> Source:
    """The model as a source, its table checked and equal tensors tied.

    ``model``: a path, a hub id ``org/name``, a torch.nn.Module, or a mapping
    of arrays (nested ones are flattened). ``key``: the dotted path of one
    state dict inside a checkpoint. ``example``: inputs that a module is
    called with, by name or as a tuple. ``base``: the model that an adapter
    changes. Raises subclasses of SeedError.
    """
    if isinstance(model, (str, os.PathLike)):
        where = os.fspath(model)
        source = _open_path(where, key, base)
    else:
        where = f"the {type(model).__name__}"
        source = _open_object(model, key, example)
    try:
        with reading(where):
            source.entries = check_entries(source.entries)
            if not source.entries:
                raise MalformedError("holds no tensor that a seed could keep")
        source.entries = tie_duplicates(source.entries, source.glimpse, source.read)
    except BaseException:
        source.close()
        raise
    return source


def _open_path(model: str, key: str | None, base: BaseModel | None) -> Source:
    path = Path(model)
    with reading(model):
        exists = bool(model) and path.exists()
    if not exists:
        if not is_hub_id(model) or path.suffix.lower() in ENDINGS:
            raise SeedError(f"{model}: no such file or folder", hint=f"seed reads {READS}")
        _refuse_key(key, model)
        return HubSource(model)
    if path.is_dir():
        _refuse_key(key, model)
        return PeftSource(path, base) if is_adapter(path) else HfFolderSource(path)
    with reading(path):
        kind = kind_of(path)
    if kind == "torch":
        return TorchFileSource(path, key)
    _refuse_key(key, model)
    if kind == "onnx":
        from seedtool.sources.onnx import OnnxSource

        return OnnxSource(path)
    readers: dict[str, Callable[[Path], Source]] = {
        "safetensors": SafetensorsSource,
        "npz": NpzSource,
        "npy": NpySource,
    }
    return readers[kind](path)


def _open_object(model: Any, key: str | None, example: Any) -> Source:
    torch = sys.modules.get("torch")  # a module can't exist without it
    if torch is not None and isinstance(model, torch.nn.Module):
        _refuse_key(key, "a module")
        return ModuleSource(model, example)
    if isinstance(model, Mapping):
        source = StateDictSource(model if key is None else pick(model, key))
        source.meta = {"format": "arrays"}
        return source
    raise UsageError(f"a {type(model).__name__} is no model", hint=f"seed reads {READS}")


def _refuse_key(key: str | None, model: str) -> None:
    if key is not None:
        raise UsageError(f"{model}: only a .pt, .pth or .bin file has keys to pick by, not this")
