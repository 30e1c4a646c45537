"""Options that several subcommands have in common, said once."""

from __future__ import annotations

import typer

OUT = typer.Option(
    ..., "-o", "--output", metavar="FILE|-", help="Where to write; - is standard output."
)
FORCE = typer.Option(False, "--force", help="Replace what is there.")
JSON = typer.Option(False, "--json", help="Report as one JSON document.")
QUIET = typer.Option(False, "-q", "--quiet", help="Say nothing but errors.")
DRY_RUN = typer.Option(False, "--dry-run", help="Show what would be made; write nothing.")
MAX_TENSOR = typer.Option(
    16 << 30,
    "--max-tensor",
    envvar="SEED_MAX_TENSOR",
    metavar="BYTES",
    help="Refuse seeds with a larger tensor; also SEED_MAX_TENSOR.",
)
SEED = typer.Argument(..., metavar="SEED|-", help="A .seed file; - is standard input.")
BASE = typer.Option(
    [],
    "--base",
    metavar="MODEL",
    help="The model or seed that a seed is a difference to; again for its own base.",
)
