"""Second moments of each layer's inputs, and the divergence's curvature in its outputs.

For a layer of weight W whose outputs have the gradient g_t at position t, a
sample's part of the Fisher matrix is that of the vector G = Σ_t g_t x_tᵀ. Its
expectation is approximated by a product, diagonal over rows (Martens & Grosse,
"Optimizing neural networks with Kronecker-factored approximate curvature",
2015): rows[r] · E[x xᵀ]. rows[r] is not E[g_tr²] but E‖G_r‖² over the trace of
E[x xᵀ], so that positions that act together (mean pooling, shared weights) are
counted as they act, and white noise has the divergence that Fisher's matrix gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from seedtool.calibration.accumulation import Accumulator
from seedtool.calibration.batches import Batch, count
from seedtool.calibration.divergence import Kind, answer, project
from seedtool.calibration.layers import Layer, find_layers
from seedtool.calibration.sensitivity import F32, Sensitivity

Note = Callable[[Layer, Any, Any], Any]


class _SeenAll(Exception):  # noqa: N818  (no error: the forward pass has served its purpose)
    """Every wanted layer has been seen."""


def collect(
    module: Any,
    batches: Sequence[Batch],
    names: Iterable[str] | None = None,
    *,
    gradients: bool = True,
    seed: int = 0,
    kind: Kind | None = None,
) -> dict[str, Sensitivity]:
    """The sensitivity of parameters by name, as ``named_parameters`` calls them.

    ``names`` None: all. Those that the outputs on this data do not depend on
    are left out. Without ``gradients`` only layers with a matrix of inputs are
    given, with rows of 1, and a forward pass ends when all of ``names`` have
    been seen. Of a weight with several uses the energies are added and the
    second moments averaged; one that is an embedding and an output layer has
    the output layer's columns. Padding (by ``attention_mask``) counts nowhere.
    ``seed`` draws the projections. The module is left as it was. NoGraphError
    if it does not run on the data.
    """
    wanted = set(names) if names is not None else None
    layers = [x for x in find_layers(module) if wanted is None or x.parameter in wanted]
    with _undisturbed(module):
        if not gradients:
            return _moments(module, batches, [x for x in layers if x.kind != "embedding"])
        return _sensitivities(module, batches, layers, wanted, seed, kind)


def groups(module: Any, batch: Batch) -> list[list[str]]:
    """Weights of linear layers and convolutions in forward order, by parameter name.

    Those in one list read the very same tensor (queries, keys and values).
    """
    import torch

    first: dict[tuple[int, int], list[str]] = {}
    kept: list[Any] = []  # a tensor that is alive keeps its id for itself
    seen: set[str] = set()

    def note(layer: Layer, x: Any, _: Any) -> None:
        if layer.parameter not in seen:
            seen.add(layer.parameter)
            kept.append(x)
            first.setdefault((id(x), x._version), []).append(layer.parameter)

    layers = [x for x in find_layers(module) if x.kind != "embedding"]
    with _undisturbed(module), torch.no_grad(), _hooked(layers, note):
        answer(module, batch)
    return list(first.values())


def _moments(
    module: Any, batches: Sequence[Batch], layers: Sequence[Layer]
) -> dict[str, Sensitivity]:
    import torch

    sums = {x.parameter: Accumulator(x) for x in layers}
    calls, expected = 0, 0
    samples, mask = 0, None

    def note(layer: Layer, x: Any, out: Any) -> None:
        nonlocal calls
        sums[layer.parameter].add_inputs(x, tuple(out.shape), samples, mask)
        calls += 1
        if calls == expected:
            raise _SeenAll

    with torch.no_grad(), _hooked(layers, note):
        for batch in batches:
            calls, samples, mask = 0, count([batch]), _mask(batch)
            try:
                answer(module, batch)
            except _SeenAll:
                continue
            # The first batch goes through to the end: a layer may be called more than once.
            expected = expected or calls
    return {
        name: _sensitivity(total, np.ones(total.layer.out, np.float32))
        for name, total in sums.items()
        if total.positions
    }


def _sensitivities(
    module: Any,
    batches: Sequence[Batch],
    layers: Sequence[Layer],
    wanted: set[str] | None,
    seed: int,
    kind: Kind | None,
) -> dict[str, Sensitivity]:
    import torch

    called = _called(module, batches[:1], layers)
    matrices = {x.parameter: Accumulator(x) for x in called if x.kind != "embedding"}
    tokens = {x.parameter: Accumulator(x) for x in called if x.kind == "embedding"}
    others = {
        name: parameter.requires_grad_()
        for name, parameter in module.named_parameters()
        if name not in matrices
        and name not in tokens
        and (wanted is None or name in wanted)
        and parameter.is_floating_point()
    }
    squares = {name: torch.zeros_like(p, dtype=torch.float32) for name, p in others.items()}
    kept: dict[tuple[int, int], tuple[Any, Any]] = {}
    samples, mask, predictions, factor = 0, None, 0, 1.0

    def note(layer: Layer, x: Any, out: Any) -> Any:
        total = (tokens if layer.kind == "embedding" else matrices)[layer.parameter]
        # A copy, as what follows may change the tensor in place; one for all that read it.
        _, copy = kept.setdefault((id(x), x._version), (x, x.detach().clone()))
        if layer.kind != "embedding":
            with torch.no_grad():
                total.add_inputs(copy, tuple(out.shape), samples, mask)
        if not out.requires_grad:
            out = out.detach().requires_grad_().clone()
        out.register_hook(partial(_backward, total, copy, samples))
        return out

    generator = torch.Generator().manual_seed(seed)
    with _hooked(called, note), torch.enable_grad():
        for batch in batches:
            samples, mask = count([batch]), _mask(batch)
            found = answer(module, batch, kind)
            scalar, factor = project(found, generator)
            predictions += len(found.values)
            if scalar.requires_grad:
                scalar.backward()
            kept.clear()
            for name, parameter in others.items():
                if parameter.grad is not None:
                    squares[name] += parameter.grad.float().square()
                    parameter.grad = None
    scale = factor / max(1, predictions)
    made = {
        name: _joined(matrices.get(name), tokens.get(name), scale) for name in matrices | tokens
    }
    made |= {name: Sensitivity((total * scale).numpy()) for name, total in squares.items()}
    return {name: sensitivity for name, sensitivity in made.items() if sensitivity.rows.any()}


def of_stack(found: Sensitivity, rows: tuple[int, int]) -> Sensitivity:
    """Of a matrix of a stack [matrices, rows, columns], or of some rows: a row of all matrices.

    Each as the mean of all: of an expert that few samples came to they say little.
    """
    return Sensitivity(found.rows.mean((0, 2))[slice(*rows)])


def _backward(total: Accumulator, x: Any, samples: int, g: Any) -> None:
    total.add_gradients(x, g.detach(), samples)


def _joined(matrix: Accumulator | None, tokens: Accumulator | None, scale: float) -> Sensitivity:
    """The sensitivity of a weight that is a matrix, an embedding or both."""
    own: F32 = np.zeros(0, np.float32) if tokens is None else (tokens.energy * scale).numpy()
    if matrix is None:
        return Sensitivity(own)
    ones = _sensitivity(matrix, np.ones(matrix.layer.out, np.float32))
    energy: F32 = (matrix.energy * scale).numpy()
    if tokens is not None:
        energy = energy + own * tokens.layer.width
    traces = ones.traces()
    rows = np.divide(energy, traces, out=np.zeros_like(energy), where=traces > 0)
    return _sensitivity(matrix, rows)


def _sensitivity(total: Accumulator, rows: F32) -> Sensitivity:
    return Sensitivity(rows, total.columns(), total.layer.kind == "transposed", total.positions)


def _called(module: Any, batches: Sequence[Batch], layers: Sequence[Layer]) -> list[Layer]:
    """The layers whose modules are called, rather than their weights used by other code."""
    import torch

    seen: set[int] = set()
    with torch.no_grad(), _hooked(layers, lambda layer, _x, _out: seen.add(id(layer))):
        for batch in batches:
            answer(module, batch)
    names = {x.parameter for x in layers if id(x) not in seen}
    # A weight that is used otherwise as well would be counted by half.
    return [x for x in layers if id(x) in seen and x.parameter not in names]


def _mask(batch: Batch) -> Any:
    import torch

    mask = batch.get("attention_mask")
    return None if mask is None or mask.ndim != 2 else torch.from_numpy(mask).bool()


@contextmanager
def _hooked(layers: Sequence[Layer], note: Note) -> Iterator[None]:
    """Call ``note`` with a layer, its input and its output whenever it runs.

    What ``note`` returns, unless None, becomes the output.
    """

    def hook(layer: Layer, _: Any, args: Any, named: dict[str, Any], out: Any) -> Any:
        x = args[0] if args else next(iter(named.values()))
        # An embedding of positions may be given how many there are.
        return note(layer, x, out) if hasattr(x, "_version") else None

    handles = [
        layer.module.register_forward_hook(partial(hook, layer), with_kwargs=True)
        for layer in layers
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _undisturbed(module: Any) -> Iterator[None]:
    """In eval mode, with no parameter's gradient recorded; all as it was afterwards."""
    training = {part: part.training for part in module.modules()}
    recorded = {p: (p.requires_grad, p.grad) for p in module.parameters()}
    module.eval()
    for parameter in recorded:
        parameter.requires_grad_(False)
        parameter.grad = None
    try:
        yield
    finally:
        for part, was in training.items():
            part.training = was
        for parameter, (required, gradient) in recorded.items():
            parameter.requires_grad_(required)
            parameter.grad = gradient
