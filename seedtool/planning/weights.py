"""All tensors of a model coded at one λ, layer by layer if there is data to see the errors on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seedtool import codecs, difference
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.codecs.base import FALLBACK, Array, coded_bytes, fits
from seedtool.floats import CODABLE, F32
from seedtool.plan import WEIGHT_MIN, Choice
from seedtool.planning import correction, lowrank, prior, reference, rounding, shaping
from seedtool.planning.lowrank import Product, Terms
from seedtool.planning.passes import Matrix, Pass
from seedtool.planning.shaping import Form, Shape
from seedtool.seed import SAME, SUM, Entry
from seedtool.stages import Advance
from seedtool.tensors import Tensors

if TYPE_CHECKING:
    from seedtool.planning.calibrated import Calibrated

Read = Callable[[Entry], Array]


KEPT = Choice(FALLBACK, codecs.load(FALLBACK).Options(), delta=True)
# The codec itself says why it can't hold what isn't finite, and what does.
REFUSED = Choice("trellis", codecs.load("trellis").Options(), delta=True)


NEAR = 0.7  # octaves of λ within which layers' inputs are not measured anew


class Weights:
    """The tensors of a model that may lose something, and what their errors cost.

    ``calibrated``: the model beside its data; what that knows nothing of, or without it
    everything, has the prior of its kind. ``model``: the base that differences are to.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        read: Read,
        *,
        states: int,
        model: Tensors | None = None,
        calibrated: Calibrated | None = None,
    ) -> None:
        self.entries = [e for e in entries if e.same is None]
        self._read = read
        self._model = model
        self.states = states
        self.calibrated = calibrated
        self.shown: Pass | None = None  # the pass whose values the module has
        self.like: Pass | None = None  # whose quantisers are taken, for sizes that change evenly
        self._measured: list[dict[str, Sensitivity]] = []
        self._measured_at = -math.inf
        self._shapes: dict[str, Shape] = {}
        self._terms: dict[str, Terms] = {}

    @property
    def elements(self) -> int:
        return sum(entry.size for entry in self.entries)

    def matrices(self) -> Iterator[Entry]:
        for entry in self.entries:
            if entry.dtype in CODABLE and len(entry.shape) > 1 and entry.size >= WEIGHT_MIN:
                yield entry

    def values(self, entry: Entry) -> tuple[F32, F32 | None]:
        """What is coded of a tensor, float32: its values or their difference, and the base's."""
        return reference.values(entry, self._read(entry), self._model)

    def sensitivity(self, entry: Entry, values: F32, below: F32 | None = None) -> Sensitivity:
        """What errors of a tensor cost, by data or by how large all of it is."""
        known = self.calibrated.sensitivities.get(entry.name) if self.calibrated else None
        return known or prior.sensitivity_of(entry, values if below is None else values + below)

    def _shaped(self, entry: Entry, values: F32, below: F32 | None) -> tuple[Form, Shape]:
        """A matrix with the shape that it has before anything is coded."""
        sensitivity = self.sensitivity(entry, values, below)
        form = Form.of(values, sensitivity)
        if entry.name not in self._shapes:
            self._shapes[entry.name] = Shape.of(form, sensitivity)
        return form, self._shapes[entry.name]

    def _finite(self) -> Iterator[tuple[Entry, Form, Shape, F32 | None]]:
        for entry in self.matrices():
            values, below = self.values(entry)
            if np.all(np.isfinite(values)):
                yield entry, *self._shaped(entry, values, below), below

    def estimate(self, scale: float) -> float:
        """Bytes of the matrices at λ = ``scale``, about, by samples of each."""
        return sum(self._estimate(*each, scale) for each in self._finite())

    def _estimate(
        self, entry: Entry, form: Form, shape: Shape, below: F32 | None, scale: float
    ) -> float:
        bits = shaping.fit(form, shape, scale, self.states).bits * entry.size
        product = self._product(entry, form, shape, below, scale, self._terms)
        if product and product.cost(scale) <= lowrank.price(scale) * bits:
            return coded_bytes(product.coded)
        return bits / 8

    def _product(
        self,
        entry: Entry,
        form: Form,
        shape: Shape,
        below: F32 | None,
        scale: float,
        known: dict[str, Terms],
    ) -> Product | None:
        """A difference as a product; None for a tensor that is none."""
        if below is None:
            return None
        return reference.as_product(entry, form, shape, scale, known, self._model)

    def exponent(self, bits: float) -> float:
        """log2 of a λ at which the matrices take that many bits a weight, roughly."""
        octaves = [
            (entry.size, shape.octaves(form) + 1 - bits) for entry, form, shape, _ in self._finite()
        ]
        return sum(n * x for n, x in octaves) / max(1, sum(n for n, _ in octaves))

    def rehearse(self, scale: float, advance: Advance) -> Pass:
        """As :meth:`code` but quicker, with layers that see none of the others' errors.

        Then the sensitivities of each kind of tensor are set right.
        """
        made = self.code(scale, advance, in_sequence=False)
        correction.set_right(self, made)
        self._shapes.clear()
        return made

    def code(self, scale: float, advance: Advance, *, in_sequence: bool = True) -> Pass:
        """All tensors coded at λ = ``scale``; later layers see what earlier ones lost.

        Or rather what they lost when that was last measured, at a λ not far away.
        """
        made = Pass()
        matrices = {entry.name: entry for entry in self.matrices()}
        segments = self.calibrated.segments if self.calibrated and in_sequence else []
        layered = {name for segment in segments for name in segment}
        if self.calibrated:
            self.calibrated.restore()
        for entry in self.entries:
            if entry.name not in matrices:
                self._code_small(entry, scale, made, None)
            elif entry.name not in layered:
                self._code_matrix(entry, scale, made, None)
            else:
                continue
            advance(entry.size)
        if abs(math.log2(scale) - self._measured_at) > NEAR:
            self._measured, self._measured_at = [], math.log2(scale)
        for at, segment in enumerate(segments):
            if self.calibrated and at == len(self._measured):
                self._measured.append(self.calibrated.measured(segment))
            for name in segment:
                if name in matrices:
                    self._code_matrix(matrices[name], scale, made, self._measured[at].get(name))
                    advance(matrices[name].size)
        if in_sequence:
            self._renew(scale, made)
        self.shown = made
        return made

    def losses(self, made: Pass) -> dict[str, float]:
        """By how much each matrix's errors are thought to make the outputs diverge."""
        return {
            name: matrix.shape.loss(
                Form.of(
                    matrix.shaped.targets - matrix.shaped.values,
                    self.sensitivity(matrix.entry, matrix.shaped.values),
                )
            )
            for name, matrix in made.shaped.items()
        } | {name: product.loss for name, product in made.products.items()}

    def _code_matrix(
        self, entry: Entry, scale: float, made: Pass, measured: Sensitivity | None
    ) -> None:
        values, below = self.values(entry)
        if not np.all(np.isfinite(values)):
            made.choices[entry.name] = REFUSED
            return
        sensitivity = measured or self.sensitivity(entry, values, below)
        form = Form.of(values, sensitivity)
        shape = Shape.of(form, sensitivity)
        like = self.like.shaped.get(entry.name) if self.like else None
        fitted = shaping.fit(form, shape, scale, self.states, like=like.fitted if like else None)
        product = self._product(entry, form, shape, below, scale, {})
        if product and product.cost(scale) <= lowrank.price(scale) * fitted.bits * entry.size:
            self._take_product(entry, product, below, made)
            return
        shaped = shaping.code(form, shape, fitted)
        if product:
            missed = shape.loss(Form.of(shaped.targets - shaped.values, sensitivity))
            bits = 8 * coded_bytes(shaped.coded)
            if product.cost(scale) <= missed + lowrank.price(scale) * bits:
                self._take_product(entry, product, below, made)
                return
        made.shaped[entry.name] = Matrix(entry, shape, fitted, shaped, form.flipped)
        self._take(entry, Choice("trellis", None, below is not None, shaped.coded), made)
        self.show(entry, shaped.values, below)

    def retaken(
        self, made: Pass, matrices: dict[str, Matrix], trained: Iterable[str], scale: float
    ) -> Pass:
        """``made`` with other matrices, and with the ``trained`` vectors as the module has them."""
        assert self.calibrated
        again = Pass(dict(made.choices), dict(matrices), dict(made.products))
        for entry in self.entries:
            if entry.name in matrices:
                coded = matrices[entry.name].shaped.coded
                choice = replace(made.choices[entry.name], codec="trellis", coded=coded)
                self._take(entry, choice, again)
            elif entry.name in trained:
                held = self.calibrated.parameters.read(entry.name)
                self._code_small(entry, scale, again, held)
        self._renew(scale, again)
        return again

    def _renew(self, scale: float, made: Pass) -> None:
        """The running statistics of batch norms, as they are among coded layers."""
        if not self.calibrated:
            return
        changed = set(self.calibrated.renew())
        for entry in self.entries:
            if entry.name in changed:
                self._code_small(entry, scale, made, self.calibrated.parameters.read(entry.name))

    def _code_small(self, entry: Entry, scale: float, made: Pass, trained: F32 | None) -> None:
        """``trained``: the values that training made of the tensor's, if it did."""
        if entry.dtype not in CODABLE or not entry.size:
            made.choices[entry.name] = KEPT
            return
        values, below = self.values(entry)
        if trained is not None:
            values = trained if below is None else trained - below
        weight = self._element_costs(entry, values, below)
        bits = rounding.bits_worth(values, weight, scale)
        if (
            below is not None
            and rounding.is_worthless(values, weight, bits, lowrank.price(scale))
            and reference.may_stand(entry, self._model)
        ):
            made.choices[entry.name] = Choice(SAME, None)
            self.show(entry, np.zeros_like(values), below)
            return
        inner = difference.coded_entry(entry, SUM) if below is not None else entry
        by_data = self.calibrated is not None and entry.name in self.calibrated.sensitivities
        price = lowrank.price(scale)
        held = rounding.rounded(inner, values, weight, scale, price, by_data=by_data)
        self._take(entry, Choice(held.codec, None, below is not None, held.coded), made)
        self.show(entry, held.values, below)

    def _element_costs(self, entry: Entry, values: F32, below: F32 | None) -> F32 | None:
        known = self.calibrated.sensitivities.get(entry.name) if self.calibrated else None
        if known is None and (below is not None or len(entry.shape) > 1):
            known = prior.sensitivity_of(entry, values if below is None else values + below)
        return None if known is None else rounding.element_costs(known, entry.shape)

    def _take_product(self, entry: Entry, product: Product, below: F32 | None, made: Pass) -> None:
        choice = Choice("pca", None, True, product.coded) if product.rank else Choice(SAME, None)
        made.choices[entry.name] = choice
        made.products[entry.name] = product
        self.show(entry, product.values, below)

    def _take(self, entry: Entry, choice: Choice, made: Pass) -> None:
        """The choice, or the tensor kept as it is if that takes no more bytes."""
        assert choice.coded
        made.choices[entry.name] = choice if fits(choice.coded, entry) else KEPT

    def show(self, entry: Entry, values: F32, below: F32 | None) -> None:
        """Put coded values into the module that is measured, if there is one."""
        if self.calibrated:
            self.calibrated.write(entry, values if below is None else below + values)
