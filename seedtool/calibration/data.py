"""What ``--calibrate`` takes, as samples of a model's inputs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedtool.calibration.arrays import load_arrays, load_batches
from seedtool.calibration.batches import CALIBRATION, TUNING, Samples
from seedtool.calibration.images import load_images
from seedtool.calibration.text import load_text
from seedtool.errors import SeedError
from seedtool.sources.base import Source

TAKES = "a text file (one sample a line), a folder of images, a .npy or .npz file"


def load_samples(
    data: str | os.PathLike[str] | Sequence[Mapping[str, Any]],
    source: Source,
    module: Any,
    *,
    limit: tuple[int, int] = (CALIBRATION, TUNING),
    seed: int = 0,
) -> Samples:
    """At most ``limit`` samples to calibrate and to tune with, disjoint, chosen by ``seed``.

    ``data``: a path, or from Python a list of batches (arrays or tensors by
    input name, the first axis is the sample). ``module`` is ``source.module()``.
    Samples that occur twice count once. Raises subclasses of SeedError.
    """
    if not isinstance(data, (str, os.PathLike)):
        return load_batches(data, module, limit, seed)
    path = Path(data)
    if path.is_dir():
        example = getattr(source, "example", None)
        return load_images(path, module, source.folder, example, limit, seed)
    if not path.exists():
        raise SeedError(f"{path}: no such file or folder", hint=f"data is {TAKES}")
    if path.suffix.lower() in {".npy", ".npz"}:
        return load_arrays(path, module, limit, seed)
    return load_text(path, module, source.folder, limit, seed)
