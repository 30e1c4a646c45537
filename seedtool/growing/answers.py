"""What a module says to a batch, in the one form that losses and metrics take."""

from __future__ import annotations

import inspect
from typing import Any

from seedtool.errors import UsageError
from seedtool.growing.material import Batch
from seedtool.models.inputs import outputs_of
from seedtool.recipes.schema import Task

HIDDEN = ("sentence_embedding", "text_embeds", "image_embeds", "last_hidden_state")


class Caller:
    """How ``module`` is called: by the name of its main input, or in a plain module the first."""

    def __init__(self, module: Any, task: Task) -> None:
        takes = inspect.signature(module.forward).parameters
        self._first = next(iter(takes), "")
        self._task = task
        self._main = getattr(module, "main_input_name", None)
        self._mask = "attention_mask" in takes
        self._fixed = {"use_cache": False} if "use_cache" in takes else {}

    def named(self, batch: Batch) -> dict[str, Any]:
        """What it is called with of a batch, by the names of the module's own inputs."""
        given = {self._main or self._first: batch.inputs}
        if self._mask and batch.mask is not None:
            given["attention_mask"] = batch.mask
        return given

    def __call__(self, wrapped: Any, batch: Batch) -> Any:
        """Answers float [n, classes], [n, tokens, classes] or vectors [n, d].

        ``wrapped``: the module, or what accelerate has made of it.
        """
        more = dict(self._fixed)
        if self._mask and batch.mask is not None:
            more["attention_mask"] = batch.mask
        if self._main is None:
            outputs = outputs_of(wrapped(batch.inputs, **more))
        else:
            outputs = outputs_of(wrapped(**{self._main: batch.inputs}, **more))
        if self._task == "embedding":
            name = next((n for n in HIDDEN if n in outputs), next(iter(outputs)))
            return _pooled(outputs[name], batch.mask)
        found = outputs.get("logits", next(iter(outputs.values())))
        if self._task == "regression" and found.ndim == 1:
            return found[:, None]
        return found


def check_form(answers: Any, batch: Batch, task: Task, classes: int) -> None:
    """UsageError if answers to ``batch`` have not the task's form."""
    per_token = task in ("token-classification", "causal-lm")
    expected = tuple(batch.inputs.shape) if per_token else (len(batch),)
    shape = tuple(answers.shape)
    if task in ("regression", "embedding"):
        targets = batch.soft if batch.soft is not None else batch.labels
        width = targets.shape[1] if targets is not None else -1
        expected = (len(batch), width)
        what = f"targets of {width} numbers"
    else:
        expected = (*expected, classes)
        what = f"{classes} classes"
    if shape != expected:
        raise UsageError(
            f"the network answers {list(shape)} to a batch, and {task} with {what} "
            f"needs {list(expected)}"
        )
    if batch.soft is not None and batch.soft.shape[1] != shape[-1]:
        raise UsageError(f"soft labels have {batch.soft.shape[1]} classes, the network {shape[-1]}")


def _pooled(hidden: Any, mask: Any) -> Any:
    """Vectors [n, d]; of tokens the mean of those that are no padding."""
    if hidden.ndim == 2:
        return hidden
    if hidden.ndim == 4:
        return hidden.mean((2, 3))
    if mask is None:
        return hidden.mean(1)
    weights = mask[..., None].to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
