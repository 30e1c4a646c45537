"""What a seed computes beside what its model computes, by onnxruntime."""

from __future__ import annotations

import tempfile
from itertools import takewhile
from pathlib import Path
from typing import Any

from seedtool import check
from seedtool.api import Seed
from seedtool.check import Difference
from seedtool.container.reader import everything
from seedtool.errors import UsageError
from seedtool.extracting import code_source
from seedtool.plan import plan
from seedtool.sources import open_source


def compare_seed(seed: Seed) -> tuple[Difference, Difference]:
    """Outputs of an extracted seed against its source's, and their control.

    The control is the same graph with the source's own weights: what the
    export alone costs.
    """
    source = seed.source
    if source is None:
        raise UsageError("only a seed that was just extracted knows its model")
    run = source.runner()
    opening = takewhile(lambda section: section.kind != "tensor", seed.sections(everything))
    graphs = [section for section in opening if section.kind == "graph"]
    with tempfile.TemporaryDirectory(prefix="seed-") as folder:
        onnx = Path(folder) / "model.onnx"
        differences = []
        for made in (seed, code_source(source, graphs, plan(source.entries, "raw", {}))):
            made.assemble(onnx, force=True)
            differences.append(check.compare(onnx, run))
    return differences[0], differences[1]


def compare_file(onnx: Path, model: Any, *, example: Any = None) -> Difference:
    """Outputs of an ONNX file against those of a model (anything that extract takes)."""
    with open_source(model, example=example) as source:
        return check.compare(onnx, source.runner())
