"""One point measured: the job and its outcome are plain values, wherever it is done."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedtool import bench, memory
from seedtool.bench.base import Plain, Point
from seedtool.bench.results.document import Failure, Result, Timing, settled
from seedtool.errors import SeedError

BITS = 53  # of a seed: numbers that JSON holds everywhere


@dataclass(frozen=True)
class Job:
    """A point of a bench with all that it takes. ``options``: the bench's, as plain values."""

    bench: str
    options: Mapping[str, Any]
    group: str
    repeat: int | None
    seed: int
    params: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def point(self) -> Point:
        return Point(self.group, self.params, self.repeat)


def seed_of(seed: int, key: str) -> int:
    """The seed of one point: its own, and the same whichever points are run beside it."""
    digest = hashlib.sha256(f"{seed} {key}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> (64 - BITS)


def options_of(name: str, values: Mapping[str, Any]) -> Any:
    """A bench's options from plain values, as documents and jobs have them."""
    made = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return bench.load(name).Options(**made)


def measure(job: Job) -> tuple[Result, Timing]:
    """The point's figures, or why there are none: no error gets out of here."""
    start = time.monotonic()
    point = job.point
    error: Failure | None = None
    figures: Mapping[str, Plain] = {}
    controls: dict[str, dict[str, Plain]] = {}
    notes: tuple[str, ...] = ()
    parts: dict[str, float] = {}
    try:
        found = bench.load(job.bench).measure(options_of(job.bench, job.options), point, job.seed)
        figures, notes = settled(found.figures), found.notes
        controls = {name: settled(values) for name, values in found.controls.items()}
        parts = {name: round(value, 6) for name, value in found.timings.items()}
    except SeedError as e:
        error = Failure(e.message, e.hint, e.exit_code)
    except MemoryError:
        error = Failure("out of memory")
    except Exception as e:  # a fault of a bench or of a peer's: other points go on
        last = traceback.extract_tb(e.__traceback__)[-1]
        error = Failure(f"{type(e).__name__}: {e} ({last.name}, line {last.lineno})")
    result = Result(
        point.key, job.group, job.repeat, job.params, job.seed, figures, controls, notes, error
    )
    return result, Timing(round(time.monotonic() - start, 3), memory.peak_bytes(), parts)


def lost(job: Job, why: str) -> tuple[Result, Timing]:
    """The outcome of a point whose process ended before it could say anything."""
    failure = Failure(why)
    result = Result(job.point.key, job.group, job.repeat, job.params, job.seed, error=failure)
    return result, Timing(0.0, 0)
