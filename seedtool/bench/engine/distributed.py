"""Points measured by Ray: on the cluster that RAY_ADDRESS names, or in processes of this machine.

Every machine needs seedtool, and the model and data under the same paths.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from seedtool.bench.engine.measuring import Job, lost, measure
from seedtool.bench.engine.processes import THREADS
from seedtool.bench.results.document import Result, Timing
from seedtool.errors import MissingExtraError, SeedError


def run(jobs: Sequence[Job], count: int) -> Iterator[tuple[Result, Timing]]:
    """Outcomes as they come; ``count``: points at a time where Ray is started here."""
    try:
        import ray
    except ImportError:
        raise MissingExtraError("ray", "ray", "--engine ray") from None
    own = not ray.is_initialized()
    if own:
        try:
            ray.init(**_settings(count))
        except Exception as e:  # its errors share no base but Exception
            raise SeedError(f"Ray did not start: {str(e).strip().splitlines()[0]}") from None
    try:
        one = ray.remote(num_cpus=1, max_retries=0)(measure)
        waiting: dict[Any, Job] = {one.remote(job): job for job in jobs}
        while waiting:
            ready, _ = ray.wait(list(waiting), num_returns=1)
            job = waiting.pop(ready[0])
            try:
                yield ray.get(ready[0])
            except ray.exceptions.RayError as e:  # the worker died, or its machine
                yield lost(job, str(e).strip().splitlines()[0])
    finally:
        if own:
            ray.shutdown()


def _settings(count: int) -> dict[str, Any]:
    threads = {"env_vars": dict.fromkeys(THREADS, "1")}
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}
    if "RAY_ADDRESS" in os.environ:
        return {**quiet, "runtime_env": threads}
    return {**quiet, "runtime_env": threads, "num_cpus": count}
