"""``seed bench``: figures with their controls, as documents, and reports of them."""

from __future__ import annotations

from collections.abc import Callable

import typer

from seedtool.cli import (
    bench_ablate,
    bench_budget,
    bench_claims,
    bench_compare,
    bench_scaling,
    benching,
    options,
)
from seedtool.cli.bench_options import (
    CALIBRATE,
    DATA,
    MAYBE,
    NNCODEC,
    TARGET,
    TEST,
    TO,
    Task,
    Way,
)
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

FAILURES = """Ways in which it breaks, each reproduced, and what mitigates it.

Each is a small model made to break, by seed. Beside it stand the same coding of the
same model without the fault, which is the control, and the mitigation."""
FAILURES_EXAMPLE = "Example: seed bench failures -o failures.json"

ZERO_SHOT = """What a model knows with no step of training, from 1x to 1000x.

MODEL is a Hugging Face folder or a seed, measured by a recipe's task; without one
it is the network that ships with the program. Each coder is asked for each ratio. Chance,
random weights of the same norms and shuffled pca are the controls, and the research's
decision rule is applied in words."""
ZERO_SHOT_EXAMPLE = "Example: seed bench zero-shot ./model --task task.toml --data data.csv"

RECEIPT = """What a seed grows to, beside a random start grown alike.

SEED is grown by one of its recipes, once for each of the recipe's seeds of random numbers: the
whole table of a receipt, made anew."""
RECEIPT_EXAMPLE = "Example: seed bench receipt model.seed --test-data test.csv -o receipt.json"

GATE = """Fail where bytes or quality are worse than in a baseline.

What is measured is a model at one ratio, repeated by seed, or what a DOCUMENT of any bench
has measured already. Bytes are exact; a score may be worse by the t interval of
the baseline's repeats. The exit code is 6 with one line for each figure that is worse."""
GATE_EXAMPLE = "Example: seed bench gate ./model --task task.toml --data d.csv --baseline b.json"

LEADERBOARD = """Documents as one page, the best first.

A column holds figures of one bench on one set of data alone, told apart by digest."""
LEADERBOARD_EXAMPLE = "Example: seed bench leaderboard results/ -o board.html"

REPORT = """Write a document as a report.

html is one page with plots that needs nothing else; csv has the tables alone."""
REPORT_EXAMPLE = "Example: seed bench report rate.json -o rate.html"


def rate(
    *,
    model: str = typer.Argument(..., metavar="MODEL", help="The model or seed to measure."),
    bits: str = typer.Option("1,1.5,2,3,4,5", help="Rates, as Gaussian weights would have them."),
    codecs: str = typer.Option("trellis,quant", help="The codecs."),
    nncodec: str = NNCODEC,
    states: int = typer.Option(8, help="Of the trellis: 1, 8, 16 or 32."),
    analysed: float = typer.Option(3.0, help="The rate at which entropies are taken."),
    tensors: int = typer.Option(0, help="Analyse so many matrices, the largest; 0: all."),
    way: Way,
) -> None:
    benching.run(
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


def failures(
    *,
    cases: str = typer.Option("", help="Only these, with commas between them."),
    way: Way,
) -> None:
    benching.run("failures", way, **benching.chosen(cases=cases))


def zero_shot(
    *,
    model: str = MAYBE,
    task: Task,
    calibrate: str = CALIBRATE,
    ratios: str = typer.Option("1,2,4,8,10,16,20,32,50,100,200,500,1000", help="To ask for."),
    coders: str = typer.Option("", help="Only these, with commas between them."),
    draws: int = typer.Option(3, help="Draws of random weights."),
    way: Way,
) -> None:
    benching.run(
        "zero-shot",
        way,
        model=model,
        **vars(task),
        calibrate=calibrate,
        ratios=benching.numbers("ratios", ratios),
        draws=draws,
        **benching.chosen(coders=coders),
    )


def receipt(
    *,
    model: str = typer.Argument(..., metavar="SEED", help="A .seed file."),
    base: list[str] = options.BASE,
    task: str = typer.Option("", metavar="WORDS", help="One of its recipes, where it has more."),
    data: str = DATA,
    test: str = TEST,
    start: str = typer.Option("coded", help="Where growing starts, as of seed assemble."),
    seeds: int = typer.Option(0, metavar="N", help="The first N of the recipe's seeds; 0: all."),
    way: Way,
) -> None:
    asked = {"model": model, "task": task, "data": data, "test": test, "start": start}
    benching.run("receipt", way, **asked, seeds=seeds, base=tuple(base))


def gate(
    *,
    model: str = typer.Argument(
        "", metavar="[MODEL|DOCUMENT.json]", help="What to measure, or what was measured."
    ),
    baseline: str = typer.Option(..., metavar="FILE", help="The document to compare with."),
    update: bool = typer.Option(False, "--update", help="Write FILE instead of comparing."),
    task: Task,
    calibrate: str = CALIBRATE,
    coder: str = typer.Option("planned", help="How the model is coded."),
    ratio: float = typer.Option(16.0, help="Plain bytes over the seed's."),
    steps: int = typer.Option(0, help="Steps of growing behind it."),
    repeats: int = typer.Option(5, help="Each with a seed of its own."),
    confidence: float = typer.Option(0.99, help="That what is called worse is worse."),
    slack: float = typer.Option(0.0, help="Percent that a figure may be worse besides."),
    way: Way,
) -> None:
    from seedtool.cli import gating

    if model.endswith(".json"):
        made = benching.load(model)
    else:
        made = benching.measure(
            "gate",
            way,
            model=model,
            **vars(task),
            calibrate=calibrate,
            coder=coder,
            ratio=ratio,
            steps=steps,
            repeats=repeats,
        )
    gating.decide(made, baseline, way, update=update, confidence=confidence, slack=slack / 100)


def leaderboard(
    files: list[str] = typer.Argument(
        ..., metavar="DIR|FILE...", help="Documents, or folders of them."
    ),
    to: str | None = TO,
    out: str = TARGET,
    force: bool = options.FORCE,
) -> None:
    from seedtool.bench.reports.leaderboard import board

    documents = [(name, benching.load(name)) for name in benching.documents(files)]
    benching.write(board(documents), to, out, force=force)


def report(
    file: str = typer.Argument(..., metavar="FILE|-", help="A document of a bench; - is stdin."),
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
    "failures": (failures, FAILURES, FAILURES_EXAMPLE),
    "zero-shot": (zero_shot, ZERO_SHOT, ZERO_SHOT_EXAMPLE),
    "compare": (bench_compare.command, bench_compare.HELP, bench_compare.EXAMPLE),
    "ablate": (bench_ablate.command, bench_ablate.HELP, bench_ablate.EXAMPLE),
    "budget": (bench_budget.command, bench_budget.HELP, bench_budget.EXAMPLE),
    "scaling": (bench_scaling.command, bench_scaling.HELP, bench_scaling.EXAMPLE),
    "claims": (bench_claims.command, bench_claims.HELP, bench_claims.EXAMPLE),
    "receipt": (receipt, RECEIPT, RECEIPT_EXAMPLE),
    "gate": (gate, GATE, GATE_EXAMPLE),
    "leaderboard": (leaderboard, LEADERBOARD, LEADERBOARD_EXAMPLE),
    "report": (report, REPORT, REPORT_EXAMPLE),
}
