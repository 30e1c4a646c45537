"""A fine-tune made here, its base, its data, and how many test samples a copy gets right."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Tensors = dict[str, npt.NDArray[Any]]


class Tune(ABC):
    """``name`` has the seed of its training in it; its folder is CACHE/NAME.

    ``head``: the start of the names of the tensors that answer the new task.
    """

    about: str
    data: str
    head: str

    def __init__(self, cache: Path, seed: int) -> None:
        self.cache = cache
        self.seed = seed
        self.name = f"{type(self).__name__.lower()}-{seed}"
        self.folder = cache / self.name

    @abstractmethod
    def prepare(self) -> None:
        """Train once: base, fine-tune and data into the folder; what is there stays."""

    @abstractmethod
    def given(self, which: str) -> Any:
        """What ``seedtool.extract`` takes; ``which`` is base or tuned."""

    @property
    @abstractmethod
    def calibration(self) -> Any:
        """What ``--calibrate`` takes: samples without labels, neither trained nor tested on."""

    @abstractmethod
    def predict(self, tensors: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
        """The classes that the network with these tensors tells of the test samples."""

    @abstractmethod
    def labels(self) -> npt.NDArray[np.int64]:
        """The classes of the test samples."""

    def tensors(self, which: str) -> Tensors:
        """Float tensors of base or tuned, float32."""
        from safetensors.numpy import load_file

        path = self.folder / which / "model.safetensors"
        return {k: v for k, v in load_file(path).items() if v.dtype == np.float32}

    @property
    def size(self) -> int:
        """Bytes of the fine-tune in float32."""
        return sum(x.nbytes for x in self.tensors("tuned").values())

    def score(self, tensors: Mapping[str, npt.NDArray[Any]]) -> dict[str, float]:
        """Accuracy; its share of the fine-tune's, and agreement with that one's answers.

        Standard errors: ``error`` of the accuracy, binomial; ``retained_error`` of the
        share, from the samples that only one of the two gets right (McNemar 1947).
        """
        labels = self.labels()
        tuned, found = self._answers(), self.predict(tensors)
        right, wanted = float((found == labels).mean()), float((tuned == labels).mean())
        moved = (found == labels).astype(float) - (tuned == labels)
        return {
            "accuracy": right,
            "error": float(np.sqrt(right * (1 - right) / len(labels))),
            "retained": right / wanted,
            "retained_error": float(moved.std() / np.sqrt(len(labels)) / wanted),
            "agreement": float((found == tuned).mean()),
        }

    def _answers(self) -> npt.NDArray[np.int64]:
        """The fine-tune's own, told once."""
        path = self.folder / "answers.npy"
        if not path.exists():
            np.save(path, self.predict(self.tensors("tuned")))
        return np.load(path)
