"""roadmap.md."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Trial, Untestable
from seedtool.bench.ledger.judges import ablate, failures, growing, peers, rate, scaling, zero_shot

NOTE = "roadmap.md"
ZERO, PEERS = ("zero-shot",), ("peers",)
FEW, BOTH = ("ablate",), ("ablate", "ablate-ample")

_ROWS = (
    (
        "R01",
        "Key results",
        "toy networks of 10, 46 and 128 thousand parameters have seeds of 20, 50 and 117 KB: 2x,"
        " 4x, 4x",
        Check("toy ratios"),
    ),
    (
        "R02",
        "Key results, projected",
        "1 M parameters: 250 KB, about 4000x",
        Check("projection to 1M"),
    ),
    (
        "R03",
        "Key results, projected",
        "110 M parameters: 440 KB, about 1000x",
        Check("projection to 110M"),
    ),
    (
        "R04",
        "Key results, projected",
        "175 B parameters: 700 MB, about 1000x",
        Check("projection to 175B"),
    ),
    (
        "R05",
        "Completed",
        "2-4x on toy networks, 7 times as good as gzip",
        Check("seven times gzip"),
    ),
    (
        "R06",
        "Completed",
        "no accuracy is lost at any size that was tried",
        Trial(("scaling",), scaling.no_loss),
    ),
    (
        "R07",
        "Completed; 1.3",
        "thermal search and gradient descent together assemble best",
        Trial(("growers",), growing.hybrid_best),
    ),
    (
        "R08",
        "1.1",
        "BERT-tiny in 5 KB (900x), MobileNetV2 in 4 KB (875x), DistilBERT in 66 KB (1000x)",
        Check("expected sizes"),
    ),
    (
        "R09",
        "1.1",
        "under 5 % of accuracy lost on GLUE, under 3 % on ImageNet-1K",
        Untestable("neither the data nor the networks come with the program"),
    ),
    (
        "R10",
        "1.1, success",
        "more than 90 % of the accuracy is kept on two real models",
        Trial(PEERS, peers.ninety),
    ),
    (
        "R11",
        "1.2, success",
        "the baselines are matched or beaten by one measure at least",
        Trial(PEERS, peers.matched),
    ),
    (
        "R12",
        "1.3",
        "some parts of a seed (PCA, moments, pattern of zeros) are essential",
        Trial(FEW, ablate.essential),
    ),
    (
        "R13",
        "1.3",
        "there is a best point of compression against accuracy between 2x and 1000x",
        Trial(ZERO, zero_shot.curve),
    ),
    (
        "R14",
        "2.1, success",
        "a model of a million parameters is assembled in less than 512 MB of memory",
        Check("512 MiB"),
    ),
    (
        "R15",
        "2.2, success",
        "ten times fewer bytes to send, or better",
        Trial(ZERO, zero_shot.tenfold),
    ),
    (
        "R16",
        "2.3, success",
        "assembly by the task gains more than 5 % over assembly for any task",
        Trial(("specialised",), growing.five_percent),
    ),
    (
        "R17",
        "3.1, success",
        "bounds on compression can be proved",
        Trial(("rate",), rate.bounds),
    ),
    (
        "R18",
        "3.1",
        "weights hold redundancy, beyond their sizes, that makes up for 100x",
        Trial(("rate",), rate.redundancy),
    ),
    (
        "R19",
        "3.2, success",
        "one formula predicts compression at any size",
        Trial(("scaling",), scaling.any_size),
    ),
    (
        "R20",
        "3.2",
        "assembly's time follows size by a law",
        Trial(("scaling",), scaling.times),
    ),
    (
        "R21",
        "3.3, success",
        "five ways to fail or more, each with what helps",
        Trial(("failures",), failures.five),
    ),
    (
        "R22",
        "Questions",
        "the random seed of the assembly matters",
        Trial(BOTH, ablate.seeds_matter),
    ),
)
CLAIMS = tuple(Claim(id_, NOTE, section, says, by) for id_, section, says, by in _ROWS)
