"""Where the module that is made of a seed's files has each of the seed's tensors."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seedtool.assemble import Assembly
from seedtool.codecs.base import Array
from seedtool.floats import CODABLE, from_float32
from seedtool.models.matching import Read
from seedtool.models.parameters import Parameters
from seedtool.seed import Entry
from seedtool.sinks import hf

Load = Callable[[Path], Any]


def made(
    load: Load, folder: Path, assembly: Assembly, arrays: Mapping[str, Array]
) -> tuple[Any, dict[str, str]]:
    """The module of ``folder``, where ``assembly`` with ``arrays`` is, and its places by name.

    transformers renames tensors as it loads them, so that values decide; where those leave
    it open, as the zeros of fresh biases do, the same files with other values tell.
    """
    module = load(folder)
    entries, names = _apart(assembly)
    found = Parameters(module, entries, lambda entry: arrays[names[entry.name]]).places
    if any(len(inside) > 1 for inside in found.values()):
        with tempfile.TemporaryDirectory(prefix="seed-") as other:
            read = _told_apart(arrays, names)
            tensors = tuple((entry, (entry.name,)) for entry in entries)
            told = replace(assembly, tensors=tensors, arrays=map(read, entries))
            hf.write(told, Path(other))
            found = Parameters(load(Path(other)), entries, read).places
    places = {name: inside[0] for name, inside in found.items()}
    state = module.state_dict()
    places |= {name: name for name in names if name in state and name not in places}
    return module, by_tensor(module, places)


def by_tensor(module: Any, places: Mapping[str, str]) -> dict[str, str]:
    """``places`` in which a tensor that the module has under several names is under its first."""
    first: dict[int, str] = {}
    by_name = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        by_name[name] = first.setdefault(id(tensor), name)
    return {name: by_name[place] for name, place in places.items()}


def _apart(assembly: Assembly) -> tuple[list[Entry], dict[str, str]]:
    """An entry for every name, and the entry that a name's values are stored with."""
    entries = [replace(e, name=name) for e, names in assembly.tensors for name in names]
    return entries, {name: e.name for e, names in assembly.tensors for name in names}


def _told_apart(arrays: Mapping[str, Array], owners: Mapping[str, str]) -> Read:
    """Values for every name that no other has, small enough for every dtype."""

    def read(entry: Entry) -> Array:
        if entry.dtype not in CODABLE:
            return arrays[owners[entry.name]]
        rng = np.random.default_rng(list(hashlib.sha256(entry.name.encode()).digest()))
        values = rng.standard_normal(entry.shape, np.float32)
        return from_float32(np.asarray(values, np.float32), entry.dtype)

    return read
