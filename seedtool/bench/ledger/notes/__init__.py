"""The notes of the research and their claims, one file a note (the longest in two)."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Claim
from seedtool.bench.ledger.notes import (
    emergent_vq,
    phase_1,
    roadmap,
    stage_0,
    zettels_first,
    zettels_last,
)

NOTES = {
    phase_1.NOTE: "seeds of real models, baselines, ablation",
    roadmap.NOTE: "figures so far, projections, aims with a measure",
    emergent_vq.NOTE: "a vector quantiser whose depth is to emerge",
    stage_0.NOTE: "activations of 1000 concepts, one sample each",
    zettels_first.NOTE: "levels of abstraction, their formulas and measures",
}
CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for held in (phase_1, roadmap, emergent_vq, stage_0, zettels_first, zettels_last)
    for claim in held.CLAIMS
}
