"""Examples as a module takes them: prepared once, then made a batch row by row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import UsageError
from seedtool.examples.labelled import Examples, Kind
from seedtool.growing import augmenting
from seedtool.recipes.schema import Recipe, Step, Task

IGNORED = -100  # the label of a token that has none, as torch has it
Rows = npt.NDArray[np.int64]
CLASSES: tuple[Kind, ...] = ("class",)
TAKES: dict[Task, tuple[Kind, ...]] = {  # what labels are, where they are no classes
    "token-classification": ("tags",),
    "regression": ("value", "vector"),
    "embedding": ("vector", "value"),
}


@dataclass(frozen=True)
class Material:
    """Torch tensors by row on the CPU; texts are lists of token ids."""

    inputs: Any
    labels: Any
    soft: Any
    ids: bool

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, rows: Rows) -> Material:
        """Those rows alone, in that order."""
        import torch

        def some(values: Any) -> Any:
            if values is None or not isinstance(values, list):
                return None if values is None else values[torch.from_numpy(rows)]
            return [values[i] for i in rows]

        return replace(
            self, inputs=some(self.inputs), labels=some(self.labels), soft=some(self.soft)
        )

    def digest(self) -> bytes:
        """SHA-256 of all that can matter to training."""
        hashed = hashlib.sha256()
        for values in (self.inputs, self.labels, self.soft):
            if isinstance(values, list) or values is None:
                hashed.update(repr(values).encode())
            else:
                hashed.update(f"{values.dtype}{tuple(values.shape)}".encode())
                hashed.update(values.numpy().tobytes())
        return hashed.digest()


@dataclass(frozen=True)
class Batch:
    """What a module is called with, and what it should say.

    ``inputs``: float32 [n, ...] or int64 ids [n, t] with ``mask`` int64 [n, t]. ``labels``:
    int64 [n] or [n, t], float32 [n, d], or None.
    """

    inputs: Any
    mask: Any
    labels: Any
    soft: Any

    def __len__(self) -> int:
        return len(self.inputs)

    def share(self, index: int, of: int) -> Batch:
        """Every ``of``-th row from ``index`` on: one process's."""
        return self._each(lambda v: v[index::of])

    def to(self, device: Any) -> Batch:
        return self._each(lambda v: v.to(device))

    def _each(self, change: Any) -> Batch:
        values = (self.inputs, self.mask, self.labels, self.soft)
        return Batch(*(None if v is None else change(v) for v in values))


