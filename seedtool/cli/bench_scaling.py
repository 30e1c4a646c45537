"""``seed bench scaling``: compression, time and quality against size."""

from __future__ import annotations

import typer

from seedtool.cli import benching
from seedtool.cli.bench_options import Way

HELP = """What changes with size: bytes, quality and time, as power laws.

Networks of many widths and of many depths learn the digits and are coded at one
quality, at one distortion, and as the research's seeds, which are grown then. Exponents
have intervals, and a line is drawn on to 175B. A seed of fixed size, whose ratio grows
with the model whatever it holds, is the control. Models join at the distortion alone."""
EXAMPLE = "Example: seed bench scaling -o scaling.json"


def command(
    *,
    models: list[str] = typer.Argument(None, metavar="[MODEL...]", help="Models that join."),
    widths: str = typer.Option("16,32,64,128,256,512,768", help="Of one square layer."),
    depths: str = typer.Option("0,1,4,12,32,80", help="Square layers, 96 wide."),
    steps: int = typer.Option(300, help="Of training, and of growing."),
    snr: float = typer.Option(20.0, help="The one distortion, in dB."),
    repeats: int = typer.Option(3, help="Of each size, each with a seed of its own."),
    way: Way,
) -> None:
    benching.run(
        "scaling",
        way,
        models=tuple(models or ()),
        widths=benching.whole_numbers("widths", widths) if widths else (),
        depths=benching.whole_numbers("depths", depths) if depths else (),
        steps=steps,
        snr=snr,
        repeats=repeats,
    )
