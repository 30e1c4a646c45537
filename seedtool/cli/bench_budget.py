"""``seed bench budget``: the least data and the fewest steps that reach a score."""

from __future__ import annotations

import typer

from seedtool.cli import benching, options
from seedtool.cli.bench_options import (
    DATA,
    ENGINE,
    JOBS,
    MAYBE,
    OUT,
    RESUME,
    SEED,
    SMOKE,
    TASK,
    TEST,
)
from seedtool.cli.benching import Way

HELP = """The least data and the fewest steps that reach a share of the original's score.

A grid of embedded examples by steps of growing, from weights that hold more or less of the
original's; a random start is the control. Said with the bytes of the whole seed: weights,
recipe and examples. MODEL is a seed or a folder; without one it is the network of seed demo."""
EXAMPLE = "Example: seed bench budget --examples 10,40,160 --steps 50,200 -o budget.json"


def command(
    context: typer.Context,
    model: str = MAYBE,
    task: str = TASK,
    data: str = DATA,
    test: str = TEST,
    base: str = typer.Option("", metavar="MODEL", help="Which delta starts are differences to."),
    starts: str = typer.Option(
        "trellis:0.75,trellis:0.2,pca:32,stats", help="Beside the random one."
    ),
    examples: str = typer.Option("10,20,40,80,160,320", help="To embed, as many of each class."),
    steps: str = typer.Option("25,50,100,200", help="Of growing."),
    seeds: int = typer.Option(3, help="Repeats, each with a seed of its own."),
    target: float = typer.Option(0.95, help="Share of the original's score."),
    out: str | None = OUT,
    resume: bool = RESUME,
    jobs: int | None = JOBS,
    engine: str = ENGINE,
    seed: int = SEED,
    smoke: bool = SMOKE,
    force: bool = options.FORCE,
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    way = Way.of(context)
    asked = {"model": model, "task": task, "data": data, "test": test, "base": base, "seed": seed}
    made = benching.measure(
        "budget",
        way,
        **asked,
        starts=tuple(starts.split(",")),
        examples=benching.whole_numbers("examples", examples),
        steps=benching.whole_numbers("steps", steps),
        seeds=seeds,
        target=target,
    )
    benching.show(made, way)
