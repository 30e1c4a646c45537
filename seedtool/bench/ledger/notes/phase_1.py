"""phase-1-summary.md."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Trial, Untestable, Waiting
from seedtool.bench.ledger.judges import peers, zero_shot

NOTE = "phase-1-summary.md"
ZERO = ("zero-shot",)
PEERS = ("peers",)

_ROWS = (
    (
        "P01",
        "1.1 and 'Publication-ready'",
        "seeds are 106 to 152 times smaller and the model is as accurate (100-102 %): by what the"
        " seed itself brings",
        Trial(ZERO, zero_shot.hundredfold),
    ),
    (
        "P02",
        "1.1",
        "the same with training behind it: 106-152x at 100-102 % of the accuracy",
        Waiting("seed bench ablate; seed bench budget", "a random start trained alike"),
    ),
    (
        "P03",
        "1.2",
        "quantisation makes 4x, pruning 1.7x, gzip 2.1x and the seed 106x, more than all",
        Waiting("seed bench compare", "every method trained alike; a column of 0 steps"),
    ),
    (
        "P04",
        "Publication-ready",
        "26 times as good as quantisation",
        Check("26 times quantisation"),
    ),
    (
        "P05",
        "1.2 extended",
        "GPT-2, 124 M, is 147 times smaller with its full accuracy",
        Untestable(
            "neither the network nor the task's data come with the program, and no task is named"
        ),
    ),
    (
        "P06",
        "1.2 extended",
        "ResNet-50, 25 M, is 1756 times smaller with its full accuracy",
        Untestable(
            "neither the network nor the task's data come with the program, and no task is named"
        ),
    ),
    (
        "P07",
        "Research quality",
        "five models of 4.4 to 124 M and four baselines were compared",
        Check("models tested"),
    ),
    (
        "P08",
        "1.3",
        "random, minimal, per-layer statistics and PCA starts all reach 100 % once trained",
        Waiting(
            "seed bench ablate", "the original trained alike; a scarce and an ample set of examples"
        ),
    ),
    (
        "P09",
        "The mechanism",
        "a start from a seed has no advantage over a random one",
        Waiting("seed bench ablate", "a start from the teacher's own weights must show a gain"),
    ),
    (
        "P10",
        "The mechanism",
        "training from scratch does what seed assembly does, so that seeds do not matter",
        Waiting("seed bench ablate", "steps to a threshold at few examples, five seeds"),
    ),
    (
        "P11",
        "The mechanism",
        "a seed holds no essential structure of the weights",
        Trial(ZERO, zero_shot.own_seeds),
    ),
    (
        "P12",
        "The numbers",
        "accuracy above 100 % of the original's, by training behind the seed",
        Waiting("seed bench compare", "the original trained alike"),
    ),
    (
        "P13",
        "The numbers",
        "it works for transformers and for CNNs",
        Trial(PEERS, peers.kinds),
    ),
    (
        "P14",
        "The numbers",
        "CNNs are 10 to 16 times as compressible as transformers: by the notes' own figures",
        Check("CNNs against transformers"),
    ),
    (
        "P15",
        "The numbers",
        "the same, measured",
        Trial(PEERS, peers.convolutions),
    ),
    (
        "P16",
        "The numbers",
        "compression grows with the model, from 106x to 147x at 124 M",
        Check("two points of scale"),
    ),
    (
        "P17",
        "The numbers",
        "the same, measured over sizes of one family",
        Waiting(
            "seed bench scaling",
            "a seed of fixed size, whose ratio has slope 1 with nothing learnt",
        ),
    ),
    (
        "P18",
        "Critical limitation",
        "nothing that was learnt before is kept: no use without training",
        Trial(ZERO, zero_shot.nothing_kept),
    ),
    (
        "P19",
        "Critical limitation",
        "data and computing are needed where the model is assembled",
        Trial(ZERO, zero_shot.data_needed),
    ),
    (
        "P20",
        "Open questions, scenarios",
        "with no training, an accuracy near 0 means that nothing is kept, 50-80 % a part, above"
        " 80 % most of it",
        Trial(ZERO, zero_shot.rule),
    ),
    (
        "P21",
        "Open questions, scenario 1",
        "sending a recipe takes kilobytes where the model takes gigabytes",
        Waiting(
            "seed bench budget", "bytes of recipe and examples counted; a coded seed of equal bytes"
        ),
    ),
    (
        "P22",
        "Options B, applications",
        "sharing data in place of weights keeps things private",
        Untestable(
            "no notion of privacy and no attack is named; what is shared is the data itself"
        ),
    ),
)
CLAIMS = tuple(Claim(id_, NOTE, section, says, by) for id_, section, says, by in _ROWS)
