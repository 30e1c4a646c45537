"""What Fashion-MNIST's examples teach from a random start, by bytes and by how they were chosen.

    python -m benchmarks.garments FOLDER [--size 60000] [--how random herding] [--seeds 3]

FOLDER holds the idx files. A teacher is trained on the 60,000 training images (or read with
``--teacher``), examples are chosen or learned and coded as a section of at most ``--size``
bytes, and a small convolutional network grows from what the section decodes to. The 10,000
test images choose nothing; ``--tune`` measures by the last 6,000 training images instead, to
find a step, a way or a number of iterations by.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.peers.models.fashion import network
from seedtool import container
from seedtool.examples import coding, selection
from seedtool.examples.coding import Quality
from seedtool.examples.distillation import Learning, distil
from seedtool.examples.labelled import Examples
from seedtool.examples.reading import read_examples
from seedtool.examples.section import CODEC
from seedtool.seed import Header, Section

BATCH = 64
SHIFT = 2  # pixels
TEMPERATURE = 2.0  # of the soft labels and of what is compared to them
TEACHER_STEPS = 8000
TAUGHT = 54_000  # images that choices may be made from where the rest tunes
HEAD = 800  # bytes of the section's head and the seed's frame, about
STEPS = 4000
SOFTNESS = 0.9  # share of the KL in the loss


def scaled(pixels: np.ndarray) -> torch.Tensor:
    return torch.tensor(pixels, dtype=torch.float32)[:, None] / 127.5 - 1


def augmented(images: torch.Tensor) -> torch.Tensor:
    """Half of the images flipped, all shifted alike."""
    turned = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images, images.flip(3))
    padded = F.pad(turned, (SHIFT,) * 4, value=-1.0)
    down, right = torch.randint(0, 2 * SHIFT + 1, (2,)).tolist()
    return padded[:, :, down : down + 28, right : right + 28]


def grow(examples: Examples, steps: int, seed: int) -> nn.Sequential:
    """A network from random weights by AdamW: a tenth cross-entropy, the rest KL to soft labels."""
    torch.manual_seed(seed)
    images, labels = scaled(examples.inputs), torch.tensor(examples.labels)
    soft = None
    if examples.soft is not None:
        soft = torch.softmax(torch.tensor(examples.soft).clamp_min(1e-8).log() / TEMPERATURE, 1)
    made = network()
    optimizer = torch.optim.AdamW(made.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 3e-3, total_steps=steps, pct_start=0.1
    )
    made.train()
    order = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        if len(order) < BATCH:
            order = torch.randperm(len(images))
        rows, order = order[:BATCH], order[BATCH:]
        out = made(augmented(images[rows]))
        loss = F.cross_entropy(out, labels[rows])
        if soft is not None:
            likely = F.log_softmax(out / TEMPERATURE, 1)
            warm = TEMPERATURE**2 * F.kl_div(likely, soft[rows], reduction="batchmean")
            loss = SOFTNESS * warm + (1 - SOFTNESS) * loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return made.eval()


@torch.no_grad()
def logits(module: nn.Sequential, images: torch.Tensor) -> np.ndarray:
    return torch.cat([module(part) for part in images.split(1000)]).numpy()


@torch.no_grad()
def last_layer(module: nn.Sequential, images: torch.Tensor) -> np.ndarray:
    return torch.cat([module[:-1](part) for part in images.split(1000)]).numpy()


def taught(folder: Path, teacher: Path | None) -> tuple[nn.Sequential, Examples]:
    """The teacher and the training images with its soft labels."""
    train = read_examples(folder)
    if teacher is None:
        module = grow(train, TEACHER_STEPS, 0)
    else:
        from safetensors.torch import load_file

        module = network().eval()
        module.load_state_dict(load_file(teacher))
    soft = torch.softmax(torch.tensor(logits(module, scaled(train.inputs))), 1).numpy()
    return module, replace(train, soft=soft)


def measured(examples: Examples, test: Examples, steps: int, seeds: int) -> dict[str, Any]:
    """Accuracies over seeds and the longest growing, in seconds of a core."""
    scores, took = [], 0.0
    for seed in range(seeds):
        start = time.process_time()
        module = grow(examples, steps, seed)
        took = max(took, time.process_time() - start)
        right = logits(module, scaled(test.inputs)).argmax(1) == test.labels
        scores.append(float(right.mean()))
    return {
        "accuracy": float(np.mean(scores)),
        "deviation": float(np.std(scores, ddof=1)) if seeds > 1 else 0.0,
        "scores": scores,
        "seconds": round(took, 1),
    }


def seed_bytes(coded: coding.Coded, count: int) -> int:
    """A whole seed of these examples and nothing else."""
    fields = {"codec": CODEC, "count": count, "name": "garments", "params": coded.params}
    made = Section("examples", fields, coded.parts)
    file = io.BytesIO()
    return container.write(
        file, Header(()), [container.document_section("meta", {"format": "none"}), made]
    )


def coded_examples(
    train: Examples,
    module: nn.Sequential,
    how: str,
    step: int,
    wish: argparse.Namespace,
    features: np.ndarray,
) -> coding.Coded:
    """A section of at most the size wished for, of chosen examples or of learned ones."""

    def teacher(images: np.ndarray) -> np.ndarray:
        return torch.softmax(torch.tensor(logits(module, scaled(images))), 1).numpy()

    quality = Quality(step=step)
    learned = how == "distilled"
    rows = selection.choose_size(
        train, wish.size - HEAD, quality, "random" if learned else how, features
    )
    if not learned:
        return coding.encode(train.take(rows), quality)
    learning = Learning(iterations=wish.iterations)
    count = len(rows)
    while True:  # what was learned takes other bytes than what it began with
        made = distil(train, count, step, teacher=teacher, learning=learning)
        coded = coding.encode(made, quality)
        if coding.size(coded) + HEAD <= wish.size:
            return coded
        count = int(count * 0.98 * (wish.size - HEAD) / coding.size(coded))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--size", type=int, default=60_000)
    parser.add_argument("--quality", type=int, nargs="+", default=[45])
    parser.add_argument("--how", nargs="+", default=["random"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--iterations", type=int, default=200, help="of learning images")
    parser.add_argument("--tune", action="store_true", help="measure by training images kept back")
    parser.add_argument("--hard", action="store_true", help="without soft labels")
    parser.add_argument("-o", "--output", type=Path)
    wish = parser.parse_args()
    module, train = taught(wish.folder, wish.teacher)
    test = read_examples(wish.folder, split="test")
    if wish.tune:
        train, test = train.take(np.arange(TAUGHT)), train.take(np.arange(TAUGHT, len(train)))
    features = last_layer(module, scaled(train.inputs))
    print("| how | step | examples | bytes | accuracy | deviation | seconds |")
    print("|" + "---|" * 7)
    rows = []
    for how in wish.how:
        for step in wish.quality:
            coded = coded_examples(train, module, how, step, wish, features)
            made = coding.decode(coded.params, [part.data for part in coded.parts])
            if wish.hard:
                made = replace(made, soft=None)
            row = {"how": how, "step": step, "examples": len(made)}
            row |= {"bytes": seed_bytes(coded, len(made))}
            row |= measured(made, test, wish.steps, wish.seeds)
            rows.append(row)
            print(
                f"| {how} | {step} | {row['examples']} | {row['bytes']} | {row['accuracy']:.4f} "
                f"| {row['deviation']:.4f} | {row['seconds']} |",
                flush=True,
            )
    if wish.output:
        wish.output.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
