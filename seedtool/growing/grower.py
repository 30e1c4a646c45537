"""What a grower is: a way to better a problem's module, one step after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from seedtool.growing.problem import Problem


class Grower(ABC):
    """A step takes one batch through the module: that is what growers are compared by.

    ``acceptance``: the share of proposals that were accepted, where the method has any.
    """

    acceptance: float | None = None

    def __init__(self, problem: Problem, total: int) -> None:
        self._problem, self._total = problem, total

    @abstractmethod
    def step(self, number: int) -> float:
        """Do step ``number`` (from 0, of ``total``); this process's part of its loss."""

    def settle(self) -> None:  # noqa: B027  (most leave it so after every step)
        """Leave the module as it would be kept, to be measured or after the last step."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """All that the next step depends on: tensors, numbers, and mappings and lists of them."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
