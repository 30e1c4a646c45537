"""An environment of its own for each peer, made on first use.

It borrows numpy, torch and what else is installed here, so that a peer adds
only itself and every tool computes with the same versions.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np


def interpreter(cache: Path, name: str, requirements: tuple[tuple[str, ...], ...]) -> Path:
    """The Python of environment ``name``; ``requirements``: arguments of pip install, in turn."""
    if not requirements:
        return Path(sys.executable)
    folder = cache / "envs" / name
    python, done = folder / "bin/python", folder / "made"
    wanted = "\n".join(map(" ".join, requirements))
    if done.exists() and done.read_text() == wanted:
        return python
    print(f"preparing the environment of {name}", file=sys.stderr, flush=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    where = next((folder / "lib").glob("python3*/site-packages"))
    (where / "borrowed.pth").write_text(f"{Path(np.__file__).parents[1]}\n")
    for arguments in requirements:
        _run([str(python), "-m", "pip", "install", "-q", *arguments])
    done.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"{' '.join(command)}: {made.stderr.strip()[-2000:]}")
