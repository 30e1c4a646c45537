"""Options in groups: a command's parameter that is a dataclass stands for an option a field."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

Command = Callable[..., None]


def spread(command: Command) -> Command:
    """``command`` as Typer takes it, a parameter an option; its groups are made of them.

    A field is as a parameter would be: ``force: bool = typer.Option(False, "--force")``. Two of
    one name, in whichever groups, are an error here and not one option that means both.
    """
    kinds = typing.get_type_hints(command)
    groups: dict[str, Any] = {n: kind for n, kind in kinds.items() if is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += _fields(groups[name])
        else:
            parameters.append(_parameter(name, kinds[name], parameter.default))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{f.name: given.pop(f.name) for f in fields(kind)})
        command(**given)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _fields(group: Any) -> Iterator[inspect.Parameter]:
    kinds = typing.get_type_hints(group)
    for field in fields(group):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        yield _parameter(field.name, kinds[field.name], default)


def _parameter(name: str, kind: Any, default: Any) -> inspect.Parameter:
    # By keyword alone, as Typer calls it: groups may then stand in any order.
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
