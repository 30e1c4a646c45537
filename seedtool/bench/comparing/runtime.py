"""The assembled model as ONNX: its size, and how long onnxruntime takes over one input."""

from __future__ import annotations

import io
import statistics
import time
from functools import lru_cache
from pathlib import Path

from seedtool import api, check, demo, graph, sinks
from seedtool.bench.tasks.task import Arrays, Held, Task
from seedtool.errors import MissingExtraError, NoGraphError, SeedError
from seedtool.extracting import code_source
from seedtool.models.session import Session
from seedtool.plan import plan
from seedtool.seed import Section
from seedtool.seedfile import begins_as_seed

SIZES = (1, 64)  # a batch of one, of so many tokens where the length is open
IDS = 100  # bound of made-up token ids
RUNS, WARM = 30, 3
PATIENCE = 3.0  # seconds, after which runs are enough


@lru_cache(maxsize=1)
def graph_of(model: str, task: Task) -> Section:
    """The graph of the model as it is; NoGraphError or MissingExtraError say why there is none."""
    if not model:
        return demo.Digits().graph_section
    if Path(model).is_file() and begins_as_seed(Path(model)):
        found = api.load(model).assembly().graph
        if found is None:
            raise NoGraphError("the seed has no ONNX graph")
        return graph.to_section(found)
    return graph.to_section(task.model.graph())


def onnx_of(source: Held, arrays: Arrays, section: Section, precision: str = "fp32") -> bytes:
    """A whole ONNX file with these arrays, by owner."""
    held = Held(source.entries, arrays, source.meta)
    made = code_source(held, [section], plan(held.entries, "raw", {}))
    out = io.BytesIO()
    sinks.write_stream(made.assembly(), out, "onnx", precision)
    return out.getvalue()


def latency(onnx: bytes) -> float:
    """Seconds of one run, the median of RUNS on made-up inputs."""
    session = Session(onnx)
    inputs = check.make_inputs(session.inputs, SIZES, IDS, 0)
    taken: list[float] = []
    began = time.perf_counter()
    for _ in range(WARM + RUNS):
        start = time.perf_counter()
        session(inputs)
        taken.append(time.perf_counter() - start)
        if len(taken) > WARM and time.perf_counter() - began > PATIENCE:
            break
    return statistics.median(taken[WARM:])


def measured(
    source: Held, arrays: Arrays, section: Section | SeedError, precision: str = "fp32"
) -> tuple[int | None, float | None, str]:
    """Bytes and seconds, or None for both and why; ``section``: or why there is none."""
    if isinstance(section, SeedError):
        return None, None, f"no ONNX: {section.message}"
    try:
        onnx = onnx_of(source, arrays, section, precision)
        return len(onnx), latency(onnx), ""
    except SeedError as e:
        return None, None, f"no ONNX: {e.message}"


def graph_or_why(model: str, task: Task) -> Section | SeedError:
    """:func:`graph_of`, or its error."""
    try:
        return graph_of(model, task)
    except (NoGraphError, MissingExtraError) as e:
        return e
