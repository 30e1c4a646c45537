"""What of a recipe makes no sense together, each of its keys being right."""

from __future__ import annotations

from seedtool.errors import LimitError, MalformedError
from seedtool.recipes.schema import Metric, Recipe, Task

TOKENS_MAX = 1 << 20  # of a batch
PIXELS_MAX = 1 << 26  # of a batch, in each channel
CLASSIFIES: frozenset[Task] = frozenset(
    {"text-classification", "token-classification", "image-classification"}
)
METRICS: dict[Task, tuple[Metric, ...]] = {
    **dict.fromkeys(CLASSIFIES, ("accuracy", "f1")),
    "causal-lm": ("perplexity", "accuracy"),
    "embedding": ("cosine", "mse"),
    "regression": ("mse",),
}
LOSSES: dict[Task, tuple[str, ...]] = {
    **dict.fromkeys((*CLASSIFIES, "causal-lm"), ("cross_entropy", "kl")),
    "embedding": ("cosine", "mse"),
    "regression": ("mse",),
}
SCORES: dict[Metric, tuple[float, float]] = {
    "accuracy": (0, 1),
    "f1": (0, 1),
    "perplexity": (1, 1e9),
    "cosine": (-1, 1),
    "mse": (0, 1e9),
}
OF_IMAGES = frozenset({"resize", "shift", "flip", "cutout"})
TAKES: dict[Task, frozenset[str]] = {
    **dict.fromkeys(("text-classification", "token-classification"), frozenset({"tokenize"})),
    "causal-lm": frozenset({"tokenize"}),
    "image-classification": OF_IMAGES | {"scale", "noise"},
    **dict.fromkeys(("embedding", "regression"), OF_IMAGES | {"tokenize", "scale", "noise"}),
}


def check(recipe: Recipe, what: str) -> None:
    """MalformedError or LimitError, beginning with ``what``, for what makes no sense."""
    if recipe.classes and recipe.task not in CLASSIFIES:
        raise MalformedError(f"{what}: classes are of classifications, not of {recipe.task}")
    if recipe.metric not in METRICS[recipe.task]:
        allowed = " or ".join(METRICS[recipe.task])
        raise MalformedError(f"{what}: metric of {recipe.task} is {allowed}, not {recipe.metric}")
    _check_data(recipe, what)
    _check_loss(recipe, what)
    _check_steps(recipe, what)
    if (recipe.training.steps is None) == (recipe.training.epochs is None):
        raise MalformedError(f"{what}: training has either steps or epochs, one of them")
    _check_scores(recipe, what)


def _check_data(recipe: Recipe, what: str) -> None:
    data = recipe.data
    if data.source == "given" and data.examples is not None:
        raise MalformedError(f"{what}: data.examples is of embedded data, and source is given")
    for key in ("digest", "split"):
        if data.source == "embedded" and getattr(data, key) is not None:
            raise MalformedError(f"{what}: data.{key} is of given data, and source is embedded")


def _check_loss(recipe: Recipe, what: str) -> None:
    weights = {k: getattr(recipe.loss, k) for k in ("cross_entropy", "kl", "cosine", "mse")}
    if not any(weights.values()):
        raise MalformedError(f"{what}: loss has no weight over 0")
    allowed = LOSSES[recipe.task]
    for key, weight in weights.items():
        if weight and key not in allowed:
            raise MalformedError(
                f"{what}: loss of {recipe.task} is {' or '.join(allowed)}, not {key}"
            )


def _check_steps(recipe: Recipe, what: str) -> None:
    numbers = {step.kind: step.values for step in recipe.preprocess}
    for kind in numbers:
        if kind not in TAKES[recipe.task]:
            raise MalformedError(f"{what}: preprocess has {kind}, which is not for {recipe.task}")
    if "tokenize" in numbers and len(numbers) > 1:
        raise MalformedError(f"{what}: preprocess has tokenize, which is for texts, and others")
    batch = recipe.training.batch
    if "tokenize" in numbers and batch * numbers["tokenize"][0] > TOKENS_MAX:
        raise LimitError(f"{what}: training.batch takes over 2^20 tokens")
    if "resize" in numbers and batch * numbers["resize"][0] * numbers["resize"][1] > PIXELS_MAX:
        raise LimitError(f"{what}: training.batch takes over 2^26 pixels")


def _check_scores(recipe: Recipe, what: str) -> None:
    low, high = SCORES[recipe.metric]
    scores = {"training.target": recipe.training.target}
    if recipe.expected:
        scores["expected.score"] = recipe.expected.score
    for key, score in scores.items():
        if score is not None and not low <= score <= high:
            raise MalformedError(
                f"{what}: {key} of {recipe.metric} must lie in {low:g}..{high:g}, not {score!r}"
            )
