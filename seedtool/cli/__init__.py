"""The command: one file a subcommand, and here what all of them share: errors and exit codes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from seedtool.cli import assemble, demo, diff, extract, inspect, verify
from seedtool.cli.text import safe_text
from seedtool.errors import BROKEN_PIPE, INTERRUPTED, SeedError

app = typer.Typer(
    name="seed",
    help="Write a trained neural network as a .seed file of the fewest bytes, and grow it back.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SEED"},
)
for module in (extract, assemble, inspect, verify, diff, demo):
    app.command(help=module.HELP)(module.command)


@app.callback(invoke_without_command=True)
def options(
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    """Options of the command itself."""
    if version:
        from seedtool.version import VERSION

        typer.echo(f"seed {VERSION}")
        raise typer.Exit


def main() -> NoReturn:
    """Run the command; every way out is a documented exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except SeedError as e:
        _say(e)
        code = e.exit_code
    except typer.Abort:
        code = INTERRUPTED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError as e:
        where = f"{e.filename}: " if e.filename else ""
        print(safe_text(f"seed: {where}{e.strerror or e}"), file=sys.stderr)
        code = 1
    except typer.TyperException as e:
        code = e.exit_code
    if code == BROKEN_PIPE:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code if isinstance(code, int) else 0)
