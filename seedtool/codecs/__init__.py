"""The codecs: one file each, found by listing this folder and the installed entry points.

Codec ids come from untrusted files, so an id is only ever looked up among the
names found here, never imported on a file's word.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from seedtool.codecs.base import Codec
from seedtool.errors import UnknownCodecError

GROUP = "seedtool.codecs"


@cache
def _plugins() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}


@cache
def names() -> tuple[str, ...]:
    """Ids of every codec here, built-in ones first."""
    built_in = [m.name for m in pkgutil.iter_modules(__path__) if m.name != "base"]
    return (*built_in, *sorted(set(_plugins()) - set(built_in)))


@cache
def load(name: str) -> Codec:
    """The codec of that id; UnknownCodecError if there is none."""
    if name not in names():
        raise UnknownCodecError(
            f"the codec {name!a} is not known here",
            hint=f"known codecs: {', '.join(names())}",
        )
    if name in _plugins():
        codec: Codec = _plugins()[name].load()()
        return codec
    module = importlib.import_module(f"seedtool.codecs.{name}")
    made: Codec = module.Codec()
    return made
