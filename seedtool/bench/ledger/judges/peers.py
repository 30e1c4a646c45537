"""Smallest good files of seeds and of other tools, as the peers' benchmark has them."""

from __future__ import annotations

from collections.abc import Mapping

from seedtool.bench.ledger.claim import FAILS, HOLDS, ONLY, UNDECIDED, Judged
from seedtool.bench.results.document import Document, Result

TRANSFORMER, CONVOLUTIONS = "minilm", ("fashion", "efficientnet")
NONE = "each tool's smallest file that is good enough, on test data that no tool has seen"


def _both(row: Result) -> str:
    own, other = row.number("seed_ratio") or 0.0, row.number("peer_ratio") or 0.0
    return (
        f"{row.key} ({row.text('goal')}): {row.text('seed_setting')} {own:.1f}x,"
        f" {row.text('peer')} {other:.1f}x"
    )


def _rows(documents: Mapping[str, Document]) -> dict[str, Result]:
    held = documents["peers"].results()
    return {r.key: r for r in held if r.number("seed_ratio") and r.number("peer_ratio")}


def matched(documents: Mapping[str, Document]) -> Judged:
    """As good as other methods or better by one measure at least."""
    rows = _rows(documents)
    better = [
        k for k, r in rows.items() if (r.number("seed_ratio") or 0) > (r.number("peer_ratio") or 0)
    ]
    verdict = HOLDS if len(better) == len(rows) > 1 else ONLY if better else FAILS
    but = f"{', '.join(better)}" if verdict == ONLY else ""
    return Judged(verdict if rows else UNDECIDED, "; ".join(map(_both, rows.values())), NONE, but)


def ninety(documents: Mapping[str, Document]) -> Judged:
    """More than 90 % of the quality kept on two models that others trained, or more."""
    rows = _rows(documents)
    words = ", ".join(f"{k} {r.number('seed_ratio') or 0:.1f}x" for k, r in rows.items())
    verdict = ONLY if len(rows) >= 2 else UNDECIDED
    but = "ratios of this size, not of 106 to 1756"
    return Judged(verdict, f"at 98 % of the quality or more: {words}", NONE, but if rows else "")


def kinds(documents: Mapping[str, Document]) -> Judged:
    """Transformers and convolutional networks alike, by a factor of a hundred."""
    rows = _rows(documents)
    if TRANSFORMER not in rows or not set(CONVOLUTIONS) & set(rows):
        return Judged(UNDECIDED, "not both kinds were measured", NONE)
    words = ", ".join(f"{k} {r.number('seed_ratio') or 0:.1f}x" for k, r in rows.items())
    most = max(r.number("seed_ratio") or 0 for r in rows.values())
    verdict = HOLDS if most >= 100 else ONLY
    return Judged(
        verdict,
        words,
        NONE,
        f"ratios up to {most:.0f}x without training" if verdict == ONLY else "",
    )


def convolutions(documents: Mapping[str, Document]) -> Judged:
    """CNNs ten times as compressible as transformers."""
    rows = _rows(documents)
    found = [rows[k].number("seed_ratio") or 0 for k in CONVOLUTIONS if k in rows]
    if TRANSFORMER not in rows or not found:
        return Judged(UNDECIDED, "not both kinds were measured", NONE)
    one = rows[TRANSFORMER].number("seed_ratio") or 1.0
    words = f"CNNs {', '.join(f'{f:.1f}x' for f in found)}, the transformer {one:.1f}x"
    verdict = HOLDS if min(found) >= 10 * one else FAILS if max(found) < 10 * one else UNDECIDED
    return Judged(verdict, words, NONE + "; goals differ by model, and three models are no kinds")
