"""``seed extract``: a model becomes a seed."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import options, planned, riding
from seedtool.cli.riding import Rides
from seedtool.cli.run import Cost, named, progress, spooled_input, stages, standard_output
from seedtool.cli.sizes import read_size
from seedtool.cli.text import (
    answers_kept,
    beside,
    difference_report,
    largest,
    many,
    over,
    print_json,
    say,
)
from seedtool.errors import UsageError

if TYPE_CHECKING:
    from seedtool.api import Seed

HELP = """Write a model as a seed.

MODEL is a Hugging Face folder or hub id, a .safetensors, .pt, .pth, .bin, .onnx
or .npz file, or - for one of these files on standard input. Without options
nothing is lost.

With --size, --ratio, --bits or --quality one plan for all tensors spends the
bytes where they matter most to what the model answers, by what --calibrate's
data shows, or else by what is usual for a tensor of its kind. --codec codes all
weights alike instead.

With --base the seed is the difference to a model that the receiver has; MODEL
may then be a LoRA adapter's folder as well."""
EXAMPLE = "Example: seed extract ./model -o model.seed --size 3MB --calibrate lines.txt"


def command(
    model: str = typer.Argument(..., metavar="MODEL|-", help="The model to extract from."),
    out: str = options.OUT,
    size: str | None = typer.Option(
        None, metavar="BYTES", help="The seed's bytes at most: 3000000, 3MB, 800KB or 2MiB."
    ),
    ratio: float | None = typer.Option(
        None, help="The tensors' plain bytes over the seed's; of pca over coded bytes."
    ),
    bits: float | None = typer.Option(
        None, help="Bits of the seed a weight; of trellis and quant those of entropy."
    ),
    quality: float | None = typer.Option(
        None, help="Of its answers on --calibrate's data, the part that is kept: 0 to 1."
    ),
    calibrate: str | None = typer.Option(
        None,
        metavar="DATA",
        help="Data to plan by: a text, a sample a line; a folder of images; .npz, .npy.",
    ),
    heal: str | None = typer.Option(
        None, metavar="STEPS|TIME", help="Train the coded model on that data: 300, 90s or 10m."
    ),
    seed: int | None = typer.Option(
        None, help="Random seed of a plan (which samples), or of stats and minimal."
    ),
    codec: str = typer.Option(
        "",
        help="lossless (default), raw, trellis, quant, pca, stats or minimal.",
        show_default=False,
    ),
    rank: int | None = typer.Option(None, help="Rank of each matrix (pca)."),
    energy: float | None = typer.Option(None, help="Share of the variance to keep (pca)."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Any option of the codec; may be repeated."
    ),
    base: list[str] = options.BASE,
    recipe: list[str] = typer.Option(
        [], metavar="FILE", help="A recipe (TOML) to ride along; may be repeated."
    ),
    data: list[str] = typer.Option(
        [], metavar="DATA", help="A recipe's examples; one for all, or one for each --recipe."
    ),
    examples: int | None = typer.Option(
        None, metavar="N", help="So many of them ride along, rather than all that are embedded."
    ),
    data_size: str | None = typer.Option(
        None, metavar="BYTES", help="As many of them as take so many bytes: 48KB."
    ),
    select: str = typer.Option(
        "random", metavar="HOW", help="random, herding, margin, kcenter or distilled."
    ),
    test_data: list[str] = typer.Option(
        [], metavar="DATA", help="What a receipt is measured on; as --data."
    ),
    receipt: bool = typer.Option(
        False, "--receipt", help="Grow it here by its recipes, and store what came of it."
    ),
    key: str | None = typer.Option(None, help="Which of nested state dicts, as a.b.c."),
    graph: bool = typer.Option(True, help="Store the ONNX graph, where there is one."),
    check: bool = typer.Option(False, "--check", help="Run model and seed, compare outputs."),
    dry_run: bool = options.DRY_RUN,
    force: bool = options.FORCE,
    json: bool = options.JSON,
    quiet: bool = options.QUIET,
) -> None:
    from seedtool import extracting, output

    cost = Cost()
    wishes = settings_of(
        settings,
        size=None if size is None else read_size(size),
        ratio=ratio,
        bits=bits,
        quality=quality,
        rank=rank,
        energy=energy,
        seed=seed,
    )
    target = None if out == "-" else Path(out)
    state = Path(f"{out}.healing") if heal and target and not dry_run else None
    sizes = planned.Sizes() if dry_run else None
    if json and target is None and not dry_run:
        raise UsageError("--json and -o - both want standard output")
    if target and not dry_run:
        output.check_free(target, force=force)
    if receipt and dry_run:
        raise UsageError("--receipt grows the model, which a dry run does not")
    size_of_data = None if data_size is None else read_size(data_size)
    rides = Rides(
        recipe, data, test_data, count=examples, size=size_of_data, how=select, receipt=receipt
    )
    name = "<stdin>" if model == "-" else model
    talks = not (quiet or json)
    with contextlib.ExitStack() as stack:
        stack.enter_context(named(name))
        source = stack.enter_context(spooled_input("a model")) if model == "-" else model

        def plain() -> Seed:
            return extracting.extract(
                source, codec="raw", key=key, with_graph=False, base=base or None
            )

        with stages(quiet=quiet) as stage:
            carried = rides.sections(plain, stage)
            made = extracting.extract(
                source,
                codec=codec or None,
                key=key,
                with_graph=graph,
                base=base or None,
                calibrate=calibrate,
                heal=heal,
                checkpoint=state,
                recipes=carried,
                noted=rides.noted(),
                stage=stage,
                **wishes,
            )
        for note in made.notes if talks else ():
            say(f"{name}: {note}")
        made = rides.received(made, stack, base, wishes.get("size"), quiet=not talks)
        written = _save(made, target, sizes, force=force, quiet=quiet)
        if state:
            state.unlink(missing_ok=True)
        report = _report(made, name, "<stdout>" if out == "-" else out, written)
        report |= rides.report()
        if sizes:
            report["plan"] = planned.rows_of(made, sizes)
        if check:
            report["check"] = _check(made)
    report |= {"dry_run": dry_run, "seconds": cost.seconds, "peak_bytes": cost.peak_bytes}
    if json:
        print_json(report)
    elif talks:
        _tell(made, report, cost, by_quality=quality is not None)


