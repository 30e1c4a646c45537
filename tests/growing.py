"""What the tests of growing share: digits, a tiny network for them, and a recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits

from seedtool.examples.labelled import Examples
from seedtool.models.loading import quiet
from seedtool.recipes.schema import Data, Recipe, Step, Training

RECIPE = Recipe(
    name="digits",
    task="image-classification",
    classes=tuple("0123456789"),
    data=Data(source="given", held_out=0.1),
    preprocess=(Step("scale", (0.3, 0.35)), Step("shift", (1,))),
    training=Training(steps=60, rate=1e-2),
)


def digits(first: int, last: int) -> Examples:
    """Images uint8 [n, 8, 8] with their classes."""
    bunch = load_digits()
    images = (bunch.images[first:last] * 255 / 16).astype(np.uint8)
    return Examples(images, bunch.target[first:last].astype(np.int64))


def network(folder: Path) -> Path:
    """A transformers ResNet of 5,442 weights for 1x8x8 images in ``folder``, not trained."""
    from transformers import ResNetConfig, ResNetForImageClassification

    torch.manual_seed(0)
    config = ResNetConfig(
        num_channels=1,
        image_size=8,
        embedding_size=8,
        hidden_sizes=[8, 16],
        depths=[1, 1],
        layer_type="basic",
        num_labels=10,
    )
    with quiet():
        ResNetForImageClassification(config).save_pretrained(folder)
    return folder


def answers(module: torch.nn.Module, examples: Examples) -> torch.Tensor:
    """Logits of a network for the recipe's images."""
    images = torch.from_numpy(np.asarray(examples.inputs)).float()[:, None] / 255
    with torch.no_grad():
        return module.eval()((images - 0.3) / 0.35).logits


def loss(module: torch.nn.Module, examples: Examples) -> float:
    """Mean cross entropy in nats."""
    labels = torch.from_numpy(np.asarray(examples.labels))
    return float(torch.nn.functional.cross_entropy(answers(module, examples), labels))
