"""L_max(n) = floor(log2(n / 10^6)) + 1 of Z004 and all that the zettels build on it."""

from __future__ import annotations

import math

import numpy as np

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import ONLY

LEVELS = 9
EXAMPLES = {1e6: 1, 10e6: 4, 1e9: 10, 175e9: 18}
EMERGES = {4: 10e6, 6: 100e6, 7: 1e9, 9: 100e9}  # parameters, of Z008
TABLE = {10e3: 0.3, 100e3: 0.7, 1e6: 1.0, 10e6: 4.3}  # of Z014
PER_LAYER = 0.3
BANDS = ((20, 3), (60, 6))  # last layer of a band, and the highest level that Z005 has there
LOWEST_TRANSFERRED = 7


def level(n: float, unit: float = 1e6) -> int:
    """The highest level of a model of n parameters, as written."""
    return math.floor(math.log2(n / unit)) + 1


def threshold(at: int) -> float:
    """n_c(L), as written."""
    return 1e6 * 2.0 ** (at - 1)


def examples(seed: int) -> Checked:
    computed = {n: level(n) for n in EXAMPLES}
    consistent = all(level(threshold(at)) == at for at in range(1, 20))
    words = ", ".join(f"{n / 1e6:,.0f} M: {at}" for n, at in computed.items())
    return Checked(
        holds_if(computed == EXAMPLES and consistent),
        f"the formula gives {words}; n_c is its inverse",
        "arithmetic alone: that levels exist or are so reached is not tested by it",
        float(computed[175e9]),
        18.0,
    )


def nine(seed: int) -> Checked:
    value = level(1e9)
    return Checked(
        holds_if(value <= LEVELS and level(100e3) >= 1),
        f"of nine levels a model of 1 billion has the {value}th, one of 175 billion the"
        f" {level(175e9)}th, one of 100,000 the {level(100e3)}th",
        f"levels 1 to 9 are {threshold(1) / 1e6:.0f} to {threshold(10) / 1e6:.0f} million alone",
        float(value),
        float(LEVELS),
        threshold(10),
    )


def emergence(seed: int) -> Checked:
    factors = {at: n / threshold(at) for at, n in EMERGES.items()}
    words = ", ".join(f"n_c({at}) = {threshold(at) / 1e6:.0f} M" for at in EMERGES)
    worst = max(factors.values())
    return Checked(
        holds_if(all(level(n) == at for at, n in EMERGES.items())),
        f"{words}; the sizes named are " + ", ".join(f"{f:.1f}" for f in factors.values()) + " as"
        " large",
        f"by the formula 100 M has level {level(100e6)} and 100 B level {level(100e9)}",
        threshold(7),
        EMERGES[7],
        worst,
    )


def layers(seed: int) -> Checked:
    reached = [1 + PER_LAYER * last for last, _ in BANDS]
    words = ", ".join(
        f"{at:.0f} at layer {last}" for at, (last, _) in zip(reached, BANDS, strict=True)
    )
    right = all(at < top + 1 for at, (_, top) in zip(reached, BANDS, strict=True))
    return Checked(
        holds_if(right),
        f"from level 1, 0.3 a layer makes {words}, where the bands have 3 and 6",
        f"level 9 comes at layer {math.ceil((LEVELS - 1) / PER_LAYER)}; a network of 152 layers"
        f" would have {1 + PER_LAYER * 152:.0f}",
        reached[0],
        3.0,
        1 + PER_LAYER * 152,
    )


def passed(seed: int) -> Checked:
    """How many layers' derivatives the gradient at a layer has gone through, of 10."""
    depth = 10
    counts = [depth - at for at in range(1, depth + 1)]
    return Checked(
        holds_if(counts[-1] > counts[0]),
        f"of {depth} layers the gradient at the first has gone through {counts[0]} others, at the"
        f" last through {counts[-1]}: by the chain rule it is the lowest that gets most",
        "activations, and not gradients, are transformed more the deeper the layer",
        float(counts[-1]),
        beside=float(counts[0]),
    )


def selected(seed: int) -> Checked:
    sizes = (1e6, 10e6, 63e6, 64e6, 100e6)
    chosen = {
        n: [at for at in range(LOWEST_TRANSFERRED, LEVELS + 1) if at <= math.log2(n / 1e6) + 1]
        for n in sizes
    }
    words = "; ".join(f"{n / 1e6:.0f} M: {len(kept)}" for n, kept in chosen.items())
    return Checked(
        ONLY if chosen[100e6] else holds_if(False),
        f"levels that are selected for students: {words}",
        f"below {threshold(LOWEST_TRANSFERRED) / 1e6:.0f} million nothing is, so that nothing is"
        " distilled",
        float(len(chosen[63e6])),
        beside=threshold(LOWEST_TRANSFERRED),
        but=f"students of {threshold(LOWEST_TRANSFERRED) / 1e6:.0f} million parameters or more",
    )


def table(seed: int) -> Checked:
    computed = {n: level(n) for n in TABLE}
    right = all(math.floor(at) == computed[n] for n, at in TABLE.items())
    words = ", ".join(f"{n / 1e3:,.0f} K: {at:g} and {computed[n]}" for n, at in TABLE.items())
    return Checked(
        holds_if(right),
        f"the table and the formula: {words}",
        "a level below 1 has no meaning in Z003, one below 0 even less",
        float(computed[10e3]),
        TABLE[10e3],
    )


def best_fit(seed: int) -> Checked:
    logs = np.log2(np.array(list(TABLE)))
    levels = np.array(list(TABLE.values()))
    units = {u: float(np.sqrt(np.mean((logs - np.log2(u) + 1 - levels) ** 2))) for u in (1e5, 1e6)}
    best = float(2 ** np.mean(logs + 1 - levels))
    error = float(np.sqrt(np.mean((logs - np.log2(best) + 1 - levels) ** 2)))
    slope, start = np.polyfit(logs, levels, 1)
    line = float(np.sqrt(np.mean((slope * logs + start - levels) ** 2)))
    return Checked(
        holds_if(0.5e6 <= best <= 2e6 and error < 1),
        f"by Z014's own table the best constant is {best:,.0f}, with a root mean square error of"
        f" {error:.2f} levels; 10^6 has {units[1e6]:.2f}, 10^5 {units[1e5]:.2f}",
        f"a line with a free slope has {line:.2f}, at {slope:.2f} levels a doubling in place of 1",
        best,
        1e6,
        float(slope),
    )


CHECKS: dict[str, Run] = {
    "L_max examples": examples,
    "levels beyond nine": nine,
    "sizes of emergence": emergence,
    "0.3 a layer": layers,
    "gradients by depth": passed,
    "what HKD selects": selected,
    "table of Z014": table,
    "best constant": best_fit,
}
