"""A model beside its data: what its weights' errors cost, and its answers while it is coded."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seedtool.calibration import batches, frequency, moments, normalisation, quality
from seedtool.calibration.batches import ROWS
from seedtool.calibration.data import load_samples
from seedtool.calibration.enough import SAMPLES, samples_enough
from seedtool.calibration.normalisation import Norms
from seedtool.calibration.quality import Quality
from seedtool.calibration.sensitivity import Sensitivity
from seedtool.errors import UnsupportedError
from seedtool.floats import CODABLE, F32, to_float32
from seedtool.models.ends import token_weights
from seedtool.models.parameters import Parameters
from seedtool.seed import Entry
from seedtool.sources.base import Source

TUNING = 64  # samples that measure what is reported
TRAINING = 4096  # samples to heal with, of which those are part
HELD = 1 << 28  # bytes of samples
GRADIENTS = 0.4  # of them that gradients are taken on, which cost more
HEDGE = 2.0  # of token embeddings: texts to come have more tokens that the data lacks
UNHEALED = 2.0  # times that: healing makes up for half of what layers lose, not for tokens' rows
CHECKED = 5  # one batch in so many is kept apart, to see how far the sensitivities are right
PASSES = 4  # times that the inputs of the layers to come are measured anew

Data = str | os.PathLike[str] | Sequence[Mapping[str, Any]]


class Calibrated:
    """A source's module, the samples to run it on, and the sensitivities found so.

    ``sensitivities``: by entry name; once they are set right they count ``worth`` times.
    ``groups``: names of the layers in forward order, those together that read the same;
    ``segments``: these cut into PASSES; the inputs of each are measured when those
    before are coded.
    """

    def __init__(
        self, source: Source, data: Data, *, training: bool = False, seed: int = 0
    ) -> None:
        self._source = source
        self.module = source.module()
        self._entries = {e.name: e for e in source.entries if e.same is None}
        self.parameters = Parameters(self.module, source.entries, source.read)
        if self.parameters.unknown:
            raise UnsupportedError(
                f"the network's {self.parameters.unknown[0]!a} is no tensor of the model, nor a"
                " stack of some, so that what becomes of it can't be measured",
                hint="leave --calibrate out",
            )
        self.samples = load_samples(data, source, self.module, limit=(SAMPLES, TUNING), seed=seed)
        count = self._enough()
        wanted = min(TRAINING if training else count, self._room())
        if wanted > SAMPLES:
            self.samples = load_samples(
                data, source, self.module, limit=(wanted, TUNING), seed=seed
            )
        # Batches are sorted by length: those of each use are taken from all through.
        every = self.samples.calibration
        several = every[:: max(1, len(every) * ROWS // count)]
        self._checked = several[2::CHECKED] or several
        self._batches = [b for i, b in enumerate(several) if i % CHECKED != 2] or several
        gradients = int(GRADIENTS * count)
        few = self._batches[:: max(1, len(self._batches) * ROWS // gradients)]
        self.original = quality.outputs(self.module, self.samples.tuning)
        self._answers = quality.outputs(self.module, self._checked)
        found = moments.collect(self.module, few, seed=seed)
        self._entry_of = {
            place: name for name, places in self.parameters.places.items() for place in places
        }
        found |= normalisation.running_statistics(self.module, found)
        tokens = self._embeddings(found, few)
        found |= tokens
        worth = HEDGE * UNHEALED if training else HEDGE
        self.worth = {self._entry_of[k]: worth for k in tokens if k in self._entry_of}
        self.sensitivities = {self._entry_of[k]: s for k, s in found.items() if k in self._entry_of}
        self.sensitivities |= {
            name: moments.of_stack(found[place.tensor], place.rows)
            for name, place in self.parameters.parts.items()
            if place.tensor in found
        }
        groups = [
            [self._entry_of[k] for k in group if k in self._entry_of]
            for group in moments.groups(self.module, every[0])
        ]
        self.groups = [g for g in groups if g]
        self.segments = cut(self.groups, PASSES)
        own = {names[0] for names in self.parameters.places.values() if len(names) == 1}
        self._norms = Norms(self.module, self._batches, own)

    def _enough(self) -> int:
        """Samples that all layers' moments take."""
        first = self.samples.calibration[:1]
        found = moments.collect(self.module, first, gradients=False)
        return samples_enough(found, batches.count(first))

    def _room(self) -> int:
        """Samples that may be held."""
        held = self.samples.calibration
        size = sum(array.nbytes for batch in held for array in batch.values())
        return min(TRAINING, HELD * batches.count(held) // max(1, size))

    def original_module(self) -> Any:
        """Another module, with the source's own weights."""
        return self._source.module()

    def divergence(self) -> float:
        """Of the module as it is, on samples that no sensitivity was taken on."""
        found = quality.outputs(self.module, self._checked)
        return quality.measure(self._answers, found).divergence

    def _embeddings(
        self, found: Mapping[str, Sensitivity], few: Sequence[dict[str, Any]]
    ) -> dict[str, Sensitivity]:
        """The rows of tokens, at both ends of the network, by how often they occur in all the data.

        The answers' gradients that samples give know of few tokens of a vocabulary, and a row that
        is coded as nothing is a token that is always, or never, expected.
        """
        tokens = self.samples.tokens
        if tokens is None:
            return {}
        weights = token_weights(self.module)
        places = {
            name: found[name]
            for name, parameter in self.module.named_parameters()
            if name in found and any(parameter is weight for weight in weights)
        }
        made = {}
        for name, known in places.items():
            vocabulary = len(known.rows)
            seen = frequency.count_tokens(few, vocabulary)
            # What checks how far sensitivities are right must be as new to them as texts to come.
            others = tokens - frequency.count_tokens(self._checked, vocabulary)[: len(tokens)]
            # Of a weight that is no layer's own, every element has a cost.
            rows = known.rows.reshape(vocabulary, -1).mean(1)
            made[name] = replace(known, rows=frequency.spread(rows, seen, others))
        return made

    def restore(self, only: str | None = None) -> None:
        """Put the source's own values back into the module, of all that :meth:`write` changes."""
        for name in [only] if only else [*self.parameters.places, *self.parameters.parts]:
            entry = self._entries[name]
            if entry.dtype in CODABLE:
                self.parameters.write(name, to_float32(self._source.read(entry), entry.dtype))

    def write(self, entry: Entry, values: F32) -> None:
        """Put coded values into the module, if it has the tensor."""
        if entry.name in self.parameters:
            self.parameters.write(entry.name, values)

    def measured(self, names: Iterable[str]) -> dict[str, Sensitivity]:
        """Sensitivities of some layers with the inputs that they have in the module as it is."""
        wanted = {self.parameters.places[name][0]: name for name in names}
        fresh = moments.collect(self.module, self._batches, wanted, gradients=False)
        return {
            name: replace(self.sensitivities[name], columns=fresh[place].columns)
            for place, name in wanted.items()
            if name in self.sensitivities and place in fresh
        }

    def renew(self) -> list[str]:
        """Fit batch norms' running statistics to the module as it is; entries that have changed.

        None, if it diverges less without.
        """
        old = self.divergence() if self._norms else 0.0
        if not self._norms or not self._norms.renew(self.module, lambda: self.divergence() < old):
            return []
        return [self._entry_of[k] for k in self._norms.buffers if k in self._entry_of]

    def quality(self) -> Quality:
        """The module as it is against the original, on the samples to tune with."""
        return quality.measure(self.original, quality.outputs(self.module, self.samples.tuning))


def cut(groups: Sequence[list[str]], most: int) -> list[list[str]]:
    """At most so many runs of neighbouring groups, of equal numbers or nearly, each as one."""
    count = min(most, len(groups))
    cuts = [len(groups) * i // count for i in range(count + 1)] if count else [0]
    return [[name for group in groups[a:b] for name in group] for a, b in itertools.pairwise(cuts)]
