"""Which examples a seed takes along: coresets, balanced over the classes."""

from __future__ import annotations

from typing import Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from seedtool.errors import UsageError
from seedtool.examples import coding
from seedtool.examples.coding import Quality
from seedtool.examples.features import plain_features
from seedtool.examples.labelled import F32, I64, Examples, shuffled

How = Literal["random", "herding", "margin", "kcenter"]
HOWS = get_args(How)
TRIES = 8  # of counts for a size
CLOSE, AIM = 0.985, 0.995  # shares of the size: that will do, and that is tried for
PROBE = 16  # examples of a class that tell about how many fit

F64 = npt.NDArray[np.float64]


def choose(
    examples: Examples, count: int, how: How = "random", features: F32 | None = None, seed: int = 0
) -> I64:
    """Rows of ``count`` examples, as many of each class as there are, the first chosen first.

    Any beginning of them is itself chosen so. ``features``: float32 [n, d], the teacher's last
    layer, or None (:func:`plain_features`). ``margin`` takes the teacher's soft labels from
    ``examples`` instead. UsageError for too many, or for no soft labels.

    random; herding towards the class's mean (Welling 2009; iCaRL, arXiv 1611.07725); margin:
    the least between a teacher's two likeliest classes (worse than random where few are taken:
    Sorscher et al., arXiv 2206.14486); kcenter: the farthest from all taken (Sener and
    Savarese, arXiv 1708.00489).
    """
    if how not in HOWS:
        raise UsageError(f"examples are chosen by {', '.join(HOWS)}, not {how}")
    if not 1 <= count <= len(examples):
        raise UsageError(f"{count} examples can't be chosen of {len(examples)}")
    if how == "margin" and examples.soft is None:
        raise UsageError("margin chooses by a teacher's soft labels, and there are none")
    groups = _groups(examples, seed)
    wanted = _wanted([len(group) for group in groups], count)
    if how in {"herding", "kcenter"}:
        values = plain_features(examples) if features is None else features
        if len(values) != len(examples):
            raise UsageError(f"there are {len(examples)} examples, but {len(values)} features")
        take = _herded if how == "herding" else _spread
        groups = [
            g[take(values[g].astype(np.float64), n)] for g, n in zip(groups, wanted, strict=True)
        ]
    elif how == "margin":
        margin = -np.diff(np.sort(cast(F32, examples.soft), axis=1)[:, :-3:-1], axis=1)[:, 0]
        groups = [g[np.argsort(margin[g], kind="stable")] for g in groups]
    return _dealt(groups, wanted)


def choose_size(
    examples: Examples,
    size: int,
    quality: Quality,
    how: How = "random",
    features: F32 | None = None,
    seed: int = 0,
) -> I64:
    """As many rows as take at most ``size`` bytes as a section at this quality.

    UsageError if not one example of each class fits.
    """
    fewest = len(_groups(examples, seed))
    rows = choose(examples, min(len(examples), PROBE * fewest), how, features, seed)
    low, high, tried = 0, len(examples) + 1, len(rows)
    for _ in range(TRIES):
        if tried > len(rows):
            rows = choose(examples, tried, how, features, seed)
        taken = _bytes(examples, rows[:tried], quality)
        low, high = (tried, high) if taken <= size else (low, tried)
        if low == len(examples) or (low == tried and taken > CLOSE * size):
            break
        # Bytes are nearly in proportion to examples.
        tried = min(max(int(tried * size / taken * AIM), low + 1), high - 1)
        if tried in {low, 0}:
            break
    if low < fewest:
        raise UsageError(
            f"{fewest} examples do not fit into {size} bytes",
            hint="allow for more bytes, or a coarser quality",
        )
    return rows[:low]


def _bytes(examples: Examples, rows: I64, quality: Quality) -> int:
    return coding.size(coding.encode(examples.take(rows), quality))


def _groups(examples: Examples, seed: int) -> list[I64]:
    """Rows of each class that occurs, each in an order drawn by the seed; or all rows."""
    order = shuffled(len(examples), seed)
    if examples.kind != "class":
        return [order]
    labels = cast(I64, examples.labels)[order]
    return [order[labels == label] for label in np.unique(labels)]


def _wanted(sizes: list[int], count: int) -> list[int]:
    """``count`` over groups, one at a time to those that have the fewest and any left."""
    wanted = [0] * len(sizes)
    while count:
        open_ = [i for i, n in enumerate(sizes) if wanted[i] < n]
        share = max(1, count // len(open_))
        for i in open_:
            step = min(share, sizes[i] - wanted[i], count)
            wanted[i] += step
            count -= step
    return wanted


def _dealt(groups: list[I64], wanted: list[int]) -> I64:
    """Rows of the groups in turns."""
    turns = [(turn, i) for i, n in enumerate(wanted) for turn in range(n)]
    return np.array([groups[i][turn] for turn, i in sorted(turns)], np.int64)


def _herded(values: F64, count: int) -> I64:
    """Places whose running mean stays nearest to the mean of all."""
    mean = values.mean(axis=0)
    length = np.einsum("nd,nd->n", values, values)
    total = np.zeros_like(mean)
    free = np.ones(len(values), bool)
    chosen = np.empty(count, np.int64)
    for turn in range(count):
        # |mean - (total + v) / (turn + 1)|^2 but for what is the same for all v.
        aim = (turn + 1) * mean - total
        cost = length - 2 * (values @ aim)
        chosen[turn] = np.argmin(np.where(free, cost, np.inf))
        free[chosen[turn]] = False
        total += values[chosen[turn]]
    return chosen


def _spread(values: F64, count: int) -> I64:
    """Places each farthest from those before it; the first is nearest to the mean."""
    near = np.sum(np.square(values - values.mean(axis=0)), axis=1)
    chosen = np.empty(count, np.int64)
    far = np.full(len(values), np.inf)
    for turn in range(count):
        chosen[turn] = np.argmax(far) if turn else np.argmin(near)
        gap = np.sum(np.square(values - values[chosen[turn]]), axis=1)
        far = np.minimum(far, gap)
        far[chosen[turn]] = -1
    return chosen
