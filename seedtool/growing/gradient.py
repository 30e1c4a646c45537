"""Gradient descent: AdamW (Loshchilov and Hutter, arXiv 1711.05101), or SGD with momentum."""

from __future__ import annotations

from typing import Any

from seedtool.growing.grower import Grower
from seedtool.growing.problem import Problem

MOMENTUM = 0.9


class Gradient(Grower):
    """The recipe's optimiser and schedule; vectors (biases, norms) do not decay."""

    def __init__(self, problem: Problem, total: int) -> None:
        import torch

        super().__init__(problem, total)
        training = problem.recipe.training
        parameters = [*problem.parameters.values()]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": training.decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        given = [group for group in groups if group["params"]]
        if training.optimizer == "adamw":
            self._optimizer: Any = torch.optim.AdamW(given, lr=training.rate)
        else:
            self._optimizer = torch.optim.SGD(given, lr=training.rate, momentum=MOMENTUM)

    def step(self, number: int) -> float:
        loss = self._problem.gradients(number)
        for group in self._optimizer.param_groups:
            group["lr"] = self._problem.rate(number / self._total)
        self._optimizer.step()
        return loss

    def state(self) -> dict[str, Any]:
        return {"module": self._problem.state(), "optimizer": self._optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self._problem.restore(state["module"])
        self._optimizer.load_state_dict(state["optimizer"])
