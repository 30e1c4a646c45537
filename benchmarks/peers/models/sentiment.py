"""MiniLM's body fine-tuned here to tell liked movies from others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.corpora import movie_sentences
from benchmarks.peers.models.base import (
    Batch,
    Forward,
    Goal,
    Model,
    Outcome,
    agreement,
    divergence,
    tokenised,
    write_lines,
)
from benchmarks.peers.models.minilm import MiniLM

SEED = 23
EPOCHS = 2
BATCH = 16
TRAINED = 3000
PARTS = {"test": slice(3000, 4200), "tuning": slice(4200, 4600), "calibration": slice(4600, 8600)}


class Sentiment(Model):
    name = "sentiment"
    about = "MiniLM fine-tuned on 3,000 movie sentences, 22.7 M"
    data = "1,200 rated movie sentences; calibration from sentences not trained on"
    goal = Goal(
        "1 % of accuracy lost",
        0.01,
        lambda score, original: original["accuracy"] - score["accuracy"],
        0.5 / 1200,
    )

    def prepare(self, cache: Path) -> None:
        if not self.split(cache, "test").exists():
            rated = movie_sentences(cache)
            for part, which in PARTS.items():
                write_lines(self.split(cache, part), [text for text, _ in rated[which]])
            labels = np.array([liked for _, liked in rated[PARTS["test"]]], np.int64)
            np.save(self.split(cache, "test").with_name("labels.npy"), labels)
        if not (self.folder(cache) / "model.safetensors").exists():
            _train(cache, self.folder(cache))

    def load(self, cache: Path) -> Any:
        from transformers import AutoModelForSequenceClassification

        return AutoModelForSequenceClassification.from_pretrained(self.folder(cache)).eval()

    def example(self, cache: Path) -> Batch:
        return next(tokenised(self.folder(cache), self.lines(cache, "tuning")[:2], 128, 2))[1]

    def output(self, outputs: Any) -> Any:
        return outputs.logits

    def outcome(self, forward: Forward, cache: Path) -> Outcome:
        lines = self.lines(cache, "test")
        logits = np.empty((len(lines), 2), np.float32)
        for places, batch in tokenised(self.folder(cache), lines, 128, 32):
            logits[places] = forward(batch)
        return {"logits": logits}

    def compare(self, outcome: Outcome, reference: Outcome, cache: Path) -> dict[str, float]:
        labels = np.load(self.split(cache, "test").with_name("labels.npy"))
        return {
            "accuracy": float((outcome["logits"].argmax(1) == labels).mean()),
            "agreement": agreement(outcome["logits"], reference["logits"]),
            "KL": divergence(outcome["logits"], reference["logits"]),
        }


def _train(cache: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    base = MiniLM()
    base.prepare(cache)
    torch.manual_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(base.folder(cache))
    made = AutoModelForSequenceClassification.from_pretrained(base.folder(cache), num_labels=2)
    rated = movie_sentences(cache)[:TRAINED]
    optimiser = torch.optim.AdamW(made.parameters(), lr=1e-4, weight_decay=1e-2)
    steps = EPOCHS * (TRAINED // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-4, total_steps=steps)
    made.train()
    for _ in range(EPOCHS):
        order = torch.randperm(TRAINED).tolist()
        for start in range(0, TRAINED - BATCH + 1, BATCH):
            picked = [rated[i] for i in order[start : start + BATCH]]
            batch = tokenizer(
                [text for text, _ in picked],
                padding=True,
                truncation=True,
                max_length=64,
                return_tensors="pt",
            )
            optimiser.zero_grad()
            made(**batch, labels=torch.tensor([liked for _, liked in picked])).loss.backward()
            optimiser.step()
            schedule.step()
    made.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
