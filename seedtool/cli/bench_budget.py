"""``seed bench budget``: the least data and the fewest steps that reach a score."""

from __future__ import annotations

import typer

from seedtool.cli import benching
from seedtool.cli.bench_options import BASE, MAYBE, Task, Way

HELP = """The least data and the fewest steps that reach a share of the original's score.

A grid of embedded examples by steps of growing, from weights that hold more or less of the
original's; a random start is the control. Said with the bytes of the whole seed: weights,
recipe and examples. MODEL is a seed or a folder; without one it is the network of seed demo."""
EXAMPLE = "Example: seed bench budget --examples 10,40,160 --steps 50,200 -o budget.json"


def command(
    *,
    model: str = MAYBE,
    task: Task,
    base: str = BASE,
    starts: str = typer.Option(
        "trellis:0.75,trellis:0.2,pca:32,stats", help="Beside the random one."
    ),
    examples: str = typer.Option("10,20,40,80,160,320", help="To embed, as many of each class."),
    steps: str = typer.Option("25,50,100,200", help="Of growing."),
    seeds: int = typer.Option(3, help="Repeats, each with a seed of its own."),
    target: float = typer.Option(0.95, help="Share of the original's score."),
    way: Way,
) -> None:
    benching.run(
        "budget",
        way,
        model=model,
        **vars(task),
        base=base,
        seed=way.seed,
        starts=tuple(starts.split(",")),
        examples=benching.whole_numbers("examples", examples),
        steps=benching.whole_numbers("steps", steps),
        seeds=seeds,
        target=target,
    )
