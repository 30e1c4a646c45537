"""Many images as one picture that Pillow codes: PNG, JPEG or WebP."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from seedtool.errors import LimitError, MalformedError, MissingExtraError
from seedtool.examples.pictures import pillow

ENDINGS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
QUALITIES = (10, 90)
SIDE_MAX = 1 << 14  # pixels of the whole; WebP takes no more

U8 = npt.NDArray[np.uint8]


def candidates(pixels: U8, most: float) -> Iterator[tuple[str, bytes]]:
    """(form, bytes) of each that has a mean squared error of at most ``most``.

    Of JPEG and WebP, the lowest quality that has. None for images that are neither grey nor
    RGB, too many for one picture, or without Pillow.
    """
    if pixels.shape[3:] not in {(), (1,), (3,)}:
        return
    if max(_grid(len(pixels), pixels.shape[1:])) > SIDE_MAX:
        return
    try:
        picture = pillow("PIL.Image").fromarray(_arranged(pixels))
    except MissingExtraError:
        return
    yield "png", _saved(picture, "png", optimize=True)
    for form in ("jpeg", "webp") if most else ():
        low, high = QUALITIES
        best = None
        while low <= high:
            quality = (low + high) // 2
            data = _saved(picture, form, quality=quality)
            off = decode(form, data, pixels.shape).astype(np.float64) - pixels
            if float(np.mean(np.square(off))) <= most:
                best, high = data, quality - 1
            else:
                low = quality + 1
        if best is not None:
            yield form, best


def decode(form: str, data: bytes, shape: tuple[int, ...]) -> U8:
    """Images of ``shape`` [n, height, width(, channels)]; MalformedError for another picture."""
    count, height, width = shape[:3]
    size = _grid(count, shape[1:])
    if max(size) > SIDE_MAX:
        raise LimitError(f"examples: a picture of {size[0]} x {size[1]} pixels")
    if shape[3:] not in {(), (1,), (3,)}:
        raise MalformedError("examples: a picture is neither grey nor RGB")
    image = pillow("PIL.Image")
    try:
        with image.open(io.BytesIO(data), formats=(ENDINGS[form],)) as opened:
            if opened.size != size:
                raise MalformedError("examples: a picture has another size than its images")
            # WebP has no grey.
            colour = shape[3:] == (3,)
            stored = "RGB" if colour or form == "webp" else "L"
            if opened.mode != stored or getattr(opened, "n_frames", 1) != 1:
                known = "RGB" if stored == "RGB" else "grey"
                raise MalformedError(f"examples: a picture is not {known}, of 8 bits and alone")
            plain = np.array(opened.convert("RGB" if colour else "L"), np.uint8)
    except MalformedError:
        raise
    except Exception:  # Pillow meets bad files with errors of every kind
        raise MalformedError(f"examples: a picture can't be read as {ENDINGS[form]}") from None
    tiles = plain.reshape(size[1] // height, height, size[0] // width, width, *plain.shape[2:])
    made = tiles.swapaxes(1, 2).reshape(-1, height, width, *plain.shape[2:])[:count]
    return np.ascontiguousarray(made).reshape(shape)


def _grid(count: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of the picture: images in rows, about as wide as high."""
    height, width = shape[:2]
    across = max(1, math.isqrt(count * height // width))
    return across * width, -(-count // across) * height


def _arranged(pixels: U8) -> U8:
    height, width = pixels.shape[1:3]
    size = _grid(len(pixels), pixels.shape[1:])
    rows, across = size[1] // height, size[0] // width
    flat = pixels[..., 0] if pixels.shape[3:] == (1,) else pixels
    tiles = np.zeros((rows * across, *flat.shape[1:]), np.uint8)
    tiles[: len(flat)] = flat
    grouped = tiles.reshape(rows, across, *flat.shape[1:]).swapaxes(1, 2)
    return np.ascontiguousarray(grouped).reshape(size[1], size[0], *flat.shape[3:])


def _saved(picture: Any, form: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    more = {"method": 2} if form == "webp" else {"optimize": True}
    picture.save(file, ENDINGS[form], **(more | settings))
    return file.getvalue()
