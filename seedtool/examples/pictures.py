"""Examples from images: a folder of folders, one for each class. Needs Pillow."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import LimitError, MalformedError, MissingExtraError, UsageError
from seedtool.examples.columns import check_bytes, check_count
from seedtool.examples.labelled import CLASSES_MAX, Examples
from seedtool.sources.base import reading

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP"}
SIDE_MAX = 4096  # pixels


def read_pictures(folder: Path, classes: tuple[str, ...], size: tuple[int, int] | None) -> Examples:
    """Images below each folder of ``folder``, whose name is the class, as uint8.

    Grey, [n, height, width], if all are; else RGB. Of another size than ``size`` (None: that
    of the first), they are cropped at the centre and resized. UsageError if there are none.
    """
    found = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    names = classes or tuple(p.name for p in found)
    if len(names) > CLASSES_MAX:
        raise LimitError(f"holds {len(names)} folders, the limit is {CLASSES_MAX} classes")
    paths: list[Path] = []
    labels: list[int] = []
    for inner in found:
        images = sorted(p for p in inner.rglob("*") if p.suffix.lower() in FORMATS)
        if images and inner.name not in names:
            raise MalformedError(f"the folder {inner.name!a} is no known class")
        check_count(len(paths) + len(images))
        paths += images
        labels += [names.index(inner.name)] * len(images) if images else []
    if not paths:
        raise UsageError(
            "holds no folders of images", hint="one folder for each class, called as the class is"
        )
    pixels = _stack(folder, paths, size)
    return Examples(pixels, np.array(labels, np.int64), None, names)


def _stack(folder: Path, paths: list[Path], size: tuple[int, int] | None) -> npt.NDArray[np.uint8]:
    with reading(paths[0].relative_to(folder)):
        first = _pixels(paths[0], size)
    size = first.shape[:2]
    check_bytes(3 * size[0] * size[1] * len(paths))
    rows = [first]
    for path in paths[1:]:
        with reading(path.relative_to(folder)):
            rows.append(_pixels(path, size))
    if len({row.shape for row in rows}) > 1:
        rows = [np.repeat(r[..., None], 3, 2) if r.ndim == 2 else r for r in rows]
    return np.stack(rows)


def _pixels(path: Path, size: tuple[int, int] | None) -> npt.NDArray[np.uint8]:
    image, operations = pillow("PIL.Image"), pillow("PIL.ImageOps")
    try:
        with image.open(path, formats=tuple(set(FORMATS.values()))) as opened:
            if max(opened.size) > SIDE_MAX:
                raise LimitError(f"is {opened.size[0]} x {opened.size[1]} pixels large")
            grey = opened.mode in {"1", "L", "LA", "I;16"}
            plain = opened.convert("L" if grey else "RGB")
            wanted = (size[1], size[0]) if size else plain.size
            if plain.size != wanted:
                plain = operations.fit(plain, wanted, image.Resampling.BILINEAR)
            return np.array(plain, np.uint8)
    except LimitError:
        raise
    except Exception as error:  # Pillow meets bad files with errors of every kind
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MalformedError(f"is no image that can be read: {reason}") from None


def pillow(module: str) -> Any:
    """A module of Pillow; MissingExtraError without it."""
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError("pillow", "data", "reading and writing images") from None
