"""stage-0-bootstrap.md."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Untestable, Waiting

NOTE = "stage-0-bootstrap.md"

_ROWS = (
    (
        "S01",
        "Convergence validation",
        "the mean of 10 samples is within 5 % of the reference",
        Check("samples for 5 %"),
    ),
    (
        "S02",
        "Convergence validation",
        "a cosine of .971 with a difference of 23.7 % is the right direction at the wrong length",
        Check("cosine and difference"),
    ),
    (
        "S03",
        "Convergence validation",
        "a cosine of .971 at 10 samples shows directions that agree",
        Check("isotropic noise"),
    ),
    (
        "S04",
        "What this means",
        "one sample has 97 % of the direction",
        Check("one sample"),
    ),
    (
        "S05",
        "What worked",
        "97 % of cosine shows that the meaning is captured",
        Waiting("seed probe", "cosine between concepts, and after the common mean is taken away"),
    ),
    (
        "S06",
        "Convergence validation",
        "0 of 5 concepts converge, so none do",
        Check("0 of 5"),
    ),
    (
        "S07",
        "Training results",
        "0 % on validation shows that one sample a concept is too few",
        Check("unseen concepts"),
    ),
    (
        "S08",
        "Progressive refinement; recommended sequence",
        "5-10 samples will give 40-60 % on validation, 20 or more 70-85 %",
        Check("refinement"),
    ),
    (
        "S09",
        "Training results",
        "31.9 % on training is low because one sample a concept says little",
        Check("memorising"),
    ),
    (
        "S10",
        "Model architecture",
        "the interpreter has about 50 M parameters",
        Check("interpreter counted"),
    ),
    (
        "S11",
        "Data quality",
        "99.7 % of activations are not zero, which is good sparsity",
        Check("sparsity of activations"),
    ),
    (
        "S12",
        "Storage",
        "1000 concepts take 2.5 MB as float16 with gzip",
        Check("float16 stored"),
    ),
    (
        "S13",
        "Data quality",
        "activations have a mean of .036 and no NaN",
        Untestable("the activations are not published"),
    ),
    (
        "S14",
        "Conclusion",
        "1000 concepts take 30 seconds, 50,000 two to three hours",
        Untestable("the network and the machine are not here"),
    ),
    (
        "S15",
        "Stages",
        "confidence rises from 40 to 70, 85 and 95 % with 1, 5-10, 20 and adversarial samples",
        Waiting("seed probe", "split within concepts; unseen ones by retrieval of prototypes"),
    ),
)
CLAIMS = tuple(Claim(id_, NOTE, section, says, by) for id_, section, says, by in _ROWS)
