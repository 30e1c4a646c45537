"""``seed assemble``: a seed becomes a model again."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import typer

from seedtool.cli import options
from seedtool.cli.run import Cost, named, progress, standard_input, standard_output
from seedtool.cli.text import beside, difference_report, largest, many, over, print_json, say
from seedtool.errors import UsageError

HELP = """Make a model of a seed.

The ending of FILE says what is made: .safetensors, .npz, .onnx, or without an
ending a folder that transformers opens; --to says it otherwise, and for -.
Nothing stands at FILE before all of the seed has been verified. A seed that is
the difference to another model needs that one: --base."""
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
    _check_wishes(kind, target, precision, check)
    if target and not dry_run:
        sinks.check_path(target, kind, force=force)
    name = "<stdin>" if seed == "-" else seed
    with contextlib.ExitStack() as stack:
        stack.enter_context(named(name))
        made = api.load(standard_input("a seed") if seed == "-" else seed, base=base or None)
        tensors = select(made.header, only)
        plain = sum(entry.nbytes * len(names) for entry, names in tensors)
        report: dict[str, Any] = {
            "seed": name,
            "model": out if target else "<stdout>",
            "kind": kind,
            "tensors": sum(len(names) for _, names in tensors),
            "tensor_bytes": plain,
            "dry_run": dry_run,
        }
        if made.base:
            report["base"] = {"source": made.base.name, "bytes": made.base.stored}
        if not dry_run:
            total = sum(entry.nbytes for entry, _ in tensors)
            advance = stack.enter_context(progress(total, "assembling", quiet=quiet))
            made.assemble(
                target or stack.enter_context(standard_output("a model")),
                to=kind,
                precision=precision,
                only=only,
                force=force,
                limit=max_tensor,
                progress=advance,
            )
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
    if "check" in report:
        check = report["check"]
        say(f"largest difference of outputs to {check['model']}: {largest(check)}")
    say(str(cost))
