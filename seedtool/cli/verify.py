"""``seed verify``: is a seed whole, and does it decode to what was measured?"""

from __future__ import annotations

import typer

from seedtool.cli import options
from seedtool.cli.run import Cost, named, progress, standard_input
from seedtool.cli.text import print_json, say

HELP = """Check a seed to its last byte.

Every hash is compared and every tensor decoded and checked; with --quick hashes
alone. The tensors of a difference to another model are decoded with --base.
Prints the content digest, which is the same whatever compressor wrote the
file; with --quiet the exit code says it all."""
EXAMPLE = "Example: seed verify model.seed && scp model.seed box:"


def command(
    seed: str = options.SEED,
    quick: bool = typer.Option(False, "--quick", help="Compare hashes; decode nothing."),
    base: list[str] = options.BASE,
    max_tensor: int = options.MAX_TENSOR,
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    from seedtool import api

    cost = Cost()
    name = "<stdin>" if seed == "-" else seed
    with named(name):
        made = api.load(standard_input("a seed") if seed == "-" else seed, base=base or None)
        total = sum(entry.nbytes for entry, _ in made.header.owners())
        with progress(total, "verifying", quiet=quiet) as advance:
            digest = made.verify(quick=quick, limit=max_tensor, progress=advance).hex()
    lacking = made.header.base is not None and made.base is None
    if json:
        report = {
            "seed": name,
            "content": digest,
            "decoded": not quick and not lacking,
            "tensors": len(made.header.tensors),
            "seconds": cost.seconds,
            "peak_bytes": cost.peak_bytes,
        }
        print_json(report)
    elif not quiet:
        print(digest)
        done = "hashes compared" + ("" if quick else ", every tensor decoded")
        if lacking and not quick:
            done = "hashes compared; without --base no difference to it is decoded"
        say(f"{name}: whole, {done}; {cost}")
