"""A model with what it is measured by, so that any other values of its tensors can be too."""

from __future__ import annotations

import io
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.api import Seed
from seedtool.bench.base import Input
from seedtool.codecs.base import Array
from seedtool.errors import UsageError
from seedtool.floats import CODABLE, from_float32, to_float32
from seedtool.seed import Entry
from seedtool.sources.base import Asset, Source

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Scored:
    """``score``: the metric; ``kl``: nats from the original's answers, None where they are no
    probabilities."""

    score: float
    kl: float | None


class Held(Source):
    """A model in memory. ``arrays``: by owner, in storage dtypes."""

    def __init__(
        self,
        entries: Sequence[Entry],
        arrays: Arrays,
        meta: Mapping[str, Any],
        assets: tuple[Asset, ...] = (),
    ) -> None:
        self.entries, self.arrays = tuple(entries), arrays
        self.meta, self.assets = meta, assets

    def read(self, entry: Entry) -> Array:
        return self.arrays[entry.name]

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors, plain, tied ones once."""
        return sum(entry.nbytes for entry in self.entries if entry.same is None)

    @property
    def elements(self) -> int:
        return sum(entry.size for entry in self.entries if entry.same is None)


class Task(ABC):
    """``source``: the model as it is; ``metric``: by its name in recipes; ``name``: for people."""

    source: Held
    metric: str
    name: str

    @abstractmethod
    def inputs(self) -> Mapping[str, Input]:
        """The model and the data, by digest."""

    @abstractmethod
    def measure(self, arrays: Arrays) -> Scored:
        """The model with other values, by owner, on data that trained nothing."""

    @abstractmethod
    def chance(self) -> Scored:
        """The best answer that does not look at the input."""

    @property
    def model(self) -> Source:
        """The source that a plan by data needs: one whose network runs, where there is one."""
        return self.source

    def grown(self, made: Seed, steps: int, seed: int) -> float:
        """The metric after so many steps of growing a seed; UsageError without a recipe."""
        raise UsageError(f"{self.name}: there is no recipe to grow by", hint="MODEL --task RECIPE")

    def retained(self, score: float) -> float:
        """What is left of the way from chance to the original: 1 all, 0 nothing, less: harm.

        Of a perplexity, the way of its logarithm.
        """
        own, none = self.measure(self.source.arrays).score, self.chance().score
        if self.metric == "perplexity":
            own, none, score = (math.log(max(v, 1.0)) for v in (own, none, score))
        return (score - none) / (own - none) if own != none else 0.0


def arrays_of(made: Seed) -> dict[str, Array]:
    """The values of a seed by owner, coded and decoded again."""
    return {entry.name: array for entry, _, array in made.assembly().stream()}


def size_of(made: Seed) -> int:
    """Bytes of a seed when it is saved."""
    return made.save(io.BytesIO())


def random_like(source: Held, seed: int) -> dict[str, Array]:
    """Normal values with each tensor's own mean and norm: the architecture and sizes, no more."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, Array] = dict(source.arrays)
    for entry in source.entries:
        if entry.same is None and entry.dtype in CODABLE and entry.size > 1:
            values = to_float32(source.arrays[entry.name], entry.dtype).astype(np.float64)
            noise = rng.standard_normal(values.shape)
            noise = (noise - noise.mean()) / (noise.std() or 1.0)
            made = (values.mean() + noise * values.std()).astype(np.float32)
            drawn[entry.name] = from_float32(made, entry.dtype)
    return drawn


def rows_shuffled(source: Held, arrays: Arrays, seed: int) -> dict[str, Array]:
    """The matrices of a coded model with their rows in another order.

    Of a matrix by ``pca`` that is its coefficients shuffled: basis and mean are of columns.
    """
    rng = np.random.default_rng(seed)
    return {
        entry.name: arrays[entry.name][rng.permutation(entry.shape[0])]
        if len(entry.shape) > 1
        else arrays[entry.name]
        for entry in source.entries
        if entry.same is None
    }


def divergence(original: F32, other: F32) -> float:
    """Mean KL in nats from the softmax of ``original`` [n, classes] to that of ``other``."""
    p, q = _log_softmax(original), _log_softmax(np.nan_to_num(other))
    return float((np.exp(p) * (p - q)).sum(1).mean())


def divergence_of_mean(original: F32) -> float:
    """The same for the mean of the original's probabilities as the answer to everything."""
    p = _log_softmax(original)
    mean = np.log(np.maximum(np.exp(p).mean(0), 1e-30))
    return float((np.exp(p) * (p - mean)).sum(1).mean())


def _log_softmax(logits: F32) -> F64:
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    found: F64 = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return found
