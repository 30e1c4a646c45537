"""Specialised against generic growing, and against a hint at the wrong task, on digits.

    python -m benchmarks.tasks [--seeds 5] [--examples 60] [--steps 60] [-o FILE.json]

scikit-learn's digits make two tasks of the same pictures: which of 0 to 4, and which of 5 to 9.
A small network is trained on all ten classes with few pictures and coded at 2 bits a weight
into one seed that carries three recipes, each with as many embedded examples: ``low``, ``high``
and ``generic`` (of all). It grows by each at equal steps; every network is measured on the test
pictures of each task, among all ten classes. A task's own recipe is specialised, the other's is
the wrong hint, and 0 steps is what was sent. Pairs are of the same seed of random numbers.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import torch
from sklearn.datasets import load_digits
from transformers import ResNetConfig, ResNetForImageClassification

import seedtool
from seedtool.examples.labelled import Examples, shuffled
from seedtool.growing.embedding import Share, embed
from seedtool.growing.given import match_recipe
from seedtool.models.loading import quiet
from seedtool.recipes.schema import Data, Recipe, Step, Training

TRAINED, CHOSEN_FROM = 150, 900  # pictures that the model, and examples, are of; the rest tests
SENT = 200  # steps of the network that is sent
HALVES = {"low": range(5), "high": range(5, 10)}
TASKS = {
    "low": "the small digits zero to four",
    "high": "the large digits five to nine",
    "generic": "any handwritten number",
}


def data() -> Examples:
    """All pictures uint8 [1797, 8, 8], in an order that is drawn."""
    bunch = load_digits()
    images = (bunch.images * 255 / 16).astype(np.uint8)
    rows = shuffled(len(images), 0)
    names = tuple(map(str, range(10)))
    return Examples(images[rows], bunch.target[rows].astype(np.int64), None, names)


def part(examples: Examples, task: str) -> Examples:
    """Those of a task."""
    if task == "generic":
        return examples
    return examples.take(np.flatnonzero(np.isin(np.asarray(examples.labels), HALVES[task])))


def recipe(task: str, steps: int) -> Recipe:
    return Recipe(
        name=task,
        task="image-classification",
        about=TASKS[task],
        classes=tuple(map(str, range(10))),
        data=Data(held_out=0.0),
        preprocess=(Step("scale", (0.3, 0.35)), Step("shift", (1,))),
        training=Training(steps=steps, rate=1e-3),
    )


def sent(folder: Path, known: Examples, chosen: Examples, count: int, steps: int) -> Path:
    """The seed: the network at 2 bits a weight, and three recipes with their examples."""
    torch.manual_seed(0)
    config = ResNetConfig(
        num_channels=1,
        image_size=8,
        embedding_size=16,
        hidden_sizes=[16, 32],
        depths=[1, 1],
        layer_type="basic",
        num_labels=10,
    )
    with quiet():
        ResNetForImageClassification(config).save_pretrained(folder / "net")
    plain = folder / "plain.seed"
    seedtool.extract(str(folder / "net"), with_graph=False).save(plain)
    own = replace(recipe("generic", SENT), training=Training(steps=SENT, rate=1e-2))
    seedtool.load(plain).grow(own, data=known).assemble(folder / "trained")
    carried = []
    for task in TASKS:
        one = recipe(task, steps)
        carried.append((one, embed(one, part(chosen, task), Share(count))))
    path = folder / "tasks.seed"
    made = seedtool.extract(
        str(folder / "trained"), codec="trellis", bits=2, with_graph=False, recipes=carried
    )
    made.save(path)
    return path


def accuracy(module: torch.nn.Module, examples: Examples) -> float:
    images = torch.from_numpy(np.asarray(examples.inputs)).float()[:, None] / 255
    with torch.no_grad():
        said = module((images - 0.3) / 0.35).logits.argmax(-1).numpy()
    return float((said == np.asarray(examples.labels)).mean())


def errors(values: list[float]) -> str:
    """Mean and standard error."""
    return f"{fmean(values):.4f} ± {stdev(values) / math.sqrt(len(values)):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("-o", "--output", type=Path)
    wish = parser.parse_args()
    pictures = data()
    rows = np.arange(len(pictures))
    known, chosen, test = (
        pictures.take(r) for r in np.split(rows, [TRAINED, TRAINED + CHOSEN_FROM])
    )
    with tempfile.TemporaryDirectory() as name:
        path = sent(Path(name), known, chosen, wish.examples, wish.steps)
        seed = seedtool.load(path)
        print(f"seed of {path.stat().st_size:,} bytes; {wish.examples} examples a recipe")
        for words in TASKS.values():
            found = match_recipe(seed.recipes(), f"I want to read {words}")
            print(f"'I want to read {words}': {found.recipe.name}, score {found.score:.2f}")
        scores: dict[str, dict[str, list[float]]] = {}
        for task in HALVES:
            own = part(test, task)
            ways = {"0 steps": [], "specialised": [], "generic": [], "wrong task": []}
            scores[task] = ways
            other = next(t for t in HALVES if t != task)
            for number in range(wish.seeds):
                ways["0 steps"].append(
                    accuracy(seed.grow(task=task, steps=0, seed=number).module, own)
                )
                for way, by in (
                    ("specialised", task),
                    ("generic", "generic"),
                    ("wrong task", other),
                ):
                    grown = seed.grow(task=by, seed=number)
                    ways[way].append(accuracy(grown.module, own))
    print("| task | test pictures | grown by | accuracy | by seed | to generic, in pairs |")
    print("|---|---|---|---|---|---|")
    for task, ways in scores.items():
        for way, values in ways.items():
            pairs = [a - b for a, b in zip(values, ways["generic"], strict=True)]
            paired = "" if way in ("generic", "0 steps") else errors(pairs)
            each = " ".join(f"{v:.3f}" for v in values)
            print(
                f"| {task} | {len(part(test, task))} | {way} | {errors(values)} "
                f"| {each} | {paired} |"
            )
    if wish.output:
        wish.output.write_text(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
