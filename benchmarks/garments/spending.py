"""Ways to spend a seed's bytes: on weights, on examples, or on both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import seedtool
from benchmarks.peers.models.fashion import TRAINED, Fashion, read_images
from seedtool.api import Seed
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.growing import embedding, teacher
from seedtool.growing.embedding import Share
from seedtool.recipes import toml
from seedtool.recipes.schema import Data, Loss, Recipe

RECIPE = Path(__file__).parents[2] / "examples/garments.toml"
STEPS = 1000  # of growing, the same for all ways
TUNING = slice(58_000, 60_000)  # of the training images
PCA_WEIGHTS = 4 * 103_690  # bytes of the weights, plain


@dataclass(frozen=True)
class Way:
    """``codec`` of the weights, None for a plan by data. ``weights``: their share of the bytes,
    None for as few as the codec takes. ``start`` of growing, "" for none.
    """

    name: str
    codec: str | None
    weights: float | None
    start: str


WAYS = {
    way.name: way
    for way in (
        Way("random", "minimal", None, "random"),
        Way("minimal", "minimal", None, "coded"),
        Way("stats", "stats", None, "coded"),
        Way("pca", "pca", 0.5, "coded"),
        Way("coded", None, 0.5, "coded"),
        Way("coded, mostly", None, 0.8, "coded"),
        Way("coded alone", None, 1.0, ""),
    )
}


@dataclass(frozen=True)
class Garments:
    """The original, which labels the examples, and the images, uint8, apart from each other."""

    module: Any
    recipe: Recipe
    train: Examples
    tuning: Examples
    test: Examples
    calibration: list[dict[str, np.ndarray]]

    @classmethod
    def prepared(cls, cache: Path, steps: int, rate: float | None = None) -> Garments:
        fashion = Fashion()
        fashion.prepare(cache)
        recipe = toml.load(RECIPE)
        training = replace(recipe.training, steps=steps)
        if rate is not None:
            training = replace(training, rate=rate)
        recipe = replace(recipe, training=training)
        images, labels = read_images(cache, "train")
        test = _examples(*read_images(cache, "t10k"), recipe)
        with np.load(fashion.split(cache, "calibration")) as data:
            inputs = data["input"][:256]
        return cls(
            fashion.load(cache),
            recipe,
            _examples(images[:TRAINED], labels[:TRAINED], recipe),
            _examples(images[TUNING], labels[TUNING], recipe),
            test,
            [{"input": inputs[i : i + 64]} for i in range(0, len(inputs), 64)],
        )

    def seed(self, way: Way, size: int, step: int, how: str, target: Path) -> Seed:
        """A seed of at most ``size`` bytes in ``target``."""
        if way.codec is None:
            kept = int(size * (way.weights or 0.0))
            held = self._section(size - kept, step, how) if kept < size else None
            return self._saved(target, held, size=size, calibrate=self.calibration)
        settings: dict[str, Any] = {"codec": way.codec}
        if way.codec == "pca":
            settings["ratio"] = PCA_WEIGHTS / (size * (way.weights or 1.0))
        self._saved(target, None, **settings)
        room = size - target.stat().st_size
        while True:
            made = self._saved(target, self._section(room, step, how), **settings)
            over = target.stat().st_size - size
            if over <= 0:
                return made
            room -= over

    def score(self, seed: Seed, unseen: Examples) -> float:
        """The accuracy of a seed's weights as they are."""
        plain = replace(self.recipe, loss=Loss(cross_entropy=1.0), data=Data("given", held_out=0.0))
        some = self.train.take(np.arange(100))
        grown = seed.grow(plain, data=some, test=unseen, steps=0, module=self.module)
        return grown.scores.after or 0.0

    def _section(self, size: int, step: int, how: str) -> Any:
        source = seedtool.extract(self.module, with_graph=False).assembly()
        with teacher.opened(source, self.recipe, self.train, self.module) as labels:
            share = Share(size=size, how=how)
            return embedding.embed(self.recipe, self.train, share, labels, Quality(step=step))

    def _saved(self, target: Path, held: Any, **settings: Any) -> Seed:
        recipes = [(self.recipe, held)] if held is not None else []
        made = seedtool.extract(self.module, with_graph=False, recipes=recipes, **settings)
        made.save(target, force=True)
        return seedtool.load(target)


def _examples(images: np.ndarray, labels: np.ndarray, recipe: Recipe) -> Examples:
    pixels = np.rint((images[:, 0] + 1) * 127.5).astype(np.uint8)
    return Examples(pixels, labels, classes=recipe.classes)
