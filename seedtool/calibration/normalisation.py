"""Batch norms' running statistics: what their errors cost, and what they are in a coded network.

With y = w·(x - m)/√(v + ε) + b, ∂y/∂m is -w/√(v + ε) times ∂y/∂b, and ∂y/∂v is
-w/(2·(v + ε)) times ∂y/∂w: so they cost what biases and weights do, times the squares of that.
Coded weights change what a norm is given: its statistics follow, and take no more bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

import numpy as np

from seedtool.calibration.batches import Batch, count
from seedtool.calibration.divergence import answer
from seedtool.calibration.sensitivity import Sensitivity

SAMPLES = 64  # that statistics are taken on, all at once
SPREAD = 1.4  # the most that a variance is changed by: a dead channel's would be by any factor
TINY = 1e-12

Moments = dict[str, tuple[Any, Any]]  # by norm, mean and variance, torch.Tensor [channels]
Note = Callable[[str, Any, Any], None]


def running_statistics(module: Any, found: Mapping[str, Sensitivity]) -> dict[str, Sensitivity]:
    """Of each batch norm's running mean and variance, by buffer name, float32 [channels].

    ``found``: the sensitivities of parameters; of a norm without them nothing is known.
    """
    made: dict[str, Sensitivity] = {}
    for name, norm in _norms(module).items():
        weight, bias = found.get(f"{name}.weight"), found.get(f"{name}.bias")
        if weight is None or bias is None:
            continue
        factor = norm.weight.detach().float().cpu().numpy()
        variance = (norm.running_var.float() + norm.eps).cpu().numpy()
        of_mean, of_variance = _buffers(name)
        made[of_mean] = Sensitivity(bias.rows * factor**2 / variance)
        made[of_variance] = Sensitivity(weight.rows * (factor / (2 * variance)) ** 2)
    return made


class Norms:
    """The batch norms of a module that is as it was made, and what some samples give them.

    ``own``: names of tensors that are no other's too; norms with other statistics are left alone.
    False if none is left.
    """

    def __init__(self, module: Any, batches: Sequence[Batch], own: AbstractSet[str]) -> None:
        self._running = {
            name: held for name, held in _statistics(module).items() if own >= {*_buffers(name)}
        }
        self._batch = _joined(batches) if self._running else {}
        self._given: Moments = {}
        if self._running:
            self._visit(module, lambda n, _, x: self._given.update({n: _moments(x)}))

    def __bool__(self) -> bool:
        return bool(self._running)

    @property
    def buffers(self) -> list[str]:
        """Names of all running means and variances."""
        return [buffer for name in self._running for buffer in _buffers(name)]

    def renew(self, module: Any, better: Callable[[], bool]) -> bool:
        """Move running statistics by as much as what norms are given has moved, if it is better.

        ``module``: the same, with other weights. Each norm has its new statistics before it
        passes the samples on, so that the next are given what they will be given.
        """
        held = _statistics(module)

        def move(name: str, norm: Any, inputs: Any) -> None:
            mean, variance = _moments(inputs)
            before, (old_mean, old_variance) = self._given[name], self._running[name]
            factor = (variance / before[1].clamp(min=TINY)).clamp(1 / SPREAD, SPREAD)
            norm.running_mean.copy_(old_mean + mean - before[0])
            norm.running_var.copy_(old_variance * factor)

        self._visit(module, move)
        if better():
            return True
        for name, norm in _norms(module).items():
            norm.running_mean.copy_(held[name][0])
            norm.running_var.copy_(held[name][1])
        return False

    def _visit(self, module: Any, note: Note) -> None:
        """Call ``note`` with name, module and inputs of each norm, before it runs."""
        import torch

        norms = {name: norm for name, norm in _norms(module).items() if name in self._running}
        handles = [
            norm.register_forward_pre_hook(partial(_call, note, name))
            for name, norm in norms.items()
        ]
        try:
            with torch.no_grad():
                answer(module, self._batch)
        finally:
            for handle in handles:
                handle.remove()


def _joined(batches: Sequence[Batch]) -> Batch:
    """The first SAMPLES samples, or as many of these as are of the first's shapes, as one batch."""
    first = {name: array.shape[1:] for name, array in batches[0].items()}
    alike = [b for b in batches if {name: array.shape[1:] for name, array in b.items()} == first]
    while len(alike) > 1 and count(alike) > SAMPLES:
        alike.pop()
    return {name: np.concatenate([b[name] for b in alike]) for name in first}


def _statistics(module: Any) -> Moments:
    return {n: (x.running_mean.clone(), x.running_var.clone()) for n, x in _norms(module).items()}


def _norms(module: Any) -> dict[str, Any]:
    from torch.nn.modules.batchnorm import _BatchNorm

    return {
        name: part
        for name, part in module.named_modules()
        if isinstance(part, _BatchNorm) and part.running_var is not None and part.affine
    }


def _moments(inputs: Any) -> tuple[Any, Any]:
    axes = [axis for axis in range(inputs.ndim) if axis != 1]
    return inputs.float().mean(axes), inputs.float().var(axes, unbiased=False)


def _call(note: Note, name: str, norm: Any, args: Any) -> None:
    note(name, norm, args[0])


def _buffers(norm: str) -> tuple[str, str]:
    return f"{norm}.running_mean", f"{norm}.running_var"
