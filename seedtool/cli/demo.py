"""``seed demo``."""

import typer
from seedtool.cli import options

HELP = "demo"
EXAMPLE = "Example: seed demo"


def command(json: bool = options.JSON) -> None:
    typer.echo("not yet")
