"""Options that benches share: the task, and how a bench is run and told."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import typer

from seedtool.cli import options

MAYBE = typer.Argument("", metavar="[MODEL]", help="The model or seed; none: seed demo's.")
DATA = typer.Option("", metavar="DATA", help="The recipe's data, where they are given.")
TEST = typer.Option("", "--test-data", metavar="DATA", help="Measure by these.")
CALIBRATE = typer.Option("", metavar="DATA", help="Data for the plan by data.")
BASE = typer.Option("", metavar="MODEL", help="Which delta starts are differences to.")
NNCODEC = typer.Option(
    "", metavar="PYTHON", help="And nncodec: the Python of an environment that has it."
)
TO = typer.Option(None, help="terminal, md, csv or html; by FILE's name if not given.")
TARGET = typer.Option("-", "-o", "--output", metavar="FILE|-", help="Where to write.")

# Options that change nothing of what is found.
ASIDE = {"out", "resume", "jobs", "engine", "force", "json", "quiet", "update"}


@dataclass(frozen=True)
class Task:
    """What a model is measured by; the names are those of the benches' own options."""

    task: str = typer.Option("", metavar="RECIPE", help="A recipe's file, or its name in a seed.")
    data: str = DATA
    test: str = TEST


@dataclass(frozen=True)
class Way:
    """How a bench is run and told."""

    context: typer.Context
    out: Path | None = typer.Option(
        None, "-o", "--output", metavar="FILE", help="Keep the document here, saved at every point."
    )
    resume: bool = typer.Option(
        False, "--resume", help="Go on with the document that stands at FILE."
    )
    jobs: int | None = typer.Option(
        None, "-j", "--jobs", help="Points at a time; as many as cores if not given."
    )
    engine: str = typer.Option("processes", help="processes of this machine, or ray.")
    seed: int = typer.Option(0, help="Of all random numbers.")
    smoke: bool = typer.Option(
        False, "--smoke", help="Few points, to see in seconds that all works."
    )
    force: bool = options.FORCE
    json: bool = options.JSON
    quiet: bool = options.QUIET

    @property
    def command(self) -> str:
        """What makes it again: the options that are not their defaults, as they would be typed."""
        words = ["seed", *self.context.command_path.split()[1:]]
        for parameter in self.context.command.params:
            name = str(parameter.name)
            value = self.context.params.get(name)
            if name in ASIDE or value == parameter.default or value is None:
                continue
            if parameter.param_type_name == "argument":
                words += [str(value)] if not isinstance(value, (list, tuple)) else map(str, value)
            elif value is True:
                words.append(max(parameter.opts, key=len))
            else:
                words += [max(parameter.opts, key=len), str(value)]
        return shlex.join(words)
