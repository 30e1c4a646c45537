"""The network that ships with the program, run by onnxruntime: no torch, and no data to give."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np

from seedtool import demo, sinks
from seedtool.bench.base import Input
from seedtool.bench.tasks.task import (
    F32,
    Arrays,
    Held,
    Scored,
    Task,
    divergence,
    divergence_of_mean,
)
from seedtool.extracting import code_source
from seedtool.models.session import Session
from seedtool.plan import plan


class DigitsTask(Task):
    """Handwritten digits of 8 x 8, by accuracy on images that it was not trained on."""

    metric = "accuracy"
    name = "handwritten digits"

    def __init__(self) -> None:
        self._digits = demo.Digits()
        entries = self._digits.entries
        arrays = {e.name: self._digits.read(e) for e in entries if e.same is None}
        self.source = Held(entries, arrays, self._digits.meta)
        self._own = self._answers(arrays)

    def inputs(self) -> Mapping[str, Input]:
        images, labels = self._digits.images, self._digits.labels
        hashed = hashlib.sha256(images.tobytes() + labels.tobytes())
        model = hashlib.sha256()
        for entry in self.source.entries:
            model.update(entry.name.encode() + self._digits.read(entry).tobytes())
        return {
            "model": Input("seed demo", model.hexdigest(), self.source.nbytes),
            "data": Input(self.name, hashed.hexdigest(), len(labels), "images"),
        }

    def measure(self, arrays: Arrays) -> Scored:
        answers = self._answers(arrays)
        right = answers.argmax(1) == self._digits.labels
        return Scored(float(right.mean()), divergence(self._own, answers))

    def chance(self) -> Scored:
        share = self._digits.right_when_guessed / len(self._digits.labels)
        return Scored(share, divergence_of_mean(self._own))

    def _answers(self, arrays: Arrays) -> F32:
        """Logits float32 [images, 10]."""
        held = Held(self.source.entries, arrays, self.source.meta)
        made = code_source(held, [self._digits.graph_section], plan(held.entries, "raw", {}))
        onnx = io.BytesIO()
        sinks.write_stream(made.assembly(), onnx, "onnx")
        session = Session(onnx.getvalue())
        found: F32 = session({next(iter(session.inputs)): self._digits.images})[0]
        return found.astype(np.float32)
