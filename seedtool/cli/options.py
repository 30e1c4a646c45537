"""Options that several subcommands have in common, said once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from seedtool.errors import UsageError

OUT = typer.Option(
    ..., "-o", "--output", metavar="FILE|-", help="Where to write; - is standard output."
)
FORCE = typer.Option(False, "--force", help="Replace what is there.")
JSON = typer.Option(False, "--json", help="Report as one JSON document.")
QUIET = typer.Option(False, "-q", "--quiet", help="Say nothing but errors.")
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


@dataclass(frozen=True)
class Making:
    """How a file is made and told."""

    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would be made; write nothing.")
    force: bool = FORCE
    json: bool = JSON
    quiet: bool = QUIET

    @property
    def talks(self) -> bool:
        return not (self.quiet or self.json)

    def target(self, out: str) -> Path | None:
        """The file, None for standard output; UsageError if that has the report already."""
        if out != "-":
            return Path(out)
        if self.json and not self.dry_run:
            raise UsageError("--json and -o - both want standard output")
        return None
