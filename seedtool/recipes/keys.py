"""What each key of a recipe may hold: its type, its range, and what it means.

One table serves reading, the templates and the page on recipes. Nothing here is a path, an
address or the name of code: texts hold no "/" and no backslash, names of columns no dot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, get_args

from seedtool.errors import LimitError, MalformedError, VersionError
from seedtool.recipes import schema
from seedtool.seed import check_name

CLASSES_MAX = 4096
STEPS_MAX = 16  # of preprocessing
SEEDS_MAX = 64
TEXT_MAX = 64  # characters of a name


class Rule(Protocol):
    """``read`` gives a plain value as the schema holds it, or raises; ``str`` says the range."""

    def read(self, key: str, value: object) -> object: ...


def shown(value: object) -> str:
    """A value in a message: short, and never a table's inside."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):  # Python refuses to print those of thousands of digits
        return str(value) if -(1 << 64) < value < 1 << 64 else "a number beyond 64 bits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return ascii(value[:40])
    kinds: dict[type, str] = {dict: "a table", list: "an array", bytes: "binary"}
    return kinds.get(type(value), "another type")


@dataclass(frozen=True)
class Whole:
    low: int
    high: int

    def __str__(self) -> str:
        return f"a whole number in {self.low}..{self.high}"

    def read(self, key: str, value: object) -> int:
        if type(value) is not int:
            raise MalformedError(f"{key} must be a whole number, not {shown(value)}")
        if not self.low <= value <= self.high:
            raise MalformedError(f"{key} must lie in {self.low}..{self.high}, not {shown(value)}")
        return value


@dataclass(frozen=True)
class Real:
    low: float
    high: float

    def __str__(self) -> str:
        return f"a number in {self.low:g}..{self.high:g}"

    def read(self, key: str, value: object) -> float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise MalformedError(f"{key} must be a number, not {shown(value)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise MalformedError(f"{key} must be a finite number, not {shown(value)}")
        if not self.low <= value <= self.high:
            raise MalformedError(
                f"{key} must lie in {self.low:g}..{self.high:g}, not {shown(value)}"
            )
        return float(value) + 0.0  # -0 has another form than 0


@dataclass(frozen=True)
class Text:
    """A name (SPEC 3.3) without slashes; a ``word`` has no dot either."""

    longest: int = TEXT_MAX
    word: bool = True

    def __str__(self) -> str:
        without = "no slash, no dot" if self.word else "no slash"
        return f"text, 1..{self.longest} characters, {without}"

    def read(self, key: str, value: object) -> str:
        text = check_name(value, key)
        if len(text) > self.longest:
            raise LimitError(f"{key} has {len(text)} characters, the limit is {self.longest}")
        for mark in ("/", "\\", *(["."] if self.word else [])):
            if mark in text:
                raise MalformedError(f"{key} holds {mark!a}: a recipe names no path and no code")
        return text


@dataclass(frozen=True)
class OneOf:
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"one of {', '.join(self.names)}"

    def read(self, key: str, value: object) -> str:
        if not isinstance(value, str) or value not in self.names:
            raise MalformedError(f"{key} must be {self}, not {shown(value)}")
        return value


class Digest:
    def __str__(self) -> str:
        return "64 hexadecimal digits in lower case"

    def read(self, key: str, value: object) -> str:
        if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
            raise MalformedError(f"{key} must be {self}, not {shown(value)}")
        return value


class Version:
    def __str__(self) -> str:
        return f"it is {schema.VERSION}"

    def read(self, key: str, value: object) -> int:
        if Whole(1, 1 << 16).read(key, value) != schema.VERSION:
            raise VersionError(
                f"{key} is {value}, this reader knows {schema.VERSION}",
                hint="pip install -U seedtool",
            )
        return schema.VERSION


@dataclass(frozen=True)
class Several:
    """An array of ``least`` to ``most`` different values."""

    each: Rule
    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least}..{self.most} different ones, each: {self.each}"

    def read(self, key: str, value: object) -> tuple[object, ...]:
        items = _items(key, value, self.most)
        made = tuple(self.each.read(f"{key}[{i}]", item) for i, item in enumerate(items))
        if len(made) < self.least:
            raise MalformedError(f"{key} must have {self.least} or more, not {len(made)}")
        if len(set(made)) < len(made):
            raise MalformedError(f"{key} must not hold the same twice")
        return made


def _items(key: str, value: object, most: int) -> list[object]:
    if not isinstance(value, list):
        raise MalformedError(f"{key} must be an array, not {shown(value)}")
    if len(value) > most:
        raise LimitError(f"{key} has {len(value)} items, the limit is {most}")
    return value


STEPS: dict[str, tuple[Whole | Real, ...]] = {
    "tokenize": (Whole(1, 8192),),
    "resize": (Whole(1, 1024), Whole(1, 1024)),
    "scale": (Real(-1000, 1000), Real(1e-6, 1000)),
    "shift": (Whole(1, 256),),
    "flip": (Real(0, 1),),
    "cutout": (Whole(1, 256),),
    "noise": (Real(0, 10),),
}


