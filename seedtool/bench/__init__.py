"""Benches: one file each in this folder, found by listing it, as codecs are.

A bench asks one question of models by a list of small points, each measured by itself. What
it found is a document (:mod:`seedtool.bench.results.document`), and every report is made of
documents alone. Names of benches come from such files, so a name is only ever looked up
among those found here.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from seedtool.bench.base import Bench
from seedtool.errors import UnsupportedError


@cache
def names() -> tuple[str, ...]:
    """All benches, by the names that documents and the command have for them."""
    found = [m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg and m.name != "base"]
    return tuple(name.replace("_", "-") for name in found)


@cache
def load(name: str) -> Bench:
    """The bench of that name; UnsupportedError if there is none."""
    if name not in names():
        raise UnsupportedError(
            f"the bench {name[:64]!a} is not known here", hint=f"known: {', '.join(names())}"
        )
    made: Bench = importlib.import_module(f"seedtool.bench.{name.replace('-', '_')}").Bench()
    return made
