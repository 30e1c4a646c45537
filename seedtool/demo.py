"""The network that ships with the package: through a codec, a pipe and ONNX, and scored.

Made by benchmarks/train_digits.py, which says how it was trained and on what.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from seedtool import api, graph
from seedtool.errors import SeedError
from seedtool.extracting import code_source
from seedtool.models.session import Session
from seedtool.plan import plan
from seedtool.seed import Entry
from seedtool.sources.base import Array, Source


class Digits(Source):
    """The shipped network as a source, with the images that it was not trained on.

    ``images``: n x 1 x 8 x 8 float32, 0 to 1; ``labels``: n uint8, 0 to 9.
    """

    def __init__(self) -> None:
        folder = resources.files("seedtool") / "data"
        data = (folder / "digits.seed").read_bytes()
        self.seed = api.load(io.BytesIO(data))
        made = self.seed.assembly()
        assert made.graph is not None
        self.graph_section = graph.to_section(made.graph)
        self.entries = self.seed.header.tensors
        self.meta = made.meta
        self._values = {entry.name: array for entry, _, array in made.stream()}
        self.shipped_bytes = len(data)
        with np.load(io.BytesIO((folder / "digits_test.npz").read_bytes())) as held_out:
            self.images = held_out["images"].astype(np.float32) / np.float32(16)
            self.labels: npt.NDArray[np.uint8] = held_out["labels"]

    def read(self, entry: Entry) -> Array:
        return self._values[entry.name]

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors, plain."""
        return sum(entry.nbytes for entry in self.entries)

    @property
    def right_when_trained(self) -> int:
        return int(self.meta["held_out"]["right"])

    @property
    def right_when_guessed(self) -> int:
        """How many images show the digit that is the commonest among them."""
        return int(np.bincount(self.labels).max())


@dataclass(frozen=True)
class Outcome:
    """``sent``: bytes of the seed, its ONNX graph included; ``right``: images read right."""

    sent: int
    right: int


def send(digits: Digits, codec: str, settings: Mapping[str, object], target: Path) -> Outcome:
    """Extract here, assemble ONNX at ``target`` in a second process behind a pipe, score it."""
    made = code_source(digits, [digits.graph_section], plan(digits.entries, codec, settings))
    second = [sys.executable, "-m", "seedtool", "assemble", "-", "-o", str(target), "--quiet"]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("SEED_")}  # no options of ours
    pipe = subprocess.PIPE
    sent = 0
    with subprocess.Popen(second, stdin=pipe, stderr=pipe, env=plain) as process:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the second process says why, below
            sent = made.save(cast(BinaryIO, process.stdin))
        said = process.communicate()[1].decode(errors="replace").strip()
    if process.returncode:
        raise SeedError(f"the second process ended with {process.returncode}: {said}")
    return Outcome(sent, score(digits, target))


def score(digits: Digits, model: Path) -> int:
    """How many of the images the ONNX ``model`` reads right, run by onnxruntime."""
    session = Session(model)
    scores: npt.NDArray[Any] = session({next(iter(session.inputs)): digits.images})[0]
    return int((scores.argmax(axis=1) == digits.labels).sum())
