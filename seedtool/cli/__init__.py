"""The command: one file a subcommand; here what all share, errors and exit codes."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer

from seedtool.cli import assemble, bench, demo, diff, extract, failure, inspect, recipe, verify
from seedtool.cli.groups import spread
from seedtool.cli.stopping import listen
from seedtool.errors import BROKEN_PIPE

EPILOG = """Every option has a variable: SEED_EXTRACT_BITS=4 is --bits 4 of seed extract.

Exit codes: 0 done, 1 failure, 2 usage, 3 malformed or damaged input, 4 not supported,
5 a package is missing, 6 a gate was not met, 7 refused by policy or limit,
129 hung up, 130 interrupted, 141 the reader of the output went away, 143 terminated.

Example: seed extract ./model -o - | ssh box seed assemble - -o m.onnx"""

app = typer.Typer(
    name="seed",
    help="Write a trained neural network as a .seed file of the fewest bytes, and grow it back.",
    epilog=EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
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
            raise typer.Exit(failure.tell(e, as_json=kwargs.get("json", False))) from None

    return run


for module in (extract, assemble, inspect, verify, diff, demo):
    name = module.__name__.rpartition(".")[2]
    app.command(name, help=module.HELP, epilog=module.EXAMPLE)(_guard(spread(module.command)))

for group in (recipe, bench):
    inner = typer.Typer(
        help=group.HELP, epilog=group.EXAMPLE, rich_markup_mode=None, no_args_is_help=True
    )
    app.add_typer(inner, name=group.__name__.rpartition(".")[2])
    for name, (verb, about, example) in group.COMMANDS.items():
        inner.command(name, help=about, epilog=example)(_guard(spread(verb)))


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
    listen()
    if sys.stderr is None:  # closed; print would take None for standard output
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.stdout is not None:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    as_json = "--json" in sys.argv
    out = sys.stdout
    try:
        code = _command()(prog_name="seed", standalone_mode=False) or 0
    except SystemExit as e:  # a signal, completion, or Typer's way out of help into a closed pipe
        code = e.code if sys.stdout is out else BROKEN_PIPE
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
    """The command with a variable for every option, which help says once and not at each."""
    command: Any = typer.main.get_command(app)
    for name, each in command.commands.items():
        for words, leaf in [(name, each), *_inner(name, each)]:
            for parameter in leaf.params:
                _give_variable(parameter, words)
    return command


def _inner(name: str, group: Any) -> list[tuple[str, Any]]:
    return [(f"{name}_{inner}", leaf) for inner, leaf in getattr(group, "commands", {}).items()]


def _give_variable(parameter: Any, words: str) -> None:
    parameter.show_envvar = False
    option = max(parameter.opts, key=len)
    if option.startswith("--"):
        named = f"SEED_{words}_{option[2:]}".upper().replace("-", "_")
        parameter.envvar = parameter.envvar or named
