"""How much of a model's answers a changed copy keeps, beside what knowing nothing would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.calibration.batches import Batch
from seedtool.calibration.divergence import Kind, answer
from seedtool.errors import NoGraphError

F32 = npt.NDArray[np.float32]

LOGITS_MAX = 1 << 26  # elements kept: of wide vocabularies some positions, the same each time


@dataclass(frozen=True)
class Outputs:
    """Answers of a model to all batches: float32 [predictions, classes] or [samples, features]."""

    kind: Kind
    values: F32


@dataclass(frozen=True)
class Quality:
    """``quality``: of embeddings the mean cosine, of logits the share of equal top classes.

    ``divergence``: mean squared distance of unit embeddings, or mean KL in nats
    from the original's softmax. The controls are the same two for answers that
    do not look at the input: the original's embedding of another sample; its
    commonest class, and its mean probabilities. ``least``: the smallest cosine
    (embeddings only). ``predictions``: over how many the means are.
    """

    kind: Kind
    quality: float
    divergence: float
    control: float
    control_divergence: float
    predictions: int
    least: float | None = None


def outputs(
    module: Any, batches: Sequence[Batch], *, seed: int = 0, kind: Kind | None = None
) -> Outputs:
    """What ``module`` answers, in the order of the batches; NoGraphError if it does not run.

    Of more logits than LOGITS_MAX each batch gives its share, drawn by ``seed``.
    """
    import torch

    rng = np.random.default_rng(seed)
    training = module.training
    module.eval()
    rows: list[F32] = []
    try:
        with torch.no_grad():
            for batch in batches:
                found = answer(module, batch, kind)
                kind = found.kind
                share = LOGITS_MAX // (len(batches) * found.values.shape[1])
                values = found.values
                if kind == "logits" and len(values) > share:
                    chosen = np.sort(rng.permutation(len(values))[: max(1, share)])
                    values = values[torch.from_numpy(chosen)]
                rows.append(values.cpu().numpy())
    finally:
        module.train(training)
    if kind is None:
        raise NoGraphError("there is no batch to run the model on")
    if len({row.shape[1] for row in rows}) > 1:
        raise NoGraphError("the model's answers are wider in one batch than in another")
    return Outputs(kind, np.concatenate(rows))


def measure(original: Outputs, coded: Outputs) -> Quality:
    """Compare answers of a changed model with the original's, both by :func:`outputs`."""
    if original.values.shape != coded.values.shape:
        raise NoGraphError("the two models' answers differ in shape")
    if original.kind == "embedding":
        return _embeddings(original.values, coded.values)
    return _logits(original.values, coded.values)


def _embeddings(original: F32, coded: F32) -> Quality:
    cosines = np.nan_to_num((original * coded).sum(1), nan=0.0)
    # A row beside the next but a few: neighbours are of like length.
    other = np.roll(original, max(1, len(original) // 2), axis=0)
    control = float((original * other).sum(1).mean())
    mean = float(cosines.mean())
    return Quality(
        "embedding",
        mean,
        2 - 2 * mean,
        control,
        2 - 2 * control,
        len(cosines),
        float(cosines.min()),
    )


def _logits(original: F32, coded: F32) -> Quality:
    log_p, log_q = _log_softmax(original), _log_softmax(np.nan_to_num(coded))
    p = np.exp(log_p)
    top = original.argmax(1)
    mean = p.mean(0)
    entropy = -(p * log_p).sum(1).mean()
    return Quality(
        "logits",
        float((top == log_q.argmax(1)).mean()),
        float((p * (log_p - log_q)).sum(1).mean()),
        float(np.bincount(top).max() / len(top)),
        float(-(mean * np.log(np.maximum(mean, 1e-30))).sum() - entropy),
        len(top),
    )


def _log_softmax(logits: F32) -> F32:
    shifted = logits - logits.max(1, keepdims=True)
    found: F32 = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return found
