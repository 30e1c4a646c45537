"""Evolution: CMA-ES (Hansen, arXiv 1604.00772) over a few numbers that the weights hang on.

Not the weights themselves, of which there are too many, but a factor for every tensor
(``scales``), or one for each of the first singular directions of every matrix
(``coefficients``). A step measures one candidate; all of a generation on one batch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import GateError, MissingExtraError
from seedtool.growing.grower import Grower
from seedtool.growing.problem import Problem
from seedtool.models.loading import quiet

SPREAD = 0.1  # first deviation of the logarithm of a factor
DIRECTIONS = 8  # of each matrix
FULL = 200  # numbers up to which their covariance is learned in full, above it only its diagonal
WORST = 1e30  # stands for a loss that is not finite

F64 = npt.NDArray[np.float64]


class Evolution(Grower):
    """Leaves the distribution's mean in the module. Its state are the losses seen so far."""

    def __init__(self, problem: Problem, total: int) -> None:
        super().__init__(problem, total)
        cma = _library()
        growing = problem.recipe.growing
        self._axes = _Axes(problem, growing.space)
        self._population = max(2, min(growing.population, total))
        options = {
            "popsize": self._population,
            "randn": np.random.RandomState(problem.seed % (1 << 32)).randn,
            "seed": math.nan,
            "verbose": -9,
            "CMA_diagonal": self._axes.count > FULL,
        }
        with quiet():
            self._strategy: Any = cma.CMAEvolutionStrategy(
                [0.0] * self._axes.count, SPREAD, options
            )
        self._candidates: list[F64] = []
        self._losses: list[float] = []

    def step(self, number: int) -> float:
        if not self._candidates:
            self._candidates = self._strategy.ask()
        which = number % self._population
        self._axes.place(self._candidates[which])
        batch = self._problem.batch(number // self._population, plain=True)
        loss = self._problem.energy(batch)
        self._take(loss)
        return loss

    def _take(self, loss: float) -> None:
        self._losses.append(loss if math.isfinite(loss) else WORST)
        if len(self._losses) % self._population == 0:
            generation = self._losses[-self._population :]
            if min(generation) == WORST:
                raise GateError("growing diverged: no candidate has a finite loss")
            with quiet():
                self._strategy.tell(self._candidates, generation)
            self._candidates = []

    def settle(self) -> None:
        self._axes.place(np.asarray(self._strategy.mean))

    def state(self) -> dict[str, Any]:
        return {"losses": list(self._losses)}

    def restore(self, state: dict[str, Any]) -> None:
        """Let the strategy live through what it was told again."""
        for loss in state["losses"]:
            if not self._candidates:
                self._candidates = self._strategy.ask()
            self._take(float(loss))


class _Axes:
    """The numbers searched and the tensors they change: at all zeros these are as they were."""

    def __init__(self, problem: Problem, space: str) -> None:
        import torch

        self._tensors = {n: p for n, p in problem.parameters.items() if p.ndim > 1}
        if space == "scales" or not self._tensors:
            self._tensors = dict(problem.parameters)
        self._first = {n: p.detach().clone() for n, p in self._tensors.items()}
        self._directions: dict[str, Any] = {}
        if space == "coefficients":
            for name, tensor in self._first.items():
                rows = tensor.reshape(len(tensor), -1).double().cpu()
                _, vectors = torch.linalg.eigh(rows.T @ rows)  # values rise
                kept = vectors[:, -min(DIRECTIONS, *rows.shape) :]
                self._directions[name] = kept.to(tensor)

    @property
    def count(self) -> int:
        return sum(self._width(name) for name in self._tensors)

    def _width(self, name: str) -> int:
        return self._directions[name].shape[1] if self._directions else 1

    def place(self, logarithms: F64) -> None:
        """Put the tensors with these logarithms of factors [count] into the module."""
        import torch

        at = 0
        with torch.no_grad():
            for name, tensor in self._tensors.items():
                width, first = self._width(name), self._first[name]
                factors = torch.from_numpy(np.exp(logarithms[at : at + width])).to(first)
                at += width
                if not self._directions:
                    tensor.copy_(first * factors)
                    continue
                rows, kept = first.reshape(len(first), -1), self._directions[name]
                tensor.copy_(first + ((rows @ kept * (factors - 1)) @ kept.T).view_as(first))


def _library() -> Any:
    try:
        with quiet():
            import cma
    except ImportError:
        raise MissingExtraError("cma", "evolution", "growing by evolution") from None
    return cma
