"""zettels-z001-z014.md, Z001 to Z008."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Trial, Untestable, Waiting
from seedtool.bench.ledger.judges import compare

NOTE = "zettels-z001-z014.md"

_ROWS = (
    (
        "Z001.1",
        "GPT-3 has 100 times the parameters of GPT-2",
        Check("GPT-2 to GPT-3"),
    ),
    (
        "Z001.2",
        "abilities stand still over ranges of size and then jump",
        Waiting(
            "seed probe", "log-likelihood beside exact match; sparse parity, which has a true step"
        ),
    ),
    (
        "Z001.3",
        "some models of 3 B are as good as others of 100 B",
        Untestable("models of that size do not run here"),
    ),
    (
        "Z002.1",
        "distillation never brings over more than 40 to 60 % of what the teacher can",
        Trial(("compare",), compare.ceiling),
    ),
    (
        "Z002.2",
        "DistilBERT has 40 % of the size",
        Check("DistilBERT counted"),
    ),
    (
        "Z002.3",
        "the smaller the student, the less of the teacher it keeps",
        Waiting("seed distill", "students trained on labels alone, of the same sizes"),
    ),
    (
        "Z002.4",
        "training on made data of a larger model keeps 90 %",
        Untestable("neither the models nor their data are here"),
    ),
    (
        "Z003.1",
        "levels are nested: higher ones fewer, more compressed, easier to transfer",
        Waiting("seed probe", "a hierarchy with known levels; a network of random weights"),
    ),
    (
        "Z004.1",
        "L_max is 1, 4, 10 and 18 for 1 M, 10 M, 1 B and 175 B parameters",
        Check("L_max examples"),
    ),
    (
        "Z004.2",
        "the formula gives one of the nine levels for any model",
        Check("levels beyond nine"),
    ),
    (
        "Z004.3",
        "the number of parameters sets the depth of abstraction and not the breadth of knowledge",
        Waiting("seed probe", "width and depth changed at equal parameters"),
    ),
    (
        "Z005.1",
        "0.3 of a level a layer puts layers 1-20 at levels 1-3 and 40-60 at 4-6",
        Check("0.3 a layer"),
    ),
    (
        "Z005.2",
        "deeper layers get gradients that were transformed more",
        Check("gradients by depth"),
    ),
    (
        "Z005.3",
        "training makes a hierarchy over the layers",
        Waiting("seed probe", "the same network with its random weights"),
    ),
    (
        "Z006.1",
        "a layer has a level if the weighted score is above .8 and the confidence above .7",
        Check("score above 0.8"),
    ),
    (
        "Z006.2",
        "probes, information and geometry agree on a layer's level, over seeds",
        Waiting("seed probe", "shuffled labels, random weights, three seeds or more"),
    ),
    (
        "Z007.1",
        "a student is given what it can hold, and that is levels 7 to 9",
        Check("what HKD selects"),
    ),
    (
        "Z007.2",
        "distilling by levels keeps 85 % or more at a tenth of the size",
        Waiting("seed distill", "tuned plain distillation; reversed and random choices of layers"),
    ),
    (
        "Z007.3",
        "levels 1-6 are learnt from data to 95 %, levels 7-9 to 30 % without transfer",
        Waiting("seed distill", "each level's tasks with and without the teacher"),
    ),
    (
        "Z007.4",
        "vision gains by levels 5-6, language by 7-9, both together by 8-9",
        Waiting("seed distill", "random choices of as many layers"),
    ),
    (
        "Z008.1",
        "arithmetic, translation, reasoning and meta-learning come at 10 M, 100 M, 1 B and 100 B,"
        " the thresholds of levels 4, 6, 7 and 9",
        Check("sizes of emergence"),
    ),
    (
        "Z008.2",
        "abilities jump at n_c(L), where the second derivative has no bound",
        Waiting(
            "seed probe", "smooth curve against step by BIC; p^n of exact match; sparse parity"
        ),
    ),
)
CLAIMS = tuple(Claim(id_, NOTE, id_.partition(".")[0], says, by) for id_, says, by in _ROWS)
