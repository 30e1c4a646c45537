"""``seed inspect``: what is inside a seed, without decoding it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from seedtool.cli import options, receipts
from seedtool.cli.run import named, standard_input
from seedtool.cli.text import answers_kept, many, over, print_json, safe_text, table

if TYPE_CHECKING:
    from seedtool.seed import Base, Section

HELP = """Show what is inside a seed.

Nothing is decoded; of a file only the heads of sections are read."""
EXAMPLE = "Example: seed inspect model.seed --tensors"


def command(
    seed: str = options.SEED,
    tensors: bool = typer.Option(False, "--tensors", help="List every tensor."),
    json: bool = options.JSON,
) -> None:
    from seedtool import api
    from seedtool.receipts import document

    name = "<stdin>" if seed == "-" else seed
    with named(name):
        made = api.load(standard_input("a seed") if seed == "-" else seed)
        report = _read(made, with_tensors=tensors)
        held_receipts = document.of_fidelity(report["fidelity"])
    report = {"seed": name, **report}
    if json:
        print_json({**report, **{key: _plain(report[key]) for key in ("meta", "fidelity")}})
        return
    print(safe_text(name))
    for key in ("family", "architecture", "format", "source", "licence", "tool"):
        if key in report["meta"]:
            print(f"  {key:<14}{safe_text(str(report['meta'][key]))}")
    print(f"  {'elements':<14}{report['elements']:,} in {many(report['tensor_count'], 'tensor')}")
    print(f"  {'size':<14}{over(report['seed_bytes'], report['tensor_bytes'], 'tensor bytes')}")
    if "base" in report:
        print(f"  {'base':<14}{_base(report['base'])}")
    kept = _kept(report["fidelity"])
    if kept:
        print(f"  {'weights':<14}{kept}")
    answers = _answers(report["fidelity"])
    if answers:
        print(f"  {'answers':<14}{safe_text(answers)}")
    for asset in report["assets"]:
        print(f"  {safe_text(asset['role']):<14}{safe_text(asset['name'])}")
    for held in report["examples"]:
        what = f"{many(held['count'], 'example')} by {held['codec']}, {held['bytes']:,} bytes"
        print(f"  {'examples':<14}{safe_text(held['name'])}: {safe_text(what)}")
    for held in report["recipes"]:
        what = f"{held['task']}, {held['bytes']:,} bytes"
        print(f"  {'recipe':<14}{safe_text(held['name'])}: {safe_text(what)}")
    for receipt in held_receipts:
        print()
        for line in receipts.lines(receipt):
            print(safe_text(line))
    rows = [
        [kind, f"{row['sections']:,}", f"{row['bytes']:,}"]
        for kind, row in report["sections"].items()
    ]
    print()
    print(table([["section", "count", "bytes"], *rows], right=frozenset({1, 2})))
    if tensors:
        print()
        print(table([*_tensor_rows(report["tensors"])], right=frozenset({3, 4})))


def _plain(value: Any) -> Any:
    """A document of a stranger's as JSON can hold it: binary as hex."""
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(_plain, value)]
    return value.hex() if isinstance(value, bytes) else value


def _named(reference: Base, note: object) -> dict[str, Any]:
    """A base as the header names it, and what meta says of it, which may be anything."""
    told = note if isinstance(note, dict) else {}
    kept = {
        k: told[k] for k, kind in (("source", str), ("bytes", int)) if type(told.get(k)) is kind
    }
    numbers = {"size": reference.size, "nesting": reference.nesting}
    return {"digest": reference.digest.hex(), **numbers, **kept}


def _base(base: dict[str, Any]) -> str:
    """What the seed is a difference to: what its maker called it stands in marks."""
    called = f" {safe_text(repr(base['source']))}" if "source" in base else ""
    return (
        f"digest {base['digest'][:16]}..., {base['size']:,} tensor bytes,"
        f" nesting {base['nesting']}{called}"
    )


def _kept(fidelity: dict[str, Any]) -> str:
    """What the fidelity document says of the weights, in words; it may say anything."""
    weights = fidelity.get("weights")
    if not isinstance(weights, dict):
        return ""
    if isinstance(weights.get("snr_db"), float):
        return f"{weights['snr_db']:.2f} dB signal to noise, as extract measured"
    exact = weights.get("exact") is not None and weights.get("exact") == weights.get("elements")
    return "every value exact, as extract measured" if exact else ""


