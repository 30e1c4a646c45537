"""Samples from a folder of images, as the model's preprocessor would make them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.calibration.arrays import first_input
from seedtool.calibration.batches import Samples, cut, divide, hash_file
from seedtool.errors import MalformedError, MissingExtraError, UsageError
from seedtool.models.loading import first_line, quiet
from seedtool.sources import documents
from seedtool.sources.base import reading

F32 = npt.NDArray[np.float32]

ENDINGS = frozenset({".png", ".jpg", ".jpeg"})
FILES_MAX = 1 << 20  # images looked at in a folder
SIDE_MAX = 4096  # pixels of a side that a model may take


@dataclass(frozen=True)
class Form:
    """What pixels become: x ↦ (x / 255 − mean) / deviation, [channels, height, width]."""

    shape: tuple[int, int, int]
    mean: F32
    deviation: F32


def load_images(
    data: Path,
    module: Any,
    folder: Path | None,
    example: Mapping[str, Any] | None,
    limit: tuple[int, int],
    seed: int,
) -> Samples:
    """PNG and JPEG files below ``data``, centre cropped and resized to the model's input.

    The size is that of ``preprocessor_config.json`` in ``folder``, of the
    model's config, or of the ``example``. Needs Pillow.
    """
    form = _form(module, folder, example)
    with reading(data):
        paths = sorted(p for p in data.rglob("*") if p.suffix.lower() in ENDINGS)[:FILES_MAX]
    order = np.random.default_rng(seed).permutation(len(paths))
    chosen: dict[bytes, Path] = {}
    for index in order:
        if len(chosen) == sum(limit):
            break
        chosen.setdefault(hash_file(paths[index]), paths[index])
    wanted = divide(len(chosen), limit, str(data))
    pixels = np.stack([_pixels(path, form) for path in chosen.values()])
    arrays = {first_input(module): pixels}
    rows = range(len(pixels))
    return Samples(
        cut(arrays, rows[: wanted[0]]),
        cut(arrays, rows[wanted[0] : sum(wanted)]),
        None,
        data.name,
        hashlib.sha256(b"".join(sorted(chosen))).digest(),
        seed,
    )


def _form(module: Any, folder: Path | None, example: Mapping[str, Any] | None) -> Form:
    config = getattr(module, "config", None)
    stated: dict[str, Any] = {}
    path = folder / "preprocessor_config.json" if folder is not None else None
    if path is not None and path.is_file():
        with reading(path):
            stated = documents.read(path)
    size = stated.get("crop_size") if stated.get("do_center_crop", True) else None
    size = size or stated.get("size") or getattr(config, "image_size", None)
    channels = getattr(config, "num_channels", 3)
    if size is None and example:
        shape = next(iter(example.values())).shape
        channels, size = (shape[-3], shape[-2:]) if len(shape) == 4 else (3, None)
    shape = (_number(channels, 4), *_sides(size))
    mean, deviation = stated.get("image_mean"), stated.get("image_std")
    if not stated.get("do_normalize", mean is not None):
        mean = deviation = None
    return Form(shape, _channelwise(mean, 0.0, shape[0]), _channelwise(deviation, 1.0, shape[0]))


def _sides(size: Any) -> tuple[int, int]:
    """(height, width) from what configs call a size."""
    match size:
        case {"height": height, "width": width}:
            pass
        case {"shortest_edge": side} | int(side):
            height = width = side
        case [height, width]:
            pass
        case _:
            raise UsageError(
                "the model does not say what size its images have",
                hint="give them as arrays: a .npy or .npz",
            )
    return _number(height, SIDE_MAX), _number(width, SIDE_MAX)


def _number(value: Any, most: int) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise MalformedError(f"the model's config states an image of {value!a}, of 1 to {most}")
    return value


def _channelwise(value: Any, default: float, channels: int) -> F32:
    if value is None:
        value = default
    listed = value if isinstance(value, list) else [value] * channels
    fits = len(listed) == channels and all(
        isinstance(x, (int, float)) and math.isfinite(x) for x in listed
    )
    if not fits or (default and not all(listed)):
        raise MalformedError("preprocessor_config.json has a mean or deviation that is none")
    return np.array(listed, np.float32).reshape(channels, 1, 1)


def _pixels(path: Path, form: Form) -> F32:
    try:
        image, operations = import_module("PIL.Image"), import_module("PIL.ImageOps")
    except ImportError:
        raise MissingExtraError("pillow", "data", "reading images") from None
    channels, height, width = form.shape
    try:
        with quiet(), image.open(path, formats=("PNG", "JPEG")) as opened:
            plain = opened.convert("L" if channels == 1 else "RGB")
            fitted = operations.fit(plain, (width, height), image.Resampling.BILINEAR)
    except Exception as error:  # Pillow meets bad files with errors of every kind
        raise MalformedError(f"{path}: is no image that can be read: {first_line(error)}") from None
    values: F32 = np.asarray(fitted, np.float32).reshape(height, width, -1).transpose(
        2, 0, 1
    ) / np.float32(255)
    if len(values) != channels:
        raise UsageError(f"the model takes images of {channels} channels", hint="give arrays")
    made: F32 = (values - form.mean) / form.deviation
    return made
