"""A torch model as a weightless ONNX graph whose initializers are the seed's tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import NoGraphError
from seedtool.graph import Graph
from seedtool.seed import Entry

Read = Callable[[Entry], npt.NDArray[np.generic]]


def export_module(
    module: Any, example: Mapping[str, Any], entries: Sequence[Entry], read: Read
) -> Graph:
    """The graph of a ``torch.nn.Module`` called with the tensors of ``example`` by name.

    ``entries`` and ``read`` are those of the source. NoGraphError says why there is none.
    """
    raise NoGraphError("not yet")


def export_hf(folder: Path, architecture: str, entries: Sequence[Entry], read: Read) -> Graph:
    """The graph of the transformers model in ``folder``; ``architecture`` is config.json's."""
    raise NoGraphError("not yet")
