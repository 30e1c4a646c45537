"""How well bytes compress by repetition, thought rather than tried.

A trial with zstd would be nearer, but what it says changes with its version,
and a seed's digest must not (SPEC 2).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MATCH = 4  # bytes of the shortest repeat
MATCH_BITS = 2.5  # of a repeat, beside its distance (fitted to zstd -19 on dequantised weights)


def repeat_cost(data: npt.NDArray[np.uint8]) -> float:
    """Estimated bytes of ``data`` after Lempel-Ziv and entropy coding, at most its size.

    Every repeat of four bytes or more of what came before costs its distance's
    logarithm and 2.5 bits; what remains costs its order-0 entropy.
    """
    if data.size < 2 * MATCH:
        return float(data.size)
    wide = data.astype(np.uint32)
    keys = wide[:-3] | wide[1:-2] << np.uint32(8) | wide[2:-1] << np.uint32(16)
    keys |= wide[3:] << np.uint32(24)
    order = np.argsort(keys, kind="stable")
    again = keys[order[1:]] == keys[order[:-1]]
    distance = np.zeros(keys.size, np.int64)
    distance[order[1:][again]] = (order[1:] - order[:-1])[again]
    matched = distance > 0
    covered = np.zeros(data.size, bool)
    for shift in range(MATCH):
        covered[shift : shift + keys.size] |= matched
    changes = matched & (np.diff(distance, prepend=0) != 0)
    # Distances that change within a stretch overlap: a parser takes one in four bytes at most.
    matches = min(int(changes.sum()), int(covered.sum()) // MATCH)
    far = float(np.log2(distance[changes]).mean()) if matches else 0.0
    literals = np.bincount(data[~covered], minlength=1)
    literals = literals[literals > 0]
    bits = float(-(literals * np.log2(literals / max(int(literals.sum()), 1))).sum())
    return min((bits + matches * (far + MATCH_BITS)) / 8 + 16, float(data.size))
