"""The tensors of a source inside a module that runs: found once, then read and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.models.matching import Matcher, Read
from seedtool.seed import DTYPES, Entry
from seedtool.sources import torch_tensors

F32 = npt.NDArray[np.float32]


class Parameters:
    """Where each entry of a source lies in a module with the same weights.

    ``places``: for the name of every owner entry (``entry.same is None``) that
    was found, the module's names for it; there are several where parameters
    of equal values are one entry. A parameter that the module uses under two
    names (tied) has the name that ``named_parameters`` gives it. Tensors are
    matched by name, or else by values, and values always decide.
    ``missing``: names of the float entries that are nowhere in the module.
    """

    def __init__(self, module: Any, entries: Sequence[Entry], read: Read) -> None:
        self._tensors = dict(_state(module))
        matcher = Matcher(entries, read)
        places: dict[str, tuple[str, ...]] = {}
        for name, tensor in self._tensors.items():
            form = torch_tensors.form(tensor.detach())
            if isinstance(form, str):
                continue
            match = matcher.find(name, form[0], torch_tensors.stored(tensor, form[0]))
            if match is not None and not match.perm:
                places[match.entry.name] = (*places.get(match.entry.name, ()), name)
        self.places = places
        self.missing = tuple(
            e.name
            for e in entries
            if e.same is None and DTYPES[e.dtype].is_float and e.name not in places
        )

    def read(self, name: str) -> F32:
        """A float32 copy of the values that the module has now for the entry ``name``."""
        values: F32 = self._tensors[self.places[name][0]].detach().cpu().float().numpy()
        return values.copy()

    def write(self, name: str, values: F32) -> None:
        """Put ``values`` (of the entry's shape) where the module has the entry ``name``."""
        import torch

        given = torch.from_numpy(np.ascontiguousarray(values)).reshape(values.shape)
        with torch.no_grad():
            for place in self.places[name]:
                self._tensors[place].copy_(given)


def _state(module: Any) -> Iterator[tuple[str, Any]]:
    """Parameters and persistent buffers, each once, by their first name."""
    kept = module.state_dict(keep_vars=True)
    for named in (module.named_parameters(), module.named_buffers()):
        for name, tensor in named:
            if name in kept:
                yield name, tensor
