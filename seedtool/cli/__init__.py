"""The command: one file a subcommand; here what all share, errors and exit codes."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import typer

from seedtool.cli import assemble, demo, diff, extract, failure, inspect, verify

EPILOG = """Every option has a variable: SEED_EXTRACT_BITS=4 is --bits 4 of seed extract.

Exit codes: 0 done, 1 failure, 2 usage, 3 malformed or damaged input, 4 not supported,
5 a package is missing, 6 a gate was not met, 7 refused by policy or limit,
130 interrupted, 141 the reader of the output went away, 143 terminated.

Example: seed extract ./model -o - | ssh box seed assemble - -o model.safetensors"""

app = typer.Typer(
    name="seed",
    help="Write a trained neural network as a .seed file of the fewest bytes, and grow it back.",
    epilog=EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SEED"},
)


def _guard(command: Callable[..., None]) -> Callable[..., None]:
    """Tell what goes wrong in a command here, where it is known whether JSON is wanted."""

    @functools.wraps(command)
    def run(**kwargs: Any) -> None:
        try:
            command(**kwargs)
            if sys.stdout is not None:
                sys.stdout.flush()
        except failure.KNOWN as e:
            raise typer.Exit(failure.tell(e, as_json=kwargs["json"])) from None

    return run


for module in (extract, assemble, inspect, verify, diff, demo):
    name = module.__name__.rpartition(".")[2]
    app.command(name, help=module.HELP, epilog=module.EXAMPLE)(_guard(module.command))


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(
        False, "--version", help="Show the version and exit.", allow_from_autoenv=False
    ),
) -> None:
    if version:
        from seedtool.version import VERSION

        typer.echo(f"seed {VERSION}")
        raise typer.Exit


def main() -> NoReturn:
    """Run the command; every way out is one of the documented exit codes."""
    signal.signal(signal.SIGTERM, _terminate)
    if sys.stderr is None:  # closed; print would take None for standard output
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.stdout is not None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    as_json = "--json" in sys.argv
    try:
        code = _command()(prog_name="seed", standalone_mode=False) or 0
    except failure.KNOWN as e:
        code = failure.tell(e, as_json=as_json)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as e:
        code = code or failure.tell(e, as_json=as_json)
        # Or the interpreter tries again at its exit, and complains by itself.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _command() -> Any:
    """The command, its help without a variable behind every option: the rule is said once."""
    command: Any = typer.main.get_command(app)
    for each in (command, *command.commands.values()):
        for parameter in each.params:
            parameter.show_envvar = False
    return command


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)  # an exception, so that temporary files go