class Steps:
    """Rows ``[kind, number, ...]``, each kind at most once."""

    def __str__(self) -> str:
        return "rows of a name and so many numbers: " + ", ".join(
            f"{k} ({len(v)})" for k, v in STEPS.items()
        )

    def read(self, key: str, value: object) -> tuple[schema.Step, ...]:
        rows = _items(key, value, STEPS_MAX)
        made = tuple(self._row(f"{key}[{i}]", row) for i, row in enumerate(rows))
        if len({step.kind for step in made}) < len(made):
            raise MalformedError(f"{key} must not hold the same step twice")
        return made

    def _row(self, key: str, row: object) -> schema.Step:
        if not isinstance(row, list) or not row:
            raise MalformedError(f"{key} must be a row like ['tokenize', 64], not {shown(row)}")
        kind = OneOf(tuple(STEPS)).read(key, row[0])
        rules = STEPS[kind]
        if len(row) - 1 != len(rules):
            raise MalformedError(f"{key}: {kind} takes {len(rules)} numbers, not {len(row) - 1}")
        values = [r.read(f"{key}: {kind}", v) for r, v in zip(rules, row[1:], strict=True)]
        return schema.Step(kind, tuple(values))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Key:
    """``example``: the value that a template shows where there is none."""

    rule: Rule
    about: str
    example: str = ""


WORD = Text()
OWN: dict[str, Key] = {
    "version": Key(Version(), "Of this schema."),
    "name": Key(WORD, "By which --task finds it."),
    "task": Key(OneOf(schema.TASKS), "What the model is for."),
    "about": Key(
        Text(512, word=False), "What it does, in a line that a description is matched to."
    ),
    "classes": Key(
        Several(Text(word=False), 2, CLASSES_MAX),
        "Names in the order of the outputs, of classifications alone; left out: any number.",
        '["no", "yes"]',
    ),
    "preprocess": Key(
        Steps(),
        "In this order: tokenize (tokens at most), resize (height, width), scale (mean,"
        " deviation of pixels in 0..1); in training alone shift (pixels), flip (share),"
        " cutout (pixels), noise (deviation).",
        '[["tokenize", 64]]',
    ),
    "metric": Key(OneOf(schema.METRICS), "What is measured on examples held out."),
    "seeds": Key(
        Several(Whole(0, (1 << 32) - 1), 1, SEEDS_MAX),
        "Each is one growing; the first is that of a single one.",
    ),
}
TABLES: dict[str, dict[str, Key]] = {
    "data": {
        "source": Key(
            OneOf(get_args(schema.Source)), "In the seed, or what the caller gives with --data."
        ),
        "examples": Key(WORD, "Embedded: the seed's examples; left out: the recipe's name.", '"x"'),
        "digest": Key(Digest(), "Given: SHA-256 of the data; left out: any.", '"0a1b..."'),
        "split": Key(WORD, "Given: the split of a data set.", '"train"'),
        "held_out": Key(Real(0, 0.9), "Share of the examples that measures and trains nothing."),
        "inputs": Key(WORD, "Column or array of the inputs."),
        "label": Key(WORD, "Column or array of the labels."),
    },
    "loss": {
        "cross_entropy": Key(Real(0, 1000), "Weight of cross-entropy to labels."),
        "kl": Key(Real(0, 1000), "Weight of the divergence from soft labels."),
        "cosine": Key(Real(0, 1000), "Weight of 1 - cosine to a teacher's embeddings."),
        "mse": Key(Real(0, 1000), "Weight of the mean squared error."),
        "temperature": Key(Real(0.01, 100), "Of kl, by which both sides' logits are divided."),
    },
    "training": {
        "steps": Key(Whole(1, 10**7), "Steps; or epochs.", "1000"),
        "epochs": Key(Real(0.001, 10**4), "Passes over the examples; or steps.", "3.0"),
        "batch": Key(Whole(1, 4096), "Examples a step."),
        "optimizer": Key(OneOf(get_args(schema.Optimizer)), "Of the gradient."),
        "rate": Key(Real(1e-9, 10), "Learning rate, the highest."),
        "decay": Key(Real(0, 10), "Weight decay."),
        "schedule": Key(OneOf(get_args(schema.Schedule)), "How the rate falls after the warmup."),
        "warmup": Key(Real(0, 1), "Share of the steps in which the rate rises."),
        "clip": Key(Real(0, 10**4), "Largest norm of the gradient; 0: any."),
        "trains": Key(OneOf(get_args(schema.Trains)), "All weights, or the last layer's."),
        "target": Key(Real(-1e9, 1e9), "The metric at which training stops early.", "0.9"),
    },
    "growing": {
        "grower": Key(OneOf(schema.GROWERS), "What changes the weights."),
        "temperature": Key(Real(0, 100), "Of Langevin dynamics, at first (thermal, hybrid)."),
        "cooling": Key(Real(1e-12, 1), "Last temperature over the first (thermal, hybrid)."),
        "heat": Key(Real(0, 1), "Share of the steps that hybrid is thermal in."),
        "population": Key(Whole(2, 4096), "Of evolution."),
        "space": Key(OneOf(get_args(schema.Space)), "What evolution searches."),
    },
    "expected": {
        "score": Key(Real(-1e9, 1e9), "Mean of the metric over the seeds.", "0.9"),
        "spread": Key(Real(0, 1e9), "Its standard deviation over the seeds.", "0.01"),
        "examples": Key(Whole(1, (1 << 31) - 1), "Test examples that it was measured on.", "600"),
    },
}
