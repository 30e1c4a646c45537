"""phase-1-summary.md."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Trial, Untestable
from seedtool.bench.ledger.judges import ablate, budget, compare, peers, scaling, zero_shot

NOTE = "phase-1-summary.md"
ZERO = ("zero-shot",)
PEERS = ("peers",)
FEW, BOTH = ("ablate",), ("ablate", "ablate-ample")

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
        "the same with training behind it, all that is sent being counted: 106-152x at 100-102 %"
        " of the accuracy",
        Trial(("budget",), budget.whole),
    ),
    (
        "P03",
        "1.2",
        "quantisation makes 4x, pruning 1.7x, gzip 2.1x and the seed 106x, more than all",
        Trial(("compare",), compare.baselines),
    ),
    (
        "P04",
        "Publication-ready",
        "26 times as good as quantisation: by the notes' own figures",
        Check("26 times quantisation"),
    ),
    (
        "P23",
        "Publication-ready",
        "the same, where every method is trained as the seed is",
        Trial(("compare",), compare.equal_growing),
    ),
    (
        "P24",
        "1.1",
        "106-152x with training behind it, by the seed's own bytes, the examples not counted",
        Trial(BOTH, ablate.hundredfold),
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
        Trial(BOTH, ablate.all_reach),
    ),
    (
        "P09",
        "The mechanism",
        "a start from a seed has no advantage over a random one",
        Trial(FEW, ablate.no_advantage),
    ),
    (
        "P10",
        "The mechanism",
        "training from scratch does what seed assembly does, so that seeds do not matter",
        Trial(BOTH, ablate.scratch),
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
        Trial(BOTH, ablate.above_original),
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
        Trial(("scaling",), scaling.improves),
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
        Trial(("budget",), budget.recipe),
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
