"""Receipts in the fidelity section (SPEC 5.3) for reference.py."""

from __future__ import annotations

import re
from typing import Any

from reference_blocks import need
from reference_recipes import FORM, SCORES, Check, digest, real, text, whole

NAME = text(64, "/\\.")
TEXT = text(64, "/\\")
START = re.compile(r"[a-z][a-z0-9_]{0,31}(:[0-9.]{1,16})?")
COUNT = whole(1, (1 << 31) - 1)
STEPS = whole(0, 10**7)
FIGURES = {"zero_shot", "grown", "random"}


def start(v: Any) -> None:
    TEXT(v)
    need(START.fullmatch(v) is not None, "receipt: start")


def version(v: Any) -> None:
    whole(1, 1 << 16)(v)
    need(v == 1, "receipt: version", "version")


CHECKS: dict[str, Check] = {
    **{"version": version, "recipe": NAME, "recipe_sha256": digest, "content_sha256": digest},
    **{"metric": FORM[""]["metric"][0], "grower": FORM["growing"]["grower"][0], "start": start},
    **{"steps": STEPS, "examples": COUNT, "data_sha256": digest},
    **{"tested": COUNT, "test_sha256": digest, "seconds": real(0, 1e9)},
    **{"peak_bytes": whole(0, (1 << 63) - 1), "processes": whole(1, 1 << 16), "device": TEXT},
}
OTHERS = {"seeds", "done", "held_out", "figures", "environment"}
ENVIRONMENT: dict[str, Check] = dict.fromkeys(
    ("seedtool", "python", "torch", "transformers", "system", "machine"), TEXT
)
ENVIRONMENT["threads"] = whole(1, 1 << 16)


def check_receipts(receipts: Any) -> None:
    need(type(receipts) is list, "receipts: no array")
    need(len(receipts) <= 64, "receipts", "limit")
    for receipt in receipts:
        check_receipt(receipt)
    names = [receipt["recipe"] for receipt in receipts]
    need(len({*names}) == len(names), "receipts: two of a recipe")


def check_receipt(receipt: Any) -> None:
    need(type(receipt) is dict and receipt.keys() == CHECKS.keys() | OTHERS, "receipt: keys")
    for key, check in CHECKS.items():
        check(receipt[key])
    seeds = numbers(receipt["seeds"], whole(0, (1 << 63) - 1))
    need(len({*seeds}) == len(seeds), "receipt: a seed twice")
    done = numbers(receipt["done"], whole(0, receipt["steps"]))
    need(len(done) == len(seeds), "receipt: done")
    need(type(receipt["held_out"]) is bool, "receipt: held_out")
    figures, metric = receipt["figures"], real(*SCORES[receipt["metric"]])
    need(type(figures) is dict, "receipt: figures")
    need(FIGURES <= figures.keys() <= FIGURES | {"original"}, "receipt: figures")
    for name, figure in figures.items():
        need(type(figure) is dict and "values" in figure, "receipt: a figure")
        need(figure.keys() <= {"values", "error"}, "receipt: a figure")
        values = numbers(figure["values"], metric)
        need(len(values) == (1 if name == "original" else len(seeds)), "receipt: values")
        real(0, 1e9)(figure.get("error", 0.0))
    environment = receipt["environment"]
    need(type(environment) is dict, "receipt: environment")
    for key, held in environment.items():
        need(key in ENVIRONMENT, "receipt: environment")
        ENVIRONMENT[key](held)


def numbers(held: Any, check: Check) -> list[Any]:
    need(type(held) is list, "receipt: no array")
    need(len(held) <= 64, "receipt: numbers", "limit")
    need(held != [], "receipt: no number")
    for number in held:
        check(number)
    return held
