"""Growing at the command line: what is asked, done and told of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import receipts
from seedtool.cli.run import named, stages
from seedtool.cli.text import many, say, table
from seedtool.errors import UsageError

if TYPE_CHECKING:
    from seedtool.api import Seed
    from seedtool.growing.grown import Grown
    from seedtool.receipts.schema import Receipt
    from seedtool.recipes.matching import Match
    from seedtool.recipes.schema import Recipe


def read_recipe(path: str) -> Recipe:
    """The recipe of a .toml file."""
    from seedtool.recipes import toml

    with named(path):
        return toml.load(Path(path))


@dataclass(frozen=True)
class Asked:
    """The options of ``--grow``; None: not given."""

    task: str | None = typer.Option(
        None, metavar="WORDS", help="The recipe by its name, or described in a few words."
    )
    encoder: str | None = typer.Option(
        None, metavar="FOLDER", help="A sentence encoder that compares --task with the recipes."
    )
    recipe: str | None = typer.Option(
        None, metavar="FILE", help="Grow by the recipe of a .toml file instead."
    )
    data: str | None = typer.Option(
        None, metavar="DATA", help="The recipe's examples: a file, a folder or a data set's id."
    )
    test_data: str | None = typer.Option(
        None, metavar="DATA", help="Examples to measure the grown model by."
    )
    start: str | None = typer.Option(
        None,
        metavar="START",
        help="Where growing starts: coded (default), random, or CODEC[:BITS] of the seed's values.",
    )
    grower: str | None = typer.Option(None, help="gradient, thermal, hybrid or evolution.")
    steps: int | None = typer.Option(None, help="Steps of growing, rather than the recipe's.")
    seed: int | None = typer.Option(
        None, "--seed", help="Seed of growing's random numbers, rather than the recipe's first."
    )
    receipt: str | None = typer.Option(
        None,
        metavar="FILE",
        help="Grow by all of the recipe's seeds, and random starts as a control; the figures.",
    )
    delta_out: str | None = typer.Option(
        None, metavar="FILE", help="What was learned, as a seed that is a difference to this one."
    )
    delta_ratio: float | None = typer.Option(
        None, help="The tensors' plain bytes over that seed's; without it nothing is lost."
    )

    def check(self, *, grow: bool, only: str | None, streamed: bool) -> None:
        """UsageError for options that say nothing without ``--grow``, or nothing with it."""
        given = [name for name, value in vars(self).items() if value is not None]
        if not grow and given:
            raise UsageError(f"--{given[0].replace('_', '-')} is for growing", hint="--grow")
        if grow and only is not None:
            raise UsageError("what is grown is the whole model, so not with --only")
        if self.task is not None and self.recipe is not None:
            raise UsageError(
                "--task is a recipe of the seed's, --recipe one of a file: one of them"
            )
        if self.encoder is not None and self.task is None:
            raise UsageError("--encoder compares descriptions", hint="--task 'a few words'")
        if self.delta_ratio is not None and self.delta_out is None:
            raise UsageError("--delta-ratio is of what --delta-out writes")
        if self.delta_out is not None and streamed:
            raise UsageError("--delta-out is a difference to the seed's file, not to a stream")

    def check_free(self, *, force: bool) -> None:
        """RefusedError for files that are there already."""
        from seedtool import output

        for path in (self.receipt, self.delta_out):
            if path is not None:
                output.check_free(Path(path), force=force)

    def chosen(self) -> Recipe | None:
        """The recipe of a file, None for one of the seed's."""
        return None if self.recipe is None else read_recipe(self.recipe)

    def run(
        self,
        made: Seed,
        recipe: Recipe | None,
        target: Path | None,
        kind: str,
        *,
        limit: int,
        quiet: bool,
    ) -> Done:
        """The model grown by ``recipe``, or by that of the seed's that is named or described."""
        recipe, match = self.find(made, recipe, quiet=quiet)
        model = self._grow(made, recipe, target, kind, limit=limit, quiet=quiet)
        receipt = None if self.receipt is None else self._receive(made, recipe, model, quiet=quiet)
        return Done(model, recipe, match, receipt)

    def find(
        self, made: Seed, recipe: Recipe | None, *, quiet: bool
    ) -> tuple[Recipe, Match | None]:
        """``recipe``, or that of the seed's which is meant, and how well the words fit it."""
        from seedtool.growing import given

        if recipe is not None:
            return recipe, None
        match = given.match_recipe(made.recipes(), self.task, self.encoder)
        if match.how in ("keywords", "encoder") and not quiet:
            tell_match(match, str(self.task))
        return match.recipe, match

    def write(
        self, done: Done, made: Seed, seed: str, base: list[str], *, force: bool, quiet: bool
    ) -> dict[str, Any]:
        """Write the receipt and what was learned, where they are asked for; their reports."""
        report: dict[str, Any] = {}
        if self.receipt is not None and done.receipt is not None:
            from seedtool.receipts import beside

            size = None if seed == "-" else Path(seed).stat().st_size
            sizes = receipts.sizes(made, done.recipe, size, bytes_of(self.data))
            report["receipt"] = beside.report(done.receipt, sizes)
            beside.save(Path(self.receipt), report["receipt"], force=force)
            if not quiet:
                receipts.tell(done.receipt, sizes)
        if self.delta_out is not None:
            report["delta"] = self._separate(done.model, seed, base, force=force, quiet=quiet)
        return report

    def _grow(
        self,
        made: Seed,
        recipe: Recipe,
        target: Path | None,
        kind: str,
        *,
        limit: int,
        quiet: bool,
    ) -> Grown:
        """The seed's model grown; its state is kept in a file beside ``target`` meanwhile."""
        with stages(quiet=quiet) as stage:
            return made.grow(
                recipe,
                data=self.data,
                test=self.test_data,
                start=self.start or "coded",
                grower=self.grower,
                steps=self.steps,
                seed=self.seed,
                checkpoint=Path(f"{target}.growing") if target else None,
                to=kind,
                limit=limit,
                stage=stage,
            )

    def _receive(self, made: Seed, recipe: Recipe, first: Grown, *, quiet: bool) -> Receipt:
        """The receipt of what was grown ``first``, by all seeds of the recipe or ``--seed``."""
        from seedtool.growing.growth import Wish
        from seedtool.receipts import making, repeating

        seeds = None if self.seed is None else (self.seed,)
        wish = Wish(self.start or "coded", self.grower, self.steps)
        trial = repeating.trial_of(made, recipe, self.data, self.test_data, seeds, wish)
        with stages(quiet=quiet) as stage:
            return making.make(made, trial, first=first, stage=stage)

    def _separate(
        self, model: Grown, seed: str, base: list[str], *, force: bool, quiet: bool
    ) -> dict[str, Any]:
        """Write what was learned as a difference to the seed; its report."""
        from seedtool.growing import separation

        out = str(self.delta_out)
        ratio = {} if self.delta_ratio is None else {"ratio": self.delta_ratio}
        with stages(quiet=quiet) as stage:
            written = separation.save_difference(
                model, out, seed, base, force=force, stage=stage, **ratio
            )
        return {"seed": out, "seed_bytes": written}


