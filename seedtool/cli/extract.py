"""``seed extract``: a model becomes a seed."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seedtool.cli import extracted, options, planned, riding
from seedtool.cli.coding import Coding
from seedtool.cli.options import Making
from seedtool.cli.run import Cost, named, progress, spooled_input, stages, standard_output
from seedtool.cli.text import print_json, say

if TYPE_CHECKING:
    from seedtool.api import Seed

HELP = """Write a model as a seed.

MODEL is a Hugging Face folder or hub id, a .safetensors, .pt, .pth, .bin, .onnx
or .npz file, or - for one of these files on standard input. Without options
nothing is lost.

With --size, --ratio, --bits or --quality one plan for all tensors spends the
bytes where they matter most to what the model answers, by what --calibrate's
data shows, or else by what is usual for a tensor of its kind. --codec codes all
weights alike instead.

With --base the seed is the difference to a model that the receiver has; MODEL
may then be a LoRA adapter's folder as well."""
EXAMPLE = "Example: seed extract ./model -o model.seed --size 3MB --calibrate lines.txt"


def command(
    *,
    model: str = typer.Argument(..., metavar="MODEL|-", help="The model to extract from."),
    out: str = options.OUT,
    coding: Coding,
    base: list[str] = options.BASE,
    ride: riding.Asked,
    key: str | None = typer.Option(None, help="Which of nested state dicts, as a.b.c."),
    graph: bool = typer.Option(True, help="Store the ONNX graph, where there is one."),
    check: bool = typer.Option(False, "--check", help="Run model and seed, compare outputs."),
    making: Making,
) -> None:
    from seedtool import extracting, output

    cost = Cost()
    wishes = coding.wishes()
    target = making.target(out)
    if target and not making.dry_run:
        output.check_free(target, force=making.force)
    rides = riding.Rides(ride, coding.calibrate, dry_run=making.dry_run)
    name = "<stdin>" if model == "-" else model
    state = Path(f"{out}.healing") if coding.heal and target and not making.dry_run else None
    sizes = planned.Sizes() if making.dry_run else None
    with contextlib.ExitStack() as stack:
        stack.enter_context(named(name))
        source = stack.enter_context(spooled_input("a model")) if model == "-" else model
        opened = functools.partial(extracting.extract, source, key=key, base=base or None)
        with stages(quiet=making.quiet) as stage:
            model_itself = functools.partial(opened, codec="raw", with_graph=False)
            carried = rides.sections(model_itself, stage)
            made = opened(
                codec=coding.codec or None,
                with_graph=graph,
                calibrate=rides.calibration(model_itself),
                heal=coding.heal,
                checkpoint=state,
                recipes=carried,
                noted=rides.noted(),
                stage=stage,
                **wishes,
            )
        for note in made.notes if making.talks else ():
            say(f"{name}: {note}")
        made = rides.received(made, stack, base, wishes.get("size"), quiet=not making.talks)
        written = _save(made, target, sizes, making)
        if state:
            state.unlink(missing_ok=True)
        report = extracted.report_of(made, name, "<stdout>" if out == "-" else out, written)
        report |= rides.report()
        if sizes:
            report["plan"] = planned.rows_of(made, sizes)
        if check:
            report["check"] = extracted.check(made)
    report |= {"dry_run": making.dry_run, "seconds": cost.seconds, "peak_bytes": cost.peak_bytes}
    if making.json:
        print_json(report)
    elif making.talks:
        extracted.tell(made, report, cost, by_quality=coding.quality is not None)


def _save(made: Seed, target: Path | None, sizes: planned.Sizes | None, making: Making) -> int:
    """Its bytes, written to ``target``, to standard output, or to ``sizes`` and nowhere."""
    total = sum(entry.nbytes for entry, _ in made.header.owners())
    with progress(total, "extracting", quiet=making.quiet) as advance:
        if sizes:
            return sizes.take(made, advance)
        if target is None:
            with standard_output("a seed") as stdout:
                return made.save(stdout, progress=advance)
        return made.save(target, force=making.force, progress=advance)
