"""Write cli.md, errors.md and recipe-keys.md from the code itself; a test fails if they differ.

python docs/generate.py
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from seedtool import codecs, errors
from seedtool.cli import app
from seedtool.recipes import combinations, document, keys, toml
from seedtool.recipes.schema import TASKS, Recipe

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py: change the code, not this file. -->\n"

EXIT_CODES = {
    0: "Done.",
    1: "Failure: the system refused something, or a cause that has no code of its own.",
    2: "Usage: the request itself makes no sense.",
    3: "The input is malformed, ends too early or fails its hash.",
    4: "Well-formed, but of a version, codec, dtype or graph that is not supported here.",
    5: "An optional package is missing; the line says how to install it.",
    6: "A gate was not met (`diff --exit-code`; the size or quality asked of `extract`).",
    7: "Refused by policy or limit: an existing file, a terminal, a size.",
    errors.HUNG_UP: "Hung up (SIGHUP); temporary files are removed.",
    errors.INTERRUPTED: "Interrupted (SIGINT, Ctrl-C).",
    errors.BROKEN_PIPE: "The reader of the output went away (SIGPIPE); nothing is printed.",
    errors.TERMINATED: "Terminated (SIGTERM); temporary files are removed.",
}

COMMON = """# The command

`seed`, or `python -m seedtool`. Standard output carries the payload or the result, standard
error the talk; a bar is drawn on a terminal only. `-` is standard input or output. Binary output
to a terminal is refused. A file appears at its path when it is complete, or not at all.

Every option can be set by a variable: `--bits` of `seed extract` is `SEED_EXTRACT_BITS`.
`SEED_MAX_TENSOR` holds for all commands. `NO_COLOR` is respected. `SEED_NO_ACCELERATOR=1` leaves
everything to numpy: the same bytes, more slowly. `seed --install-completion` sets up the shell's
completion. Exit codes stand in [errors.md](errors.md).

With `--json` a command prints one ASCII document on standard output, and an error as one on
standard error: `{"error": {"code": ..., "hint": ..., "message": ...}}`. The schemas are in
[reports.schema.json](reports.schema.json).
"""


def table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def command_line() -> str:
    """cli.md: every command with its options and its report."""
    group: Any = typer.main.get_command(app)
    schema = json.loads((HERE / "reports.schema.json").read_text())["$defs"]
    lines = [NOTE, COMMON]
    for name, command in commands(group):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        words = [str(p.metavar or p.name.upper()) for p in arguments]
        lines += [f"## seed {name}", "", f"    {' '.join(['seed', name, *words])} [OPTIONS]", ""]
        lines += [command.help, "", f"{command.epilog}", ""]
        options = [p for p in command.params if p.param_type_name == "option"]
        lines += table(["option", "meaning", "default"], [option_row(p) for p in options])
        if name in schema:
            lines += [f"Report (`--json`, `$defs/{name}`):", ""]
            lines += table(["key", "meaning"], [*report_rows(schema, schema[name])])
    lines += codec_options()
    return "\n".join(lines)


def commands(group: Any) -> Iterator[tuple[str, Any]]:
    """Each command by its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {inner}", leaf) for inner, leaf in commands(command))
        else:
            yield name, command


def option_row(option: Any) -> list[str]:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    names = ", ".join(f"`{o}{value}`" for o in (*option.opts, *option.secondary_opts))
    default = "" if option.default in (None, "", False, [], ()) else f"{option.default}"
    return [names, option.help, "required" if option.required else default.lower()]


def report_rows(schema: dict[str, Any], report: dict[str, Any]) -> Iterator[list[str]]:
    for key, value in report["properties"].items():
        shared = schema.get(value.get("$ref", "").rpartition("/")[2], {})
        meaning = value.get("description") or shared.get("description", "")
        mark = "" if key in report["required"] else " (not always)"
        yield [f"`{key}`{mark}", meaning]


def codec_options() -> Iterator[str]:
    yield "## Options of the codecs\n"
    yield "For `--set KEY=VALUE`, and as keywords of `seedtool.extract`.\n"
    rows = []
    for name in codecs.names():
        options = codecs.load(name).Options
        fields = dataclasses.fields(options)
        about = " ".join((inspect.getdoc(options) or "").replace("``", "`").split())
        about = about if fields else ""
        defaults = ", ".join(f"`{f.name}={str(f.default).lower()}`" for f in fields) or "none"
        rows.append([name, defaults, about])
    yield from table(["codec", "options and defaults", "meaning"], rows)


def error_classes() -> str:
    """errors.md: exit codes and the tree of classes."""
    lines = [NOTE, "# Errors and exit codes\n"]
    lines += [
        "An error is one line on standard error: `seed: FILE: what is wrong (what to do)`.",
        "A code that is not in this table means failure.\n",
    ]
    lines += table(["code", "meaning"], [[str(c), text] for c, text in EXIT_CODES.items()])
    lines += [
        "The Python API raises these classes of `seedtool.errors`, and no others, for bad input.",
        "Each has `message`, `hint` and `exit_code`.\n",
    ]
    lines += tree(errors.SeedError, 0)
    return "\n".join(lines) + "\n"


def tree(kind: type[errors.SeedError], depth: int) -> Iterator[str]:
    about = " ".join((kind.__doc__ or "").replace("``", "`").split())
    yield f"{'  ' * depth}- `{kind.__name__}` ({kind.exit_code}): {about}"
    known = vars(errors).values()
    for child in kind.__subclasses__():
        if child in known:
            yield from tree(child, depth + 1)


def recipe_keys() -> str:
    """recipe-keys.md: every key of a recipe with its range and default."""
    lines = [NOTE, "# Keys of a recipe\n"]
    lines += ["What a recipe may say, in TOML or in a seed; [recipes.md](recipes.md) says why.\n"]
    defaults = document.full(Recipe("", "text-classification"))
    defaults = {k: v for k, v in defaults.items() if k not in ("name", "task")}
    for name, table_keys in {"": keys.OWN, **keys.TABLES}.items():
        lines += [f"## [{name}]\n"] if name else []
        held = defaults.get(name, {}) if name else defaults
        rows = [
            [f"`{key}`", each.about, f"{each.rule}", default_of(held.get(key))]
            for key, each in table_keys.items()
        ]
        lines += table(["key", "meaning", "range", "default"], rows)
    lines += ["## Steps of `preprocess`\n", 'A row each: `["resize", 28, 28]`.\n']
    rows = [
        [f"`{kind}`", "; ".join(map(str, rules)) or "none"] for kind, rules in keys.STEPS.items()
    ]
    lines += table(["step", "its numbers"], rows)
    lines += ["## What goes together\n"]
    rows = [
        [
            task,
            " ".join(combinations.METRICS[task]),
            " ".join(combinations.LOSSES[task]),
            " ".join(step for step in keys.STEPS if step in combinations.TAKES[task]),
        ]
        for task in TASKS
    ]
    lines += table(["task", "metrics", "losses", "steps"], rows)
    return "\n".join(lines)


def default_of(value: Any) -> str:
    return "" if value is None or value in ("", []) else f"`{toml.literal(value)}`"


PAGES = {"cli.md": command_line, "errors.md": error_classes, "recipe-keys.md": recipe_keys}


def main() -> None:
    for name, make in PAGES.items():
        (HERE / name).write_text(make())


if __name__ == "__main__":
    main()
