"""What every model of the comparison can do: be made ready, run and scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Batch = dict[str, npt.NDArray[Any]]
Outcome = dict[str, npt.NDArray[Any]]
Forward = Callable[[Batch], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Goal:
    """The quality at which bytes are compared: ``loss``, a score's distance from perfect.

    ``least``: what the test data can tell from no loss, half a sample of those that are counted;
    less counts as this, since logarithms are taken.
    """

    text: str
    most: float
    loss: Callable[[Mapping[str, float], Mapping[str, float]], float]
    least: float = 1e-5

    def of(self, scores: Mapping[str, float], original: Mapping[str, float]) -> float:
        return max(self.least, self.loss(scores, original))


class Model(ABC):
    """One model with its data. Its folder is CACHE/models/NAME, its data CACHE/data/NAME."""

    name: str
    about: str
    data: str
    goal: Goal
    also: tuple[Goal, ...] = ()  # finer than the goal, which few test samples may decide
    suffix = ".txt"  # of its data files

    @property
    def goals(self) -> tuple[Goal, ...]:
        return (self.goal, *self.also)

    def folder(self, cache: Path) -> Path:
        """config.json and model.safetensors (float32) where the model has a config."""
        return cache / "models" / self.name

    def split(self, cache: Path, part: str) -> Path:
        """The file of a part of the data: calibration, tuning or test."""
        return cache / "data" / self.name / f"{part}{self.suffix}"

    def lines(self, cache: Path, part: str) -> list[str]:
        return self.split(cache, part).read_text(encoding="utf-8").splitlines()

    @abstractmethod
    def prepare(self, cache: Path) -> None:
        """Make the model's folder and the three files of data; what is there stays."""

    @abstractmethod
    def load(self, cache: Path) -> Any:
        """The torch module with the original weights, in evaluation mode."""

    @abstractmethod
    def example(self, cache: Path) -> Batch:
        """A small batch, for tracing the graph."""

    @abstractmethod
    def outcome(self, forward: Forward, cache: Path) -> Outcome:
        """What a forward pass makes of the test data."""

    @abstractmethod
    def compare(self, outcome: Outcome, reference: Outcome, cache: Path) -> dict[str, float]:
        """Scores of an outcome, beside the original's."""

    def output(self, outputs: Any) -> Any:
        """The tensor that counts among a module's outputs."""
        return outputs


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def tokenised(
    folder: Path, lines: list[str], length: int, size: int
) -> Iterator[tuple[npt.NDArray[np.int64], Batch]]:
    """Batches of lines of similar length, each with the places of its lines among all."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    order = np.argsort([len(line) for line in lines], kind="stable")
    for start in range(0, len(lines), size):
        places = order[start : start + size]
        texts = [lines[i] for i in places]
        made = tokenizer(
            texts, padding=True, truncation=True, max_length=length, return_tensors="np"
        )
        kept = ("input_ids", "attention_mask", "token_type_ids")
        yield places, {k: v.astype(np.int64) for k, v in made.items() if k in kept}


def log_softmax(logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Logarithms of the probabilities, over the last axis."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return wide


def divergence(logits: npt.NDArray[Any], reference: npt.NDArray[Any]) -> float:
    """Mean Kullback-Leibler divergence from the reference's distribution, nats."""
    p, q = log_softmax(reference), log_softmax(logits)
    return float((np.exp(p) * (p - q)).sum(axis=-1).mean())


def agreement(logits: npt.NDArray[Any], reference: npt.NDArray[Any]) -> float:
    """Share of rows whose largest entry is the same."""
    return float((logits.argmax(-1) == reference.argmax(-1)).mean())


def torch_forward(model: Model, module: Any) -> Forward:
    """A module as a function of arrays."""
    import torch

    def forward(batch: Batch) -> npt.NDArray[np.float32]:
        values = {key: torch.from_numpy(value) for key, value in batch.items()}
        with torch.inference_mode():
            # A sequence of layers has no named inputs.
            outputs = module(**values) if len(values) > 1 else module(*values.values())
        made: npt.NDArray[np.float32] = model.output(outputs).float().numpy()
        return made

    return forward
