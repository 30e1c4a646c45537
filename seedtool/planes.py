"""Where a byte plane is cut and what suits each stretch: the encoder's side of ``lossless``.

How well bytes repeat is thought, not tried: a trial with zstd would be nearer,
but what it says changes with its version, and a seed's digest must not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]

CONSTANT, NOISE, LOOSE, CODED = range(4)
RUN_MAX = 1 << 24  # elements of a run
BLOCK = 1 << 16  # elements that get a mode of their own
TABLE_COST = 512.0  # bytes by which a coded run must be worth its table and its time
WORTH = 0.95  # share of a sure size that an estimate must promise
NOISE_WORTH = 0.97  # share of its bytes that coding must get below to be worth its time
SAMPLE = 1 << 13  # bytes of a block in which repeats are looked for
HASH = np.arange(1, 16, 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
MATCH = 4  # bytes of the shortest repeat
MATCH_BITS = 2.5  # of a repeat, beside its distance (fitted to zstd -19 on dequantised weights)


@dataclass
class Run:
    """A stretch of one plane: its first element, length, mode, histogram and bytes."""

    start: int
    count: int
    mode: int
    counts: npt.NDArray[np.int64]
    cost: float


def cut(plane: U8) -> list[Run]:
    """Runs that cover the plane: the cheapest mode of each block, neighbours joined."""
    runs: list[Run] = []
    for start in range(0, plane.size, BLOCK):
        run = _cheapest(start, plane[start : start + BLOCK])
        last = runs[-1] if runs else None
        joint = last and _joined(last, run)
        if joint:
            runs[-1] = joint
        else:
            runs.append(run)
    return runs


def _cheapest(start: int, block: U8) -> Run:
    counts = np.bincount(block, minlength=256)
    if np.max(counts) == block.size:
        return Run(start, block.size, CONSTANT, counts, 1.0)
    sample = block[:SAMPLE]
    costs = {
        NOISE: NOISE_WORTH * block.size,
        LOOSE: repeat_cost(sample) * block.size / sample.size / WORTH,
        CODED: coded_cost(counts),
    }
    mode = min(costs, key=lambda m: costs[m])
    return Run(start, block.size, mode, counts, costs[mode])


def coded_cost(counts: npt.NDArray[np.int64]) -> float:
    used = counts[counts > 0]
    total = int(used.sum())
    return float(-(used * np.log2(used / total)).sum()) / 8 + 1.5 * used.size + TABLE_COST


def _joined(last: Run, run: Run) -> Run | None:
    """Both as one run, or None where two are better."""
    if last.mode != run.mode or last.count + run.count > RUN_MAX:
        return None
    counts = last.counts + run.counts
    cost = last.cost + run.cost
    if run.mode == CONSTANT and np.count_nonzero(counts) > 1:
        return None
    if run.mode == CODED:
        joint = coded_cost(counts)
        if joint > cost:
            return None
        cost = joint
    return Run(last.start, last.count + run.count, run.mode, counts, cost)


def plain_cost(plain: U8) -> float:
    """What zstd is thought to make of the plain bytes.

    From eight places among them, and the share of 64-byte pieces that came before.
    """
    size = 4 * SAMPLE
    samples = [plain[at : at + size] for at in range(0, plain.size, max(size, plain.size // 8))]
    rate = sum(map(repeat_cost, samples)) / sum(s.size for s in samples)
    pieces = plain[: plain.size // 64 * 64].view("<u8").reshape(-1, 8)
    hashes = (pieces * HASH).sum(axis=1, dtype=np.uint64)
    return float(plain.size * min(rate, np.unique(hashes).size / hashes.size))


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
