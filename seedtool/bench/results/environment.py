"""What a figure may depend on besides its bench: versions and the machine."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from seedtool import accelerator
from seedtool.version import VERSION

PACKAGES = ("numpy", "zstandard", "torch", "transformers", "onnxruntime")


def environment() -> dict[str, str | int | bool]:
    """Versions of what computes here, and the machine; nothing of the first is imported."""
    found: dict[str, str | int | bool] = {"seedtool": VERSION, "python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {
        "kernels": accelerator.kernels() is not None,
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
    }
