"""A small network for Fashion-MNIST (Xiao et al. 2017, MIT licence), trained here once."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.models.base import (
    Batch,
    Forward,
    Goal,
    Model,
    Outcome,
    agreement,
    divergence,
)
from benchmarks.peers.packages import debian_package

SEED = 22
EPOCHS = 6
BATCH = 128
TRAINED = 54_000  # of 60,000; the next 4,000 are for calibration, the last 2,000 for tuning
PARTS = {"calibration": slice(54_000, 58_000), "tuning": slice(58_000, 60_000)}


def network() -> Any:
    """[n, 1, 28, 28] float32 to the logits of ten classes; 103,690 parameters."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 62),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(62, 10),
    )


class Fashion(Model):
    name = "fashion"
    about = "CNN for Fashion-MNIST, 0.1 M, trained here"
    data = "Fashion-MNIST's 10,000 test images; calibration from training images not trained on"
    goal = Goal(
        "1 % of accuracy lost",
        0.01,
        lambda score, original: original["accuracy"] - score["accuracy"],
        0.5 / 10_000,
    )
    suffix = ".npz"

    def prepare(self, cache: Path) -> None:
        path = self.folder(cache) / "model.safetensors"
        if not self.split(cache, "test").exists():
            self.split(cache, "test").parent.mkdir(parents=True, exist_ok=True)
            images, labels = read_images(cache, "train")
            for part, which in PARTS.items():
                np.savez(self.split(cache, part), input=images[which])
            images, labels = read_images(cache, "t10k")
            np.savez(self.split(cache, "test"), input=images)
            np.save(self.split(cache, "test").with_name("labels.npy"), labels)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _train(cache, path)

    def load(self, cache: Path) -> Any:
        from safetensors.torch import load_file

        made = network().eval()
        made.load_state_dict(load_file(self.folder(cache) / "model.safetensors"))
        return made

    def example(self, cache: Path) -> Batch:
        with np.load(self.split(cache, "tuning")) as data:
            return {"input": data["input"][:2]}

    def outcome(self, forward: Forward, cache: Path) -> Outcome:
        with np.load(self.split(cache, "test")) as data:
            inputs = data["input"]
        starts = range(0, len(inputs), 500)
        return {"logits": np.concatenate([forward({"input": inputs[i : i + 500]}) for i in starts])}

    def compare(self, outcome: Outcome, reference: Outcome, cache: Path) -> dict[str, float]:
        labels = np.load(self.split(cache, "test").with_name("labels.npy"))
        return {
            "accuracy": float((outcome["logits"].argmax(1) == labels).mean()),
            "agreement": agreement(outcome["logits"], reference["logits"]),
            "KL": divergence(outcome["logits"], reference["logits"]),
        }


def read_images(cache: Path, part: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Images [n, 1, 28, 28], -1 to 1, and labels."""
    root = debian_package(cache, "dataset-fashion-mnist") / "usr/share/datasets/fashion-mnist"
    raw = gzip.decompress((root / f"{part}-images-idx3-ubyte.gz").read_bytes())
    _, count, height, width = struct.unpack(">IIII", raw[:16])
    images = np.frombuffer(raw, np.uint8, offset=16).reshape(count, 1, height, width)
    labels = gzip.decompress((root / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    scaled = images.astype(np.float32) / 127.5 - 1
    return scaled, np.frombuffer(labels, np.uint8).astype(np.int64)


def _train(cache: Path, path: Path) -> None:
    import torch
    from safetensors.torch import save_file
    from torch import nn

    torch.manual_seed(SEED)
    images, labels = (torch.tensor(a[:TRAINED]) for a in read_images(cache, "train"))
    made = network()
    optimiser = torch.optim.AdamW(made.parameters(), lr=2e-3, weight_decay=1e-2)
    steps = EPOCHS * (TRAINED // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(TRAINED)
        for start in range(0, TRAINED - BATCH + 1, BATCH):
            picked = order[start : start + BATCH]
            x, y = images[picked], labels[picked]
            x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x, x.flip(3))
            optimiser.zero_grad()
            nn.functional.cross_entropy(made(x), y).backward()
            optimiser.step()
            schedule.step()
    state = {k: v for k, v in made.state_dict().items() if v.is_floating_point()}
    state |= {k: v for k, v in made.state_dict().items() if not v.is_floating_point()}
    save_file(state, path)
