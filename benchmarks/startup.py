"""How long ``seed --help`` takes beside a bare Typer program of as many commands.

    python benchmarks/startup.py [ROUNDS]

Runs both in turns and prints the medians in seconds and their ratio.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = """
import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

def command(file: str, quiet: bool = typer.Option(False, help="Say nothing.")) -> None:
    pass

for number in range({commands}):
    app.command(f"command-{{number}}", help="Do something.")(command)

app(prog_name="bare")
"""


def commands() -> int:
    """How many subcommands seed has."""
    from seedtool.cli import app

    return len(app.registered_commands)


def seconds(program: list[str]) -> float:
    """Of one run, with compiled modules kept as those of an installed program are."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *program, "--help"]
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, env=kept, check=True)
    return time.perf_counter() - start


def measure(rounds: int) -> tuple[float, float]:
    """Median seconds of seed and of the bare program."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE.format(commands=commands()))
        pairs = [(seconds(["-m", "seedtool"]), seconds([str(bare)])) for _ in range(rounds + 1)]
    ours, theirs = zip(*pairs[1:], strict=True)  # the first round fills caches
    return statistics.median(ours), statistics.median(theirs)


def main() -> None:
    ours, theirs = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    print(f"seed --help {ours:.3f} s, a bare Typer program {theirs:.3f} s: {ours / theirs:.2f} x")


if __name__ == "__main__":
    main()
