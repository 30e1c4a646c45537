"""The tensors of a seed or of any model, by name, whichever it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from seedtool.assemble import no_base
from seedtool.seedfile import SeedFile, begins_as_seed
from seedtool.sources import open_source
from seedtool.tensors import Tensors


@contextlib.contextmanager
def open_tensors(model: str) -> Iterator[Tensors]:
    """The model's tensors while the context lasts; UsageError for a seed that needs a base."""
    path = Path(model)
    if path.is_file() and begins_as_seed(path):
        seed = SeedFile(path)
        with contextlib.closing(seed):
            if seed.header.base:
                raise no_base(seed.header.base)
            yield seed.tensors(None)
        return
    with open_source(model) as source:
        entries = {e.name: e for e in source.entries}
        yield Tensors(entries, lambda name: source.read(entries[name]))
