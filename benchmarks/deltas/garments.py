"""A small network moved from one half of Fashion-MNIST's classes to the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.deltas.tunes import Tune
from benchmarks.peers.models.fashion import read_images

TASKS = {"base": range(5, 10), "tuned": range(5)}
SETTINGS = {"base": (4, 2e-3), "tuned": (2, 1e-3)}  # epochs, peak rate
BATCH, CALIBRATION = 128, 1024


def network() -> Any:
    """[n, 1, 28, 28] float32 to the logits of five classes; 422,021 parameters."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 5),
    )


class Garments(Tune):
    about = "CNN (0.42 M) moved from Fashion-MNIST's classes 5-9 to 0-4"
    data = "5,000 test images of classes 0-4; calibration: 1,024 training images, not trained on"
    head = "9."

    def prepare(self) -> None:
        if (self.folder / "tuned").exists():
            return
        import torch

        self.folder.mkdir(parents=True, exist_ok=True)
        samples, labels = read_images(self.cache, "t10k")
        tested = np.isin(labels, TASKS["tuned"])
        np.savez(self.folder / "test.npz", samples=samples[tested], labels=labels[tested])
        samples, labels = read_images(self.cache, "train")
        np.savez(
            self.folder / "calibration.npz",
            input=samples[-4 * CALIBRATION :][np.isin(labels[-4 * CALIBRATION :], TASKS["tuned"])][
                :CALIBRATION
            ],
        )
        samples, labels = samples[: -4 * CALIBRATION], labels[: -4 * CALIBRATION]
        torch.manual_seed(self.seed)
        made = network()
        for which, classes in TASKS.items():
            chosen = np.isin(labels, classes)
            if which == "tuned":
                made[-1].reset_parameters()
                _save(made, self.folder / "base")
            _train(made, samples[chosen], labels[chosen] - classes[0], *SETTINGS[which])
        _save(made, self.folder / "tuned")

    def given(self, which: str) -> Any:
        return _filled(self.tensors(which))

    @property
    def calibration(self) -> str:
        return str(self.folder / "calibration.npz")

    def predict(self, tensors: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
        import torch

        with np.load(self.folder / "test.npz") as data, torch.inference_mode():
            return _filled(tensors)(torch.from_numpy(data["samples"])).argmax(1).numpy()

    def labels(self) -> npt.NDArray[np.int64]:
        with np.load(self.folder / "test.npz") as data:
            return data["labels"]


def _filled(tensors: Mapping[str, npt.NDArray[Any]]) -> Any:
    import torch

    made = network().eval()
    made.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in tensors.items()})
    return made


def _train(
    module: Any,
    samples: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    epochs: int,
    rate: float,
) -> None:
    import torch

    x, y = torch.from_numpy(samples), torch.from_numpy(labels)
    optimiser = torch.optim.AdamW(module.parameters(), lr=rate, weight_decay=0.01)
    steps = epochs * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    module.train()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            picked = order[start : start + BATCH]
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(x[picked]), y[picked]).backward()
            optimiser.step()
            schedule.step()
    module.eval()


def _save(module: Any, folder: Path) -> None:
    from safetensors.torch import save_file

    half = folder.with_name(f"{folder.name}.half")
    half.mkdir(exist_ok=True)
    save_file(module.state_dict(), half / "model.safetensors")
    half.rename(folder)
