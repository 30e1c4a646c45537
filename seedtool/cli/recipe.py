"""``seed recipe``: recipes to begin with, checked and shown, in files and in seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import failure, options
from seedtool.cli.run import named, spooled_input
from seedtool.cli.text import many, print_json, safe_text, table
from seedtool.errors import SeedError, UsageError

if TYPE_CHECKING:
    from seedtool.recipes.schema import Recipe
    from seedtool.seed import Section

HELP = """Write, check and show recipes.

A recipe says what a model is for and how it is trained when it arrives. It is
data alone: TOML in a file, and a section of a seed (seed extract --recipe)."""
EXAMPLE = "Example: seed recipe new image-classification -o digits.toml"

NEW = """Print a recipe to begin with, a comment at each key.

TASK is text-classification, token-classification, image-classification,
causal-lm, embedding or regression."""
NEW_EXAMPLE = "Example: seed recipe new regression -o rating.toml"

CHECK = """Check recipes in files and in seeds, a line each.

The exit code is that of the first that is wrong: 3 if it breaks a rule, 7 if it
crosses a limit. Nothing is run."""
CHECK_EXAMPLE = "Example: seed recipe check *.toml model.seed"

SHOW = """Show recipes with all that holds by default.

Of a seed also the bytes that recipes and their data take. With --toml a recipe
comes as a file again."""
SHOW_EXAMPLE = "Example: seed recipe show model.seed --toml > again.toml"

TASK = typer.Argument(..., metavar="TASK", help="What the model is for.")
FILES = typer.Argument(..., metavar="FILE|SEED|-...", help="Recipes or seeds; - is stdin.")
FILE = typer.Argument(..., metavar="FILE|SEED|-", help="A recipe or a seed; - is stdin.")
CLASSES_SHOWN = 8


@dataclass(frozen=True)
class Held:
    """A recipe, and of one in a seed its section and that of its examples, without their parts."""

    recipe: Recipe
    section: Section | None = None
    examples: Section | None = None


def new(
    task: str = TASK,
    out: str = typer.Option("-", "-o", "--output", metavar="FILE|-", help="Where to write."),
    force: bool = options.FORCE,
) -> None:
    from seedtool import output
    from seedtool.recipes import templates

    page = templates.template(task)
    if out == "-":
        print(page, end="")
        return
    with output.replacing(Path(out), force=force) as file:
        file.write(page.encode())


def check(files: list[str] = FILES, json: bool = options.JSON, quiet: bool = options.QUIET) -> None:
    rows: list[dict[str, Any]] = []
    code = 0
    for name in files:
        row: dict[str, Any] = {"file": _shown(name), "recipes": []}
        try:
            found = _open(name)
            if not (found or json or quiet):
                print(f"{safe_text(_shown(name))}: no recipe")
            for held in found:
                row["recipes"].append({"name": held.recipe.name, "task": held.recipe.task})
                if not (json or quiet):
                    print(f"{safe_text(_shown(name))}: {_line(held)}")
        except SeedError as e:
            told = {"code": e.exit_code, "hint": e.hint, "message": e.message}
            row = {"file": _shown(name), "recipes": [], "error": told}
            code = code or e.exit_code
            if not json:
                failure.tell(e, as_json=False)
        rows.append(row)
    if json:
        print_json({"files": rows})
    if code:
        raise typer.Exit(code)


def show(
    file: str = FILE,
    name: str | None = typer.Option(None, "--name", help="Only the recipe of that name."),
    toml: bool = typer.Option(False, "--toml", help="As TOML, without what holds by default."),
    json: bool = options.JSON,
) -> None:
    from seedtool.recipes import toml as as_toml

    with named(_shown(file)):
        chosen = [held for held in _open(file) if name in (None, held.recipe.name)]
        if not chosen:
            raise UsageError(f"has no recipe{'' if name is None else f' called {name!a}'}")
        if toml and json:
            raise UsageError("--toml and --json both want standard output")
        if toml and len(chosen) > 1:
            raise UsageError(f"has {len(chosen)} recipes", hint="--name NAME takes one")
    if toml:
        print(as_toml.dump(chosen[0].recipe), end="")
    elif json:
        print_json({"file": _shown(file), "recipes": [_report(held) for held in chosen]})
    else:
        print("\n\n".join(table([*_rows(held)]) for held in chosen))


def _shown(name: str) -> str:
    return "<stdin>" if name == "-" else name


def _open(name: str) -> list[Held]:
    """The recipes of a file, which is TOML or a seed, with its name before what is wrong."""
    with named(_shown(name)):
        if name == "-":
            with spooled_input("a recipe or a seed") as path:
                return [*_read(path)]
        return [*_read(Path(name))]


def _read(path: Path) -> Iterator[Held]:
    from seedtool.recipes import toml

    if not _is_seed(path):
        yield Held(toml.load(path))
        return
    from seedtool import api
    from seedtool.recipes import section as recipe_section

    made = api.load(path)
    examples: dict[str, Section] = {}
    for section in (made.jump or made.sections)(lambda s, _: s.kind == "recipe"):
        if section.kind == "examples":
            examples[section.fields["name"]] = section
        elif section.kind == "recipe":
            recipe = recipe_section.read(section)
            yield Held(recipe, section, examples.get(recipe_section.examples_of(recipe) or ""))


def _is_seed(path: Path) -> bool:
    from seedtool.seedfile import begins_as_seed

    try:
        return path.is_file() and begins_as_seed(path)
    except (OSError, ValueError):
        return False  # it is told when the file is read


def _line(held: Held) -> str:
    recipe = held.recipe
    classes = f", {len(recipe.classes):,} classes" if recipe.classes else ""
    return f"recipe {safe_text(repr(recipe.name))}: {recipe.task}{classes}, {_data(held)}"


def _data(held: Held) -> str:
    if held.examples:
        return f"{many(held.examples.fields['count'], 'example')} embedded"
    return f"data {'to be embedded' if held.recipe.data.source == 'embedded' else 'given'}"


def _report(held: Held) -> dict[str, Any]:
    from seedtool.recipes import document

    row: dict[str, Any] = {"recipe": document.full(held.recipe)}
    if held.section:
        row["bytes"] = held.section.stored
    if held.examples:
        fields = held.examples.fields
        kept = {key: fields[key] for key in ("name", "count", "codec")}
        row["examples"] = {**kept, "bytes": held.examples.stored}
    return row


def _rows(held: Held) -> Iterator[list[str]]:
    from seedtool.recipes import document

    stated = document.write(held.recipe)
    yield ["key", "value", ""]
    for key, value in document.full(held.recipe).items():
        inside = value if isinstance(value, dict) else {"": value}
        own = stated.get(key, {})
        for inner, one in inside.items():
            known = inner in own if inner else key in stated
            label = f"{key}.{inner}" if inner else key
            yield [label, _value(one), "" if known else "by default"]
    if held.section:
        yield ["", "", ""]
        yield ["recipe bytes", f"{held.section.stored:,}", ""]
    if held.examples:
        yield ["data bytes", f"{held.examples.stored:,}", f"{_data(held)}"]


def _value(value: object) -> str:
    if not isinstance(value, list):
        return str(value)
    if value and isinstance(value[0], list):
        return ", ".join(" ".join(map(str, row)) for row in value)
    more = f" and {len(value) - CLASSES_SHOWN:,} more" if len(value) > CLASSES_SHOWN else ""
    return ", ".join(map(str, value[:CLASSES_SHOWN])) + more


COMMANDS: dict[str, tuple[Callable[..., None], str, str]] = {
    "new": (new, NEW, NEW_EXAMPLE),
    "check": (check, CHECK, CHECK_EXAMPLE),
    "show": (show, SHOW, SHOW_EXAMPLE),
}
