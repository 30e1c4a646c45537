"""Options that benches share."""

from __future__ import annotations

import typer

MODEL = typer.Argument(..., metavar="MODEL", help="The model or seed to measure.")
MAYBE = typer.Argument("", metavar="[MODEL]", help="The model or seed; none: seed demo's.")
FILES = typer.Argument(..., metavar="DIR|FILE...", help="Documents, or folders of them.")
TASK = typer.Option("", metavar="RECIPE", help="A recipe's file, or its name in a seed.")
DATA = typer.Option("", metavar="DATA", help="The recipe's data, where they are given.")
TEST = typer.Option("", "--test-data", metavar="DATA", help="Measure by these.")
CALIBRATE = typer.Option("", metavar="DATA", help="Data for the plan by data.")
FILE = typer.Argument(..., metavar="FILE|-", help="A document of a bench; - is stdin.")
OUT = typer.Option(
    None, "-o", "--output", metavar="FILE", help="Keep the document here, saved at every point."
)
RESUME = typer.Option(False, "--resume", help="Go on with the document that stands at FILE.")
JOBS = typer.Option(None, "-j", "--jobs", help="Points at a time; as many as cores if not given.")
ENGINE = typer.Option("processes", help="processes of this machine, or ray.")
SEED = typer.Option(0, help="Of all random numbers.")
SMOKE = typer.Option(False, "--smoke", help="Few points, to see in seconds that all works.")
TO = typer.Option(None, help="terminal, md, csv or html; by FILE's name if not given.")
TARGET = typer.Option("-", "-o", "--output", metavar="FILE|-", help="Where to write.")
