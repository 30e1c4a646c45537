"""Text that leaves the program: evil names made harmless, sizes, columns, JSON."""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedtool.check import Difference

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_text(text: str) -> str:
    """``text`` on one line, with nothing in it that a terminal would act on or hide."""
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in HIDDEN else c
        for c in text
    )


def over(seed: int, whole: int, what: str) -> str:
    """A seed's bytes over those of ``what``, both named."""
    share = f" = {100 * seed / whole:.2f} %" if whole else ""
    return f"{seed:,} seed bytes / {whole:,} {what}{share}"


def beside(base: dict[str, Any]) -> str:
    """The base that the receiver needs as well, and its bytes."""
    return f"and the base {base['source']} of {base['bytes']:,} bytes, which the receiver has"


def many(count: int, what: str) -> str:
    """``count`` of something, in the plural where it belongs."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def quantity(amount: float) -> str:
    """A positive number in three digits or so: 4.2, 370, 1.5 million."""
    for size, word in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if amount >= size:
            return f"{amount / size:.3g}{word}"
    return f"{amount:.3g}"


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Rows in aligned columns, those of ``right`` aligned to the right."""
    safe = [[safe_text(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*safe, strict=True)]
    lines = []
    for row in safe:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def print_json(value: object) -> None:
    """One document on standard output, ASCII alone, keys in the order that they are given."""
    import json

    print(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def say(text: str) -> None:
    """One line of talk on standard error."""
    print(safe_text(text), file=sys.stderr)


def difference_report(difference: Difference) -> dict[str, Any]:
    """A difference of outputs as JSON holds it: None for what is not finite."""
    absolute, relative = (
        value if math.isfinite(value) else None
        for value in (difference.max_abs, difference.max_rel)
    )
    return {"max_abs": absolute, "max_rel": relative, "inputs": difference.inputs}


def largest(report: dict[str, Any]) -> str:
    """A difference of outputs in words, beside the largest output."""
    if report["max_abs"] is None:
        return "not finite"
    return f"{report['max_abs']:.3g}, {report['max_rel']:.2g} of the largest output"


def answers_kept(answers: dict[str, Any], remark: str = "") -> str:
    """What a coded model's answers keep of the original's in words, beside their control."""
    count, data = answers["predictions"], answers["data"]
    scores = [answers["quality"], answers["control"]]
    if "before_healing" in answers:
        scores.insert(1, answers["before_healing"])
    if answers["kind"] == "embedding":
        told, what = [f"cosine {scores[0]:.4f}", *(f"{x:.4f}" for x in scores[1:])], "sample"
        control = f"a mismatched pair has {scores[-1]:.3f}"
    else:
        told, what = [f"{100 * x:.2f} %" for x in scores], "answer"
        told[0] += " the same"
        control = f"the commonest alone has {100 * scores[-1]:.1f} %"
    healed = f"{told[1]} before healing; " if len(scores) > 2 else ""
    kept = f"{told[0]} ({healed}{control})"
    return f"{kept} over {many(count, what)} of {data}{remark}"
