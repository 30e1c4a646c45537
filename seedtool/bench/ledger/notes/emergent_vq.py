"""seed-model-emergent-vq.md."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Waiting

NOTE = "seed-model-emergent-vq.md"

_ROWS = (
    (
        "V01",
        "No forced zeros",
        "indices and values of what is not zero take less than the vector with its zeros",
        Check("sparse vector"),
    ),
    (
        "V02",
        "Core insight",
        "fixed shapes and padding waste computing that emerging shapes save",
        Waiting("seed probe", "equal quality: a fixed depth of the same mean"),
    ),
    (
        "V03",
        "Adaptive compute; what's emergent",
        "stopping where 90 % of the residual is near zero makes depth a sign of complexity",
        Check("depth by length"),
    ),
    (
        "V04",
        "Falsifiable claims 1",
        "simple inputs take fewer levels",
        Waiting("seed probe", "sources of known entropy, length held fixed; a random codebook"),
    ),
    (
        "V05",
        "Falsifiable claims 2",
        "learnt temperatures tell a level's role and are not random",
        Waiting("seed probe", "temperatures set by the residual's size alone; several seeds"),
    ),
    (
        "V06",
        "Falsifiable claims 3",
        "fewer entries of the codebook are in use than there are",
        Check("random codebook"),
    ),
    (
        "V07",
        "Codebook as knowledge",
        "entries of the codebook are concepts",
        Waiting("seed probe", "entries shuffled, and drawn at random, at equal loss"),
    ),
    (
        "V08",
        "Training output",
        "depths of 4 to 12 with the shares shown and a mean of 8.4",
        Check("depths printed"),
    ),
)
CLAIMS = tuple(Claim(id_, NOTE, section, says, by) for id_, section, says, by in _ROWS)
