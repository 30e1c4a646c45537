"""The decision rule of the research, in its own words, and applied to a share."""

from __future__ import annotations

NAMES = ("most", "partial", "little", "nothing")
NOTHING, PARTIAL, MOST = 0.05, 0.5, 0.8
SHARES = frozenset({"accuracy", "f1", "cosine"})  # metrics that the rule can read as they are

RULE = (
    "The rule of the research (phase 1 summary): accuracy about 0 %, seeds preserve nothing;"
    " 50-80 %, partial knowledge; over 80 %, most knowledge. A score that chance alone reaches"
    " is no knowledge, so the rule is applied to the share of the way from chance to the original"
    " that is kept, and beside it to the score as written. It is silent between 5 and 50 %,"
    " which is called little here."
)


def of(share: float) -> str:
    """One of NAMES for what is kept."""
    if not share >= NOTHING:
        return "nothing"
    if share < PARTIAL:
        return "little"
    return "partial" if share <= MOST else "most"
