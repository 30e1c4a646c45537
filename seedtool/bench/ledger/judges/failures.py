"""Failures that were reproduced, and whether what is said to help helps."""

from __future__ import annotations

from collections.abc import Mapping

from seedtool.bench.ledger.claim import FAILS, HOLDS, UNDECIDED, Judged
from seedtool.bench.results.document import Document

ASKED = 5


def five(documents: Mapping[str, Document]) -> Judged:
    """Five failures or more, each with a mitigation."""
    document = documents["failures"]
    rows = [*document.results()]
    helped = [
        row
        for row in rows
        if row.figures.get("reproduced") is True
        and (row.number("factor_mitigated") or 1e9) < (row.number("factor_broken") or 0.0)
    ]
    names = ", ".join(
        f"{r.text('case')} {r.number('factor_broken'):.1f} to {r.number('factor_mitigated'):.1f}"
        for r in helped
    )
    found = f"{len(helped)} of {len(rows)} reproduced and mitigated, times as bad as sound: {names}"
    verdict = HOLDS if len(helped) >= ASKED else FAILS if len(rows) >= ASKED else UNDECIDED
    return Judged(verdict, found, "each beside the same coding of the sound model, which is 1")
