"""``seed diff``: what differs between two seeds or models."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import typer

from seedtool.cli import options
from seedtool.cli.run import named
from seedtool.cli.text import many, print_json, table
from seedtool.errors import GateError

HELP = """Compare the tensors of two seeds or models.

Each of A and B is a seed or anything that extract takes. Lists tensors that
only one has, that differ in form, and that differ in values, with the largest
difference and the signal to noise of B against A."""
EXAMPLE = "Example: seed diff model.seed ./model"


def command(
    a: str = typer.Argument(..., metavar="A"),
    b: str = typer.Argument(..., metavar="B"),
    base: list[str] = options.BASE,
    exit_code: bool = typer.Option(False, "--exit-code", help="Exit with 6 if they differ."),
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    from seedtool.compare import compare
    from seedtool.opening import open_tensors

    with contextlib.ExitStack() as stack:
        tensors = []
        for name in (a, b):
            with named(name):
                tensors.append(stack.enter_context(open_tensors(name, base)))
        rows = list(compare(*tensors))
    changed = [r for r in rows if r["change"] != "same"]
    same = len(rows) - len(changed)
    report = {"a": a, "b": b, "same": same, "changes": changed}
    if json:
        print_json(report)
    elif not quiet:
        if changed:
            head = ["change", "tensor", "largest difference", "signal to noise"]
            print(table([head, *(_row(r) for r in changed)], right=frozenset({2, 3})))
        print(f"{many(same, 'tensor')} the same, {len(changed):,} not")
    if exit_code and changed:
        raise GateError(f"{a} and {b} differ in {many(len(changed), 'tensor')}")


def _row(change: dict[str, Any]) -> list[str]:
    largest = change.get("max_abs")
    snr = change.get("snr_db")
    return [
        change["change"],
        change["name"],
        "" if largest is None else f"{largest:.6g}",
        "" if snr is None or not math.isfinite(snr) else f"{snr:.2f} dB",
    ]