def _answers(fidelity: dict[str, Any]) -> str:
    """What it says of the model's answers."""
    answers = fidelity.get("answers")
    kinds = {"kind": str, "data": str, "predictions": int, "quality": float, "control": float}
    if not isinstance(answers, dict):
        return ""
    if "before_healing" in answers:
        kinds["before_healing"] = float
    if any(type(answers.get(key)) is not kind for key, kind in kinds.items()):
        return ""
    return f"{answers_kept({**answers, 'data': ascii(answers['data'])})}, as extract measured"


def _tensor_rows(tensors: list[dict[str, Any]]) -> list[list[str]]:
    rows = [["tensor", "dtype", "shape", "plain", "stored", "codec"]]
    for t in tensors:
        shape = "x".join(map(str, t["shape"])) or "scalar"
        if "same" in t:
            rows.append([t["name"], t["dtype"], shape, "", "", f"= {t['same']}"])
        else:
            row = [f"{t['plain']:,}", f"{t['bytes']:,}", _how(t)]
            rows.append([t["name"], t["dtype"], shape, *row])
    return rows


def _read(made: Any, *, with_tensors: bool) -> dict[str, Any]:
    """Everything that the heads say."""
    from seedtool import container

    sections = {"header": {"sections": 1, "bytes": made.header_bytes}}
    stored: dict[str, Section] = {}
    meta: dict[str, Any] = {}
    fidelity: dict[str, Any] = {}
    assets: list[dict[str, Any]] = []
    examples: list[dict[str, Any]] = []
    recipes: list[dict[str, Any]] = []
    owners = made.header.owners()
    run = made.jump or made.sections
    for section in run(lambda s, _: s.kind in ("meta", "recipe", "fidelity")):
        label = section.kind
        if label == "tensor":
            label = "tensor " + _how(section.fields)
            stored[next(owners)[0].name] = section
        elif label == "asset":
            assets.append({"name": section.fields["name"], "role": section.fields["role"]})
        elif label == "examples":
            fields = {key: section.fields[key] for key in ("name", "count", "codec")}
            examples.append({**fields, "bytes": section.stored})
        elif label == "recipe":
            recipes.append(_recipe(section))
        elif label == "meta":
            meta = container.document(section)
        elif label == "fidelity":
            fidelity = container.document(section)
        row = sections.setdefault(label, {"sections": 0, "bytes": 0})
        row["sections"] += 1
        row["bytes"] += section.stored
    report = {
        "meta": meta,
        "fidelity": fidelity,
        "assets": assets,
        "examples": examples,
        "recipes": recipes,
        "sections": sections,
        "seed_bytes": sum(row["bytes"] for row in sections.values()),
        "tensor_count": len(made.header.tensors),
        "elements": sum(e.size for e, _ in made.header.owners()),
        "tensor_bytes": sum(e.nbytes for e, _ in made.header.owners()),
    }
    if made.header.base:
        report["base"] = _named(made.header.base, meta.get("base"))
    if with_tensors:
        report["tensors"] = [_tensor(e, made.header.tensors, stored) for e in made.header.tensors]
    return report


def _recipe(section: Section) -> dict[str, Any]:
    """What a recipe is for, and of what examples."""
    from seedtool.recipes import section as recipe_section

    made = recipe_section.read(section)
    kept = {k: section.fields[k] for k in ("examples",) if k in section.fields}
    return {"name": made.name, "task": made.task, "bytes": section.stored, **kept}


def _tensor(entry: Any, table: Any, stored: dict[str, Section]) -> dict[str, Any]:
    row = {"name": entry.name, "dtype": entry.dtype, "shape": list(entry.shape)}
    if entry.same is not None:
        return {**row, "same": table[entry.same].name}
    section = stored[entry.name]
    kept = {k: section.fields[k] for k in ("codec", "delta") if k in section.fields}
    return {**row, "plain": entry.nbytes, "bytes": section.stored, **kept}


def _how(fields: Mapping[str, Any]) -> str:
    return f"{fields['codec']} + base" if "delta" in fields else str(fields["codec"])
