"""Images or labels in the idx format of MNIST, plain or gzipped.

LeCun, Cortes and Burges, "The MNIST database": two zero bytes, a type, a rank, that many
sizes as big-endian u32, the elements.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt

from seedtool.errors import MalformedError, UsageError
from seedtool.examples.columns import check_bytes, check_count
from seedtool.examples.labelled import CLASSES_MAX, RANK_MAX, Examples
from seedtool.seed import MIB
from seedtool.sources.base import reading

TYPES = {0x08: ">u1", 0x0C: ">i4", 0x0D: ">f4"}
IMAGES = re.compile(r"(.*?)[-.]?images?[-.]?idx\d.ubyte(\.gz)?")
SPLITS = {"train": ("train", ""), "test": ("t10k", "test", "val")}


def is_idx(path: Path) -> bool:
    """True for a file that its name calls one of images in idx."""
    return IMAGES.fullmatch(path.name.lower()) is not None


def find(folder: Path, split: str | None) -> Path | None:
    """The images of a split (None: train) in a folder of idx files; None if it has no such files.

    UsageError if it has images, but none of this split.
    """
    found = {m[1]: p for p in sorted(folder.iterdir()) if (m := IMAGES.fullmatch(p.name.lower()))}
    if not found:
        return None
    for name in SPLITS.get(split or "train", (split,)):
        if name in found:
            return found[name]
    raise UsageError(f"has no split {split!a}", hint=f"it has {', '.join(sorted(found))}")


def read_idx(images: Path, classes: tuple[str, ...]) -> Examples:
    """Images and the labels beside them, whose file is called as theirs but for "labels"."""
    names = [images.name.replace("images", "labels").replace(f"idx{r}", "idx1") for r in (3, 4)]
    labels = next((p for n in names if (p := images.with_name(n)).exists()), None)
    if labels is None or labels == images:
        raise UsageError("has no file of labels beside it", hint=f"it would be {names[0]}")
    pixels = read_array(images)
    with reading(labels):
        numbers = read_array(labels)
        if numbers.ndim != 1 or numbers.dtype.kind == "f":
            raise MalformedError("holds no labels")
        plain = numbers.astype(np.int64)
        top = int(plain.max(initial=0))
        if int(plain.min(initial=0)) < 0 or top >= (len(classes) or CLASSES_MAX):
            raise MalformedError("holds a label that is no class")
    if pixels.ndim < 2 or len(pixels) != len(plain) or not pixels.size:
        raise MalformedError(f"holds {len(pixels)} images, {labels.name} {len(plain)} labels")
    names_of = classes or tuple(map(str, range(top + 1)))
    return Examples(pixels, plain, None, names_of)


def read_array(path: Path) -> npt.NDArray[Any]:
    """The array of one file: uint8 or float32, native byte order. MalformedError, LimitError."""
    zipped = path.suffix.lower() == ".gz"
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) if zipped else raw as file:
            start = file.read(4)
            if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES:
                raise MalformedError("does not begin as an idx file does")
            rank = start[3]
            if not 1 <= rank <= RANK_MAX:
                raise MalformedError(f"has {rank} dimensions, not 1 to {RANK_MAX}")
            sizes = file.read(4 * rank)
            if len(sizes) < 4 * rank:
                raise MalformedError("ends inside its header")
            shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
            kind = np.dtype(TYPES[start[2]])
            check_count(shape[0])
            size = math.prod(shape) * kind.itemsize
            check_bytes(size)
            data = _take(cast(IO[bytes], file), size)
            if len(data) != size or file.read(1):
                raise MalformedError(f"is not as long as its shape {shape} needs")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MalformedError(f"is a damaged gzip file: {error}") from None
    values = np.frombuffer(data, kind).reshape(shape)
    if kind.itemsize == 1:
        return values.view(np.uint8)
    numbers = values.astype(np.float32 if kind.kind == "f" else np.int64)
    if numbers.dtype == np.float32 and not np.isfinite(numbers).all():
        raise MalformedError("holds values that are not finite")
    return numbers if numbers.ndim == 1 else numbers.astype(np.float32)


def _take(file: IO[bytes], size: int) -> bytes:
    """Up to ``size`` bytes, never holding more than are there."""
    pieces = []
    while size and (piece := file.read(min(size, MIB))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
