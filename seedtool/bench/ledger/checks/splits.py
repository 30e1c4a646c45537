"""Stage 0's training: classes split from classes, and one sample each, on made vectors."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if

F64 = npt.NDArray[np.float64]
CONCEPTS, SEEN, DIMENSIONS, NOISE = 50, 40, 64, 0.75
COUNTS = (1, 10, 25)
STEPS, RATE = 100, 4.0


def softmax_fit(inputs: F64, labels: npt.NDArray[np.int64], classes: int) -> F64:
    """Weights [classes, dimensions] of a softmax regression by plain gradient descent."""
    weights = np.zeros((classes, inputs.shape[1]))
    targets = np.eye(classes)[labels]
    for _ in range(STEPS):
        logits = inputs @ weights.T
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        weights -= RATE * (shares - targets).T @ inputs / len(inputs)
    return weights


def vectors(rng: np.random.Generator, means: F64, count: int) -> tuple[F64, npt.NDArray[np.int64]]:
    """``count`` samples of each mean, with noise of NOISE over the means' norm."""
    labels = np.repeat(np.arange(len(means)), count)
    noise = rng.normal(0, NOISE / math.sqrt(DIMENSIONS), (len(labels), DIMENSIONS))
    return means[labels] + noise, labels


def accuracies(seed: int) -> tuple[list[float], list[float]]:
    """By samples a concept: of concepts never seen, and of seen ones' new samples."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(CONCEPTS, DIMENSIONS))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    inputs, labels = vectors(rng, means, 10)
    unseen, seen = [], []
    for count in COUNTS:
        weights = softmax_fit(*vectors(rng, means[:SEEN], count), CONCEPTS)
        right = (inputs @ weights.T).argmax(1) == labels
        unseen.append(float(right[labels >= SEEN].mean()))
        seen.append(float(right[labels < SEEN].mean()))
    return unseen, seen


def insufficient(seed: int) -> Checked:
    unseen, seen = accuracies(seed)
    return Checked(
        holds_if(unseen[0] < unseen[-1]),
        f"with {COUNTS[0]}, {COUNTS[1]} and {COUNTS[2]} samples a concept the accuracy on concepts"
        f" that were not trained on is {unseen[0]:.2f}, {unseen[1]:.2f}, {unseen[2]:.2f}: a class"
        " that is never right in training is never answered",
        f"new samples of the trained concepts: {seen[0]:.2f}, {seen[1]:.2f}, {seen[2]:.2f}",
        unseen[0],
        0.0,
        seen[0],
    )


def refined(seed: int) -> Checked:
    unseen, seen = accuracies(seed)
    return Checked(
        holds_if(unseen[1] >= 0.4),
        f"with the note's split by concept 10 samples give {100 * unseen[1]:.0f} % and"
        f" {COUNTS[2]} give {100 * unseen[2]:.0f} %: more samples do not change it",
        f"split within concepts, 10 samples give {100 * seen[1]:.0f} % on these made vectors;"
        " unseen concepts need retrieval by prototype, not a class of their own",
        unseen[1],
        0.4,
        seen[1],
    )


def memorised(seed: int) -> Checked:
    """Least squares to one-hot targets, 800 samples of 640 numbers, a class each; and the same
    with a common mean that makes all cosines .97."""
    rng = np.random.default_rng(seed)
    shared = math.sqrt(0.97 / 0.03)
    apart, alike = (
        fitted(np.hstack([rng.normal(size=(800, 640)) + mean, np.ones((800, 1))]))
        for mean in (0.0, shared)
    )
    right = min(apart, alike)
    steps = 10 * math.ceil(800 / 32)
    return Checked(
        holds_if(right < 0.5),
        f"800 random vectors of 640 numbers, one a class, are told apart by a linear layer at"
        f" {100 * apart:.0f} %, and at {100 * alike:.0f} % where a common mean makes all cosines"
        " .97: one sample a class is easy to memorise",
        f"10 epochs of 25 batches are {steps} steps; chance is {100 / 800:.3f} %",
        right,
        0.319,
        1 / 800,
    )


def fitted(inputs: F64) -> float:
    """How many of the rows a linear layer tells from all others."""
    weights = np.linalg.lstsq(inputs, np.eye(len(inputs)), rcond=None)[0]
    return float(((inputs @ weights).argmax(1) == np.arange(len(inputs))).mean())


CHECKS: dict[str, Run] = {
    "unseen concepts": insufficient,
    "refinement": refined,
    "memorising": memorised,
}
