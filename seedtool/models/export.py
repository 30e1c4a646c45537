"""A torch model as a weightless ONNX graph whose initializers are the seed's tensors.

The exporter's own optimiser is off: it folds batch norms into convolutions
and reorders LSTM weights, after which they are no tensors of the model any
more. Constants are folded here where no weight takes part; runtimes fold the
rest as they load.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seedtool import modelproto, tensorproto
from seedtool import protobuf as pb
from seedtool.errors import MissingExtraError, NoGraphError
from seedtool.graph import Graph, Initializer
from seedtool.models import inputs
from seedtool.models.inputs import Example
from seedtool.models.loading import first_line, load_hf, quiet
from seedtool.models.matching import Matcher, Read
from seedtool.seed import DTYPES, Entry

OPSET = 18
SMALL = 1 << 10  # bytes of an initializer that stays in the graph: a shape, an axis
STRAY = 64 << 10  # bytes of constants that no tensor is, before they are spoken of
STRAY_SHARE = 0.1  # of the model's bytes, above which it is not exported


def export_module(
    module: Any, example: Mapping[str, Any], entries: Sequence[Entry], read: Read
) -> Graph:
    """The graph of a ``torch.nn.Module`` called with the tensors of ``example`` by name.

    ``entries`` and ``read`` are those of the source. NoGraphError says why there is none.
    """
    training = module.training
    try:
        return _export(module, inputs.for_module(dict(example)), entries, read)
    finally:
        module.train(training)


def export_hf(folder: Path, architecture: str, entries: Sequence[Entry], read: Read) -> Graph:
    """The graph of the transformers model in ``folder``; ``architecture`` is config.json's."""
    model = load_hf(folder, architecture)
    return _export(model, inputs.for_hf(model), entries, read)


def _export(module: Any, example: Example, entries: Sequence[Entry], read: Read) -> Graph:
    model, notes = _trace(module, example)
    weights = set(model.graph.initializers)
    _fold(model, weights)
    _strip(model)
    rows, casts, stray = _take(model, Matcher(entries, read))
    if stray > STRAY:
        whole = sum(e.nbytes for e in entries)
        if stray > STRAY + STRAY_SHARE * whole:
            raise NoGraphError(
                f"the exported graph holds {stray} bytes of constants that are no tensors of it"
            )
        notes = (*notes, f"{stray} bytes of constants are no tensors: they stay in the ONNX graph")
    try:
        import onnx_ir

        skeleton = casts + onnx_ir.serde.serialize_model(model).SerializeToString()
    except Exception as error:
        raise NoGraphError(f"the graph can't be written: {first_line(error)}") from None
    return Graph(model.opset_imports[""], skeleton, rows, notes)


def _trace(module: Any, example: Example) -> tuple[Any, tuple[str, ...]]:
    """The exporter's model, with as many axes left open as it will, and what to say of it."""
    try:
        import onnx_ir  # noqa: F401
        import onnxscript  # noqa: F401
        import torch
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "onnx", "exporting to ONNX") from None
    names = list(example.tensors)
    wrapped = inputs.wrap(module, names, example.fixed)
    reason = ""
    for axes, values in _attempts(example):
        notes = () if axes == example.axes else (_said(axes),)
        open_axes = tuple(dict.fromkeys(axes[n], torch.export.Dim.DYNAMIC) for n in names)
        try:
            with quiet(), torch.no_grad():
                results = inputs.outputs_of(module(**values, **example.fixed))
                made = torch.onnx.export(
                    wrapped,
                    tuple(values.values()),
                    input_names=names,
                    output_names=list(results),
                    dynamo=True,
                    optimize=False,
                    opset_version=OPSET,
                    dynamic_shapes=(open_axes,),
                    verbose=False,
                ).model
        except Exception as error:
            reason = reason or first_line(error)
            continue
        _name_axes(made, axes, values)
        return made, notes
    raise NoGraphError(f"torch.onnx.export fails: {reason}")


