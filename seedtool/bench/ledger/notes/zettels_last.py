"""zettels-z001-z014.md, Z009 to Z014."""

from __future__ import annotations

from seedtool.bench.ledger.claim import Check, Claim, Trial, Untestable, Waiting
from seedtool.bench.ledger.judges import zero_shot
from seedtool.bench.ledger.notes.zettels_first import NOTE

_ROWS = (
    (
        "Z009.1",
        "loss is a power of size plus a step at every threshold",
        Check("sign of steps"),
    ),
    (
        "Z009.2",
        "averaged over tasks the steps look like a smooth curve",
        Check("mean of steps"),
    ),
    (
        "Z009.3",
        "Chinchilla's balance is best because data fill the capacity for abstraction",
        Untestable("no quantity is named that could come out otherwise"),
    ),
    (
        "Z010.1",
        "pruning at random fails where winning tickets and the largest weights do not",
        Check("random pruning"),
    ),
    (
        "Z010.2",
        "winning tickets keep the hierarchy of levels",
        Waiting("seed probe", "masks shuffled within layers; random pruning to the same accuracy"),
    ),
    (
        "Z010.3",
        "pruning by level compresses better",
        Waiting("seed probe", "by size, and at random, to the same number of weights"),
    ),
    (
        "Z011.1",
        "models of 1 M to 10 B reach the levels of the formula",
        Waiting("seed probe", "up to 10 M here; larger ones cannot be trained here"),
    ),
    (
        "Z011.2",
        "damage to one level takes away that level's abilities alone",
        Waiting("seed probe", "a random subspace of the same rank"),
    ),
    (
        "Z012.1",
        "tau is 0.3 ± 0.05 with usual initialisations",
        Check("tau"),
    ),
    (
        "Z012.2",
        "the norm of a weight matrix is the root of its inputs",
        Check("norm of weights"),
    ),
    (
        "Z012.3",
        "the gradient's norm changes by tau from layer to layer",
        Check("gradients by tau"),
    ),
    (
        "Z012.4",
        "the integral of gradient times tau is the sum of tau, so that levels grow with layers",
        Check("levels of the learnt"),
    ),
    (
        "Z012.5",
        "in more than 50 networks a layer adds .28 to .31",
        Untestable("the networks and inputs are not named, and tau depends on the inputs' scale"),
    ),
    (
        "Z012.6",
        "each layer loses about 70 % of the information",
        Waiting("seed probe", "usable information, with the value of shuffled pairs taken off"),
    ),
    (
        "Z013.1",
        "a layer of level L has at least twice the information on L's task as on the input",
        Check("ratio above 2"),
    ),
    (
        "Z013.2",
        "the level with the best score is the layer's level",
        Waiting("seed probe", "the same network with random weights, which finds the same level"),
    ),
    (
        "Z013.3",
        "level L withstands the perturbations of level L - 3",
        Check("perturbations by level"),
    ),
    (
        "Z013.4",
        "a probe at 80 % shows that a level is there",
        Waiting("seed probe", "bits saved over shuffled labels and over random weights"),
    ),
    (
        "Z014.1",
        "networks of 10 K to 10 M have the levels of the table, as the formula says",
        Check("table of Z014"),
    ),
    (
        "Z014.2",
        "10^6 is the constant that fits best over three decades",
        Check("best constant"),
    ),
    (
        "Z014.3",
        "10^6 bits of features take 10^6 parameters",
        Check("bits into parameters"),
    ),
    (
        "Z014.4",
        "100 detectors of 10^4 parameters each make 10^6",
        Check("filters counted"),
    ),
    (
        "Z014.5",
        "LeNet has 10^6 parameters",
        Check("LeNet counted"),
    ),
    (
        "Z014.6",
        "below 10^6 parameters not even level 1 is stable",
        Trial(("zero-shot",), zero_shot.small_model),
    ),
)
CLAIMS = tuple(Claim(id_, NOTE, id_.partition(".")[0], says, by) for id_, says, by in _ROWS)
