"""Photographs that packages ship, made into 224 x 224 pictures; no photograph is in two splits.

There are about 290 cut-out photographs of things and animals (Tux Paint's
stamps) and 19 whole ones (scikit-learn, scikit-image, MATE's backgrounds). A
picture is a random crop of a whole photograph, in most cases out of focus and with a
cut-out in front of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.packages import debian_package, importable, python_package

SEED = 21
SIDE = 224
COUNTS = {"calibration": 256, "tuning": 64, "test": 1400}
SHARES = (0.4, 0.15, 0.45)
KINDS = ("animals", "food", "hobbies", "household", "plants", "sports", "vehicles")
DRAWN = {"cartoon", "toys", "plastic"}
SCENES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
PLAIN = 0.15


def pictures(cache: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """Pictures [n, 224, 224, 3] uint8 by split."""
    importable(python_package(cache, "pillow"))
    scenes, things = _split(_scenes(cache)), _split(_things(cache))
    return {
        name: _compose(scenes[name], things[name], count, SEED + index)
        for index, (name, count) in enumerate(COUNTS.items())
    }


def _scenes(cache: Path) -> list[Path]:
    learn = python_package(cache, "scikit-learn") / "sklearn/datasets/images"
    image = python_package(cache, "scikit-image==0.26.0") / "skimage/data"
    nature = debian_package(cache, "mate-backgrounds") / "usr/share/backgrounds/mate/nature"
    named = [image / name for name in SCENES]
    return [*sorted(learn.glob("*.jpg")), *named, *sorted(nature.glob("*.jpg"))]


def _things(cache: Path) -> list[Path]:
    root = debian_package(cache, "tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps"
    every = [path for kind in KINDS for path in sorted((root / kind).rglob("*.png"))]
    return [p for p in every if not DRAWN & set(p.parts) and "_mirror" not in p.stem]


def _split(paths: list[Path]) -> dict[str, list[Path]]:
    order = np.random.default_rng(SEED).permutation(len(paths))
    bounds = np.round(np.cumsum(SHARES[:2]) * len(paths)).astype(int)
    parts = np.split(order, bounds)
    return {name: [paths[i] for i in part] for name, part in zip(COUNTS, parts, strict=True)}


def _compose(
    scenes: list[Path], things: list[Path], count: int, seed: int
) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageFilter

    rng = np.random.default_rng(seed)
    opened = [Image.open(path).convert("RGB") for path in scenes]
    made = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for index in range(count):
        picture = _crop(opened[int(rng.integers(len(opened)))], rng)
        if rng.random() >= PLAIN:
            picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(4, 12)))
            _put(Image.open(things[index % len(things)]).convert("RGBA"), picture, rng)
        made[index] = np.asarray(picture)
    return made


def _crop(photograph: Any, rng: np.random.Generator) -> Any:
    width, height = photograph.size
    side = int(min(width, height) * rng.uniform(0.4, 1))
    left, top = int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1))
    return photograph.resize((SIDE, SIDE), box=(left, top, left + side, top + side))


def _put(thing: Any, picture: Any, rng: np.random.Generator) -> None:
    """Place a cut-out whose longer side is 75 to 98 % of the picture's, mirrored or not."""
    thing = thing.crop(thing.getbbox())
    scale = SIDE * rng.uniform(0.75, 0.98) / max(thing.size)
    size = [max(1, round(scale * side)) for side in thing.size]
    thing = thing.resize(size)
    if rng.random() < 0.5:
        thing = thing.transpose(0)
    at = [int(rng.integers(SIDE - side + 1)) for side in size]
    picture.paste(thing, (at[0], at[1]), thing)
