"""What each context saves of a matrix's entropy: its row, its column, neighbours, other layers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from seedtool.bench.information import entropies
from seedtool.seed import Entry


def measure(
    matrix: Any, other: Any, step: float, rng: np.random.Generator | None
) -> dict[str, float]:
    """Bits a weight that each context saves; with ``rng`` the contexts are shuffled: the control.

    ``neighbours`` and ``layer`` are counted beyond what scale classes save.
    """

    def known(context: Any) -> Any:
        return context if rng is None else rng.permutation(context.reshape(-1)).reshape(shape)

    shape = matrix.shape
    indices = entropies.quantised(matrix, step)
    power = np.square(matrix, dtype=np.float64)
    rows = np.broadcast_to(entropies.scales(power.mean(1))[:, None], shape)
    columns = np.broadcast_to(entropies.scales(power.mean(0)), shape)
    alone = entropies.order_0(indices)
    both = rows + columns
    by_class = entropies.conditional(indices, both if rng is None else known(both))
    found = {
        "order_0": alone,
        "rows": alone - entropies.conditional(indices, known(rows)),
        "columns": alone - entropies.conditional(indices, known(columns)),
        "classes": alone - by_class,
    }
    # The classes stay as they are: only what is new is shuffled.
    beyond = entropies.conditional(indices, both)
    count = entropies.LOUD + 1
    contexts = {"neighbours": entropies.neighbours(indices)}
    if other is not None:
        contexts["layer"] = entropies.magnitudes(entropies.quantised(other, step))
    for name, context in contexts.items():
        found[name] = beyond - entropies.conditional(indices, both * count + known(context))
    return found


def layer_before(entries: Sequence[Entry], at: int) -> int | None:
    """The last tensor before it that differs by a number in its name alone."""
    kind = re.sub(r"\d+", "#", entries[at].name)
    for i in reversed(range(at)):
        if entries[i].shape == entries[at].shape and re.sub(r"\d+", "#", entries[i].name) == kind:
            return i
    return None


def correlation(a: Any, b: Any) -> float:
    """The cosine of two matrices of one shape; 0 where one is all zeros."""
    x, y = (m.astype(np.float64).reshape(-1) for m in (a, b))
    norm = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / norm if norm else 0.0
