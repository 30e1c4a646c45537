"""A recipe's task: the model by transformers' architecture, on data that the recipe holds out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from seedtool import coding, tensors
from seedtool.api import Seed
from seedtool.bench.base import Input
from seedtool.bench.tasks.given import open_given
from seedtool.bench.tasks.task import (
    F32,
    Arrays,
    Held,
    Scored,
    Task,
    divergence,
    divergence_of_mean,
)
from seedtool.errors import UsageError
from seedtool.examples.labelled import Examples
from seedtool.growing import answers, body, metrics, randomness
from seedtool.growing.growth import Wish, classes_of, grow
from seedtool.growing.losses import targets_of
from seedtool.growing.material import IGNORED, Batch, Preparation
from seedtool.sources.base import Asset, Source

BATCH = 64
LOGITS_MAX = 1 << 24  # numbers of the original's answers that are kept for a divergence
PROBABILITIES = ("text-classification", "token-classification", "image-classification", "causal-lm")


class RecipeTask(Task):
    """``recipe``: a TOML file, or the name of one in a seed ("": its only one).

    ``data``: where the recipe's data are given; ``test``: what to measure by, else what the
    recipe holds out. UsageError where these do not fit.
    """

    def __init__(self, model: str, recipe: str, data: str, test: str) -> None:
        found = open_given(model, recipe, data, test)
        self._seed, self.recipe, self.examples = found.seed, found.recipe, found.examples
        self.metric, self.name = self.recipe.metric, self.recipe.name
        measured = self._measured = found.test
        self._apart = found.apart
        made = self._seed.assembly()
        values = {entry.name: array for entry, _, array in made.stream()}
        assets = tuple(Asset(a.name, a.role, a.read) for a in made.assets)
        self.source = Held(self._seed.header.tensors, values, made.meta, assets)
        self._assembly = replace(made, arrays=iter(()))
        self._model, self._digest = model, measured.digest()
        self._prepare(measured)

    def _prepare(self, measured: Examples) -> None:
        classes = classes_of(self.recipe, self.examples)
        seed = self.recipe.seeds[0]
        opened = body.opened(self._assembly, self.source.arrays, self.recipe, classes, seed)
        with opened as found:  # its folder may go: the tokenizer is in memory
            self._body = found
            module = found.module.eval()
            tokenizer = body.tokenizer_of(found) if self.recipe.task in _OF_TEXT else None
            channels = getattr(getattr(module, "config", None), "num_channels", None)
            longest = body.longest_of(found)
            self._preparation = Preparation(self.recipe, tokenizer, longest, channels)
        if found.adopted:
            raise UsageError(f"the model has no head for {self.recipe.task}, which growing makes")
        self._call = answers.Caller(module, self.recipe.task)
        if self.recipe.task == "causal-lm":
            classes = int(module.config.vocab_size)
        self._material = self._preparation.material(measured, classes)
        self._own, self._score = self._run(self.source.arrays)

    def inputs(self) -> Mapping[str, Input]:
        held = self.source
        digest, size = tensors.identity(held.entries, lambda e: coding.check(held.read(e)))
        count = len(self._material)
        return {
            "model": Input(self._model, digest.hex(), size),
            "data": Input(self.name, self._digest.hex(), count, "examples"),
        }

    def measure(self, arrays: Arrays) -> Scored:
        if arrays is self.source.arrays:
            return Scored(self._score, 0.0 if self._has_kl else None)
        found, score = self._run(arrays)
        return Scored(score, divergence(self._own, found) if self._has_kl else None)

    def chance(self) -> Scored:
        """Of classes and tokens by how often each is right, of vectors their mean."""
        import torch

        constant = torch.from_numpy(self._constant())
        total: Any = None
        for batch in self._batches():
            places = batch.inputs.shape[:2] if self._per_token else batch.inputs.shape[:1]
            said = constant.expand(*places, -1)
            tally = metrics.tally(self.recipe.metric, said, batch, self.recipe.task)
            total = tally if total is None else total + tally
        kl = divergence_of_mean(self._own) if self._has_kl else None
        return Scored(metrics.score(self.recipe.metric, total), kl)

    @property
    def model(self) -> Source:
        return self.source if self._seed.source is None else self._seed.source

    def grown(self, made: Seed, steps: int, seed: int) -> float:
        grown = grow(
            made.assembly(),
            self.recipe,
            self.examples,
            self._measured if self._apart else None,
            Wish(steps=steps, seed=seed),
        )
        return float("nan") if grown.scores.after is None else grown.scores.after

    @property
    def _has_kl(self) -> bool:
        return self.recipe.task in PROBABILITIES

    @property
    def _per_token(self) -> bool:
        return self.recipe.task in ("causal-lm", "token-classification")

    def _batches(self) -> Iterator[Batch]:
        for at in range(0, len(self._material), BATCH):
            rows = np.arange(at, min(at + BATCH, len(self._material)))
            yield self._preparation.batch(self._material, rows)

    def _run(self, arrays: Arrays) -> tuple[F32, float]:
        """Answers [n, classes], of long data the first LOGITS_MAX numbers, and the metric."""
        import torch

        self._body.write(self._assembly.tensors, arrays)
        kept: list[F32] = []
        total: Any = None
        with torch.no_grad(), randomness.deterministic():
            for batch in self._batches():
                said = self._call(self._body.module, batch).float()
                tally = metrics.tally(self.recipe.metric, said, batch, self.recipe.task)
                total = tally if total is None else total + tally
                if sum(rows.size for rows in kept) < LOGITS_MAX:
                    kept.append(said[_decided(batch, self._per_token)].numpy().astype(np.float32))
        score = metrics.score(self.recipe.metric, total)
        return np.concatenate(kept), score if math.isfinite(score) else float("nan")

    def _constant(self) -> F32:
        """The answer to everything: logarithms of shares, or the mean of the targets."""
        width = self._own.shape[1]
        if self.recipe.task in ("regression", "embedding"):
            rows = [targets_of(batch).numpy() for batch in self._batches()]
            mean: F32 = np.concatenate(rows).mean(0, dtype=np.float64).astype(np.float32)
            return mean
        counts = np.zeros(width)
        for batch in self._batches():
            labels = batch.labels if batch.labels is not None else batch.soft.argmax(-1)
            right = labels[:, 1:] if self.recipe.task == "causal-lm" else labels
            flat = right.numpy().reshape(-1)
            counts += np.bincount(flat[flat != IGNORED], minlength=width)
        shares: F32 = np.log(np.maximum(counts / counts.sum(), 1e-9)).astype(np.float32)
        return shares


_OF_TEXT = ("text-classification", "token-classification", "causal-lm", "embedding", "regression")


def _decided(batch: Batch, per_token: bool) -> Any:
    """Which answers to a batch say something: of texts those at tokens, not at padding."""
    return batch.mask.bool() if per_token else slice(None)
