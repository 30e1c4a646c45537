"""``seed assemble``: a seed becomes a model again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from seedtool.cli import grown, options
from seedtool.cli.options import Making
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


@dataclass(frozen=True)
class Form:
    """What the model is made into."""

    to: str | None = typer.Option(None, help="hf, safetensors, npz or onnx.")
    only: str | None = typer.Option(None, metavar="PATTERN", help="Only tensors so named.")
    precision: str = typer.Option("fp32", help="Weights in ONNX: fp32, fp16 or int8.")
    check: str | None = typer.Option(
        None, "--check", metavar="MODEL", help="Compare the ONNX outputs with this model's."
    )

    def kind(self, target: Path | None) -> str:
        """The kind of sink; UsageError for what it can't do."""
        from seedtool import sinks

        kind = sinks.kind_of(target, self.to)
        if self.precision not in sinks.PRECISIONS:
            known = ", ".join(sinks.PRECISIONS)
            raise UsageError(f"unknown precision {self.precision!a}", hint=f"one of {known}")
        if self.precision != "fp32" and kind != "onnx":
            raise UsageError("--precision is for ONNX", hint="--to onnx")
        if self.check and (kind != "onnx" or target is None):
            raise UsageError("--check needs an ONNX file to run", hint="-o model.onnx")
        return kind


def command(
    *,
    file: str = options.SEED,
    out: str = options.OUT,
    form: Form,
    base: list[str] = options.BASE,
    grow: bool = typer.Option(False, "--grow", help="Train the model by one of its recipes."),
    asked: grown.Asked,
    max_tensor: int = options.MAX_TENSOR,
    making: Making,
) -> None:
    from seedtool import api
    from seedtool.assemble import select

    cost = Cost()
    target = making.target(out)
    kind = form.kind(target)
    asked.check(grow=grow, only=form.only, streamed=file == "-")
    recipe = asked.chosen()
    if not making.dry_run:
        _check_free(target, kind, asked, force=making.force)
    name = "<stdin>" if file == "-" else file
    how: dict[str, Any] = {"to": kind, "precision": form.precision, "force": making.force}
    quiet = making.quiet
    with contextlib.ExitStack() as stack:
        stack.enter_context(named(name))
        made = api.load(_opened(file, stack, again=grow), base=base or None)
        report: dict[str, Any] = {
            "seed": name,
            "model": out if target else "<stdout>",
            "kind": kind,
            **_counted(select(made.header, form.only)),
            "dry_run": making.dry_run,
        }
        if made.base:
            report["base"] = {"source": made.base.name, "bytes": made.base.stored}
        if grow and making.dry_run:
            asked.find(made, recipe, quiet=quiet)
        elif grow:
            done = asked.run(made, recipe, target, kind, limit=max_tensor, quiet=quiet)
            if not done.model.main:
                return
            report |= _counted(done.model.model.tensors) | {"grown": done.report(asked.data)}
            done.model.assemble(_place(target, stack), **how)
            report |= asked.write(done, made, file, base, force=making.force, quiet=quiet)
        elif not making.dry_run:
            place = _place(target, stack)
            _assemble(made, place, form.only, max_tensor, quiet=quiet, **how)
    if target and not making.dry_run:
        report |= _compared(target, form.check)
        report["model_bytes"] = _size(target, kind)
        report["seed_bytes"] = Path(file).stat().st_size if file != "-" else None
    report |= {"seconds": cost.seconds, "peak_bytes": cost.peak_bytes}
    if making.json:
        print_json(report)
    elif not quiet:
        _tell(report, cost, part=form.only is not None)


def _check_free(target: Path | None, kind: str, asked: grown.Asked, *, force: bool) -> None:
    """RefusedError for files that are there already."""
    from seedtool import sinks

    if target:
        sinks.check_path(target, kind, force=force)
    asked.check_free(force=force)


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


def _place(target: Path | None, stack: contextlib.ExitStack) -> Path | BinaryIO:
    """Where the model is written."""
    return target or stack.enter_context(standard_output("a model"))


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


def _compared(target: Path, model: str | None) -> dict[str, Any]:
    """The file's outputs compared with the model's, where there is one to be compared with."""
    from seedtool import parity

    if model is None:
        return {}
    with named(model):
        difference = difference_report(parity.compare_file(target, model))
    return {"check": {"model": model, **difference}}


def _size(target: Path, kind: str) -> int:
    """Bytes of the files that were made."""
    files = [*target.iterdir()] if kind == "hf" else [target]
    if kind == "onnx":
        from seedtool.sinks.onnx import data_files

        files += [p for p in data_files(target) if p.exists()]
    return sum(f.stat().st_size for f in files)


def _tell(report: dict[str, Any], cost: Cost, *, part: bool) -> None:
    would = "would be " if report["dry_run"] else ""
    what = f"{many(report['tensors'], 'tensor')} of {report['tensor_bytes']:,} bytes"
    if report.get("seed_bytes") and part:
        what += f", {report['model_bytes']:,} in all; the whole seed is {report['seed_bytes']:,}"
    elif report.get("seed_bytes"):
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
