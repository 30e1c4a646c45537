"""A matrix coded so that each weight's error costs as much as every other's.

With D = Σ_r g_r Δ_r H Δ_rᵀ and error feedback along the columns, what is left
is Σ g_r e_rc²/U_cc² (see :mod:`seedtool.feedback`). At a high rate the rate is
least for a given D if the step is λ·U_cc/√g_r ("reverse water-filling"; for
columns see Yuan et al., "WaterSIC", arXiv 2603.04956): so one λ sets all steps of
a model, and low rates fall out of the same Lagrangian by the search's rate term.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool import feedback, grid, rans, scaleclasses, tcq
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs import trellis
from seedtool.codecs.base import Coded
from seedtool.codecs.trellis import Steps
from seedtool.floats import F32
from seedtool.scaleclasses import U8, Classes
from seedtool.tcq import Layout, Stream

SAMPLE = 1 << 15  # weights that rates are fitted to
SAMPLE_LANES = 256
CODE_BITS = 4.0  # what a step's code costs after zstd
ROOM = 0.85  # share of the tail's place that is filled
FLOOR = 0.02  # of the mean: no row is believed to matter less
RATE_WEIGHT = 0.35
PLAIN_STEP = 0.866  # of a plain quantiser, of whose points half are no points, over a trellis's
COARSE = 1.5  # bits a weight under which a plain quantiser is tried as well
REACH = tcq.REACH_MAX // 2  # largest point before feedback

_NONE = np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Form:
    """A tensor as a matrix [out, in] in the order that its sensitivity has it.

    ``flipped``: the tensor itself is the matrix's transpose.
    """

    matrix: F32
    flipped: bool
    shape: tuple[int, ...]

    @classmethod
    def of(cls, values: F32, sensitivity: Sensitivity) -> Form:
        return cls.turned(values, sensitivity.transposed)

    @classmethod
    def turned(cls, values: F32, flipped: bool) -> Form:
        plain = values.reshape(len(values), -1)
        return cls(np.ascontiguousarray(plain.T) if flipped else plain, flipped, values.shape)

    def back(self, matrix: F32) -> F32:
        """A matrix of this form as a tensor."""
        return np.ascontiguousarray(matrix.T if self.flipped else matrix).reshape(self.shape)


@dataclass(frozen=True)
class Shape:
    """What does not change with λ: relative steps of rows and columns, U of the columns."""

    row: F32
    column: F32
    upper: F32 | None

    @classmethod
    def of(cls, form: Form, sensitivity: Sensitivity) -> Shape:
        columns = form.matrix.shape[1]
        weight = sensitivity.rows.astype(np.float64)
        upper = None
        spread = np.ones(columns)
        if sensitivity.columns is not None:
            of_group = weight.reshape(len(sensitivity.columns), -1).mean(1)
            of_group = of_group / (of_group.sum() or 1.0)
            moment = np.tensordot(of_group, sensitivity.columns.astype(np.float64), 1)
            upper = feedback.factor(moment, sensitivity.positions)
            spread = np.diag(upper).astype(np.float64)
        weight = np.maximum(weight, FLOOR * (weight.mean() or 1.0))
        return cls((1 / np.sqrt(weight)).astype(np.float32), spread.astype(np.float32), upper)

    def octaves(self, form: Form) -> float:
        """log2 of the matrix's deviation over its mean step at λ = 1."""
        deviation = float(np.sqrt(np.mean(np.square(form.matrix, dtype=np.float64))))
        steps = float(np.mean(np.log2(self.row)) + np.mean(np.log2(self.column)))
        return math.log2(deviation) - steps if deviation else 0.0

    def loss(self, errors: Form) -> float:
        """What the errors of a coded matrix cost: Σ g_r e_rc² / U_cc²."""
        relative = errors.matrix / self.row[:, None] / self.column
        return float(np.sum(np.square(relative, dtype=np.float64)))

    def steps(self, scale: float) -> Steps:
        """The steps at λ = ``scale``, with a code a row or a column only where they differ."""
        row, column = (x.astype(np.float64) for x in (self.row, self.column))
        middle = [float(np.exp(np.log(x).mean())) for x in (row, column)]
        codes = [
            _coarse(x / m) if _pays(x / m, other.size) else None
            for x, m, other in ((row, middle[0], column), (column, middle[1], row))
        ]
        return Steps(trellis.legal(scale * middle[0] * middle[1]), *codes)


