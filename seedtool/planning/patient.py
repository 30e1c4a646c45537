"""A module in healing: some of its matrices coded for good, the rest of it in training."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seedtool import output
from seedtool.calibration.batches import Batch
from seedtool.codecs.base import Coded, coded_bytes
from seedtool.errors import UsageError
from seedtool.planning import shaping
from seedtool.planning.calibrated import Calibrated, cut
from seedtool.planning.passes import Matrix, Pass
from seedtool.planning.shaping import Form, Shape, Shaped
from seedtool.planning.watching import Watched, distance
from seedtool.planning.weights import Weights
from seedtool.seed import Part

RATE = 0.001  # of a tensor's root mean square: how far an element moves in a step at most
RATE_LAST = 3.0  # times that, of biases and norms
WARM = 0.05  # of the training, in which the rates rise
TRIES, PUSH = 6, 1.2  # codings until the bytes are right, and how boldly they are made fewer


class Patient:
    """``parts``: codings that the matrices of ``made`` are cut into, ``coded`` of them done."""

    def __init__(
        self, weights: Weights, calibrated: Calibrated, made: Pass, scale: float, parts: int
    ) -> None:
        import torch

        self._weights, self._calibrated = weights, calibrated
        self._module = calibrated.module
        self._watched = Watched(self._module)
        self._teacher = Watched(calibrated.original_module())
        self._made, self._asked, self._scale = made, scale, scale
        self._matrices: dict[str, Matrix] = {}
        named = dict(self._module.named_parameters())
        self._tensors = {
            name: named[places[0]]
            for name, places in calibrated.parameters.places.items()
            if places[0] in named
        }
        healed = [name for name in made.shaped if name in self._tensors]
        layered = [[n for n in group if n in healed] for group in calibrated.groups]
        known = {name for group in layered for name in group}
        first = [name for name in healed if name not in known]
        self._order = [first] * bool(first) + cut([g for g in layered if g], parts - bool(first))
        self.parts, self.coded = len(self._order), 0
        for name in healed:
            self._calibrated.restore(name)
        groups = []
        for name, tensor in self._tensors.items():
            trains = name in healed or (name not in made.products and tensor.ndim < 2)
            tensor.requires_grad_(trains)
            if trains:
                values = tensor.detach().double()
                rate = RATE * float(values.square().mean().sqrt())
                rate *= 1.0 if name in healed else RATE_LAST
                groups.append({"params": [tensor], "top": rate, "lr": rate})
        self._optimizer = torch.optim.Adam(groups, betas=(0.9, 0.95))

    def key(self, seed: int) -> str:
        """What a checkpoint has to be of."""
        hashed = hashlib.sha256(repr((self._asked, seed)).encode())
        for name, matrix in self._made.shaped.items():
            hashed.update(name.encode() + matrix.shaped.values.tobytes())
        return hashed.hexdigest()

    def save(self, path: Path, key: str, steps: int, seconds: float) -> None:
        """Write all that training goes on from."""
        import torch

        state = {
            "key": key,
            "steps": steps,
            "seconds": seconds,
            "coded": self.coded,
            "scale": self._scale,
            "matrices": {name: _state(matrix) for name, matrix in self._matrices.items()},
            "tensors": {name: tensor.detach() for name, tensor in self._tensors.items()},
            "optimizer": self._optimizer.state_dict(),
        }
        with output.replacing(path, force=True) as out:
            torch.save(state, out)

    def resume(self, path: Path, key: str) -> tuple[int, float]:
        """Go on from a file of :meth:`save`: its steps and seconds; UsageError if of another."""
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
        for name, held in state["matrices"].items():
            self._matrices[name] = _of_state(self._made.shaped[name], held)
            self._tensors[name].requires_grad_(False)
        self.coded, self._scale = state["coded"], state["scale"]
        self._optimizer.load_state_dict(state["optimizer"])
        return state["steps"], state["seconds"]

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

    def code_next(self) -> None:
        """Code the next part for good, as the module has it now."""
        names = self._order[self.coded]
        self.coded += 1
        measured = self._calibrated.measured(names) if self.coded > 1 else {}
        forms = {}
        for name in names:
            entry = self._made.shaped[name].entry
            values, below = self._calibrated.parameters.read(name), self._weights.values(entry)[1]
            if below is not None:
                values = values - below
            known = measured.get(name) or self._weights.sensitivity(entry, values, below)
            form = Form.of(values, known)
            forms[name] = (form, Shape.of(form, known), below)
        last = self.coded == self.parts
        scale = self._scale
        for _ in range(TRIES):
            made = {}
            for name, (form, shape, _below) in forms.items():
                fitted = shaping.fit(form, shape, scale, self._weights.states)
                shaped = shaping.code(form, shape, fitted)
                entry = self._made.shaped[name].entry
                made[name] = Matrix(entry, shape, fitted, shaped, form.flipped)
            over = self._over(made)
            if not last or over <= 0:
                break
            scale *= 2.0 ** (8 * over * PUSH / sum(m.entry.size for m in made.values()))
        left = sum(
            self._made.shaped[n].entry.size for part in self._order[self.coded :] for n in part
        )
        if left:
            self._scale = self._asked * 2.0 ** (8 * self._over(made) / left)
        self._matrices |= made
        for name, matrix in made.items():
            below = forms[name][2]
            values = matrix.shaped.values
            self._calibrated.write(matrix.entry, values if below is None else below + values)
            self._tensors[name].requires_grad_(False)
            self._tensors[name].grad = None

    def _over(self, made: dict[str, Matrix]) -> int:
        """Bytes by which what is coded takes more than it did before healing."""
        return sum(
            coded_bytes(m.shaped.coded) - coded_bytes(self._made.shaped[name].shaped.coded)
            for name, m in {**self._matrices, **made}.items()
        )

    def finished(self) -> Pass:
        """All choices anew, of the module as it is."""
        self._watched.close()
        trained = [n for n, t in self._tensors.items() if t.requires_grad]
        for tensor in self._tensors.values():
            tensor.requires_grad_(False)
        matrices = {**self._made.shaped, **self._matrices}
        return self._weights.retaken(self._made, matrices, trained, self._scale)


def _state(matrix: Matrix) -> dict[str, Any]:
    """A coded matrix in what torch.load takes of a stranger."""
    import torch

    coded, shape = matrix.shaped.coded, matrix.shape
    return {
        "params": coded.params,
        "parts": [
            (torch.frombuffer(bytearray(p.data), dtype=torch.uint8), p.packed) for p in coded.parts
        ],
        "values": torch.from_numpy(matrix.shaped.values),
        "targets": torch.from_numpy(matrix.shaped.targets),
        "row": torch.from_numpy(shape.row),
        "column": torch.from_numpy(shape.column),
    }


def _of_state(before: Matrix, state: dict[str, Any]) -> Matrix:
    parts = tuple(Part(data.numpy().tobytes(), packed) for data, packed in state["parts"])
    shaped = Shaped(
        Coded(state["params"], parts), state["values"].numpy(), state["targets"].numpy()
    )
    shape = Shape(state["row"].numpy(), state["column"].numpy(), None)
    return replace(before, shaped=shaped, shape=shape)
