"""What Z012's proof says of tau, norms and gradients, computed on random ReLU networks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import FAILS, ONLY

F64 = npt.NDArray[np.float64]
WIDTH, DEPTH, DRAWS = 128, 8, 24
CLAIMED, WITHIN = 0.3, 0.05


@dataclass(frozen=True)
class Passed:
    """Of one input: activations of each layer, what they are before ReLU, and the weights."""

    activations: list[F64]
    before: list[F64]
    weights: list[F64]

    def jacobian(self, at: int) -> F64:
        """Of activations ``at + 1`` by activations ``at``."""
        found: F64 = (self.before[at] > 0)[:, None] * self.weights[at]
        return found


def run(rng: np.random.Generator, width: int, scale: float) -> Passed:
    """A network of He's initialisation on a normal input of that deviation."""
    weights = [rng.normal(0, math.sqrt(2 / width), (width, width)) for _ in range(DEPTH)]
    activations, before = [rng.normal(0, scale, width)], []
    for matrix in weights:
        before.append(matrix @ activations[-1])
        activations.append(np.maximum(before[-1], 0))
    return Passed(activations, before, weights)


def taus(passed: Passed) -> list[float]:
    """tau of each layer as Z012 has it."""
    return [
        float(np.linalg.norm(passed.jacobian(at)) / np.linalg.norm(passed.activations[at]))
        for at in range(DEPTH)
    ]


def mean_tau(seed: int, width: int = WIDTH, scale: float = 1.0) -> tuple[float, float]:
    """The mean over layers and draws, and the error of the draws' mean."""
    rng = np.random.default_rng(seed)
    found = [float(np.mean(taus(run(rng, width, scale)))) for _ in range(DRAWS)]
    return float(np.mean(found)), float(np.std(found, ddof=1) / math.sqrt(DRAWS))


def tau(seed: int) -> Checked:
    value, error = mean_tau(seed)
    large = mean_tau(seed, scale=10.0)[0]
    rng = np.random.default_rng(seed)
    drawn = [run(rng, WIDTH, 1.0) for _ in range(DRAWS)]
    plain = float(np.mean([np.linalg.norm(p.jacobian(0)) / math.sqrt(WIDTH) for p in drawn]))
    return Checked(
        holds_if(abs(value - CLAIMED) + 2 * error < WITHIN and math.isclose(value, large)),
        f"He's initialisation, width {WIDTH}, {DEPTH} layers, {DRAWS} draws: {value:.2f} ±"
        f" {error:.2f}; with inputs ten times as large {large:.3f}",
        f"the norm of the derivative over the root of the width, which has no unit, is {plain:.2f}",
        value,
        CLAIMED,
        large,
    )


def norms(seed: int) -> Checked:
    rng = np.random.default_rng(seed)
    inputs, outputs = 256, 1024
    target = math.sqrt(inputs)
    deviations = {
        "He": math.sqrt(2 / inputs),
        "Xavier": math.sqrt(2 / (inputs + outputs)),
        "torch's default": math.sqrt(1 / (3 * inputs)),
    }
    found = {
        name: float(np.linalg.norm(rng.normal(0, s, (outputs, inputs)))) / target
        for name, s in deviations.items()
    }
    square = float(np.linalg.norm(rng.normal(0, math.sqrt(1 / inputs), (inputs, inputs)))) / target
    words = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    return Checked(
        ONLY if abs(square - 1) < 0.05 else FAILS,
        f"256 to 1024, norm over the root of the inputs: {words}",
        f"a square matrix of variance 1 over its inputs has {square:.2f}",
        found["He"],
        1.0,
        square,
        but="square matrices of variance 1 / fan-in",
    )


def backwards(seed: int) -> Checked:
    """The ratio of gradients' norms between layers, beside tau, at two scales of input."""
    rng = np.random.default_rng(seed)
    ratios: dict[float, list[float]] = {1.0: [], 10.0: []}
    for scale, kept in ratios.items():
        for _ in range(DRAWS):
            passed = run(rng, WIDTH, scale)
            gradient = rng.normal(size=WIDTH)
            for at in reversed(range(DEPTH)):
                lower = passed.jacobian(at).T @ gradient
                kept.append(float(np.linalg.norm(lower) / np.linalg.norm(gradient)))
                gradient = lower
    value, large = (float(np.exp(np.mean(np.log(kept)))) for kept in ratios.values())
    own = mean_tau(seed, scale=10.0)[0]
    return Checked(
        holds_if(math.isclose(large, own, rel_tol=0.2)),
        f"gradients' norms change by {value:.2f} a layer, and by {large:.2f} with inputs ten times"
        f" as large, where tau is {own:.3f}",
        "gradients of ReLU networks do not know the scale of the input; tau divides by it",
        large,
        own,
        value,
    )


def learnt(seed: int) -> Checked:
    """A0 + sum of gradient norm x tau, with an output that gets ever surer of a right answer."""
    rng = np.random.default_rng(seed)
    passed = run(rng, WIDTH, 1.0)
    head = rng.normal(0, math.sqrt(1 / WIDTH), (10, WIDTH))
    layers = taus(passed)
    levels = []
    for sharpness in (1.0, 10.0, 100.0):
        logits = sharpness * (head @ passed.activations[-1])
        share = np.exp(logits - logits.max())
        share /= share.sum()
        share[int(logits.argmax())] -= 1  # the cross-entropy's derivative, the answer being right
        gradient: F64 = sharpness * (head.T @ share)
        total = 1.0
        for at in reversed(range(DEPTH)):
            total += float(np.linalg.norm(gradient)) * layers[at]
            gradient = passed.jacobian(at).T @ gradient
        levels.append(total)
    plain = 1 + sum(layers)
    return Checked(
        holds_if(math.isclose(levels[0], plain, rel_tol=0.2) and levels[-1] >= levels[0]),
        f"the formula gives level {levels[0]:.1f} for an output that knows little and"
        f" {levels[-1]:.2f} for a sure and right one: gradients vanish where a network has learnt",
        f"the theorem leaves the gradient out; 1 and the sum of tau alone are {plain:.1f} in both",
        levels[-1],
        plain,
        levels[0],
    )


CHECKS: dict[str, Run] = {
    "tau": tau,
    "norm of weights": norms,
    "gradients by tau": backwards,
    "levels of the learnt": learnt,
}
