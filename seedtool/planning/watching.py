"""What a module in training is compared by: its answer, and what its blocks give on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seedtool.calibration.batches import Batch
from seedtool.calibration.divergence import Answer, answer

TINY = 1e-12


@dataclass(frozen=True)
class Seen:
    """A module's answer, and what its blocks gave on the way."""

    answer: Answer
    blocks: list[Any]


class Watched:
    """A module whose blocks' outputs are told with its answer.

    Blocks are the members of its outermost ModuleLists and Sequentials.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self._seen: list[Any] = []
        self._handles = [b.register_forward_hook(self._note) for b in _blocks(module)]

    def __call__(self, batch: Batch) -> Seen:
        self._seen.clear()
        found = answer(self.module, batch)
        return Seen(found, list(self._seen))

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _note(self, _module: Any, _args: Any, out: Any) -> None:
        first = out[0] if isinstance(out, tuple) and out else out
        if getattr(first, "is_floating_point", bool)():
            self._seen.append(first)


def _blocks(module: Any) -> list[Any]:
    import torch

    if isinstance(module, (torch.nn.ModuleList, torch.nn.Sequential)) and len(module) > 1:
        return list(module)
    return [block for child in module.children() for block in _blocks(child)]


def distance(mine: Seen, wanted: Seen, mask: Any) -> Any:
    """Divergence of the answers, and the blocks' mean relative squared error."""
    import torch

    if mine.answer.kind == "logits":
        log_p = torch.log_softmax(wanted.answer.values, 1)
        log_q = torch.log_softmax(mine.answer.values, 1)
        loss = (log_p.exp() * (log_p - log_q)).sum(1).mean()
    else:
        loss = (mine.answer.values - wanted.answer.values).square().sum(1).mean()
    for a, b in zip(mine.blocks, wanted.blocks, strict=True):
        by_position = mask is not None and a.ndim == 3 and a.shape[:2] == mask.shape
        error, power = ((x[mask] if by_position else x).square().sum() for x in (a - b, b))
        loss = loss + error / (power + TINY) / len(mine.blocks)
    return loss
