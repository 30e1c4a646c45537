"""The sensitivity of an embedding's rows, from few samples' gradients and many tokens' counts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from seedtool.calibration.batches import Batch
from seedtool.calibration.sensitivity import F32

TRUST = 4.0  # occurrences of a token after which its own gradients count as much as all tokens'
UNSEEN = 0.5  # occurrences that every token has besides those counted

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
    mean of all by ``TRUST`` occurrences) times how often it occurs. The sum
    over rows, weighted alike, stays in the units of ``rows``. All float32 or
    int64 [vocab]; ``tokens`` may be shorter.
    """
    counted = np.zeros(len(rows))
    counted[: len(tokens)] = tokens[: len(rows)]
    occurrences = max(1, int(seen.sum()))
    mean = float(rows.sum(dtype=np.float64)) / occurrences
    each = (rows + TRUST * mean) / (seen + TRUST)
    share = (counted + UNSEEN) / (counted + UNSEEN).sum()
    made: F32 = (each * share * occurrences).astype(np.float32)
    return made
