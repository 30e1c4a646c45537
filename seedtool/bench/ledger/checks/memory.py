"""A model of a million parameters assembled in a process that may hold 512 MiB."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from seedtool.bench.engine.processes import THREADS
from seedtool.bench.ledger.checks.checked import Checked, Run, holds_if
from seedtool.bench.ledger.claim import UNDECIDED
from seedtool.extracting import extract

LIMIT, TOO_LITTLE = 512 << 20, 48 << 20
SIDE = 1100  # 1.21 million weights
CHILD = """
import resource, runpy, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
runpy.run_module("seedtool", run_name="__main__", alter_sys=True)
"""


def edge(seed: int) -> Checked:
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        model, made = Path(folder) / "model.npz", Path(folder) / "model.seed"
        np.savez(model, weight=rng.normal(0, 0.02, (SIDE, SIDE)).astype(np.float32))
        extract(str(model), codec="trellis", bits=3).save(made)
        done, refused = (_assembled(made, limit) for limit in (LIMIT, TOO_LITTLE))
    words = {True: "assembled", False: "not assembled"}
    return Checked(
        UNDECIDED if refused else holds_if(done),
        f"{SIDE * SIDE:,} weights, {words[done]} by a process that may map {LIMIT >> 20} MiB",
        f"with {TOO_LITTLE >> 20} MiB {words[refused]}: the limit is enforced; no device was"
        " measured",
        float(done),
        beside=float(refused),
    )


def _assembled(seed: Path, limit: int) -> bool:
    out = seed.with_suffix(f".{limit}.npz")
    words = [sys.executable, "-c", CHILD, str(limit), "assemble", str(seed), "-q", "-o", str(out)]
    # Each thread of a library maps memory of its own, more the more cores there are.
    env = os.environ | dict.fromkeys(THREADS, "1")
    done = subprocess.run(words, capture_output=True, check=False, env=env)
    return done.returncode == 0 and out.exists()


CHECKS: dict[str, Run] = {"512 MiB": edge}
