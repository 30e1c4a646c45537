"""``seed verify``: is a seed whole, and does it decode to what was measured?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import options, receipts
from seedtool.cli.grown import read_recipe
from seedtool.cli.run import Cost, named, progress, stages, standard_input
from seedtool.cli.text import many, print_json, say
from seedtool.errors import GateError, UsageError

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.receipts.schema import Receipt

HELP = """Check a seed to its last byte.

Every hash is compared and every tensor decoded and checked; with --quick hashes
alone. The tensors of a difference to another model are decoded with --base.
Prints the content digest, which is the same whatever compressor wrote the
file; with --quiet the exit code says it all.

With --receipt what the seed says it grows to is grown again, by the recipe in it, and compared:
a line for each figure that differs by more than its errors, and exit code 6."""
EXAMPLE = "Example: seed verify model.seed && scp model.seed box:"


@dataclass(frozen=True)
class Again:
    """The options of growing again; None: not given."""

    receipt: bool = typer.Option(False, "--receipt", help="Grow again as its receipts say.")
    against: str | None = typer.Option(
        None, metavar="FILE", help="The receipt, where it is a file beside the seed."
    )
    task: str | None = typer.Option(None, metavar="NAME", help="Of that recipe's receipt alone.")
    recipe: str | None = typer.Option(
        None, metavar="FILE", help="The receipt's recipe, where it is a file beside the seed."
    )
    data: str | None = typer.Option(
        None, metavar="DATA", help="The recipe's examples, where it does not embed them."
    )
    test_data: str | None = typer.Option(
        None, metavar="DATA", help="What the receipt was measured on."
    )
    seeds: int | None = typer.Option(
        None, metavar="N", help="By the first N of the receipt's seeds alone."
    )

    @property
    def is_asked(self) -> bool:
        return self.receipt or self.against is not None

    def check(self, *, streamed: bool) -> None:
        """UsageError for options that say nothing, and for what can't be read again."""
        given = {"task": self.task, "recipe": self.recipe, "data": self.data}
        for option, value in {**given, "test-data": self.test_data, "seeds": self.seeds}.items():
            if value is not None and not self.is_asked:
                raise UsageError(f"--{option} is for growing again", hint="--receipt")
        if self.is_asked and streamed:
            raise UsageError("a seed is grown from a file, not from standard input")

    def chosen(self, made: Seed) -> list[Receipt]:
        """The receipts to be compared; UsageError if there are none."""
        from seedtool.receipts import beside, section

        if self.against is None:
            held = [*section.receipts_of(made)]
        else:
            with named(self.against):
                held = [beside.load(Path(self.against))]
        found = [one for one in held if self.task in (None, one.recipe)]
        if not found:
            what = "no receipt" if self.task is None else f"no receipt of {self.task!a}"
            raise UsageError(f"there is {what}", hint="seed extract --receipt makes one")
        return found

    def repeated(self, made: Seed, one: Receipt, *, quiet: bool) -> Receipt:
        """What comes of it here and now."""
        from seedtool.receipts import repeating

        recipe = None if self.recipe is None else read_recipe(self.recipe)
        with stages(quiet=quiet) as stage:
            return repeating.repeat(
                made,
                one,
                recipe=recipe,
                data=self.data,
                test=self.test_data,
                seeds=self.seeds,
                stage=stage,
            )


def command(
    *,
    file: str = options.SEED,
    quick: bool = typer.Option(False, "--quick", help="Compare hashes; decode nothing."),
    base: list[str] = options.BASE,
    again: Again,
    max_tensor: int = options.MAX_TENSOR,
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    from seedtool import api

    cost = Cost()
    again.check(streamed=file == "-")
    name = "<stdin>" if file == "-" else file
    with named(name):
        made = api.load(standard_input("a seed") if file == "-" else file, base=base or None)
        total = sum(entry.nbytes for entry, _ in made.header.owners())
        with progress(total, "verifying", quiet=quiet) as advance:
            digest = made.verify(quick=quick, limit=max_tensor, progress=advance).hex()
        compared = _compared(made, file, again, talks=not (quiet or json), quiet=quiet)
    lacking = made.header.base is not None and made.base is None
    if json:
        report: dict[str, Any] = {
            "seed": name,
            "content": digest,
            "decoded": not quick and not lacking,
            "tensors": len(made.header.tensors),
            "seconds": cost.seconds,
            "peak_bytes": cost.peak_bytes,
        }
        print_json(report | ({"receipts": compared} if again.is_asked else {}))
    elif not quiet:
        print(digest)
        done = "hashes compared" + ("" if quick else ", every tensor decoded")
        if lacking and not quick:
            done = "hashes compared; without --base no difference to it is decoded"
        say(f"{name}: whole, {done}; {cost}")
    wrong = [line for row in compared for line in receipts.unlike(row)]
    if wrong:
        for line in wrong if not json else ():
            say(f"{name}: {line}")
        raise GateError(f"{name}: {many(len(wrong), 'figure')} not as the receipt says")


def _compared(
    made: Seed, file: str, again: Again, *, talks: bool, quiet: bool
) -> list[dict[str, Any]]:
    """Each receipt beside what comes of growing again, if that is asked."""
    rows = []
    for one in again.chosen(made) if again.is_asked else ():
        if talks:
            given = again.recipe, again.data, again.test_data
            say(f"again: {receipts.command_of(file, one, *given)}")
        found = again.repeated(made, one, quiet=quiet)
        rows.append(receipts.compared(one, found))
        if talks:
            _tell(found, rows[-1])
    return rows


def _tell(found: Receipt, row: dict[str, Any]) -> None:
    for line in receipts.lines(found):
        say(line)
    figures = row["figures"]
    equal = sum(one["equal"] for one in figures)
    near = sum(one["near"] for one in figures)
    others = ", ".join(row["differing"])
    where = f"; made where something else differs: {others}" if others else ""
    say(f"of {len(figures)} figures {equal} are equal, {near} within their errors{where}")
