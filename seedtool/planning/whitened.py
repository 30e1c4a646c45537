"""PCA in the metric of a layer's inputs: what is left out costs the outputs least.

With inputs x and H = E[x xᵀ], a layer whose weight is off by Δ answers with an error
of tr(Δ H Δᵀ). Of all matrices of rank k the one nearest to W by that is the
truncated singular value decomposition of W H^½ times H^-½ (Eckart and Young, 1936,
in another norm; Wang et al., "SVD-LLM", arXiv 2403.07378). An embedding's
inputs are tokens: H is diagonal, and how much each token matters stands before its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seedtool import codecs, difference
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs import pca
from seedtool.codecs.base import Coded, fits
from seedtool.codecs.pca import LowRank
from seedtool.feedback import DAMPING
from seedtool.floats import F32
from seedtool.plan import Choice, make_options
from seedtool.planning.calibrated import Calibrated
from seedtool.planning.shaping import Form
from seedtool.planning.weights import Weights
from seedtool.seed import SUM, Entry
from seedtool.sources.base import Source
from seedtool.stages import Stage
from seedtool.tensors import BaseModel

if TYPE_CHECKING:
    from seedtool.api import Seed

F64 = npt.NDArray[np.float64]
STATES = 8  # of trellises, which nothing here has


def is_asked(codec: str | None, settings: Mapping[str, object], data: Any) -> bool:
    """Whether these are wishes for whitened PCA; UsageError if it lacks data."""
    if codec != "pca" or not make_options(codec, codecs.load(codec), settings).whiten:
        return False
    if data is None:
        raise pca.needs_data()
    return True


def carry_out(
    choices: Mapping[str, Choice],
    data: Any,
    source: Source,
    base: BaseModel | None,
    make: Callable[[Mapping[str, Choice]], Seed],
    stage: Stage,
) -> Seed:
    """The seed of ``choices`` (all of ``pca``), its matrices coded in their inputs' metric.

    Those whose inputs the ``data`` does not show, or that the codec can't hold, are left
    to plain PCA.
    """
    stage("calibrating", 0)
    calibrated = Calibrated(source, data, training=False)
    tensors = base.tensors if base else None
    weights = Weights(
        source.entries, source.read, states=STATES, model=tensors, calibrated=calibrated
    )
    advance = stage("coding", weights.elements)
    plain = {n: _unwhitened(choice) for n, choice in choices.items()}
    coded = dict(plain)
    for entry in weights.matrices():
        known = calibrated.sensitivities.get(entry.name)
        choice = plain[entry.name]
        if choice.codec == "pca" and known is not None and known.rows.shape != entry.shape:
            values, below = weights.values(entry)
            inner = entry if below is None else difference.coded_entry(entry, SUM)
            made = encode(inner, values, known, choice.options)
            if made is not None and fits(made, entry):
                coded[entry.name] = replace(choice, delta=below is not None, coded=made)
        advance(entry.size)
    return make(coded)


def _unwhitened(choice: Choice) -> Choice:
    if choice.codec != "pca":
        return choice
    return replace(choice, options=replace(choice.options, whiten=False))


def encode(
    entry: Entry, values: F32, sensitivity: Sensitivity, options: pca.Options
) -> Coded | None:
    """A tensor by PCA in its inputs' metric; None if its values are beyond what pca holds."""
    if not pca.holds(values):
        return None
    form = Form.of(values, sensitivity)
    product, power = decompose(form.matrix, sensitivity)
    if form.flipped:
        product = LowRank(product.right.T, product.left.T)
    matrix = values.reshape(len(values), -1)
    return pca.encode_ranked(entry, matrix, product, power, options)


def decompose(matrix: F32, sensitivity: Sensitivity) -> tuple[LowRank, F64]:
    """``matrix`` [out, in] as a product, and what each of its ranks is worth.

    The first k columns of ``left`` and rows of ``right`` are the best of rank k;
    the worth is in squares of the outputs, in falling order.
    """
    exact = matrix.astype(np.float64)
    if sensitivity.columns is None:
        weight = sensitivity.rows.astype(np.float64)
        root = np.sqrt(_damped(weight, float(weight.mean())))[:, None]
        left, right, power = _singular(exact * root)
        return LowRank(left / root, right), power
    moment = sensitivity.columns.astype(np.float64).mean(0)
    place = np.diag_indices(len(moment))
    moment[place] = _damped(moment[place], float(np.trace(moment)) / len(moment))
    variance, vectors = np.linalg.eigh(moment)
    deviation = np.sqrt(variance)
    left, right, power = _singular(exact @ (vectors * deviation))
    return LowRank(left, (right / deviation) @ vectors.T), power


def _damped(diagonal: F64, mean: float) -> F64:
    return diagonal + DAMPING * (mean or 1.0)


def _singular(matrix: F64) -> tuple[F64, F64, F64]:
    """U, S Vᵀ and the squares of S, by the eigenvectors of the smaller Gram matrix."""
    if matrix.shape[0] > matrix.shape[1]:
        power, v = np.linalg.eigh(matrix.T @ matrix)
        power, v = np.maximum(power[::-1], 0), v[:, ::-1]
        return matrix @ v, v.T, power
    power, u = np.linalg.eigh(matrix @ matrix.T)
    return u[:, ::-1], u[:, ::-1].T @ matrix, np.maximum(power[::-1], 0)
