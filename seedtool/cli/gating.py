"""The gate's decision: a baseline written, or compared with and told."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seedtool.cli import benching
from seedtool.cli.bench_options import Way
from seedtool.cli.text import many, print_json, say
from seedtool.errors import FileError, GateError, UsageError

if TYPE_CHECKING:
    from seedtool.bench.results.document import Document


def decide(
    made: Document, baseline: str, way: Way, *, update: bool, confidence: float, slack: float
) -> None:
    """Write ``made`` as the baseline, or end with exit code 6 if it is worse than that."""
    from seedtool.bench.reports.gate import gate_page
    from seedtool.bench.results import comparison, document

    if not 0.5 <= confidence < 1 or not slack >= 0:  # NaN is neither
        raise UsageError("a confidence is 0.5 or more and below 1, a slack 0 or more")
    if update:
        benching.end(made)  # what failed is no baseline
        document.save(made, Path(baseline))
        if not (way.quiet or way.json):
            say(f"{baseline}: the baseline of {many(len(made.planned), 'point')}")
        return
    if not Path(baseline).exists():
        raise FileError(f"{baseline}: no such file", hint="--update writes a baseline")
    changes = comparison.compare(benching.load(baseline), made, confidence=confidence, slack=slack)
    if way.json:
        print_json({"changes": [asdict(c) for c in changes], "document": document.write(made)})
    elif not way.quiet:
        benching.print_page(gate_page(changes))
    worse = [change for change in changes if change.state in ("worse", "missing")]
    for change in worse:
        say(f"seed: {change}")
    if worse:
        raise typer.Exit(GateError.exit_code)
    benching.end(made)
    if any(change.state == "better" for change in changes) and not (way.quiet or way.json):
        say("some figures are better: --update takes them as the baseline")
