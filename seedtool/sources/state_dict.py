"""Arrays in nested mappings (a state dict, a checkpoint), flattened to dotted names."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seedtool.errors import LimitError, MalformedError, RefusedError, UsageError
from seedtool.seed import NAME_MAX, Entry
from seedtool.sources import numpy_arrays, torch_tensors
from seedtool.sources.base import Array, Source

ITEMS_MAX = 1 << 20  # items visited; references in a pickle can make a small file endless
DEPTH_MAX = 32


class StateDictSource(Source):
    """numpy arrays and torch tensors held by the caller or a mapped file.

    Tensors that share memory are marked as tied. ``largest``: a tensor of
    more bytes is refused (a broadcast one states any size it likes).
    """

    def __init__(self, tree: Mapping[Any, Any], largest: int | None = None) -> None:
        self._arrays: dict[str, Any] = {}
        entries: list[Entry] = []
        places: dict[object, int] = {}
        leaves, left_out = flatten(tree)
        for name, leaf in leaves:
            form = _form(name, leaf)
            if isinstance(form, str):
                left_out.append(f"{name}: {form}")
                continue
            key = torch_tensors.storage_key(leaf) if _is_tensor(leaf) else None
            place = len(entries) if key is None else places.setdefault(key, len(entries))
            same = None if place == len(entries) else place
            entry = Entry(name, *form, same)
            if largest is not None and entry.nbytes > largest:
                raise LimitError(f"tensor {name!a} states {entry.nbytes} bytes, more than its file")
            if name in self._arrays:
                raise MalformedError(f"tensor name {name!a} appears twice once flattened")
            self._arrays[name] = leaf
            entries.append(entry)
        self.entries = tuple(entries)
        self.left_out = tuple(left_out)

    def read(self, entry: Entry) -> Array:
        leaf = self._arrays[entry.name]
        if _is_tensor(leaf):
            return torch_tensors.stored(leaf, entry.dtype)
        return numpy_arrays.stored(leaf, entry.dtype)

    def close(self) -> None:
        self._arrays = {}


def flatten(tree: Mapping[Any, Any]) -> tuple[list[tuple[str, Any]], list[str]]:
    """(name, array) of every array in ``tree``, and a phrase for everything else.

    A part without any array is named once, as a whole; so is the state of an
    optimiser, whose arrays are no part of a model.
    """
    visited = 0

    def walk(value: Any, name: str, depth: int) -> tuple[list[tuple[str, Any]], list[str]]:
        nonlocal visited
        visited += 1
        if visited > ITEMS_MAX:
            raise LimitError(f"holds more than {ITEMS_MAX} items")
        if depth > DEPTH_MAX:
            raise LimitError(f"is nested deeper than {DEPTH_MAX}")
        if len(name) > NAME_MAX:
            raise LimitError(f"holds a name longer than {NAME_MAX} characters")
        if _is_array(value):
            return [(name, value)], []
        if isinstance(value, Mapping):
            if set(value) == {"state", "param_groups"}:
                return [], [f"{name}: an optimiser's state"]
            items = [(_text(key), item) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            items = [(str(index), item) for index, item in enumerate(value)]
        else:
            return [], [f"{name}: no array but a value of type {type(value).__name__}"]
        arrays: list[tuple[str, Any]] = []
        others: list[str] = []
        for key, item in items:
            found, rest = walk(item, f"{name}.{key}" if name else key, depth + 1)
            arrays += found
            others += rest
        return (arrays, others) if arrays or not name else ([], [f"{name}: holds no array"])

    return walk(tree, "", 0)


def _text(key: object) -> str:
    if not isinstance(key, (str, int)):
        raise MalformedError(f"holds a mapping with a key of type {type(key).__name__}")
    return str(key)


def pick(tree: Any, key: str) -> Mapping[Any, Any]:
    """The mapping at the dotted path ``key`` inside ``tree``; UsageError if there is none."""
    found = _find(tree, key.split("."))
    if isinstance(found, Mapping):
        return found
    if found is not None and _is_array(found):
        return {key: found}
    inner = (
        [k for k, v in tree.items() if isinstance(v, Mapping)] if isinstance(tree, Mapping) else []
    )
    known = ", ".join(ascii(str(k)) for k in inner[:8]) or "none, it is flat"
    raise UsageError(f"has no state dict under the key {key!a}", hint=f"keys that lead on: {known}")


def _find(tree: Any, steps: Sequence[str]) -> Any:
    if not steps:
        return tree
    if isinstance(tree, Mapping):
        for length in range(1, len(steps) + 1):
            step = ".".join(steps[:length])
            if step in tree and (found := _find(tree[step], steps[length:])) is not None:
                return found
    return None


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")  # a tensor can't exist without it
    return torch is not None and isinstance(value, torch.Tensor)


def _is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic)) or _is_tensor(value)


def _form(name: str, leaf: Any) -> tuple[str, tuple[int, ...]] | str:
    if _is_tensor(leaf):
        return torch_tensors.form(leaf)
    if leaf.dtype.hasobject:
        raise RefusedError(f"{name!a} is an array of Python objects: refused, it may be code")
    dtype = numpy_arrays.dtype_of(leaf.dtype)
    return f"an array of the dtype {leaf.dtype}" if dtype is None else (dtype, leaf.shape)
