"""``seed bench claims``: what became of the claims of the research."""

from __future__ import annotations

import typer

from seedtool.cli import benching
from seedtool.cli.bench_options import Way

HELP = """Every testable claim of the research: tested by what, with what result.

Claims stand in a list with their notes and sections; each is tested by other
benches, or by a computation where arithmetic alone settles it, and judged by the intervals of
the figures. Points are those of the benches, so that a run goes on after a kill."""
EXAMPLE = "Example: seed bench claims --peers docs/peers.json -o claims.json"


def command(
    *,
    claims: str = typer.Option("", metavar="ID,...", help="Only these, as P18,Z004.2."),
    peers: str = typer.Option(
        "", metavar="FILE", help="The peers' document, which is cited and not run again."
    ),
    way: Way,
) -> None:
    benching.run("claims", way, **benching.chosen(claims=claims), peers=peers)
