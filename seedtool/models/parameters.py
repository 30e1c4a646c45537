"""The tensors of a source inside a module that runs: found once, then read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seedtool.floats import CODABLE
from seedtool.models.matching import Matcher, Read
from seedtool.seed import Entry
from seedtool.sources import torch_tensors

F32 = npt.NDArray[np.float32]


class Place(NamedTuple):
    """A tensor of a module's state, or rows of one matrix of a stack of matrices."""

    tensor: str
    matrix: int | None = None
    rows: tuple[int, int] = (0, 0)

    def view(self, state: Mapping[str, Any]) -> Any:
        """What is here of the tensors by name; what is written there is written in them."""
        whole = state[self.tensor]
        return whole if self.matrix is None else whole[self.matrix, slice(*self.rows)]


class Parameters:
    """Where each entry of a source lies in a module with the same weights.

    ``places``: for the name of every owner entry (``entry.same is None``) that
    was found, the module's names for it; there are several where parameters
    of equal values are one entry. A parameter that the module uses under two
    names (tied) has the name that ``named_parameters`` gives it. Tensors are
    matched by name, or else by values, and values always decide.
    ``parts``: places of entries that the module holds together in a stack
    [matrices, rows, columns], as it does experts.
    ``unknown``: parameters that are made of the source's tensors otherwise, but for
    those in formats that no codec changes.
    """

    def __init__(self, module: Any, entries: Sequence[Entry], read: Read) -> None:
        self._tensors = dict(_state(module))
        matcher = Matcher(entries, read)
        places: dict[str, tuple[str, ...]] = {}
        unknown: list[str] = []
        for name, tensor in self._tensors.items():
            match = _find(matcher, name, tensor)
            if match is None:
                unknown.append(name)
            else:
                places[match.name] = (*places.get(match.name, ()), name)
        self.places = places
        owners = [e for e in entries if e.same is None and e.name not in places]
        stacks = {name: _stack(matcher, name, self._tensors[name], owners) for name in unknown}
        self.parts = {entry: place for parts in stacks.values() for entry, place in parts.items()}
        trained = {name for name, _ in module.named_parameters() if not _is_made(module, name)}
        as_it_is = {entry.name for entry in entries if entry.dtype not in CODABLE}
        self.unknown = tuple(
            n for n, parts in stacks.items() if n in trained - as_it_is and not parts
        )

    def __contains__(self, name: object) -> bool:
        return name in self.places or name in self.parts

    def read(self, name: str) -> F32:
        """A float32 copy of the values that the module has now for the entry ``name``."""
        values: F32 = self._of(name)[0].view(self._tensors).detach().cpu().float().numpy()
        return values.copy()

    def write(self, name: str, values: F32) -> None:
        """Put ``values`` (of the entry's shape) where the module has the entry ``name``."""
        import torch

        given = torch.from_numpy(np.ascontiguousarray(values)).reshape(values.shape)
        with torch.no_grad():
            for place in self._of(name):
                place.view(self._tensors).copy_(given)

    def _of(self, name: str) -> list[Place]:
        if name in self.parts:
            return [self.parts[name]]
        return [Place(tensor) for tensor in self.places[name]]


def _is_made(module: Any, name: str) -> bool:
    """Whether transformers makes the parameter by itself, as sines of positions are."""
    patterns = getattr(module, "_keys_to_ignore_on_load_missing", None) or ()
    return any(re.search(pattern, name) for pattern in patterns)


def _find(matcher: Matcher, name: str, tensor: Any) -> Entry | None:
    form = torch_tensors.form(tensor.detach())
    if isinstance(form, str):
        return None
    match = matcher.find(name, form[0], torch_tensors.stored(tensor, form[0]))
    return match.entry if match is not None and not match.perm else None


def _stack(matcher: Matcher, name: str, stack: Any, entries: Sequence[Entry]) -> dict[str, Place]:
    """Entries that a tensor [matrices, rows, columns] consists of; none if not all of it."""
    if stack.ndim != 3:
        return {}
    matrices, rows, columns = stack.shape
    heights = {e.shape[0] for e in entries if e.size and e.shape[1:] == (columns,)}
    for height in sorted((h for h in heights if rows % h == 0), reverse=True):
        parts: dict[str, Place] = {}
        for at in range(0, matrices * rows, height):
            place = Place(name, at // rows, (at % rows, at % rows + height))
            entry = _find(matcher, "", place.view({name: stack}))
            if entry is None or entry.name in parts:
                break
            parts[entry.name] = place
        else:
            return parts
    return {}


def _state(module: Any) -> Iterator[tuple[str, Any]]:
    """Parameters and persistent buffers, each once, by their first name."""
    kept = module.state_dict(keep_vars=True)
    for named in (module.named_parameters(), module.named_buffers()):
        for name, tensor in named:
            if name in kept:
                yield name, tensor
