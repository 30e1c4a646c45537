"""Healing: the coded model is trained towards the original, and stays on its grid.

Straight-through training (Bengio, Léonard and Courville, arXiv 1308.3432): what
is trained are the values that the coded ones were meant to have. The module holds
them with the errors of their last coding, which are taken anew every ROUND steps,
so that each round mends what the one before it left. Steps, classes and rates stay,
and with them the bytes. In the last rounds matrices stay as coded and only
biases and norms are trained.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seedtool.calibration.batches import Batch
from seedtool.calibration.divergence import Answer, answer
from seedtool.floats import F32
from seedtool.planning import shaping
from seedtool.planning.calibrated import Calibrated
from seedtool.planning.shaping import Form
from seedtool.planning.weights import Pass, Weights
from seedtool.planning.wish import Duration
from seedtool.stages import Stage

ROUND = 16  # steps between codings
LAST = 0.15  # of the training, on biases and norms alone
MATRIX_RATE = 0.03  # of a matrix's mean step: how far a weight moves in a training step at most
VECTOR_RATE = 0.002  # of a vector's root mean square
TINY = 1e-12
WARM = 0.05  # of the training, in which the rates rise


@dataclass
class Clock:
    """How much of a :class:`Duration` is over."""

    duration: Duration
    steps: int = 0
    seconds: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    def tick(self) -> None:
        self.steps += 1
        now = time.monotonic()
        self.seconds += now - self._since
        self._since = now

    @property
    def share(self) -> float:
        """0 to 1."""
        if self.duration.steps:
            return min(1.0, self.steps / self.duration.steps)
        return min(1.0, self.seconds / (self.duration.seconds or 1.0))


def heal(
    weights: Weights, calibrated: Calibrated, made: Pass, scale: float, wish: Duration,
    stage: Stage, *, seed: int = 0,
) -> Pass:  # fmt: skip
    """The pass with all its tensors trained for so long on the calibration samples.

    The module, which holds the pass's values, holds the trained ones afterwards.
    """
    patient = _Patient(weights, calibrated, made, seed)
    clock = Clock(wish)
    advance = stage("healing", 1.0)
    done = 0.0
    for batch in patient.batches():
        final = clock.share >= 1 - LAST
        if final and not patient.settled:
            patient.recode(last=True)
        elif not final and clock.steps and clock.steps % ROUND == 0:
            patient.recode()
        patient.step(batch, clock.share)
        clock.tick()
        advance(clock.share - done)
        done = clock.share
        if done >= 1:
            break
    if not patient.settled:
        patient.recode(last=True)
    return patient.finished(scale)


@dataclass(frozen=True)
class Seen:
    """A module's answer, and what its blocks gave on the way."""

    answer: Answer
    blocks: list[Any]


class _Watched:
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


class _Patient:
    """The module in training, and what its tensors were meant to be when last coded."""

    def __init__(self, weights: Weights, calibrated: Calibrated, made: Pass, seed: int) -> None:
        import torch

        self._weights, self._calibrated = weights, calibrated
        self._module = calibrated.module
        self._watched = _Watched(self._module)
        self._teacher = _Watched(calibrated.original_module())
        self._rng = np.random.default_rng(seed)
        self._matrices = dict(made.shaped)
        self._made = made
        self.settled = False
        named = dict(self._module.named_parameters())
        self._tensors = {
            name: named[places[0]]
            for name, places in calibrated.parameters.places.items()
            if places[0] in named
        }
        groups = []
        for name, tensor in self._tensors.items():
            tensor.requires_grad_(True)
            rate = VECTOR_RATE * float(tensor.detach().square().mean().sqrt())
            if name in self._matrices:
                rate = MATRIX_RATE * self._matrices[name].fitted.mean_step
            groups.append({"params": [tensor], "top": rate, "lr": rate})
        self._optimizer = torch.optim.Adam(groups, betas=(0.9, 0.95))
        # The module holds coded values; the trained ones differ from them by what coding lost.
        self._lost: dict[str, F32] = {
            name: matrix.shaped.targets - matrix.shaped.values
            for name, matrix in self._matrices.items()
            if name in self._tensors
        }

    def batches(self) -> Iterator[Batch]:
        """The samples again and again, each time in another order."""
        samples = self._calibrated.samples.calibration
        while True:
            for at in self._rng.permutation(len(samples)):
                yield samples[at]

    def step(self, batch: Batch, share: float) -> float:
        """One step of training; the loss."""
        import torch

        factor = min(1.0, share / WARM + 0.1) * 0.5 * (1 + np.cos(np.pi * min(share, 1.0)))
        for group in self._optimizer.param_groups:
            group["lr"] = group["top"] * float(max(factor, 0.02))
        with torch.no_grad():
            wanted = self._teacher(batch)
        mask = batch.get("attention_mask")
        loss = _distance(
            self._watched(batch), wanted, None if mask is None else torch.from_numpy(mask).bool()
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return float(loss.detach())

    def recode(self, *, last: bool = False) -> None:
        """Code what the matrices are meant to be now, and put that into the module."""
        for name, matrix in self._matrices.items():
            if name not in self._tensors:
                continue
            _, below = self._weights.values(matrix.entry)
            meant = self._calibrated.parameters.read(name) + self._lost[name]
            if below is not None:
                meant -= below
            form = Form.turned(meant, matrix.flipped)
            shaped = shaping.code(form, replace(matrix.shape, upper=None), matrix.fitted)
            self._lost[name] = meant - shaped.values
            self._matrices[name] = replace(matrix, shaped=replace(shaped, targets=meant))
            values = shaped.values if below is None else below + shaped.values
            self._calibrated.write(matrix.entry, values)
            if last:
                self._tensors[name].requires_grad_(False)
        self.settled = last

    def finished(self, scale: float) -> Pass:
        """All choices anew, of the module as it is."""
        self._watched.close()
        for tensor in self._tensors.values():
            tensor.requires_grad_(False)
        return self._weights.retaken(self._made, self._matrices, self._tensors, scale)


def _distance(mine: Seen, wanted: Seen, mask: Any) -> Any:
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
