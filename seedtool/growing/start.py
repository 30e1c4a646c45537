"""Where growing starts from: the seed as it is, chance, or the seed as another codec would have it.

One seed without loss gives every rung of an ablation so: ``coded`` is what the seed says,
``random`` what the architecture begins with (the control), and any codec what would
be left of the seed's values had they been extracted with it: ``minimal``, ``stats``,
``pca``, ``trellis:1.5`` (bits a weight), ``trellis:3``. A seed that is a difference to a base
starts, ``coded``, from the base and the difference together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seedtool import codecs
from seedtool.assemble import Assembly
from seedtool.codecs.base import Array
from seedtool.errors import UsageError
from seedtool.extracting import code_source
from seedtool.plan import plan
from seedtool.seed import Entry
from seedtool.sources.base import Source

CODED, RANDOM = "coded", "random"


@dataclass(frozen=True)
class Start:
    """``codec`` None: no codec's doing. ``bits``: its option of that name, None: its own."""

    name: str
    codec: str | None = None
    bits: str | None = None

    @classmethod
    def of(cls, text: str) -> Start:
        """A start by its name, as the module says them; UsageError for any other."""
        codec, _, bits = text.partition(":")
        if text in (CODED, RANDOM):
            return cls(text)
        if codec not in codecs.names():
            known = ", ".join((CODED, RANDOM, *codecs.names()))
            raise UsageError(f"unknown start {text!a}", hint=f"one of {known}, or CODEC:BITS")
        return cls(text, codec, bits or None)

    def values(self, assembly: Assembly, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """The arrays (by owner) coded and decoded again, or as they are."""
        if self.codec is None:
            return dict(arrays)
        settings = {"bits": self.bits} if self.bits else {}
        source = _Held([entry for entry, _ in assembly.tensors], arrays)
        made = code_source(source, [], plan(source.entries, self.codec, settings))
        return dict(made.tensors())


class _Held(Source):
    """Arrays that are in memory, in their storage dtypes."""

    def __init__(self, entries: list[Entry], arrays: Mapping[str, Array]) -> None:
        self.entries = tuple(entries)
        self._arrays = arrays

    def read(self, entry: Entry) -> Array:
        return self._arrays[entry.name]
