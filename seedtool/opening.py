"""The tensors of a seed or of any model, by name, whichever it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from seedtool.assemble import no_base
from seedtool.bases import find_base
from seedtool.seedfile import SeedFile, begins_as_seed
from seedtool.sources import open_source
from seedtool.tensors import Tensors


@contextlib.contextmanager
def open_tensors(model: str, bases: Sequence[str] = ()) -> Iterator[Tensors]:
    """The model's tensors while the context lasts; UsageError for a seed whose base is not given.

    ``bases``: models among which a seed's base is, and that one's own.
    """
    path = Path(model)
    if path.is_file() and begins_as_seed(path):
        seed = SeedFile(path)
        with contextlib.closing(seed):
            reference = seed.header.base
            if reference and not bases:
                raise no_base(reference)
            yield seed.tensors(find_base(reference, list(bases)) if reference else None)
        return
    with open_source(model) as source:
        entries = {e.name: e for e in source.entries}
        yield Tensors(entries, lambda name: source.read(entries[name]))
