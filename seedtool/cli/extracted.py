"""What became of a model that is a seed now: the report of ``seed extract``, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedtool.cli import planned, riding
from seedtool.cli.run import Cost
from seedtool.cli.text import answers_kept, beside, difference_report, largest, many, over, say

if TYPE_CHECKING:
    from seedtool.api import Seed


def report_of(made: Seed, name: str, out: str, written: int) -> dict[str, Any]:
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


def tell(made: Seed, report: dict[str, Any], cost: Cost, *, by_quality: bool) -> None:
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


def check(made: Seed) -> dict[str, Any]:
    from seedtool import parity

    coded, plain = parity.compare_seed(made)
    return {"coded": difference_report(coded), "plain": difference_report(plain)}


def _checked(check: dict[str, Any]) -> str:
    control = f"with the model's own weights: {largest(check['plain'])}"
    return f"largest difference of outputs to the model: {largest(check['coded'])}; {control}"
