"""Handwritten digits as examples, with classes, their names and a teacher's soft labels."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from seedtool.examples.labelled import Examples

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def digits(count: int = 200, *, soft: bool = True) -> Examples:
    data = load_digits()
    labels = data.target[:count].astype(np.int64)
    random = np.random.default_rng(3)
    logits = random.normal(0, 1.5, (count, 10)) + 5 * np.eye(10)[labels]
    share = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    images = (data.images[:count] * 15.9375).astype(np.uint8)
    return Examples(images, labels, share.astype(np.float32) if soft else None, NAMES)
