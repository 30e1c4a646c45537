"""Metrics as tallies: arrays that are added up over batches and processes, then made a score."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.growing.losses import count_targets, cross_entropies, targets_of
from seedtool.growing.material import IGNORED, Batch
from seedtool.recipes.schema import LOWER_IS_BETTER, Metric, Task

Tally = npt.NDArray[np.float64]
RESAMPLED = 1000  # times, for an error


def tally(metric: Metric, answers: Any, batch: Batch, task: Task) -> Tally:
    """What a batch adds: (sum, count), or of ``f1`` the confusion [classes, classes]."""
    from torch.nn import functional

    if metric == "perplexity":
        return np.array([float(cross_entropies(answers, batch, task)), count_targets(batch, task)])
    if metric == "mse":
        off = (answers - targets_of(batch)).square().mean(-1)
        return np.array([float(off.double().sum()), len(batch)])
    if metric == "cosine":
        near = functional.cosine_similarity(answers, targets_of(batch))
        return np.array([float(near.double().sum()), len(batch)])
    said, labels = (v.reshape(-1).cpu().numpy() for v in _decisions(answers, batch, task))
    if metric == "accuracy":
        return np.array([(said == labels).sum(), len(labels)], np.float64)
    classes = answers.shape[-1]
    pairs = np.bincount(labels * classes + said, minlength=classes * classes)
    return pairs.reshape(classes, classes).astype(np.float64)


def score(metric: Metric, total: Tally) -> float:
    """The metric of a whole tally; NaN of nothing."""
    if metric == "f1":
        return _macro_f1(total)
    mean = float(total[0] / total[1]) if total[1] else float("nan")
    return float(np.exp(min(mean, 700.0))) if metric == "perplexity" else mean


def error(metric: Metric, tallies: Tally) -> float:
    """Standard error of the score, for the examples being a sample of those there are.

    ``tallies``: [groups, ...], each of some of the examples. Of accuracy it is the binomial's, with
    two more examples right and two wrong (Agresti and Coull 1998), so that none of few is not
    certain; else that of the bootstrap over the groups (Efron 1979), NaN of one group.
    """
    if metric == "accuracy":
        right, count = tallies.sum(0) + np.array([2.0, 4.0])
        share = right / count
        return float(np.sqrt(share * (1 - share) / count))
    if len(tallies) < 2:
        return float("nan")
    random = np.random.default_rng(0)
    drawn = random.multinomial(len(tallies), [1 / len(tallies)] * len(tallies), RESAMPLED)
    found = [score(metric, np.tensordot(times, tallies, 1)) for times in drawn]
    return float(np.std(found, ddof=1))


def is_reached(metric: Metric, found: float, target: float) -> bool:
    """Whether a score is at least as good as the target."""
    return found <= target if metric in LOWER_IS_BETTER else found >= target


def _decisions(answers: Any, batch: Batch, task: Task) -> tuple[Any, Any]:
    said, labels = answers.argmax(-1), batch.labels
    if task == "causal-lm":
        said, labels = said[:, :-1], labels[:, 1:]
    if labels is None:  # the teacher's first choice
        labels = batch.soft.argmax(-1)
    known = labels != IGNORED
    return said[known], labels[known]


def _macro_f1(confusion: Tally) -> float:
    """Mean F1 of the classes that occur, as a label or as an answer."""
    right = np.diagonal(confusion)
    either = confusion.sum(0) + confusion.sum(1)
    occurs = either > 0
    return float((2 * right[occurs] / either[occurs]).mean()) if occurs.any() else float("nan")
