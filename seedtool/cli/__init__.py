"""The command: one file a subcommand; here what all share, errors and exit codes."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import typer

from seedtool.cli import assemble, demo, diff, extract, inspect, verify
from seedtool.cli.text import safe_text
from seedtool.errors import BROKEN_PIPE, INTERRUPTED, TERMINATED, SeedError

app = typer.Typer(
    name="seed",
    help="Write a trained neural network as a .seed file of the fewest bytes, and grow it back.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SEED"},
)


class _ClosedPipe(SeedError):
    """The reader of our output went away: nothing to say, nobody to say it to."""

    exit_code = BROKEN_PIPE


def _guard(command: Callable[..., None]) -> Callable[..., None]:
    """Keep Typer from turning a closed pipe into an error of its own."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            raise _ClosedPipe("") from None

    return run


for module in (extract, assemble, inspect, verify, diff, demo):
    name = module.__name__.rpartition(".")[2]
    app.command(name, help=module.HELP, epilog=module.EXAMPLE)(_guard(module.command))


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Show the version and exit."),
) -> None:
    if version:
        from seedtool.version import VERSION

        typer.echo(f"seed {VERSION}")
        raise typer.Exit


def main() -> NoReturn:
    """Run the command; every way out is one of the documented exit codes."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = app(prog_name="seed", standalone_mode=False)
    except SeedError as e:
        code = e.exit_code
        _complain(e.message, e.hint, code)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except MemoryError:
        code = 1
        _complain("out of memory", "", code)
    except OSError as e:
        code = 1
        _complain(": ".join(filter(None, (e.filename, e.strerror or str(e)))), "", code)
    except typer.TyperException as e:
        e.show()  # type: ignore[attr-defined]  # of the base that Typer keeps to itself
        code = e.exit_code  # type: ignore[attr-defined]
    if code == BROKEN_PIPE:  # the interpreter would complain when it flushes at exit
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code if isinstance(code, int) else 0)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(TERMINATED)  # an exception, so that temporary files go


def _complain(message: str, hint: str, code: int) -> None:
    if code == BROKEN_PIPE:
        return
    if "--json" in sys.argv:
        error = {"error": {"code": code, "hint": hint, "message": message}}
        print(json.dumps(error, ensure_ascii=True), file=sys.stderr)
        return
    line = f"seed: {message}" + (f" ({hint})" if hint else "")
    print(safe_text(line), file=sys.stderr)
