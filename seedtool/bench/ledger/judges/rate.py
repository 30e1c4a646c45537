"""Bytes against the least that any code could take, for sources fitted to the weights."""

from __future__ import annotations

from collections.abc import Mapping

from seedtool.bench.ledger.claim import FAILS, ONLY, UNDECIDED, Judged
from seedtool.bench.results.document import Document

BELOW = -0.02  # bits: fitted sources are no proof, and the grid is exact to 0.005


def bounds(documents: Mapping[str, Document]) -> Judged:
    """A bound on compression that can be proved."""
    rows = [
        r for r in documents["rate"].results(kind="rate") if r.number("over_classes") is not None
    ]
    over = {r.key: r.number("over_classes") or 0.0 for r in rows}
    if not over:
        return Judged(UNDECIDED, "nothing was coded")
    least, most = min(over.items(), key=lambda x: x[1]), max(over.items(), key=lambda x: x[1])
    found = (
        f"real bytes lie {least[1]:.3f} ({least[0]}) to {most[1]:.3f} ({most[0]}) bits a weight"
        " over R(D) of Gaussians fitted by scale class"
    )
    but = "a source fitted to the weights and squared error: no bound on the task's accuracy"
    verdict = ONLY if least[1] > BELOW else FAILS
    return Judged(verdict, found, "R(D) of four fitted sources beside each point", but)


def redundancy(documents: Mapping[str, Document]) -> Judged:
    """Redundancy in the weights beyond their distribution, by which 100x could come."""
    rows = [*documents["rate"].results(kind="entropy")]
    total = sum(r.number("elements") or 0 for r in rows)
    if not total:
        return Judged(UNDECIDED, "no entropies were taken")

    def mean(figure: str, control: str | None = None) -> float:
        return (
            sum((r.number("elements") or 0) * (r.number(figure, control) or 0) for r in rows)
            / total
        )

    entropy, won = mean("order_0"), mean("won")
    found = (
        f"of {entropy:.2f} bits of entropy a weight at one step, neighbours, the layer before and"
        f" low rank save {won:.3f} at most over the control, {100 * won / entropy:.1f} %"
    )
    control = f"the same contexts shuffled save {mean('neighbours', 'shuffled'):.4f}"
    return Judged(FAILS if won / entropy < 0.5 else UNDECIDED, found, control)
