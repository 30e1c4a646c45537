"""Descriptions scored by a sentence encoder that the caller has: mean pooling, cosines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seedtool.errors import MissingExtraError, UsageError
from seedtool.models.loading import first_line, quiet
from seedtool.recipes.matching import described
from seedtool.recipes.schema import Recipe

LONGEST = 128  # tokens


def encoder_scores(folder: str | Path, recipes: Sequence[Recipe], task: str) -> list[float]:
    """Cosine of ``task`` to each recipe's description, both embedded by the encoder in ``folder``.

    A Hugging Face folder with tokenizer and weights in safetensors; nothing is fetched, and no
    code of it is run. The embedding is the mean of the last hidden states over tokens (Reimers
    and Gurevych, arXiv 1908.10084). UsageError if it is none.
    """
    vectors = _embedded(Path(folder), [task, *map(described, recipes)])
    return [float(vectors[0] @ row) for row in vectors[1:]]


def _embedded(folder: Path, texts: list[str]) -> Any:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch", "a sentence encoder") from None
    if not (folder / "config.json").is_file():
        raise UsageError(f"{folder}: is no folder of a sentence encoder: it has no config.json")
    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet(), torch.no_grad():
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **local)
            module = transformers.AutoModel.from_pretrained(
                str(folder), dtype=torch.float32, use_safetensors=True, **local
            ).eval()
            longest = min(LONGEST, getattr(module.config, "max_position_embeddings", LONGEST))
            given = tokenizer(
                texts, padding=True, truncation=True, max_length=longest, return_tensors="pt"
            )
            hidden = module(**given).last_hidden_state
    except Exception as error:  # transformers meets bad folders with errors of every kind
        raise UsageError(f"{folder}: is no sentence encoder: {first_line(error)}") from None
    weights = given["attention_mask"][..., None].to(hidden.dtype)
    means = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(means, dim=1)
