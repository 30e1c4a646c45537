"""Benches at the command line: run and shown, documents read, reports written."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import failure
from seedtool.cli.bench_options import Way
from seedtool.cli.run import named, stages
from seedtool.cli.text import many, print_json, safe_text, say, table
from seedtool.errors import SeedError, UsageError

if TYPE_CHECKING:
    from seedtool.bench.reports.blocks import Page
    from seedtool.bench.results.document import Document

ENDINGS = {".md": "md", ".csv": "csv", ".html": "html", ".htm": "html"}
WIDTH = 100  # letters of a line of words
KINDS = ("terminal", "md", "csv", "html")


def run(name: str, way: Way, **asked: Any) -> None:
    """Measure, and show what came of it."""
    show(measure(name, way, **asked), way)


def measure(name: str, way: Way, **asked: Any) -> Document:
    """The bench's document, complete but for points that failed, which are told."""
    from seedtool import bench, output
    from seedtool.bench.engine import course

    if way.out and not way.resume:
        output.check_free(way.out, force=way.force)
    if way.resume and not way.out:
        raise UsageError("--resume goes on with a document", hint="-o FILE")
    asked_of = bench.load(name)
    options = asked_of.Options(**asked)
    if way.smoke:
        options = asked_of.smoke(options)
    wish = course.Wish(way.seed, way.jobs, way.engine, way.out, way.resume)
    with stages(quiet=way.quiet) as stage:
        return course.run(name, options, way.command, wish, stage)


def show(made: Document, way: Way) -> None:
    """The document as JSON or as a report; ends with the code of the first point that failed."""
    from seedtool.bench.reports.page import page_of
    from seedtool.bench.results import document

    if way.json:
        print_json(document.write(made))
    elif not way.quiet:
        print_page(page_of(made))
        if way.out:
            points = many(len([*made.results()]), "point")
            say(f"{way.out}: {points}; seed bench report {way.out} --to html -o FILE draws them")
    end(made)


def end(made: Document) -> None:
    """Tell what failed; the exit code is that of the first."""
    code = 0
    for key, why in made.failures():
        error = SeedError(f"point {key}: {why.message}", hint=why.hint)
        failure.tell(error, as_json=False)
        code = code or why.code
    if code:
        raise typer.Exit(code)


def print_page(page: Page) -> None:
    print(text_of(page))


def text_of(page: Page) -> str:
    """A report as lines that no terminal acts on."""
    return "\n".join(_lines(page)).rstrip("\n")


def _lines(page: Page) -> Iterator[str]:
    from seedtool.bench.reports import terminal

    for part in terminal.render(page):
        if isinstance(part, str):
            yield from textwrap.wrap(safe_text(part), WIDTH)
            yield ""
        else:
            if part.title:
                yield safe_text(part.title)
            yield from table(part.rows, right=part.right).splitlines()
            yield ""


def write(page: Page, to: str | None, out: str, *, force: bool) -> None:
    """A report at ``out``, in the form asked for or that the name tells."""
    from seedtool import output
    from seedtool.bench.reports import html, markdown, spreadsheet

    kind = to or ENDINGS.get(Path(out).suffix.lower(), "terminal")
    if kind not in KINDS:
        raise UsageError(f"unknown form {kind!a}", hint=f"one of {', '.join(KINDS)}")
    renderers = {"md": markdown.render, "csv": spreadsheet.render, "html": html.render}
    text = renderers[kind](page) if kind in renderers else text_of(page) + "\n"
    if out == "-":
        sys.stdout.write(text)
        return
    with output.replacing(Path(out), force=force) as file:
        file.write(text.encode())


def load(path: str) -> Document:
    """A document of a file, or of standard input for ``-``."""
    from seedtool.bench.results import document
    from seedtool.cli.run import standard_input

    if path == "-":
        return document.read(standard_input("a document").read(), "<stdin>")
    with named(path):
        return document.load(Path(path))


def documents(names: Sequence[str]) -> list[str]:
    """Files as they are named, and of folders all that end with .json; UsageError for none."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{name}: holds no .json file")
        found += map(str, inside)
    return found


def chosen(**lists: str) -> dict[str, tuple[str, ...]]:
    """Names with commas between them, of the lists that are given."""
    return {name: tuple(text.split(",")) for name, text in lists.items() if text}


def numbers(name: str, text: str) -> tuple[float, ...]:
    """Numbers with commas between them; UsageError for anything else."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise UsageError(f"--{name} takes numbers, as 1,2.5,4, not {text!a}") from None


def whole_numbers(name: str, text: str) -> tuple[int, ...]:
    """Whole numbers with commas between them; UsageError for anything else."""
    found = numbers(name, text)
    if not all(value.is_integer() for value in found):
        raise UsageError(f"--{name} takes whole numbers, not {text!a}")
    return tuple(map(int, found))
