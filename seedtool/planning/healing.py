"""Healing: the coded model is trained towards the original, and stays on its grid.

Straight-through training (Bengio, Léonard and Courville, arXiv 1308.3432): what
is trained are the weights before they are coded. The module holds
them with the errors of their last coding, which are taken anew every ROUND steps,
so that each round mends what the one before it left. Towards the end matrices are
coded for good, in the bytes that they had, and only biases and norms are trained.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seedtool import output
from seedtool.calibration.batches import Batch
from seedtool.codecs.base import coded_bytes
from seedtool.errors import UsageError
from seedtool.floats import F32
from seedtool.planning import shaping
from seedtool.planning.calibrated import Calibrated
from seedtool.planning.shaping import Form
from seedtool.planning.watching import Watched, distance
from seedtool.planning.weights import Pass, Weights
from seedtool.planning.wish import Duration
from seedtool.stages import Stage

ROUND = 16  # steps between codings
LAST = 0.15  # of the training, on biases and norms alone
RATE = 0.005  # of a tensor's root mean square: how far an element moves in a step at most
TRIES, PUSH = 5, 1.3  # codings until the bytes are right, and how boldly they are made fewer
SAVE_SECONDS = 60.0
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
    weights: Weights,
    calibrated: Calibrated,
    made: Pass,
    scale: float,
    wish: Duration,
    stage: Stage,
    *,
    seed: int = 0,
    checkpoint: Path | None = None,
) -> Pass:
    """The pass with all its tensors trained for so long on the calibration samples.

    The module, which holds the pass's values, holds the trained ones afterwards.
    ``checkpoint``: a file that keeps the state about once a minute; one of the same pass
    is gone on with, to the same end if ``wish`` counts steps.
    """
    patient = _Patient(weights, calibrated, made)
    clock = Clock(wish)
    key = _key(made, scale, seed)
    if checkpoint and checkpoint.exists():
        patient.resume(checkpoint, key, clock, scale)
    saved = time.monotonic()
    advance = stage("healing", 1.0)
    advance(done := clock.share)
    samples = calibrated.samples.calibration
    while clock.share < 1:
        settling = clock.share >= 1 - LAST
        if settling and not patient.settled:
            patient.settle(scale)
        elif not settling and clock.steps and clock.steps % ROUND == 0:
            patient.recode()
        patient.step(samples[_drawn(clock.steps, len(samples), seed)], clock.share)
        clock.tick()
        advance(clock.share - done)
        done = clock.share
        if checkpoint and time.monotonic() - saved > SAVE_SECONDS:
            patient.save(checkpoint, key, clock)
            saved = time.monotonic()
    if not patient.settled:
        patient.settle(scale)
    return patient.finished(scale)


def _drawn(step: int, count: int, seed: int) -> int:
    """Which of ``count`` batches a step takes: each once, then all again in another order."""
    order = np.random.default_rng((seed, step // count)).permutation(count)
    return int(order[step % count])


def _key(made: Pass, scale: float, seed: int) -> str:
    """What a checkpoint has to be of."""
    hashed = hashlib.sha256(repr((scale, seed)).encode())
    for name, matrix in made.shaped.items():
        hashed.update(name.encode() + matrix.shaped.values.tobytes())
    return hashed.hexdigest()


class _Patient:
    """The module in training, and what its tensors were meant to be when last coded."""

    def __init__(self, weights: Weights, calibrated: Calibrated, made: Pass) -> None:
        import torch

        self._weights, self._calibrated = weights, calibrated
        self._module = calibrated.module
        self._watched = Watched(self._module)
        self._teacher = Watched(calibrated.original_module())
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
            values = tensor.detach().numpy()
            if name in self._matrices:
                values, _ = weights.values(self._matrices[name].entry)
            rate = RATE * float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
            groups.append({"params": [tensor], "top": rate, "lr": rate})
        self._optimizer = torch.optim.Adam(groups, betas=(0.9, 0.95))
        # The module holds coded values; the trained ones differ from them by what coding lost,
        # before any feedback: each coding feeds its own errors back.
        self._lost: dict[str, F32] = {
            name: weights.values(matrix.entry)[0] - matrix.shaped.values
            for name, matrix in self._matrices.items()
            if name in self._tensors
        }

    def save(self, path: Path, key: str, clock: Clock) -> None:
        """Write all that training goes on from."""
        import torch

        state = {
            "key": key,
            "steps": clock.steps,
            "seconds": clock.seconds,
            "settled": self.settled,
            "tensors": {name: tensor.detach() for name, tensor in self._tensors.items()},
            "lost": {name: torch.from_numpy(lost) for name, lost in self._lost.items()},
            "optimizer": self._optimizer.state_dict(),
        }
        with output.replacing(path, force=True) as out:
            torch.save(state, out)

    def resume(self, path: Path, key: str, clock: Clock, scale: float) -> None:
        """Go on from a file of :meth:`save`; UsageError if it is of something else."""
        import torch

        try:
            state = torch.load(path, weights_only=True)
            same = state["key"] == key
        except Exception:  # torch.load meets bad files with errors of every kind
            same = False
        if not same:
            raise UsageError(
                f"{path}: is no state of healing this model so", hint="remove it to begin anew"
            )
        with torch.no_grad():
            for name, tensor in self._tensors.items():
                tensor.copy_(state["tensors"][name])
        self._lost = {name: lost.numpy() for name, lost in state["lost"].items()}
        self._optimizer.load_state_dict(state["optimizer"])
        clock.steps, clock.seconds = state["steps"], state["seconds"]
        if state["settled"]:
            self.settle(scale)

    def step(self, batch: Batch, share: float) -> float:
        """One step of training; the loss."""
        import torch

        factor = min(1.0, share / WARM + 0.1) * 0.5 * (1 + np.cos(np.pi * min(share, 1.0)))
        for group in self._optimizer.param_groups:
            group["lr"] = group["top"] * float(max(factor, 0.02))
        with torch.no_grad():
            wanted = self._teacher(batch)
        mask = batch.get("attention_mask")
        loss = distance(
            self._watched(batch), wanted, None if mask is None else torch.from_numpy(mask).bool()
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return float(loss.detach())

    def recode(self, scale: float | None = None) -> int:
        """Code what the matrices are meant to be now; their bytes.

        With steps and rates as before, or made anew at λ = ``scale``.
        """
        total = 0
        for name, matrix in self._matrices.items():
            if name in self._tensors:
                _, below = self._weights.values(matrix.entry)
                meant = self._calibrated.parameters.read(name) + self._lost[name]
                if below is not None:
                    meant -= below
                form = Form.turned(meant, matrix.flipped)
                fitted = matrix.fitted
                if scale is not None:
                    fitted = shaping.fit(form, matrix.shape, scale, self._weights.states)
                shaped = shaping.code(form, matrix.shape, fitted)
                self._lost[name] = meant - shaped.values
                self._matrices[name] = replace(matrix, fitted=fitted, shaped=shaped)
                values = shaped.values if below is None else below + shaped.values
                self._calibrated.write(matrix.entry, values)
            total += coded_bytes(self._matrices[name].shaped.coded)
        return total

    def settle(self, scale: float) -> None:
        """Code the matrices for the last time, in no more bytes than before the training."""
        most = self._made.matrix_bytes
        elements = sum(m.entry.size for m in self._matrices.values())
        for _ in range(TRIES):
            over = self.recode(scale) - most
            if over <= 0:
                break
            scale *= 2.0 ** (8 * over * PUSH / elements)
        for name in self._matrices:
            if name in self._tensors:
                self._tensors[name].requires_grad_(False)
        self.settled = True

    def finished(self, scale: float) -> Pass:
        """All choices anew, of the module as it is."""
        self._watched.close()
        for tensor in self._tensors.values():
            tensor.requires_grad_(False)
        return self._weights.retaken(self._made, self._matrices, self._tensors, scale)
