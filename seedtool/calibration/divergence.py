"""What of a model's outputs is to be kept, and how far a changed model is from it.

Two kinds of answer. Logits: the divergence is KL(original || changed) of the
softmax, in nats per prediction; near the original it is half the quadratic
form of the Fisher matrix, which equals the Gauss-Newton matrix there
(Martens, "New insights and perspectives on the natural gradient method",
2020). Embeddings: the squared distance of L2-normalised, mean-pooled vectors,
per sample, twice one minus their cosine.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seedtool.calibration.batches import Batch
from seedtool.errors import NoGraphError
from seedtool.models.inputs import outputs_of
from seedtool.models.loading import first_line, quiet

Kind = Literal["logits", "embedding"]
NORMED = 1e-3  # how far from 1 the norms of vectors may be that are embeddings
TOWERS = ("text_embeds", "image_embeds")
HIDDEN = ("last_hidden_state", "sentence_embedding", *TOWERS, "pooler_output")


@dataclass(frozen=True)
class Answer:
    """float32 torch.Tensor [predictions, classes] of logits, or [samples, features] of unit norm.

    Of sequences of logits every position that is no padding is a prediction.
    """

    kind: Kind
    values: Any


def answer(module: Any, batch: Batch, kind: Kind | None = None) -> Answer:
    """What ``module`` says to ``batch``; gradients flow through it where torch records them.

    ``kind`` None: logits if an output is called so, an embedding if it is
    called a hidden state or its rows have norm 1, logits for what remains of
    two or three axes. Of a network of two towers it is both embeddings, one
    behind the other. NoGraphError if the model does not run on the batch or
    returns nothing of use.
    """
    import torch

    named = {name: torch.from_numpy(np.array(values)) for name, values in batch.items()}
    fixed = (
        {"use_cache": False} if "use_cache" in inspect.signature(module.forward).parameters else {}
    )
    try:
        with quiet():
            outputs = outputs_of(module(**named, **fixed))
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise NoGraphError(f"the model does not run on the data: {first_line(error)}") from None
    outputs = {n: v for n, v in outputs.items() if v.is_floating_point() and v.ndim > 1}
    if not outputs:
        raise NoGraphError("the model returns no array of floats to compare")
    towers = [_pooled(outputs[name].float(), None) for name in TOWERS if name in outputs]
    if kind != "logits" and len({tower.shape for tower in towers}) == 1 < len(towers):
        return Answer("embedding", _pooled(torch.cat(towers, 1), None))
    name = next((n for n in ("logits", *HIDDEN) if n in outputs), next(iter(outputs)))
    values = outputs[name].float()
    mask = named.get("attention_mask")
    found = kind or _kind(name, values)
    if found == "logits":
        return Answer("logits", _predictions(values, mask))
    return Answer("embedding", _pooled(values, mask))


def _kind(name: str, values: Any) -> Kind:
    if name in HIDDEN or values.ndim > 3:
        return "embedding"
    if name != "logits" and values.ndim == 2 and values.shape[1] > 1:
        norms = values.detach().norm(dim=1)
        return "embedding" if bool(((norms - 1).abs() < NORMED).all()) else "logits"
    return "logits"


def _predictions(values: Any, mask: Any) -> Any:
    import torch

    if values.ndim == 3 and mask is not None and mask.shape == values.shape[:2]:
        values = values[mask.bool()]
    values = values.reshape(-1, values.shape[-1])
    if values.shape[1] > 1:
        return values
    # One number is the log-odds of a class against its absence.
    return torch.cat([torch.zeros_like(values), values], 1)


def _pooled(values: Any, mask: Any) -> Any:
    import torch

    if values.ndim == 3 and mask is not None and mask.shape == values.shape[:2]:
        weights = mask[..., None].to(values.dtype)
        values = (values * weights).sum(1) / weights.sum(1).clamp(min=1)
    elif values.ndim == 3:
        values = values.mean(1)
    elif values.ndim > 3:  # images: the channels come first
        values = values.flatten(2).mean(2)
    return torch.nn.functional.normalize(values, dim=-1)


def project(found: Answer, generator: Any) -> tuple[Any, float]:
    """(scalar, factor): a random projection of the answer whose gradients estimate the divergence.

    Independent for each prediction, so that the expectation of the squared
    gradient of the sum is the sum of the squared gradients. ``factor`` times
    that is the quadratic form of the divergence, summed over predictions.
    The scalar is Σ u · answer. Embeddings: u ~ N(0, I). Logits: u has the
    covariance of the Fisher matrix, diag(p) − p pᵀ, as the gradient of the
    loss of a label drawn from p has; but made of z ~ N(0, I) it does not rest
    on labels that are hardly ever drawn where the model is sure.
    """
    import torch

    z = torch.randn(found.values.shape, generator=generator)
    if found.kind == "embedding":
        return (found.values * z).sum(), 1.0
    p = torch.softmax(found.values.detach(), -1)
    root = p.sqrt()
    u = root * z - p * (root * z).sum(-1, keepdim=True)
    return (found.values * u).sum(), 0.5
