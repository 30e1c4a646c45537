"""What a source is: a model somewhere, as a table of tensors and a way to read each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from seedtool.codecs.pca import LowRank
from seedtool.errors import LimitError, NoGraphError, SeedError
from seedtool.graph import Graph
from seedtool.seed import Entry

Array = npt.NDArray[np.generic]
Run = Callable[[Mapping[str, npt.NDArray[Any]]], list[npt.NDArray[Any]]]
Self = TypeVar("Self", bound="Source")

GLIMPSE = 32  # elements of a tensor that its glimpse looks at


@dataclass(frozen=True)
class Asset:
    """A file that rides along (a tokenizer, labels): a bare file name, its role, its bytes."""

    name: str
    role: str
    read: Callable[[], bytes]


class Source(ABC):
    """A model to extract from. Use as a context manager.

    ``entries`` is the table of tensors; :func:`seedtool.sources.open_source`
    checks it and marks what is stored once. ``left_out`` names what was no
    array, one phrase each, for the user to see. ``folder`` is where a model's
    config and tokenizer lie, for sources that are a folder. ``products`` are, by
    name, differences to the base that the source holds as two factors.
    """

    entries: tuple[Entry, ...] = ()
    meta: Mapping[str, Any] = {}
    assets: tuple[Asset, ...] = ()
    left_out: tuple[str, ...] = ()
    folder: Path | None = None
    products: Mapping[str, Callable[[], LowRank]] = {}

    @abstractmethod
    def read(self, entry: Entry) -> Array:
        """The values of one entry in C order and the entry's storage dtype (seed.DTYPES)."""

    def glimpse(self, entry: Entry) -> bytes:
        """A few bytes that tensors of equal values share, cheaper to get than all of them."""
        values = self.read(entry).reshape(-1)
        return values[:: max(1, values.size // GLIMPSE)].tobytes()

    def graph(self) -> Graph:
        """The model's weightless ONNX graph; NoGraphError says why there is none."""
        raise NoGraphError("a file of bare tensors says nothing of how to compute with them")

    def runner(self) -> Run:
        """A function that runs the source model itself on named inputs, for ``--check``.

        Takes what the ONNX graph's inputs are called, gives outputs in the
        graph's order. NoGraphError if the source can't run.
        """
        raise NoGraphError("a file of bare tensors can't be run")

    def module(self) -> Any:
        """A ``torch.nn.Module`` in eval mode with the source's weights, the caller's to change.

        NoGraphError if the source has no torch model.
        """
        raise NoGraphError(
            "calibration needs a model that runs in torch, this is a file of tensors",
            hint="give the model's folder with its config.json, or from Python the module itself",
        )

    def close(self) -> None:  # noqa: B027  (most sources hold nothing open)
        """Let go of files and memory."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Put the file's name before the message of whatever goes wrong inside."""
    try:
        yield
    except SeedError as error:
        error.message = f"{path}: {error.message}"
        error.args = (error.message,)
        raise
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror or error}") from None
    except MemoryError:
        raise LimitError(f"{path}: does not fit in memory") from None