class Preparation:
    """The recipe's preprocessing, for a module of so many channels and its tokenizer if it has one.

    ``channels``: 3 makes grey images three equal planes; None: as they are.
    """

    def __init__(self, recipe: Recipe, tokenizer: Any, longest: int, channels: int | None) -> None:
        self._recipe, self._tokenizer, self._channels = recipe, tokenizer, channels
        asked = [int(s.values[0]) for s in recipe.preprocess if s.kind == "tokenize"]
        self._longest = min([longest, *asked])
        self._steps = tuple(s for s in recipe.preprocess if s.kind != "tokenize")

    def material(self, examples: Examples, classes: int) -> Material:
        """The examples checked and, if texts, tokenized; UsageError if the recipe can't use them.

        ``classes``: of the module's outputs; labels must lie below.
        """
        import torch

        soft = None if examples.soft is None else _floats(examples.soft)
        labels = self._labels(examples, classes)
        if isinstance(examples.inputs, tuple):
            return self._tokenized(examples.inputs, labels, soft)
        given = examples.inputs
        if given.dtype != np.uint8 or given.ndim == 2:
            given = given.astype(np.float32)
            if not np.isfinite(given).all():
                raise UsageError("the data hold inputs that are not finite")
        return Material(torch.from_numpy(np.array(given)), labels, soft, False)

    def batch(self, material: Material, rows: Rows, generator: Any = None) -> Batch:
        """Those rows, augmented by the draws of ``generator`` or not at all."""
        some = material.take(rows)
        if some.ids:
            return self._padded(some)
        inputs = some.inputs
        if inputs.ndim in (3, 4):
            inputs = inputs[:, None] if inputs.ndim == 3 else inputs.permute(0, 3, 1, 2)
            inputs = inputs.float() / 255 if not inputs.is_floating_point() else inputs
            if self._channels == 3 and inputs.shape[1] == 1:
                inputs = inputs.expand(-1, 3, -1, -1)
        for step in self._steps:
            if step.kind not in augmenting.KINDS:
                inputs = _prepared(inputs, step)
            elif generator is not None:
                _check_images(inputs, step)
                inputs = augmenting.augment(inputs, step, generator)
        return Batch(inputs.contiguous(), None, some.labels, some.soft)

    def _labels(self, examples: Examples, classes: int) -> Any:
        import torch

        recipe, kind = self._recipe, examples.kind
        if recipe.task == "causal-lm":
            return None
        wanted = TAKES.get(recipe.task, CLASSES)
        if kind == "none" and examples.soft is not None:
            return None
        if kind not in wanted:
            raise UsageError(
                f"{recipe.task} needs a {wanted[0]} for each example, the data have {kind}"
            )
        if kind in ("value", "vector"):
            return _floats(examples.labels)
        labels: Any = examples.labels
        rows = list(labels) if kind == "tags" else [labels]
        top = max((int(np.max(row, initial=0)) for row in rows), default=0)
        if top >= classes or any(np.min(row, initial=0) < 0 for row in rows):
            raise UsageError(
                f"the data have the class {top}, and the network tells {classes} classes apart"
            )
        if kind == "tags":
            return [row.tolist() for row in rows]
        return torch.from_numpy(np.array(labels, np.int64))

    def _tokenized(self, texts: tuple[str, ...], labels: Any, soft: Any) -> Material:
        if self._tokenizer is None:
            raise UsageError("the data are texts, and the seed carries no tokenizer")
        if self._recipe.task != "token-classification":
            ids = self._tokenizer([*texts], truncation=True, max_length=self._longest)["input_ids"]
            return Material([list(row) for row in ids], labels, soft, True)
        made = self._tokenizer(
            [text.split() for text in texts],
            is_split_into_words=True,
            truncation=True,
            max_length=self._longest,
        )
        by_token = []
        for i, row in enumerate(labels):
            if len(row) != len(texts[i].split()):
                raise UsageError(
                    f"example {i} has {len(texts[i].split())} words, {len(row)} labels"
                )
            words = made.word_ids(i)
            first = [w is not None and w not in words[:at] for at, w in enumerate(words)]
            by_token.append([row[w] if f else IGNORED for w, f in zip(words, first, strict=True)])
        return Material([list(row) for row in made["input_ids"]], by_token, soft, True)

    def _padded(self, some: Material) -> Batch:
        import torch

        found = (self._tokenizer.pad_token_id, self._tokenizer.eos_token_id)
        pad = next((i for i in found if i is not None), 0)
        shape = (len(some), max(1, *map(len, some.inputs)))
        ids, mask = torch.full(shape, pad), torch.zeros(shape, dtype=torch.int64)
        tokens = torch.full(shape, IGNORED)
        by_token = isinstance(some.labels, list)
        for i, row in enumerate(some.inputs):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = 1
            if by_token:
                tokens[i, : len(row)] = torch.tensor(some.labels[i])
        if self._recipe.task == "causal-lm":
            return Batch(ids, mask, ids.masked_fill(mask == 0, IGNORED), some.soft)
        return Batch(ids, mask, tokens if by_token else some.labels, some.soft)


def _prepared(inputs: Any, step: Step) -> Any:
    from torch.nn import functional

    if step.kind == "scale":
        mean, deviation = step.values
        return (inputs - mean) / deviation
    _check_images(inputs, step)
    height, width = (int(v) for v in step.values)
    return functional.interpolate(inputs, (height, width), mode="bilinear", antialias=True)


def _check_images(inputs: Any, step: Step) -> None:
    if inputs.ndim != 4 and step.kind != "noise":
        raise UsageError(f"{step.kind} is for images, and the data are rows of numbers")


def _floats(values: Any) -> Any:
    import torch

    rows = np.asarray(values, np.float32)
    if not np.isfinite(rows).all():
        raise UsageError("the data hold labels that are not finite")
    return torch.from_numpy(np.ascontiguousarray(rows.reshape(len(rows), -1)))
