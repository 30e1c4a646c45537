"""The weight matrices of a model: in memory, named by their content, and as fitted sources."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seedtool import coding, scaleclasses, tensors
from seedtool.bench.base import Input
from seedtool.bench.information import sources
from seedtool.bench.information.sources import Mixture
from seedtool.codecs.base import columns_of, rows_of
from seedtool.errors import UsageError
from seedtool.floats import CODABLE, F32, to_float32
from seedtool.opening import open_tensors
from seedtool.plan import WEIGHT_MIN
from seedtool.seed import Entry

UNIFORM = 0.5 * math.log2(2 * math.pi * math.e)  # a Gaussian's entropy at a step of its deviation
SOURCES = ("gaussian", "laplacian", "generalised", "classes")


@dataclass(frozen=True)
class Weights:
    """Matrices of a model, float32, rows x columns as codecs see them."""

    entries: tuple[Entry, ...]
    matrices: tuple[F32, ...]

    @property
    def elements(self) -> int:
        return sum(m.size for m in self.matrices)

    @property
    def deviation(self) -> float:
        """Of all weights, about 0."""
        power = sum(float(np.sum(np.square(m, dtype=np.float64))) for m in self.matrices)
        return math.sqrt(power / self.elements)

    def step(self, bits: float) -> float:
        """A uniform step for all, at which Gaussian weights would take so many bits each."""
        return float(self.deviation * 2.0 ** (UNIFORM - bits))


@lru_cache(maxsize=1)
def load(model: str) -> Weights:
    """The matrices that lossy codecs take; UsageError if the model has none."""
    entries, matrices = [], []
    with open_tensors(model) as table:
        for entry in table.entries.values():
            weights = len(entry.shape) > 1 and entry.size >= WEIGHT_MIN
            if entry.same is None and entry.dtype in CODABLE and weights:
                values = to_float32(table.read(entry.name), entry.dtype)
                if np.all(np.isfinite(values)):
                    entries.append(Entry(entry.name, "F32", entry.shape))
                    matrices.append(values.reshape(rows_of(entry), columns_of(entry)))
    if not any(m.any() for m in matrices):
        raise UsageError(f"{model}: has no weight matrix of {WEIGHT_MIN} numbers or more")
    return Weights(tuple(entries), tuple(matrices))


def describe(model: str) -> Input:
    """The model's name and the digest of its tensors, whatever file they are in."""
    with open_tensors(model) as table:
        entries = [*table.entries.values()]
        owners = [e for e in entries if e.same is None]
        digest, size = tensors.identity(entries, lambda e: coding.check(table.read(e.name)))
    return Input(model, digest.hex(), size if owners else 0)


@lru_cache(maxsize=1)
def fitted(model: str) -> dict[str, Mixture]:
    """The sources of :data:`SOURCES`, fitted to each matrix; ``classes`` to each scale class.

    The classes are told for free: what their codes cost is not in the rate.
    """
    held = load(model)
    shares = np.array([m.size for m in held.matrices]) / held.elements
    power = np.array([float(np.mean(np.square(m, dtype=np.float64))) for m in held.matrices])
    by_curve = {
        "gaussian": [sources.gaussian()] * len(power),
        "laplacian": [sources.generalised(1.0)] * len(power),
        "generalised": [sources.generalised(sources.shape_of(m)) for m in held.matrices],
    }
    found = {name: Mixture(shares, power, curves) for name, curves in by_curve.items()}
    classes = [_classes(m) for m in held.matrices]
    count = np.concatenate([c for c, _ in classes])
    variance = np.concatenate([v for _, v in classes])
    gaussian = [sources.gaussian()] * len(count)
    return found | {"classes": Mixture(count / held.elements, variance, gaussian)}


def _classes(matrix: F32) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How many weights each class of a matrix holds, and their variance."""
    row, column = scaleclasses.fit(matrix)
    code = (row.astype(np.int64)[:, None] + column).reshape(-1)
    power = np.square(matrix, dtype=np.float64).reshape(-1)
    count, energy = np.bincount(code), np.bincount(code, weights=power)
    used = count > 0
    return count[used].astype(np.float64), energy[used] / count[used]
