"""numpy arrays as a seed's tensors: which dtypes fit, and their bits in storage order."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedtool.seed import DTYPES
from seedtool.sources.base import Array
from seedtool.sources.dtypes import BY_NAME


def dtype_of(kind: np.dtype[Any]) -> str | None:
    """The seed's name for a numpy dtype of any byte order, None if it has none."""
    return BY_NAME.get(kind.name)


def stored(values: Array, dtype: str) -> Array:
    """``values`` in C order, little-endian, as the storage dtype of ``dtype``."""
    values = np.asarray(values)
    little = values.astype(values.dtype.newbyteorder("<"), order="C", copy=False)
    return little.view(DTYPES[dtype].storage)