@dataclass(frozen=True)
class Done:
    """What was grown: the model, by which recipe, how that was found, and the receipt if any."""

    model: Grown
    recipe: Recipe
    match: Match | None
    receipt: Receipt | None

    def report(self, data: str | None) -> dict[str, Any]:
        """As JSON holds it."""
        row = {**self.model.report(), "data_bytes": bytes_of(data)}
        return row | ({"match": match_report(self.match)} if self.match else {})


def tell_files(report: dict[str, Any]) -> None:
    """What was written besides the model."""
    if "delta" in report:
        delta = report["delta"]
        say(f"{delta['seed']}: {delta['seed_bytes']:,} bytes, the difference to {report['seed']}")


def match_report(match: Match) -> dict[str, Any]:
    """How a recipe was found as JSON holds it."""
    second = None
    if match.second is not None:
        second = {"recipe": match.second[0], "score": round(match.second[1], 4)}
    return {"how": match.how, "score": round(match.score, 4), "second": second}


def tell_match(match: Match, task: str) -> None:
    """Which recipe a description was taken to mean."""
    name, second = match.recipe.name, match.second
    after = "" if second is None else f"; next {second[0]!r}, {second[1]:.2f}"
    how = "the encoder" if match.how == "encoder" else match.how
    say(f"{task!r} is taken for {name!r} by {how}, score {match.score:.2f}{after}")


def tell(report: dict[str, Any], base: dict[str, Any] | None, seed_bytes: int | None) -> None:
    """One table: what it could before and can now, and what that took."""
    grown = report["grown"]
    on = f"on {many(grown['measured'], 'example')} that trained nothing"
    rows = [
        ["recipe", f"{grown['recipe']}, {grown['task']}"],
        ["start, grower", f"{grown['start']}, {grown['grower']}, seed {grown['seed']}"],
        [f"{grown['metric']}, 0 steps", f"{_figure(grown['before'])} {on}"],
        [f"{grown['metric']}, grown", _figure(grown["after"])],
        ["steps", _steps(grown)],
        ["time, peak memory", _cost(grown)],
    ]
    if not grown["measured"]:
        rows[2:4] = [[grown["metric"], "not measured: no examples are held out (--test-data)"]]
    if grown["acceptance"] is not None:
        rows.append(["accepted", f"{100 * grown['acceptance']:.0f} % of the thermal blocks"])
    sizes = "" if seed_bytes is None else f"{seed_bytes:,} bytes of the seed"
    more = [f"{grown['data_bytes']:,} of data given"] if grown["data_bytes"] else []
    more += [f"{base['bytes']:,} of the base"] if base else []
    rows.append(["it took", " + ".join(filter(None, (sizes, *more)))])
    for line in table([row for row in rows if row[1]]).splitlines():
        say(line)


def bytes_of(data: str | None) -> int:
    """Bytes of the files that are the data given; 0 for data of the seed or of a hub."""
    path = Path(data) if data is not None else None
    if path is None or not path.exists():
        return 0
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _figure(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"


def _steps(grown: dict[str, Any]) -> str:
    why = ", the recipe's target reached" if grown["target_reached"] else ""
    of = f" of {grown['steps_asked']:,}" if grown["steps"] != grown["steps_asked"] else ""
    return f"{grown['steps']:,}{of} on {many(grown['examples'], 'example')}{why}"


def _cost(grown: dict[str, Any]) -> str:
    others = f", {grown['processes']} processes" if grown["processes"] > 1 else ""
    memory = grown["peak_bytes"] / (1 << 20)
    return f"{grown['seconds'] / 60:.1f} min, {memory:.0f} MiB on {grown['device']}{others}"
