"""Sparse differences: the largest changes kept, as float16 or as a sign, or some by lot."""

from __future__ import annotations

import numpy as np

from benchmarks.deltas.rival import Change, Made, fit, half, packed
from seedtool import integers

LEAST = 1e-5  # share kept
LOT = 5


def prune(change: Change, budget: float) -> Made:
    """The changes largest of all in float16, a bit each for which they are, zstd."""
    magnitudes = change.magnitudes()

    def make(share: float) -> Made:
        least = np.quantile(magnitudes, 1 - share)
        kept = {k: np.abs(x) >= least for k, x in change.delta.items()}
        values = {k: half(x[kept[k]]) for k, x in change.delta.items()}
        pieces = [np.packbits(m).tobytes() for m in kept.values()]
        pieces += [v.tobytes() for v in values.values()]
        moved = {k: np.zeros(m.shape, np.float32) for k, m in kept.items()}
        for name, mask in kept.items():
            moved[name][mask] = values[name]
        size = packed([*pieces, change.head_bytes()])
        return Made(size, change.applied(moved), {"share kept": share})

    return fit(make, budget, LEAST, 1.0)


def sign(change: Change, budget: float) -> Made:
    """BitDelta's sign times a scale a tensor, of the largest changes alone, entropy-coded.

    Liu et al., "BitDelta", arXiv 2402.10193; ternary as in ComPEFT (arXiv 2311.13171).
    The scale is the mean magnitude of what is kept, as least squares has it.
    """
    magnitudes = change.magnitudes()

    def make(share: float) -> Made:
        least = np.quantile(magnitudes, 1 - share)
        moved, size = {}, packed([change.head_bytes()])
        for name, x in change.delta.items():
            signs = np.where(np.abs(x) >= least, np.sign(x), 0).astype(np.int32)
            scale = np.abs(x[signs != 0]).mean() if signs.any() else np.float32(0)
            moved[name] = signs * np.float32(scale)
            size += 4
            if signs.any():
                size += sum(len(part.data) for part in integers.encode(signs.reshape(-1))[1])
        return Made(size, change.applied(moved), {"share kept": share})

    return fit(make, budget, LEAST, 1.0)


def one_bit(change: Change, _: float) -> Made:
    """BitDelta without distillation, at the bytes that it has: a sign a weight, vectors float16."""
    pieces = [change.head_bytes()]
    moved = {}
    for name, x in change.delta.items():
        if x.ndim < 2:
            moved[name] = half(x).astype(np.float32)
            pieces.append(half(x).tobytes())
            continue
        scale = np.abs(x).mean()
        moved[name] = np.where(x >= 0, scale, -scale)
        pieces += [np.packbits(x >= 0).tobytes(), scale.tobytes()]
    return Made(packed(pieces), change.applied(moved))


def drop(change: Change, budget: float) -> Made:
    """DARE: changes are kept by lot and divided by the share kept, float16; the lot is a seed.

    Yu et al., "Language Models are Super Mario", arXiv 2311.03099.
    """
    share = (budget - len(change.head_bytes()) - 8) / 2 / change.elements
    rng = np.random.default_rng(LOT)
    moved, pieces = {}, [change.head_bytes()]
    for name, x in change.delta.items():
        kept = rng.random(x.shape) < share
        values = half(x[kept] / share)
        pieces.append(values.tobytes())
        moved[name] = np.zeros(x.shape, np.float32)
        moved[name][kept] = values
    return Made(packed(pieces), change.applied(moved), {"share kept": share})
