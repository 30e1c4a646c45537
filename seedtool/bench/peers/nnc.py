"""nncodec, the coder of the NNC standard ISO/IEC 15938-17, in an environment of its own.

This file is not called as the package is: the script beside it would import it instead.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

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
        command = [python, str(SCRIPT), str(path), repr(step)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as e:
            raise FileError(f"{python}: {e.strerror or e}", hint="--nncodec PYTHON") from None
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    if done.returncode:
        raise SeedError(f"nncodec failed: {lines[-1]}", hint="pip install nncodec in PYTHON's")
    found = json.loads(done.stdout.splitlines()[-1])
    return int(found["bytes"]), float(found["noise"])
