"""A case, and one way to code its model: what that costs and what it loses."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from seedtool import api
from seedtool.api import Seed
from seedtool.extracting import extract

F32 = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Trial:
    """``error``: of what the model computes, over its size; ``bits``: of the seed, a weight."""

    error: float
    bits: float


@dataclass(frozen=True)
class Trials:
    """``sound``: the same coding of the model without the fault. ``note``: what else was seen."""

    sound: Trial
    broken: Trial
    mitigated: Trial
    note: str = ""


@dataclass(frozen=True)
class Case:
    """``worse``: what the fault makes worse."""

    name: str
    fault: str
    mitigation: str
    worse: Literal["error", "bits"]
    run: Callable[[int], Trials]


def coded(model: Any, weights: int = 0, **settings: Any) -> tuple[dict[str, Any], float]:
    """The model's arrays after its seed, by name, and that seed's bits a weight.

    ``weights``: how many the model has, if not those of its arrays.
    """
    return decoded(extract(model, with_graph=False, **settings), weights)


def decoded(made: Seed, weights: int = 0) -> tuple[dict[str, Any], float]:
    """As :func:`coded`, of an extracted seed, which is saved and read."""
    file = io.BytesIO()
    size = made.save(file)
    file.seek(0)
    back = dict(api.load(file).tensors())
    count = weights or sum(entry.size for entry, _ in made.header.owners())
    return back, 8 * size / count


def relative(found: npt.ArrayLike, wanted: npt.ArrayLike) -> float:
    """The norm of what is wrong over the norm of what is wanted."""
    right = np.asarray(wanted, np.float64)
    wrong = np.asarray(found, np.float64) - right
    return float(np.linalg.norm(wrong) / np.linalg.norm(right))


def normal(rng: np.random.Generator, *shape: int) -> F32:
    """Weights of a layer as they are begun with: of variance 1 over the inputs."""
    drawn: F32 = (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)
    return drawn
