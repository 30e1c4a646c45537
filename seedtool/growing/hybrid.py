"""Heat first, then descent: Langevin dynamics for a share of the steps, then gradients."""

from __future__ import annotations

from typing import Any

from seedtool.growing.gradient import Gradient
from seedtool.growing.grower import Grower
from seedtool.growing.problem import Problem
from seedtool.growing.thermal import Thermal


class Hybrid(Grower):
    """``acceptance`` is that of the thermal steps; one schedule of the rate goes through both."""

    def __init__(self, problem: Problem, total: int) -> None:
        super().__init__(problem, total)
        self._hot = round(total * problem.recipe.growing.heat)
        self._thermal = Thermal(problem, max(1, self._hot), of=total)
        self._gradient = Gradient(problem, total)

    def step(self, number: int) -> float:
        if number < self._hot:
            loss = self._thermal.step(number)
            self.acceptance = self._thermal.acceptance
            return loss
        return self._gradient.step(number)

    def state(self) -> dict[str, Any]:
        return {"thermal": self._thermal.state(), "gradient": self._gradient.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self._thermal.restore(state["thermal"])
        self._gradient.restore(state["gradient"])
        self.acceptance = self._thermal.acceptance
