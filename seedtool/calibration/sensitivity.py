"""How far a model's outputs move when one of its parameters does, as a quadratic form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sensitivity:
    """D(Δ) = Σ_r rows[r] · Δ_r · columns · Δ_rᵀ, the divergence of outputs per prediction.

    ``rows``: float32 [out] for the weight of a linear layer, a convolution or
    an embedding (a row a token), else of the parameter's whole shape.
    ``columns``: float32 [groups, in, in], E[x xᵀ] of the layer's inputs x per
    position, rows of group g being those from g · out / groups on; None for
    the identity. ``transposed``: the weight is [in, out], Δ_r its columns.
    ``positions``: over how many inputs ``columns`` is the mean.
    """

    rows: F32
    columns: F32 | None = None
    transposed: bool = False
    positions: int = 0

    def divergence(self, change: F32) -> float:
        """D of a change of the parameter, float32 of its shape."""
        delta = np.asarray(change, np.float32)
        if self.rows.shape == delta.shape:
            return float((self.rows * delta**2).sum())
        delta = delta.T if self.transposed else delta.reshape(len(delta), -1)
        return float(self.rows.astype(np.float64) @ self.energy(delta))

    def energy(self, delta: F32) -> F32:
        """Δ_r · columns · Δ_rᵀ of each row of a matrix [out, in / groups], float32 [out]."""
        if self.columns is None:
            plain: F32 = np.square(delta).sum(1)
            return plain
        groups, width, _ = self.columns.shape
        grouped = delta.reshape(groups, -1, width)
        energy: F32 = (np.matmul(grouped, self.columns) * grouped).sum(2).reshape(-1)
        return energy

    def traces(self) -> F32:
        """Trace of each row's columns, float32 [out]: D of white noise is Σ rows · traces · σ²."""
        if self.columns is None:
            raise ValueError("the identity's trace is the width, which only the weight knows")
        traces = np.trace(self.columns, axis1=1, axis2=2).astype(np.float32)
        return np.repeat(traces, len(self.rows) // len(traces))
