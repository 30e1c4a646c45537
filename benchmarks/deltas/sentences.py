"""MiniLM fine-tuned, all of it, to tell sentences that like a movie from those that don't."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.deltas.tunes import Tune
from benchmarks.peers.corpora import movie_sentences
from benchmarks.peers.models.base import tokenised, write_lines
from benchmarks.peers.models.minilm import MiniLM

RATE, EPOCHS, BATCH, LENGTH = 5e-5, 2, 16, 64
PARTS = {"training": slice(0, 3000), "test": slice(3000, 5000), "calibration": slice(5000, None)}


class Sentences(Tune):
    about = "MiniLM (22.7 M) fine-tuned on 3,000 movie sentences, positive or negative"
    data = "2,000 sentences not trained on; calibration: the sentences that remain, unlabelled"
    head = "classifier."

    def prepare(self) -> None:
        rated = movie_sentences(self.cache)
        if not (self.folder / "test.txt").exists():
            for part, which in PARTS.items():
                write_lines(self.folder / f"{part}.txt", [text for text, _ in rated[which]])
            np.save(self.folder / "labels.npy", np.array([y for _, y in rated[PARTS["test"]]]))
            for part in ("training", "test"):
                _write_rated(self.folder / f"{part}.csv", rated[PARTS[part]])
        if not (self.folder / "tuned").exists():
            self._train(rated[PARTS["training"]])

    def _train(self, rated: list[tuple[str, int]]) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        shipped = MiniLM()
        shipped.prepare(self.cache)
        torch.manual_seed(self.seed)
        source = shipped.folder(self.cache)
        tokenizer = AutoTokenizer.from_pretrained(source)
        made = AutoModelForSequenceClassification.from_pretrained(source, num_labels=2)
        _save(made, tokenizer, self.folder / "base")
        optimiser = torch.optim.AdamW(made.parameters(), lr=RATE, weight_decay=0.01)
        steps = EPOCHS * (len(rated) // BATCH)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
        made.train()
        for _ in range(EPOCHS):
            order = torch.randperm(len(rated)).tolist()
            for start in range(0, len(rated) - BATCH + 1, BATCH):
                picked = [rated[i] for i in order[start : start + BATCH]]
                batch = tokenizer(
                    [text for text, _ in picked],
                    padding=True,
                    truncation=True,
                    max_length=LENGTH,
                    return_tensors="pt",
                )
                optimiser.zero_grad()
                made(**batch, labels=torch.tensor([y for _, y in picked])).loss.backward()
                torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
                optimiser.step()
                schedule.step()
        _save(made.eval(), tokenizer, self.folder / "tuned")

    def given(self, which: str) -> str:
        return str(self.folder / which)

    @property
    def calibration(self) -> str:
        return str(self.folder / "calibration.txt")

    def predict(self, tensors: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
        import torch
        from transformers import AutoModelForSequenceClassification

        folder = self.folder / "tuned"
        module = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        values = {k: torch.from_numpy(np.array(v, np.float32)) for k, v in tensors.items()}
        module.load_state_dict(values, strict=False)
        lines = (self.folder / "test.txt").read_text(encoding="utf-8").splitlines()
        found = np.empty(len(lines), np.int64)
        with torch.inference_mode():
            for places, batch in tokenised(folder, lines, LENGTH, 32):
                given = {k: torch.from_numpy(v) for k, v in batch.items()}
                found[places] = module(**given).logits.argmax(1).numpy()
        return found

    def labels(self) -> npt.NDArray[np.int64]:
        return np.load(self.folder / "labels.npy")


def _write_rated(path: Path, rated: list[tuple[str, int]]) -> None:
    """As data of a recipe: movies.toml of the examples."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows((text, ("negative", "positive")[label]) for text, label in rated)


def _save(module: Any, tokenizer: Any, folder: Path) -> None:
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    module.save_pretrained(half)
    tokenizer.save_pretrained(half)
    half.rename(folder)
