"""The rungs of the ladder: what is left of a model's weights in seeds of less and less.

``random`` is what the architecture begins with; ``coded`` the model as it is; a codec, or
``CODEC:NUMBER``, what it leaves of that: the number is bits a weight, of ``pca`` a ratio.
``delta:BITS`` is the difference to a base, by ``trellis``. Other names are of :mod:`.components`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from seedtool import codecs
from seedtool.api import Seed
from seedtool.bases import open_base
from seedtool.bench.starts import components
from seedtool.bench.tasks.lesson import Lesson
from seedtool.bench.tasks.task import Arrays, Held, arrays_of, size_of
from seedtool.chacha import SEED_MAX
from seedtool.errors import UsageError
from seedtool.extracting import code_source
from seedtool.floats import CODABLE, to_float32
from seedtool.plan import plan
from seedtool.seed import Section
from seedtool.sources.base import Asset

RANDOM, CODED, DELTA = "random", "coded", "delta"
DRAWN = ("stats", "minimal")  # their values are drawn by a seed
COARSE = "trellis:0.75"  # what stands for a base where none is given


@dataclass(frozen=True)
class Made:
    """``arrays`` by owner, None: as the architecture begins. ``bytes`` of the seed that holds
    them, without graph, recipe and examples; None where no seed does."""

    arrays: Arrays | None
    bytes: int | None = None


def check(name: str) -> None:
    """UsageError for a name of no start."""
    codec, _, number = name.partition(":")
    known = (RANDOM, CODED, DELTA, *codecs.names(), *components.NAMES)
    if codec not in known or (number and codec in (RANDOM, CODED, *components.NAMES)):
        told = ", ".join(known)
        raise UsageError(f"unknown start {name!a}", hint=f"one of {told}, or CODEC:NUMBER")
    try:
        positive = not number or float(number) > 0
    except ValueError:
        positive = False
    if not positive or (codec == DELTA and not number):
        raise UsageError(f"{name!a}: behind the colon stands a number, as in trellis:1.5")


@lru_cache(maxsize=1)
def held(lesson: Lesson) -> Held:
    """The lesson's model in memory, kept for the points that are measured next."""
    made = lesson.seed.assembly()
    values = {entry.name: array for entry, _, array in made.stream()}
    assets = tuple(Asset(a.name, a.role, a.read) for a in made.assets)
    return Held(lesson.seed.header.tensors, values, made.meta, assets)


def make(source: Held, name: str, seed: int, base: str = "") -> Made:
    """The weights of a start; ``seed``: of what is drawn; ``base``: the model of a ``delta``.

    Raises subclasses of SeedError.
    """
    check(name)
    codec, _, number = name.partition(":")
    if name == RANDOM:
        return Made(None)
    if name == CODED:
        return Made(source.arrays, size_of(_seed(source, "lossless", "", 0)))
    if codec == DELTA:
        made = _difference(source, number, base)
    elif codec in components.NAMES:
        decode: Callable[[str], Arrays] = partial(_decoded, source, seed)
        return Made(components.make(codec, source, decode, seed))
    else:
        made = _seed(source, codec, number, seed)
    return Made(arrays_of(made), size_of(made))


def bytes_beside(source: Held, carried: Sequence[Section]) -> int:
    """What sections that ride along add to a seed of any of these starts."""
    without = size_of(_seed(source, "minimal", "", 0))
    return size_of(_seed(source, "minimal", "", 0, carried)) - without


def _decoded(source: Held, seed: int, codec: str) -> Arrays:
    return arrays_of(_seed(source, codec, "", seed))


def _seed(
    source: Held, codec: str, number: str, seed: int, carried: Sequence[Section] = ()
) -> Seed:
    settings: dict[str, object] = {}
    if codec in DRAWN:
        settings["seed"] = seed % (SEED_MAX + 1)
    if number:
        settings["ratio" if codec == "pca" else "bits"] = float(number)
    choices = plan(source.entries, codec, settings)
    return code_source(source, [], choices, carried=carried)


def _difference(source: Held, bits: str, base: str) -> Seed:
    """The difference to a model, or to what a coarse seed of the same had brought before."""
    if base:
        known = open_base(base)
    else:
        codec, _, number = COARSE.partition(":")
        coarse = arrays_of(_seed(source, codec, number, 0))
        kept = [e for e in source.entries if e.same is None and e.dtype in CODABLE]
        known = open_base({e.name: to_float32(coarse[e.name], e.dtype) for e in kept})
    choices = plan(source.entries, "trellis", {"bits": float(bits)})
    choices = {name: replace(choice, delta=True) for name, choice in choices.items()}
    return code_source(source, [], choices, (), known)
