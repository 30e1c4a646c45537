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
from seedtool.errors import UnsupportedError
from seedtool.floats import CODABLE, from_float32
from seedtool.models.matching import Read
from seedtool.models.parameters import Parameters, Place
from seedtool.seed import Entry
from seedtool.sinks import hf

Load = Callable[[Path], Any]


def made(
    load: Load, folder: Path, assembly: Assembly, arrays: Mapping[str, Array], *, adopts: bool
) -> tuple[Any, dict[str, Place]]:
    """The module of ``folder``, where ``assembly`` with ``arrays`` is, and its places by name.

    transformers renames tensors as it loads them, so that values decide; where those leave
    it open, as the zeros of fresh biases do, the same files with other values tell.
    UnsupportedError for parameters that could be trained and not be written, but for those
    of the new head that a network ``adopts``.
    """
    module = load(folder)
    entries, names = _apart(assembly)
    found = Parameters(module, entries, lambda entry: arrays[names[entry.name]])
    if (found.unknown and not adopts) or any(len(ways) > 1 for ways in found.places.values()):
        with tempfile.TemporaryDirectory(prefix="seed-") as other:
            read = _told_apart(arrays, names)
            tensors = tuple((entry, (entry.name,)) for entry in entries)
            told = replace(assembly, tensors=tensors, arrays=map(read, entries))
            hf.write(told, Path(other))
            found = Parameters(load(Path(other)), entries, read)
    places = {name: Place(inside[0]) for name, inside in found.places.items()} | found.parts
    state = module.state_dict()
    places |= {name: Place(name) for name in names if name in state and name not in places}
    known = {place.tensor for place in places.values()}
    lost = [name for name in found.unknown if name not in known and not adopts]
    if lost:
        raise UnsupportedError(
            f"the network's {lost[0]!a} is no tensor of the seed, nor a stack of some, so that"
            " it can't be written when it is grown"
        )
    return module, by_tensor(module, places)


def by_tensor(module: Any, places: Mapping[str, Place]) -> dict[str, Place]:
    """``places`` in which a tensor that the module has under several names is under its first."""
    first: dict[int, str] = {}
    by_name = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        by_name[name] = first.setdefault(id(tensor), name)
    return {n: place._replace(tensor=by_name[place.tensor]) for n, place in places.items()}


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
