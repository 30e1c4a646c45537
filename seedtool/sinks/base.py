"""What a sink gets: everything of a seed that makes a model again, tensors as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.graph import Graph
from seedtool.seed import Entry

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Asset:
    """A file that rode along."""

    name: str
    role: str
    data: bytes


@dataclass(frozen=True)
class Assembly:
    """A model about to be written.

    ``tensors``: what will come, with all names of each (the first is its own).
    ``arrays``: their values in that order, storage dtype, C order, each made
    when asked for. A sink must run it to its end: that is where the seed's
    own end is verified.
    """

    tensors: tuple[tuple[Entry, tuple[str, ...]], ...]
    arrays: Iterator[Array]
    meta: Mapping[str, Any]
    assets: tuple[Asset, ...] = ()
    graph: Graph | None = None
