"""Running a torch model on named arrays, as the ONNX graph made of it would be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedtool.errors import NoGraphError
from seedtool.sources.base import Run


def module_runner(module: Any, example: Mapping[str, Any]) -> Run:
    """A function that runs ``module`` on arrays named as in ``example``."""
    raise NoGraphError("not yet")


def hf_runner(folder: Path, architecture: str) -> Run:
    """A function that runs the transformers model in ``folder``."""
    raise NoGraphError("not yet")