def _coarse(relative: npt.NDArray[np.float64]) -> grid.Codes:
    """Codes a quarter of an octave apart: 6 % more or less of a step is no loss, a code is."""
    return (grid.codes_of(relative) + np.uint32(1)) & ~np.uint32(1)


def _pays(relative: npt.NDArray[np.float64], length: int) -> bool:
    """Whether steps of their own are worth a code each to vectors of ``length`` weights."""
    gain = 0.5 * np.log2(np.mean(relative**-2.0)) + np.mean(np.log2(relative))
    return bool(gain * length > CODE_BITS)


@dataclass(frozen=True)
class Fitted:
    """A matrix at one λ, before all its points are searched.

    ``rates``: float32, classes x points, bits. ``bits`` a weight, about. ``states``: 1
    for a plain quantiser, which is as good as a trellis at low rates and better at the lowest.
    """

    steps: Steps
    classes: Classes | None
    rates: F32
    bits: float
    states: int

    @property
    def rate_weight(self) -> float:
        """What a bit is worth in squared steps: λ is the same for both quantisers."""
        return RATE_WEIGHT if self.states > 1 else RATE_WEIGHT / PLAIN_STEP**2


def fit(
    form: Form, shape: Shape, scale: float, states: int, *, like: Fitted | None = None
) -> Fitted:
    """Steps, classes and rates at λ = ``scale``, with a trellis of ``states`` or without.

    ``like``: another fit, whose quantiser it has to be.
    """
    steps = _reaching(form.matrix, shape.steps(scale))
    unit = steps.divide(form.matrix)
    classes = scaleclasses.choose(*scaleclasses.fit(unit), unit / np.float32(2))
    lanes = max(1, min(SAMPLE_LANES, unit.size // 32))
    at = np.arange(0, unit.size, max(1, unit.size // SAMPLE))
    row, column = np.divmod(at[: at.size // lanes * lanes], unit.shape[1])
    sample = unit[row, column]
    of = None if classes is None else classes.at(row, column)
    chosen, cost = _tried(sample, of, Fitted(steps, classes, _NONE, 0.0, states), lanes)
    if like and like.states == states:
        return chosen
    if like or chosen.bits < COARSE:
        coarse = replace(steps, step=trellis.legal(float(steps.step) * PLAIN_STEP))
        plain, other = _tried(
            sample / PLAIN_STEP, of, Fitted(coarse, classes, _NONE, 0.0, 1), lanes
        )
        if like or other * PLAIN_STEP**2 < cost:
            return plain
    return chosen


def _reaching(matrix: F32, steps: Steps) -> Steps:
    """Steps wide enough for the grid to reach every weight.

    Of the rows or columns that it does not reach, whichever are fewer, and of no others: one
    outlier of an embedding must not make the rest of it coarse.
    """
    over = np.abs(steps.divide(matrix)) / np.float32(REACH)
    rows, columns = over.max(axis=1, initial=0), over.max(axis=0, initial=0)
    if not np.any(rows >= 1):
        return steps
    if np.mean(rows >= 1) <= np.mean(columns >= 1):
        return replace(steps, row=_widened(steps.row, rows))
    return replace(steps, column=_widened(steps.column, columns))


def _widened(codes: grid.Codes | None, over: F32) -> grid.Codes:
    """Codes of steps as many octaves wider as ``over`` is over 1."""
    known = grid.codes_of(np.ones(over.size)) if codes is None else codes
    octaves = np.floor(np.log2(np.maximum(over, 0.5))) + 1
    return grid.codes_of(grid.steps_of(known) * np.exp2(octaves))


def _tried(sample: F32, of: U8 | None, at: Fitted, lanes: int) -> tuple[Fitted, float]:
    """With rates and bits of a sample, and its distortion and rate in squares of the step."""
    wishes: Any = {"rate_weight": at.rate_weight, "states": at.states}
    count = at.classes.count if at.classes else 1
    rates, bits = tcq.fit(sample, of, None, count=count, lanes=lanes, **wishes)
    points = tcq.search(sample, of, lanes, rates, **wishes)
    missed = float(np.mean(np.square(sample - points, dtype=np.float64)))
    return replace(at, rates=rates, bits=bits), missed + at.rate_weight * bits


@dataclass(frozen=True)
class Shaped:
    """A coded matrix: its section's body, the values it decodes to, those it was meant to have.

    ``values`` and ``targets``: float32, the tensor's shape.
    """

    coded: Coded
    values: F32
    targets: F32


def code(form: Form, shape: Shape, fitted: Fitted) -> Shaped:
    """Search the points, with feedback where the shape has U, and write them."""
    classes = fitted.classes.matrix() if fitted.classes else None
    if shape.upper is None or not 1 < len(form.matrix) <= rans.LANES_MAX:
        unit = fitted.steps.divide(form.matrix).reshape(-1)
        stream, layout, points = tcq.code(
            unit,
            None if classes is None else classes.reshape(-1),
            fitted.rates,
            fitted.bits,
            rate_weight=fitted.rate_weight,
            states=fitted.states,
        )
        made = points.reshape(form.matrix.shape)
        return _shaped(form, fitted, stream, layout, made, form.matrix, by_columns=False)
    return _fed_back(form, shape.upper, fitted, classes)


def _fed_back(form: Form, upper: F32, fitted: Fitted, classes: U8 | None) -> Shaped:
    rows, columns = form.matrix.shape
    steps = np.full(form.matrix.shape, fitted.steps.step)
    fitted.steps.scale(steps)
    reach = int(min(REACH, 2 * np.max(np.abs(form.matrix / steps), initial=0))) + 8
    costs = tcq.spread(fitted.rates, reach) * np.float32(fitted.rate_weight)
    flat = None if classes is None else np.ascontiguousarray(classes.T).reshape(-1)
    room = ROOM * 16 * rans.tail_room(rows) / max(fitted.bits, 0.01)
    tail = rans.tail_for(rows, form.matrix.size, int(room)) // rows
    while True:
        layout = Layout(rows, tail * rows)
        body = slice(0, columns - tail)
        made = feedback.quantise(form.matrix, steps, upper, classes, costs, fitted.states, body)
        last = (made.targets / steps)[:, body.stop :].T.reshape(-1)
        end = tcq.search(
            last,
            None if flat is None else flat[body.stop * rows :],
            layout.tail_lanes,
            fitted.rates,
            rate_weight=fitted.rate_weight,
            states=fitted.states,
        )
        points = np.concatenate([made.points.reshape(-1), end])
        stream = tcq.pack(points, flat, len(fitted.rates), layout)
        if stream is not None:
            points = points.reshape(columns, rows).T
            return _shaped(form, fitted, stream, layout, points, made.targets, by_columns=True)
        tail = tail * 3 // 4


def _shaped(
    form: Form,
    fitted: Fitted,
    stream: Stream,
    layout: Layout,
    points: npt.NDArray[np.int16],
    targets: F32,
    *,
    by_columns: bool,
) -> Shaped:
    steps, classes = fitted.steps, fitted.classes
    if form.flipped:
        steps = Steps(steps.step, steps.column, steps.row)
        classes = classes and replace(classes, row=classes.column, column=classes.row)
    # In the tensor's own order of rows and columns, as a decoder rounds the products.
    values = np.ascontiguousarray(points.T if form.flipped else points) * steps.step
    steps.scale(values)
    order = trellis.ORDERS[by_columns != form.flipped]
    coded = trellis.assembled(stream, layout, steps, classes, fitted.states, order)
    return Shaped(coded, values.reshape(form.shape), form.back(targets))
