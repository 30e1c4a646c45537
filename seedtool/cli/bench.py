"""``seed bench``: figures with their controls, as documents, and reports of them."""

from __future__ import annotations

from collections.abc import Callable

import typer

from seedtool.cli import benching, options
from seedtool.cli.benching import Way
from seedtool.cli.run import named

HELP = """Measure models and codecs beside their controls.

A bench writes one JSON document: what was asked, of which model and data by their
digests, where, by which seeds, and every figure with its controls. Reports are made
of documents alone."""
EXAMPLE = "Example: seed bench rate model.safetensors -o rate.json"

RATE = """Real bytes of codecs against R(D), and what is left to be won.

MODEL is anything that seed extract takes, or a seed. All its weight matrices are
coded at one step, for each of the rates, and compared with the least rate of
sources fitted to them. Entropies of the quantised weights given what stands beside
them say what a coder could still win; the same contexts shuffled are the control."""
RATE_EXAMPLE = "Example: seed bench rate model.safetensors --bits 1,2,4 -o rate.json"

REPORT = """Write a document as a report.

html is one page with plots that needs nothing else; csv has the tables alone."""
REPORT_EXAMPLE = "Example: seed bench report rate.json -o rate.html"

MODEL = typer.Argument(..., metavar="MODEL", help="The model or seed to measure.")
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


def rate(
    context: typer.Context,
    model: str = MODEL,
    bits: str = typer.Option("1,1.5,2,3,4,5", help="Rates, as Gaussian weights would have them."),
    codecs: str = typer.Option("trellis,quant", help="The codecs."),
    nncodec: str = typer.Option(
        "", metavar="PYTHON", help="And nncodec: the Python of an environment that has it."
    ),
    states: int = typer.Option(8, help="Of the trellis: 1, 8, 16 or 32."),
    analysed: float = typer.Option(3.0, help="The rate at which entropies are taken."),
    tensors: int = typer.Option(0, help="Analyse so many matrices, the largest; 0: all."),
    out: str | None = OUT,
    resume: bool = RESUME,
    jobs: int | None = JOBS,
    engine: str = ENGINE,
    seed: int = SEED,
    smoke: bool = SMOKE,
    force: bool = options.FORCE,
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    way = Way.of(context)
    made = benching.measure(
        "rate",
        way,
        model=model,
        bits=benching.numbers("bits", bits),
        codecs=tuple(codecs.split(",")),
        peer=nncodec,
        states=states,
        analysed=analysed,
        tensors=tensors,
    )
    benching.show(made, way)


def report(
    file: str = FILE,
    to: str | None = TO,
    out: str = TARGET,
    force: bool = options.FORCE,
) -> None:
    from seedtool.bench.reports.page import page_of

    made = benching.load(file)
    with named(file):
        page = page_of(made)
    benching.write(page, to, out, force=force)


COMMANDS: dict[str, tuple[Callable[..., None], str, str]] = {
    "rate": (rate, RATE, RATE_EXAMPLE),
    "report": (report, REPORT, REPORT_EXAMPLE),
}
