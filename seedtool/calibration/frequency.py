"""The sensitivity of an embedding's rows, from few samples' gradients and many tokens' counts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from seedtool.calibration.batches import Batch
from seedtool.calibration.sensitivity import F32

TRUST = 4.0  # occurrences of a token after which its own gradients count as much as all tokens'
UNSEEN = 3.0  # occurrences that every token has besides those counted; 0.5 was worse everywhere

Counts = npt.NDArray[np.int64]


def count_tokens(batches: Iterable[Batch], vocabulary: int) -> Counts:
    """How often each id occurs in ``input_ids`` where ``attention_mask`` is set, int64 [vocab]."""
    total = np.zeros(vocabulary, np.int64)
    for batch in batches:
        ids = batch["input_ids"]
        mask = batch.get("attention_mask", np.ones_like(ids)).astype(bool)
        total += np.bincount(ids[mask], minlength=vocabulary)[:vocabulary]
    return total


def spread(rows: F32, seen: Counts, tokens: Counts) -> F32:
    """Rows for the text that ``tokens`` counts, of rows that the samples of ``seen`` gave.

    A token's sensitivity is that of one occurrence (its own, drawn towards the
    mean over tokens by ``TRUST`` occurrences) times how often it occurs. All
    float32 or int64 [vocab]; ``tokens`` may be shorter. Where ``seen`` is all 0
    there is nothing to spread, and the rows come back as they are.
    """
    if not seen.any():
        return rows
    counted = np.zeros(len(rows))
    counted[: len(tokens)] = tokens[: len(rows)]
    occurrences = int(seen.sum())
    # Over tokens, not over occurrences: those that need it are rare, and mean more than "the".
    mean = float(np.mean(rows[seen > 0] / seen[seen > 0], dtype=np.float64))
    each = (rows + TRUST * mean) / (seen + TRUST)
    share = (counted + UNSEEN) / (counted + UNSEEN).sum()
    made: F32 = (each * share * occurrences).astype(np.float32)
    return made
