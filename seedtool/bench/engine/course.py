"""A bench run from its first point to its last, its document saved after each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from seedtool import bench
from seedtool.bench.engine import distributed, processes
from seedtool.bench.engine.measuring import Job, seed_of
from seedtool.bench.results import document
from seedtool.bench.results.document import Document, Result, Timing
from seedtool.bench.results.environment import environment
from seedtool.errors import UsageError
from seedtool.stages import Stage, silent

Engine = Callable[[Sequence[Job], int], Iterator[tuple[Result, Timing]]]
ENGINES: dict[str, Engine] = {"processes": processes.run, "ray": distributed.run}
SEEDS = 1 << 53


@dataclass(frozen=True)
class Wish:
    """How a bench is run. ``jobs``: points at a time, None for one a core.

    ``out``: where the document stands, saved after every point; ``resume``: go on with
    the one that stands there.
    """

    seed: int = 0
    jobs: int | None = None
    engine: str = "processes"
    out: Path | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.seed < SEEDS:
            raise UsageError(f"a seed is 0 to 2^53 - 1, not {self.seed}")
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"jobs are 1 or more, not {self.jobs}")
        if self.engine not in ENGINES:
            known = ", ".join(ENGINES)
            raise UsageError(f"unknown engine {self.engine!a}", hint=f"one of {known}")


def run(
    name: str, options: Any, command: str, wish: Wish = Wish(), stage: Stage = silent
) -> Document:
    """The bench's document with all points in it, those that failed with their errors.

    ``command`` is what makes it again. Raises subclasses of SeedError for what is wrong
    before the first point.
    """
    made = begin(name, options, command, wish)
    if wish.out and wish.resume and wish.out.exists():
        made = _resumed(made, wish.out)
    if wish.out:
        document.save(made, wish.out)
    asked = bench.load(name)
    points = {point.key: point for point in asked.points(options)}
    plain = document.write(made)["options"]
    jobs = [
        Job(name, plain, p.group, p.repeat, seed_of(wish.seed, key), dict(p.params))
        for key, p in points.items()
        if key not in made.points
    ]
    advance = stage(f"bench {name}", len(points))
    advance(len(points) - len(jobs))
    count = min(wish.jobs or os.cpu_count() or 1, max(1, len(jobs)))
    for result, timing in ENGINES[wish.engine](jobs, count):
        made = replace(
            made,
            points={**made.points, result.key: result},
            timings={**made.timings, result.key: timing},
        )
        if wish.out:
            document.save(made, wish.out)
        advance(1, result.key + (" failed" if result.error else ""))
    return made


def begin(name: str, options: Any, command: str, wish: Wish) -> Document:
    """The document before any point is measured: models and data are opened and hashed."""
    asked = bench.load(name)
    return Document(
        bench=name,
        command=command,
        seed=wish.seed,
        options=asdict(options),
        inputs=asked.inputs(options),
        measures=asked.figures(options),
        environment=environment(),
        planned=tuple(point.key for point in asked.points(options)),
    )


def _resumed(fresh: Document, path: Path) -> Document:
    """What stands at ``path`` if it is of the same run; points that failed are tried again."""
    old = document.load(path)
    begun, now = document.write(old), document.write(fresh)
    for key in ("bench", "seed", "options", "inputs", "environment", "planned"):
        if begun[key] != now[key]:
            article = "another" if key in ("bench", "seed", "environment") else "other"
            raise UsageError(
                f"{path}: was begun with {article} {key}",
                hint="another -o, or --force to begin anew",
            )
    kept = {key: result for key, result in old.points.items() if not result.error}
    return replace(fresh, points=kept, timings={k: old.timings[k] for k in kept})
