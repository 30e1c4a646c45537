"""The models that differences are to: opened, and told apart by what their tensors hold.

A base is anything that a source reads, or a seed, which may be a difference itself.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedtool import coding
from seedtool.errors import DigestError, LimitError, MalformedError, UsageError
from seedtool.seed import BASE_NESTING_MAX, Base
from seedtool.seedfile import SeedFile, begins_as_seed
from seedtool.sources import open_source
from seedtool.sources.base import reading
from seedtool.tensors import BaseModel, Tensors, identity


@dataclass(frozen=True)
class _Candidate:
    """A model that was given: a seed that may need a base of its own, or a model as it is."""

    name: str
    digest: bytes
    size: int
    model: BaseModel | None = None
    seed: SeedFile | None = None

    @property
    def base(self) -> Base | None:
        return self.seed.header.base if self.seed else None


def open_base(given: Any) -> BaseModel:
    """The base that is ``given``: a model, or a list whose first the others are bases of.

    A model is what :func:`seedtool.sources.open_source` takes, or the path of a seed.
    Raises subclasses of SeedError: LimitError if a difference to it would be nested too deep.
    """
    candidates = _open_all(given)
    first = _resolve(candidates[0], candidates)
    if first.reference.nesting > BASE_NESTING_MAX:
        raise LimitError(
            f"{first.name}: bases would be nested {first.reference.nesting} deep, "
            f"the limit is {BASE_NESTING_MAX}",
            hint="seed assemble makes a model of it, which is no difference",
        )
    return first


def find_base(reference: Base, given: Any) -> BaseModel:
    """The base that a seed's header names, among those ``given`` in any order.

    DigestError if it is none of them.
    """
    candidates = _open_all(given)
    found = _match(reference, candidates)
    if found is None:
        which = "; ".join(f"{c.name} has {_short(c.digest)}" for c in candidates)
        raise DigestError(
            f"the base is another model than the one that the seed is a difference to: "
            f"the seed names {_short(reference.digest)}, {which}"
        )
    return _resolve(found, candidates)


def _open_all(given: Any) -> list[_Candidate]:
    models = list(given) if isinstance(given, (list, tuple)) else [given]
    if not models:
        raise UsageError("no base is given")
    return [_open(model) for model in models]


def _open(model: Any) -> _Candidate:
    named = isinstance(model, (str, os.PathLike))
    path = Path(model) if named else Path()
    with reading(path):
        if named and path.is_file() and begins_as_seed(path):
            seed = SeedFile(path)
            return _Candidate(path.name, seed.digest, seed.size, seed=seed)
    source = open_source(model)
    try:
        digest, size = identity(source.entries, lambda e: coding.check(source.read(e)))
        entries = {e.name: e for e in source.entries}
        assets = {a.name: a.read for a in source.assets}
        stored = size + sum(len(read()) for read in assets.values())
        if named and path.is_file():
            stored = path.stat().st_size
    except BaseException:
        source.close()
        raise
    name = _bare(os.fspath(model)) if named else type(model).__name__
    tensors = Tensors(entries, lambda name: source.read(entries[name]))
    weakref.finalize(tensors, source.close)
    return _Candidate(
        name, digest, size, BaseModel(Base(digest, size, 1), tensors, name, stored, assets)
    )


def _bare(model: str) -> str:
    """The last word of a path, a hub id whole: what may stand in a file for others to see."""
    return Path(model).resolve().name if Path(model).exists() else model


def _match(reference: Base, candidates: Sequence[_Candidate]) -> _Candidate | None:
    """The candidate of that digest; MalformedError if the reference lies about it otherwise."""
    alike = [c for c in candidates if c.digest == reference.digest]
    if alike and alike[0].size != reference.size:
        raise MalformedError(
            f"the seed states a base of {reference.size:,} bytes of tensors, "
            f"and the one of that digest has {alike[0].size:,}"
        )
    fit = [c for c in alike if c.base is None or c.base.nesting < reference.nesting]
    if alike and not fit:
        raise MalformedError("the seed's base is nested no less deep than the seed itself")
    return fit[0] if fit else None


def _resolve(candidate: _Candidate, candidates: Sequence[_Candidate]) -> BaseModel:
    """The candidate with its own base behind it, which is among the candidates too."""
    if candidate.model:
        return candidate.model
    seed = candidate.seed
    assert seed
    below: BaseModel | None = None
    if seed.header.base:
        found = _match(seed.header.base, candidates)
        if found is None:
            raise UsageError(
                f"{candidate.name}: is a difference itself, to a model of the digest "
                f"{_short(seed.header.base.digest)}",
                hint="--base with that model too",
            )
        below = _resolve(found, candidates)
    nesting = 1 + (seed.header.base.nesting if seed.header.base else 0)
    stored = seed.path.stat().st_size + (below.stored if below else 0)
    reference = Base(candidate.digest, candidate.size, nesting)
    return BaseModel(reference, seed.tensors(below), candidate.name, stored, seed.assets(below))


def _short(digest: bytes) -> str:
    return f"{digest.hex()[:16]}..."
