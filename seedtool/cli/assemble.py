"""``seed assemble``: a seed becomes a model again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from seedtool.cli import grown, options
from seedtool.cli.grown import Asked
from seedtool.cli.run import (
    Cost,
    named,
    progress,
    spooled_input,
    standard_input,
    standard_output,
)
from seedtool.cli.text import beside, difference_report, largest, many, over, print_json, say
from seedtool.errors import UsageError

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.assemble import Owner

HELP = """Make a model of a seed.

The ending of FILE says what is made: .safetensors, .npz, .onnx, or without an
ending a folder that transformers opens; --to says it otherwise, and for -.
Nothing stands at FILE before all of the seed has been verified. A seed that is
the difference to another model needs that one: --base.

With --grow the model is trained first, by a recipe of the seed's on data of the seed's or
yours. Its state is kept in FILE.growing, and the same command goes on from there."""
EXAMPLE = "Example: seed extract ./model -o - | ssh box seed assemble - -o model.onnx"


def command(
    seed: str = options.SEED,
    out: str = options.OUT,
    to: str | None = typer.Option(None, help="hf, safetensors, npz or onnx."),
    only: str | None = typer.Option(None, metavar="PATTERN", help="Only tensors so named."),
    precision: str = typer.Option("fp32", help="Weights in ONNX: fp32, fp16 or int8."),
    check: str | None = typer.Option(
        None, "--check", metavar="MODEL", help="Compare the ONNX outputs with this model's."
    ),
    base: list[str] = options.BASE,
    grow: bool = typer.Option(False, "--grow", help="Train the model by one of its recipes."),
    task: str | None = typer.Option(
        None, metavar="WORDS", help="The recipe by its name, or described in a few words."
    ),
    encoder: str | None = typer.Option(
        None, metavar="FOLDER", help="A sentence encoder that compares --task with the recipes."
    ),
    recipe: str | None = typer.Option(
        None, metavar="FILE", help="Grow by the recipe of a .toml file instead."
    ),
    data: str | None = typer.Option(
        None, metavar="DATA", help="The recipe's examples: a file, a folder or a data set's id."
    ),
    test_data: str | None = typer.Option(
        None, metavar="DATA", help="Examples to measure the grown model by."
    ),
    start: str | None = typer.Option(
        None,
        metavar="START",
        help="Where growing starts: coded (default), random, or CODEC[:BITS] of the seed's values.",
    ),
    grower: str | None = typer.Option(None, help="gradient, thermal, hybrid or evolution."),
    steps: int | None = typer.Option(None, help="Steps of growing, rather than the recipe's."),
    random_seed: int | None = typer.Option(
        None, "--seed", help="Seed of growing's random numbers, rather than the recipe's first."
    ),
    receipt: str | None = typer.Option(
        None,
        metavar="FILE",
        help="Grow by all of the recipe's seeds, and random starts as a control; the figures.",
    ),
    delta_out: str | None = typer.Option(
        None, metavar="FILE", help="What was learned, as a seed that is a difference to this one."
    ),
    delta_ratio: float | None = typer.Option(
        None, help="The tensors' plain bytes over that seed's; without it nothing is lost."
    ),
    max_tensor: int = options.MAX_TENSOR,
    dry_run: bool = options.DRY_RUN,
    force: bool = options.FORCE,
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    from seedtool import api, sinks
    from seedtool.assemble import select

    cost = Cost()
    target = None if out == "-" else Path(out)
    kind = sinks.kind_of(target, to)
    if json and target is None and not dry_run:
        raise UsageError("--json and -o - both want standard output")
    asked = Asked(
        task,
        recipe,
        data,
        test_data,
        start,
        grower,
        steps,
        random_seed,
        encoder,
        receipt,
        delta_out,
        delta_ratio,
    )
    asked.check(grow=grow, only=only, streamed=seed == "-")
    chosen = asked.chosen()
    _check_wishes(kind, target, precision, check)
    if target and not dry_run:
        sinks.check_path(target, kind, force=force)
    if not dry_run:
        asked.check_free(force=force)
    name = "<stdin>" if seed == "-" else seed
    with contextlib.ExitStack() as stack:
        stack.enter_context(named(name))
        made = api.load(_opened(seed, stack, again=grow), base=base or None)
        tensors = select(made.header, only)
        report: dict[str, Any] = {
            "seed": name,
            "model": out if target else "<stdout>",
            "kind": kind,
            **_counted(tensors),
            "dry_run": dry_run,
        }
        if made.base:
            report["base"] = {"source": made.base.name, "bytes": made.base.stored}
        if not dry_run:
            how: dict[str, Any] = {"to": kind, "precision": precision, "force": force}
            if grow:
                done = asked.run(made, chosen, target, kind, limit=max_tensor, quiet=quiet)
                if not done.model.main:
                    return
                report |= _counted(done.model.model.tensors) | {"grown": done.report(data)}
            place = target or stack.enter_context(standard_output("a model"))
            if grow:
                done.model.assemble(place, **how)
                report |= asked.write(done, made, seed, base, force=force, quiet=quiet)
            else:
                _assemble(made, place, only, max_tensor, quiet=quiet, **how)
        elif grow:
            asked.find(made, chosen, quiet=quiet)
    if check and target and not dry_run:
        with named(check):
            report["check"] = _check(target, check)
    if target and not dry_run:
        report["model_bytes"] = _size(target, kind)
        report["seed_bytes"] = Path(seed).stat().st_size if seed != "-" else None
    report |= {"seconds": cost.seconds, "peak_bytes": cost.peak_bytes}
    if json:
        print_json(report)
    elif not quiet:
        _tell(report, cost)


def _counted(tensors: Sequence[Owner]) -> dict[str, int]:
    return {
        "tensors": sum(len(names) for _, names in tensors),
        "tensor_bytes": sum(entry.nbytes * len(names) for entry, names in tensors),
    }


def _opened(seed: str, stack: contextlib.ExitStack, *, again: bool) -> Path | BinaryIO:
    """The seed to load; from standard input as a file if it is read ``again`` and again."""
    if seed != "-":
        return Path(seed)
    if again:
        return stack.enter_context(spooled_input("a seed"))
    return standard_input("a seed")


def _assemble(
    made: Seed,
    place: Path | BinaryIO,
    only: str | None,
    limit: int,
    *,
    quiet: bool,
    **how: Any,
) -> None:
    from seedtool.assemble import select

    total = sum(entry.nbytes for entry, _ in select(made.header, only))
    with progress(total, "assembling", quiet=quiet) as advance:
        made.assemble(place, only=only, limit=limit, progress=advance, **how)


def _check_wishes(kind: str, target: Path | None, precision: str, check: str | None) -> None:
    from seedtool import sinks

    if precision not in sinks.PRECISIONS:
        known = ", ".join(sinks.PRECISIONS)
        raise UsageError(f"unknown precision {precision!a}", hint=f"one of {known}")
    if precision != "fp32" and kind != "onnx":
        raise UsageError("--precision is for ONNX", hint="--to onnx")
    if check and (kind != "onnx" or target is None):
        raise UsageError("--check needs an ONNX file to run", hint="-o model.onnx")


def _check(target: Path, model: str) -> dict[str, Any]:
    from seedtool import parity

    return {"model": model, **difference_report(parity.compare_file(target, model))}


def _size(target: Path, kind: str) -> int:
    """Bytes of the files that were made."""
    files = [*target.iterdir()] if kind == "hf" else [target]
    if kind == "onnx":
        from seedtool.sinks.onnx import data_files

        files += [p for p in data_files(target) if p.exists()]
    return sum(f.stat().st_size for f in files)


def _tell(report: dict[str, Any], cost: Cost) -> None:
    would = "would be " if report["dry_run"] else ""
    what = f"{many(report['tensors'], 'tensor')} of {report['tensor_bytes']:,} bytes"
    if report.get("seed_bytes"):
        what += f"; {over(report['seed_bytes'], report['model_bytes'], 'model bytes')}"
    say(f"{report['model']}: {would}{what}")
    if "base" in report:
        say(beside(report["base"]))
    if "grown" in report:
        grown.tell(report, report.get("base"), report.get("seed_bytes"))
        grown.tell_files(report)
    if "check" in report:
        check = report["check"]
        say(f"largest difference of outputs to {check['model']}: {largest(check)}")
    say(str(cost))
