"""nncodec, the coder of the NNC standard ISO/IEC 15938-17, in an environment of its own.

This file is not called as the package is: the script beside it would import it instead.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedtool.bench.peers.nnc_script import step_of
from seedtool.errors import FileError, SeedError
from seedtool.floats import F32

SCRIPT = Path(__file__).with_name("nnc_script.py")


def code(python: str, matrices: Sequence[F32], step: float) -> tuple[int, float]:
    """Bytes of all matrices by its trellis near a step, and the sum of squares that they lose.

    ``python``: the interpreter of an environment in which it is installed. FileError if
    there is none, SeedError if it fails.
    """
    with tempfile.TemporaryDirectory(prefix="seed-") as folder:
        path = Path(folder) / "matrices.npz"
        np.savez(path, *matrices)
        found = _run(python, str(path), repr(step))
    return int(found["bytes"]), float(found["noise"])


@dataclass(frozen=True)
class Coded:
    """``size`` in bytes of all matrices; ``arrays``: as they were decoded; seconds of both."""

    size: int
    arrays: Mapping[str, F32]
    encode: float
    decode: float


def code_and_decode(python: str, matrices: Mapping[str, F32], qp: int) -> Coded:
    """All matrices by its trellis at a quantisation parameter, and what it decodes them to.

    Raises as :func:`code` does.
    """
    with tempfile.TemporaryDirectory(prefix="seed-") as folder:
        path, back = Path(folder) / "matrices.npz", Path(folder) / "decoded.npz"
        # Its files are called by numbers: a tensor's name could be a path, or an argument's.
        np.savez(path, *matrices.values())
        found = _run(python, str(path), repr(step_of(qp)), str(back))
        with np.load(back) as held:
            arrays = {
                name: np.asarray(held[f"arr_{i}"], np.float32).reshape(matrix.shape)
                for i, (name, matrix) in enumerate(matrices.items())
            }
    return Coded(int(found["bytes"]), arrays, float(found["encode"]), float(found["decode"]))


def _run(python: str, *arguments: str) -> Mapping[str, Any]:
    command = [python, str(SCRIPT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as e:
        raise FileError(f"{python}: {e.strerror or e}", hint="--nncodec PYTHON") from None
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    if done.returncode:
        raise SeedError(f"nncodec failed: {lines[-1]}", hint="pip install nncodec in PYTHON's")
    found: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
