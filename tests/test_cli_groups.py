"""Groups of options: a field is an option, and the command gets them together again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import typer
from typer.testing import CliRunner

from seedtool.cli.groups import spread

NAMES = typer.Option([], "--name")
LAST = typer.Option(False)


@dataclass(frozen=True)
class Size:
    """Two options, and the context, which is none."""

    context: typer.Context
    width: int = typer.Option(3, "-w", "--width")
    names: list[str] = NAMES


@dataclass(frozen=True)
class Deep:
    depth: int | None = typer.Option(None)


def told(*arguments: str) -> str:
    app = typer.Typer()

    @app.command()
    @spread
    def command(
        *, first: str = typer.Argument(...), size: Size, deep: Deep, last: bool = LAST
    ) -> None:
        given = sorted(size.context.params)
        print(first, size.width, size.names, deep.depth, last, *given)

    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def test_a_command_gets_its_groups_made_of_the_options():
    every = "depth first last names width"
    assert told("a", "--last") == f"a 3 [] None True {every}"
    given = ("a", "-w", "4", "--name", "b", "--name", "c", "--depth", "5", "--no-last")
    assert told(*given) == f"a 4 ['b', 'c'] 5 False {every}"


def test_one_name_in_two_groups_is_an_error():
    def command(*, width: int, size: Size) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="width"):
        spread(command)
