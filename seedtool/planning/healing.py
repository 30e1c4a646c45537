"""Healing: the model is coded a part at a time, and what is still to come is trained to make up.

A trellis is a chaotic coder: coded anew, a matrix has another error, so that training
against the error it has now is lost at the next coding. Therefore each matrix is
coded once: the embeddings, then the layers in forward order, a part at a time; between
two parts all that isn't coded yet is trained towards the original's answers (as blocks of
QuIP# are, Tseng et al., arXiv 2402.04396, section 5; groups of weights at a time: Zhou et
al., "INQ", arXiv 1702.03044). In the end only biases and norms are trained.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seedtool.planning.calibrated import Calibrated
from seedtool.planning.passes import Pass
from seedtool.planning.patient import Patient
from seedtool.planning.weights import Weights
from seedtool.planning.wish import Duration
from seedtool.stages import Stage

PARTS = 8  # codings, at most
LAST = 0.15  # of the training, on biases and norms alone
SAVE_SECONDS = 60.0


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
    """Another pass at λ = ``scale``, with no more bytes of matrices than ``made`` has.

    The module holds its values afterwards. ``checkpoint``: a file that keeps the state about
    once a minute; one of the same pass is gone on with, to the same end if ``wish``
    counts steps. It is left for the caller to remove when all is safe.
    """
    patient = Patient(weights, calibrated, made, scale, PARTS)
    clock = Clock(wish)
    key = patient.key(seed)
    if checkpoint and checkpoint.exists():
        clock.steps, clock.seconds = patient.resume(checkpoint, key)
    saved = time.monotonic()
    advance = stage("healing", 1.0)
    advance(done := clock.share)
    samples = calibrated.samples.calibration
    while True:
        due = _due(clock.share, patient.parts)
        while patient.coded < due:
            patient.code_next()
        if clock.share >= 1:
            return patient.finished()
        if checkpoint and time.monotonic() - saved > SAVE_SECONDS:
            patient.save(checkpoint, key, clock.steps, clock.seconds)
            saved = time.monotonic()
        loss = patient.step(samples[_drawn(clock.steps, len(samples), seed)], clock.share)
        clock.tick()
        advance(clock.share - done, f"loss {loss:.4f}")
        done = clock.share


def _due(share: float, parts: int) -> int:
    """How many parts are to be coded by then: the first at once, all when LAST begins."""
    if share >= 1 - LAST:
        return parts
    return 1 + int(share / (1 - LAST) * (parts - 1))


def _drawn(step: int, count: int, seed: int) -> int:
    """Which of ``count`` batches a step takes: each once, then all again in another order."""
    order = np.random.default_rng((seed, step // count)).permutation(count)
    return int(order[step % count])
