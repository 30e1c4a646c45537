"""What a weight's error is taken to cost where there is no data to ask.

Every matrix is thought to pass its relative error on alike: D = k‖ΔW‖²/‖W‖². So
a weight of a small tensor is worth more bits than one of a large tensor. The
factor k is by the kind of tensor, told from its name and form; measured on
MiniLM, EfficientNet-Lite0 and SmolLM2 (docs/codecs.md, "Planning").
"""

from __future__ import annotations

import re

import numpy as np

from seedtool.calibration.sensitivity import Sensitivity
from seedtool.floats import F32
from seedtool.seed import Entry

KINDS: tuple[tuple[str, str, float], ...] = (
    ("queries and keys", r"(^|[._])(q|k|query|key|q_proj|k_proj|q_lin|k_lin)([._]|$)", 0.2),
    # A language model's answers are read off these, whether the input shares them or not.
    ("output embeddings", r"lm_head|embed_out|embed_tokens|(^|[._])wte[._]|^shared[._]", 50.0),
    ("embeddings", r"embed|wte|wpe|token_type", 1.0),
)
OTHER = 1.0


def kind_of(name: str) -> tuple[str, float]:
    """A tensor's kind ("" if it is none of KINDS), and its k."""
    lower = name.lower()
    found = ((kind, k) for kind, pattern, k in KINDS if re.search(pattern, lower))
    return next(found, ("", OTHER))


def sensitivity_of(entry: Entry, values: F32) -> Sensitivity:
    """The prior of a tensor: float32 [rows] for a matrix, of its whole shape for a vector."""
    power = float(np.sum(np.square(values, dtype=np.float64))) or 1.0
    cost = kind_of(entry.name)[1] / power
    shape = entry.shape[:1] if len(entry.shape) > 1 else entry.shape
    return Sensitivity(np.full(shape, cost, np.float32))
