"""Ways to make a seed of a ratio: a plan for all tensors, or one codec for the weights."""

from __future__ import annotations

from seedtool.api import Seed
from seedtool.bench.tasks.task import Held, Task
from seedtool.chacha import SEED_MAX
from seedtool.errors import UsageError
from seedtool.extracting import code_source
from seedtool.plan import plan
from seedtool.planning.carrying_out import carry_out
from seedtool.planning.wish import Wish
from seedtool.sources.base import Source
from seedtool.stages import silent

PLANNED, CALIBRATED = "planned", "planned by data"
BY_BITS = ("trellis", "quant")
FIXED = ("lossless", "stats", "minimal")  # these have one ratio
NAMES = ("lossless", PLANNED, CALIBRATED, *BY_BITS, "pca", "stats", "minimal")
LEAST = 3.0  # a lossy coding is not asked for less
BITS_LEAST = 0.02  # of entropy a weight


def code(task: Task, coder: str, ratio: float, seed: int, calibrate: str = "") -> Seed:
    """The task's model as a seed without a graph, at about that ratio; 0: the coder's only one.

    GateError where it can't be reached.
    """
    source: Source = task.model if coder == CALIBRATED else task.source
    if coder in (PLANNED, CALIBRATED):
        data = calibrate if coder == CALIBRATED else None
        wish = Wish.of(None, {"ratio": ratio, "seed": seed}, data, None)
        if wish is None:
            raise UsageError("a plan needs a ratio")
        return carry_out(
            wish, source, None, lambda choices: code_source(source, [], choices), silent
        )
    settings = _settings(coder, ratio, seed, task.source)
    return code_source(source, [], plan(source.entries, coder, settings))


def _settings(coder: str, ratio: float, seed: int, source: Held) -> dict[str, object]:
    if coder in ("stats", "minimal"):
        return {"seed": seed % (SEED_MAX + 1)}
    if coder == "pca":
        return {"ratio": ratio}
    if coder in BY_BITS:
        bits = 8 * source.nbytes / source.elements / ratio
        return {"bits": max(bits, BITS_LEAST)}
    return {}
