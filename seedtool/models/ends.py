"""The layers at which tokens go into a network and come out of it."""

from __future__ import annotations

from typing import Any


def token_weights(module: Any) -> list[Any]:
    """Weights [tokens, width] of a transformers model's input and output embeddings.

    Those that it has: a network of two towers, say, has no one input embedding.
    """
    found = []
    for end in ("get_input_embeddings", "get_output_embeddings"):
        try:
            layer = getattr(module, end)()
        except (AttributeError, NotImplementedError):
            continue
        weight = getattr(layer, "weight", None)
        if weight is not None:
            found.append(weight)
    return found