def settings_of(pairs: list[str], **named_ones: object) -> dict[str, Any]:
    wishes: dict[str, Any] = {k: v for k, v in named_ones.items() if v is not None}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set takes KEY=VALUE, not {pair!a}")
        wishes[key] = value
    return wishes


def _save(
    made: Seed, target: Path | None, sizes: planned.Sizes | None, *, force: bool, quiet: bool
) -> int:
    """Its bytes, written to ``target``, to standard output, or to ``sizes`` and nowhere."""
    total = sum(entry.nbytes for entry, _ in made.header.owners())
    with progress(total, "extracting", quiet=quiet) as advance:
        if sizes:
            return sizes.take(made, advance)
        if target is None:
            with standard_output("a seed") as stdout:
                return made.save(stdout, progress=advance)
        return made.save(target, force=force, progress=advance)


def _report(made: Seed, name: str, out: str, written: int) -> dict[str, Any]:
    codecs: dict[str, dict[str, int]] = {}
    for m in made.ledger.measures:
        row = codecs.setdefault(
            m.codec, dict.fromkeys(("tensors", "elements", "plain", "coded"), 0)
        )
        for field, value in (("tensors", 1), ("elements", m.elements)):
            row[field] += value
        row["plain"] += m.plain
        row["coded"] += m.coded
    elements = sum(m.elements for m in made.ledger.measures)
    assets = made.ledger.asset_bytes
    base = {"base": {"source": made.base.name, "bytes": made.base.stored}} if made.base else {}
    plain = sum(m.plain for m in made.ledger.measures)
    return {
        "model": name,
        "seed": out,
        "seed_bytes": written,
        **base,
        "model_bytes": plain + assets,
        "tensor_bytes": plain,
        "asset_bytes": assets,
        "elements": elements,
        "bits_per_weight": round(8 * written / elements, 4) if elements else None,
        **made.ledger.fidelity(),
        "codecs": codecs,
        "notes": [*made.notes, *(f"{m.name}: {m.note}" for m in made.ledger.measures if m.note)],
    }


def _tell(made: Seed, report: dict[str, Any], cost: Cost, *, by_quality: bool) -> None:
    unlike: dict[tuple[str, str], list[str]] = {}
    for m in made.ledger.measures:
        if m.note:
            how = "kept lossless" if m.codec == "lossless" else f"coded by {m.codec}"
            unlike.setdefault((how, m.note), []).append(m.name)
    for (how, note), names in unlike.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        say(f"{how}: {', '.join(names[:3])}{more}: {note}")
    if report["dry_run"]:
        planned.show(report["plan"])
        for codec, row in report["codecs"].items():
            say(
                f"{codec}: {many(row['tensors'], 'tensor')} of {many(row['elements'], 'element')},"
                f" {row['coded']:,} coded bytes / {row['plain']:,} plain bytes"
            )
    would = "would be " if report["dry_run"] else ""
    parts = f" ({report['tensor_bytes']:,} tensors, {report['asset_bytes']:,} assets)"
    what = "model bytes" + (parts if report["asset_bytes"] else "")
    bits = f", {report['bits_per_weight']:.2f} bits a weight" if report["elements"] else ""
    say(f"{report['seed']}: {would}{over(report['seed_bytes'], report['model_bytes'], what)}{bits}")
    if "base" in report:
        say(beside(report["base"]))
    riding.tell(report)
    weights = report["weights"]
    if "snr_db" in weights:
        base = weights.get("snr_db_of_base")
        other = "zeros would have 0 dB" if base is None else f"the base alone has {base:.2f} dB"
        say(f"weights kept at {weights['snr_db']:.2f} dB signal to noise; {other}")
    elif weights["exact"] == weights["elements"]:
        say("every value is kept exactly")
    if "answers" in report:
        fitted = f" that nothing{' but the size' if by_quality else ''} was fitted to"
        say(f"answers kept: {answers_kept(report['answers'], fitted)}")
    if "check" in report:
        say(_checked(report["check"]))
    say(str(cost))


def _check(made: Seed) -> dict[str, Any]:
    from seedtool import parity

    coded, plain = parity.compare_seed(made)
    return {"coded": difference_report(coded), "plain": difference_report(plain)}


def _checked(check: dict[str, Any]) -> str:
    control = f"with the model's own weights: {largest(check['plain'])}"
    return f"largest difference of outputs to the model: {largest(check['coded'])}; {control}"
