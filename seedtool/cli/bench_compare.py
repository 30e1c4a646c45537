"""``seed bench compare``: one model by our codecs and by those of others."""

from __future__ import annotations

import typer

from seedtool.cli import benching
from seedtool.cli.bench_options import CALIBRATE, MAYBE, NNCODEC, Task, Way

HELP = """One model by our codecs and by others', with no step and grown alike.

Bytes of all that is shipped against quality: pruning, int8 and int4 as of onnxruntime, GGUF,
NF4, nncodec, gzip, zstd, xz, ZipNN, a distilled student, and what is here. Every row
is grown by the same recipe, examples, steps and seeds. MODEL is a seed or a folder; without
one it is the network of seed demo. What is not installed is told, and left out."""
EXAMPLE = "Example: seed bench compare ./model --task task.toml --data data.csv -o compare.json"


def command(
    *,
    model: str = MAYBE,
    task: Task,
    calibrate: str = CALIBRATE,
    ratios: str = typer.Option("4,8,16,32", help="To ask our codecs and students for."),
    coders: str = typer.Option("", help="Only these of ours, with commas between them."),
    peers: str = typer.Option("", help="Only these of others, with commas between them."),
    nncodec: str = NNCODEC,
    settings: int = typer.Option(0, help="The first so many of each of others'; 0: all."),
    examples: int = typer.Option(0, help="To grow on; 0: 60 of seed demo's, all of a recipe's."),
    steps: int | None = typer.Option(None, help="Of growing; as the recipe has it if not given."),
    seeds: int = typer.Option(3, help="Growings of each row."),
    way: Way,
) -> None:
    benching.run(
        "compare",
        way,
        model=model,
        **vars(task),
        calibrate=calibrate,
        **benching.chosen(coders=coders, peers=peers),
        ratios=benching.numbers("ratios", ratios),
        nncodec=nncodec,
        settings=settings,
        examples=examples,
        steps=steps,
        seeds=seeds,
    )
