"""Losses of a recipe, as sums over what a batch is to teach."""

from __future__ import annotations

from typing import Any

from seedtool.growing.material import IGNORED, Batch
from seedtool.recipes.schema import Loss, Task


def count_targets(batch: Batch, task: Task) -> int:
    """Over how many the loss of a batch is a mean: examples, or tokens that have a label."""
    if task == "causal-lm":
        return max(1, int((batch.labels[:, 1:] != IGNORED).sum()))
    if task == "token-classification":
        return max(1, int((batch.labels != IGNORED).sum()))
    return len(batch)


def sum_losses(answers: Any, batch: Batch, loss: Loss, task: Task) -> Any:
    """The mixture's sum over the batch, a scalar that gradients flow through.

    ``kl``: T² · KL(soft labels || answers), both at temperature T, as Hinton, Vinyals and
    Dean (arXiv 1503.02531) have it. ``cosine`` (1 - cosine) and ``mse`` compare answers with
    the targets, of classes their probabilities with the soft labels.
    """
    from torch.nn import functional

    total = answers.new_zeros(())
    answers = answers.float()
    if loss.cross_entropy:
        total = total + loss.cross_entropy * cross_entropies(answers, batch, task)
    if loss.kl:
        warm = loss.temperature
        soft = functional.log_softmax(batch.soft.clamp(min=1e-8).log() / warm, -1)
        said = functional.log_softmax(answers / warm, -1)
        divergence = functional.kl_div(said, soft, reduction="sum", log_target=True)
        total = total + loss.kl * warm * warm * divergence
    if loss.cosine or loss.mse:
        said = answers.softmax(-1) if task.endswith("classification") else answers
        targets = targets_of(batch)
        if loss.cosine:
            total = total + loss.cosine * (1 - functional.cosine_similarity(said, targets)).sum()
        if loss.mse:
            total = total + loss.mse * (said - targets).square().mean(-1).sum()
    return total


def cross_entropies(answers: Any, batch: Batch, task: Task) -> Any:
    """Their sum over targets, in nats."""
    from torch.nn import functional

    if task == "causal-lm":
        return functional.cross_entropy(
            answers[:, :-1].flatten(0, 1),
            batch.labels[:, 1:].flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )
    if task == "token-classification":
        return functional.cross_entropy(
            answers.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED, reduction="sum"
        )
    return functional.cross_entropy(answers, batch.labels, reduction="sum")


def targets_of(batch: Batch) -> Any:
    """What vectors are compared with: soft labels if there are any."""
    return batch.labels if batch.soft is None else batch.soft
