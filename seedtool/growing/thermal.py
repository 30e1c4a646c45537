"""Langevin dynamics, annealed, whose blocks of steps are accepted or taken back.

A step moves against the gradient of a batch and adds noise of variance
2 · rate · T (stochastic gradient Langevin dynamics, Welling and Teh, ICML 2011), with
the recipe's ``adamw`` both in the metric of the gradients' second moments (Li, Chen, Carlson
and Carin, arXiv 1512.07666), which makes one rate right for all tensors. T falls
geometrically, temperature · cooling^share. After BLOCK steps the loss on a fixed batch is
an energy, and Metropolis's rule keeps the block with probability exp(-ΔE / T).
"""

from __future__ import annotations

import math
from typing import Any

from seedtool.growing import randomness
from seedtool.growing.grower import Grower
from seedtool.growing.problem import Problem

BLOCK = 10  # steps that are accepted or taken back together
MEMORY = 0.99  # of the running second moments
FLOOR = 1e-5  # added to their roots


class Thermal(Grower):
    """``total``: steps over which it cools; ``of``: those of all the training, for the rate."""

    def __init__(self, problem: Problem, total: int, of: int | None = None) -> None:
        super().__init__(problem, total)
        self._of = of or total
        self._moments: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self._energy = math.inf
        self._proposed = self._accepted = 0

    def temperature(self, number: int) -> float:
        """T in step ``number``, in units of the loss."""
        growing = self._problem.recipe.growing
        return growing.temperature * float(growing.cooling ** (number / self._total))

    def step(self, number: int) -> float:
        if number % BLOCK == 0:
            self._before = self._problem.state()
            if not self._proposed:
                self._energy = self._problem.energy()
        loss = self._problem.gradients(number)
        self._move(number)
        if number % BLOCK == BLOCK - 1 or number == self._total - 1:
            self._judge(number)
        return loss

    def _move(self, number: int) -> None:
        import torch

        problem, training = self._problem, self._problem.recipe.training
        rate, temperature = problem.rate(number / self._of), self.temperature(number)
        # The same in all processes, which hold the same module.
        draws = randomness.generator(problem.seed, randomness.NOISE, number)
        with torch.no_grad():
            for name, parameter in problem.parameters.items():
                noise = torch.randn(parameter.shape, generator=draws).to(parameter.device)
                gradient = parameter.grad
                if gradient is None:
                    gradient = torch.zeros_like(parameter)
                if parameter.ndim > 1:
                    gradient = gradient + training.decay * parameter
                metric: Any = 1.0
                if training.optimizer == "adamw":
                    metric = self._metric(name, gradient, number)
                diffusion = (2 * rate * temperature * metric) ** 0.5
                parameter.copy_(parameter - rate * metric * gradient + diffusion * noise)

    def _metric(self, name: str, gradient: Any, number: int) -> Any:
        """One over the root of the second moments, made whole while they are young."""
        square = gradient.square()
        known = self._moments.get(name)
        self._moments[name] = (
            (1 - MEMORY) * square if known is None else MEMORY * known + (1 - MEMORY) * square
        )
        return 1 / ((self._moments[name] / (1 - MEMORY ** (number + 1))).sqrt() + FLOOR)

    def _judge(self, number: int) -> None:
        import torch

        problem = self._problem
        energy = problem.energy()
        draws = randomness.generator(problem.seed, randomness.ACCEPTANCE, number)
        chance = float(torch.rand((), generator=draws, dtype=torch.float64))
        rise = (energy - self._energy) / max(self.temperature(number), 1e-300)
        self._proposed += 1
        if rise <= 0 or (math.isfinite(rise) and chance < math.exp(-min(rise, 700.0))):
            self._accepted += 1
            self._energy = energy
        else:
            problem.restore(self._before)
        self.acceptance = self._accepted / self._proposed

    def state(self) -> dict[str, Any]:
        return {
            "module": self._problem.state(),
            "moments": {n: v.cpu().clone() for n, v in self._moments.items()},
            "before": self._before,
            "energy": self._energy,
            "proposed": self._proposed,
            "accepted": self._accepted,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._problem.restore(state["module"])
        device = self._problem.accelerator.device
        self._moments = {n: v.to(device) for n, v in state["moments"].items()}
        self._before, self._energy = state["before"], state["energy"]
        self._proposed, self._accepted = state["proposed"], state["accepted"]
        if self._proposed:
            self.acceptance = self._accepted / self._proposed