def _attempts(example: Example) -> Iterator[tuple[dict[str, dict[int, str]], dict[str, Any]]]:
    """Open axes and the values to trace with, from the most general to none.

    Tracing takes a size of 1 for a constant, so a single example is doubled.
    """
    import torch

    def doubled(open_axes: dict[str, dict[int, str]]) -> dict[str, Any]:
        made = dict(example.tensors)
        if all(made[n].shape[0] == 1 for n, axes in open_axes.items() if 0 in axes):
            for name, axes in open_axes.items():
                if 0 in axes:
                    made[name] = torch.cat([made[name], made[name]])
        return made

    seen: list[dict[str, dict[int, str]]] = []
    for kept in (("batch", "sequence"), ("batch",), ()):
        axes = {n: {i: a for i, a in by.items() if a in kept} for n, by in example.axes.items()}
        if axes not in seen:
            seen.append(axes)
            yield axes, doubled(axes) if kept else example.tensors


def _said(axes: dict[str, dict[int, str]]) -> str:
    if any(axes.values()):
        return "the ONNX graph takes any batch, but only sequences of the example's length"
    return "the ONNX graph takes inputs of the example's shape only"


def _name_axes(model: Any, axes: dict[str, dict[int, str]], values: dict[str, Any]) -> None:
    """Call open axes what they are; outputs' are open wherever their size may be an open axis'."""
    names: dict[str, str] = {}
    sizes: set[int] = set()
    for value in model.graph.inputs:
        dims = list(value.shape)
        for axis, name in axes[value.name].items():
            names[str(dims[axis])] = name
            sizes.add(int(values[value.name].shape[axis]))
            dims[axis] = name
        value.shape = type(value.shape)(dims)
    for value in model.graph.outputs:
        if value.shape is not None:
            # The exporter takes some sizes of the example for fixed (an LSTM's length).
            dims = [
                (None if d in sizes else d) if isinstance(d, int) else names.get(str(d))
                for d in value.shape
            ]
            value.shape = type(value.shape)(dims)


def _fold(model: Any, weights: set[str]) -> None:
    """Compute what depends on no weight; drop what nothing needs."""
    from onnx_ir.passes import common
    from onnxscript import optimizer

    def foldable(node: Any) -> bool | None:
        takes_weight = any(i is not None and i.name in weights for i in node.inputs)
        return False if takes_weight and node.op_type != "Shape" else None

    try:
        with quiet():
            # What grows large (a zero bias for each convolution without) stays a node.
            optimizer.fold_constants(model, should_fold=foldable, output_size_limit=SMALL // 4)
            common.RemoveUnusedNodesPass()(model)
            common.CommonSubexpressionEliminationPass()(model)
    except Exception as error:
        raise NoGraphError(f"the exported graph can't be simplified: {first_line(error)}") from None


def _strip(model: Any) -> None:
    """Drop what the exporter notes for debugging: stack traces, paths, inner shapes."""
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    given = {id(v) for v in (*model.graph.inputs, *model.graph.outputs)}
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
            if id(value) not in given:
                value.shape = value.type = None


def _take(model: Any, matcher: Matcher) -> tuple[tuple[Initializer, ...], bytes, int]:
    """Take the seed's tensors out of the graph.

    Returns the rows, a piece of a model with a Cast for each tensor that the
    seed has in another float type, and the bytes of large constants left.
    """
    rows: list[Initializer] = []
    casts = b""
    stray = 0
    for name, value in list(model.graph.initializers.items()):
        dtype = tensorproto.NAMES.get(int(value.const_value.dtype))
        if dtype is None or (value.const_value.nbytes < SMALL and "." not in name):
            continue
        values = value.const_value.numpy()
        found = matcher.find(
            name.removeprefix("module."), dtype, values.view(DTYPES[dtype].storage)
        )
        if found is None:
            stray += values.nbytes if values.nbytes >= SMALL else 0
            continue
        del model.graph.initializers[name]
        stored = name
        if found.entry.dtype != dtype:
            stored = f"{name}.{found.entry.dtype.lower()}"
            casts += modelproto.node("Cast", [stored], name, {"to": tensorproto.CODES[dtype]})
        rows.append(Initializer(stored, found.entry.name, found.perm))
    return tuple(rows), pb.delimited(modelproto.GRAPH, casts) if casts else b"", stray
