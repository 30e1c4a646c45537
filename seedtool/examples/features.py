"""What examples are compared by where no teacher says: components of pixels, counts of words."""

from __future__ import annotations

import zlib
from collections.abc import Sized
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seedtool.examples.labelled import F32, Examples

COMPONENTS = 64
BUCKETS = 2048  # of hashed words and word pairs
SAMPLE = 2048  # examples that components are fitted to


def plain_features(examples: Examples) -> F32:
    """float32 [n, at most 64]: principal components of the inputs, by variance.

    Of texts, of words and pairs of neighbours hashed into 2048 counts and weighed by how rare
    they are (TF-IDF; Weinberger et al., "Feature hashing", arXiv 0902.2206).
    """
    texts = examples.inputs
    if isinstance(texts, tuple):
        sample = _counts(texts[:: _stride(texts)])
        rarity = np.log((1 + len(sample)) / (1 + np.count_nonzero(sample, axis=0)))
        mean, axes = _components(_weighed(sample, rarity))
        blocks = [texts[at : at + SAMPLE] for at in range(0, len(texts), SAMPLE)]
        return np.concatenate([(_weighed(_counts(b), rarity) - mean) @ axes for b in blocks])
    values = np.asarray(texts).reshape(len(texts), -1)
    mean, axes = _components(values[:: _stride(values)].astype(np.float32))
    starts = range(0, len(values), SAMPLE)
    return np.concatenate(
        [(values[at : at + SAMPLE].astype(np.float32) - mean) @ axes for at in starts]
    )


def _stride(values: Sized) -> int:
    return max(1, len(values) // SAMPLE)


def _counts(texts: tuple[str, ...]) -> F32:
    made = np.zeros((len(texts), BUCKETS), np.float32)
    for row, text in enumerate(texts):
        words = text.lower().split()
        for word in [*words, *map(" ".join, pairwise(words))]:
            made[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % BUCKETS] += 1
    return made


def _weighed(counts: F32, rarity: npt.NDArray[np.float64]) -> F32:
    made = counts * rarity.astype(np.float32)
    length = np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-6)
    weighed: F32 = (made / length).astype(np.float32)
    return weighed


def _components(values: F32) -> tuple[F32, F32]:
    """Mean and leading axes, [values, at most 64]."""
    mean = values.mean(axis=0, dtype=np.float64)
    centred = values - mean
    if len(centred) < centred.shape[1]:
        _, left = np.linalg.eigh(centred @ centred.T)
        axes = centred.T @ left[:, ::-1][:, :COMPONENTS]
    else:
        _, right = np.linalg.eigh(centred.T @ centred)
        axes = right[:, ::-1][:, :COMPONENTS]
    length = np.linalg.norm(axes, axis=0)
    axes = axes[:, length > 1e-9] / length[length > 1e-9]
    return mean.astype(np.float32), axes.astype(np.float32)
