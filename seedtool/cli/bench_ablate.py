"""``seed bench ablate``: what each part of a seed is worth to what learns from it."""

from __future__ import annotations

import typer

from seedtool.cli import benching
from seedtool.cli.bench_options import BASE, MAYBE, Task, Way

HELP = """What a start is worth: less and less of a model, then trained alike.

The same recipe on the same examples, from random weights, from what each codec leaves, and
from that with one part replaced by chance. Curves of learning, steps to a score, and tests
of every start against the random one, by pairs of equal seeds: better, worse, equivalent
or undecided. MODEL is a seed or a folder; without one it is the network of seed demo."""
EXAMPLE = "Example: seed bench ablate --examples 60 --steps 200 -o ablate.json"


def command(
    *,
    model: str = MAYBE,
    task: Task,
    base: str = BASE,
    starts: str = typer.Option("", help="Only these and the controls, with commas between."),
    examples: int = typer.Option(60, help="To learn from, as many of each class."),
    steps: int = typer.Option(200, help="Of growing."),
    seeds: int = typer.Option(5, help="Repeats, each with a seed of its own."),
    margin: float = typer.Option(0.02, help="Of the score, within which starts are equivalent."),
    thresholds: str = typer.Option("0.5,0.95", help="Shares of the way from chance to MODEL."),
    way: Way,
) -> None:
    benching.run(
        "ablate",
        way,
        model=model,
        **vars(task),
        base=base,
        seed=way.seed,
        **benching.chosen(starts=starts),
        examples=examples,
        steps=steps,
        seeds=seeds,
        margin=margin,
        thresholds=benching.numbers("thresholds", thresholds),
    )
