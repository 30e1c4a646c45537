"""What is asked of a plan: a size, a rate or a quality, data to plan by, time to heal."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from seedtool import viterbi
from seedtool.errors import UsageError

KINDS = ("size", "ratio", "bits", "quality")
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
SEEDS = 1 << 63

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Goal:
    """``kind``: size (bytes of the seed), ratio (bytes of the tensors over them), bits (of the
    seed a weight) or quality (as :mod:`seedtool.calibration.quality` measures it)."""

    kind: str
    value: float

    def __post_init__(self) -> None:
        top = {"quality": 1.0, "bits": 16.0}.get(self.kind, math.inf)
        if not 0 < self.value < top:
            limit = "over 0" if top == math.inf else f"between 0 and {top:g}"
            raise UsageError(f"{self.kind} must lie {limit}, not {self.value:g}")

    def bytes_for(self, elements: int, plain: int) -> float:
        """Bytes of the seed, for all kinds but quality."""
        ways = {"size": self.value, "ratio": plain / self.value, "bits": self.value * elements / 8}
        return ways[self.kind]


@dataclass(frozen=True)
class Duration:
    """So many steps of training, or seconds."""

    steps: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, given: object) -> Duration:
        """A number of steps, or a text: ``300`` steps, ``90s``, ``10m``, ``1.5h``."""
        text = str(given).strip().lower()
        if match := re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text):
            return cls(seconds=float(match[1]) * UNITS[match[2]])
        if re.fullmatch(r"\d{1,9}", text) and int(text):
            return cls(steps=int(text))
        raise UsageError(f"heal takes a number of steps, or a time as 90s, 10m or 1h, not {text!a}")


@dataclass(frozen=True)
class Wish:
    """``data``: a path or a list of batches; ``states`` of the trellis; ``seed`` of all chance.

    ``checkpoint``: a file for the state of healing, which goes on from it.
    """

    goal: Goal
    data: Any = None
    heal: Duration | None = None
    states: int = 8
    seed: int = 0
    checkpoint: Path | None = None

    @classmethod
    def of(cls, codec: str | None, settings: dict[str, Any], data: Any, heal: Any) -> Wish | None:
        """The wish that ``settings`` hold, which they lose; None if there is none.

        With a ``codec`` the settings are its own, and there must be no wish besides.
        """
        if codec:
            wishes = {k: settings.get(k) for k in ("size", "quality")}
            for name, given in {**wishes, "calibrate": data, "heal": heal}.items():
                if given is not None:
                    raise UsageError(
                        f"{name} is for one plan of all tensors, codec {codec} takes each alike",
                        hint="leave the codec out",
                    )
            return None
        goals = [Goal(k, _number(k, settings.pop(k), float)) for k in KINDS if k in settings]
        if len(goals) > 1:
            raise UsageError("only one of size, ratio, bits and quality can be met at a time")
        if not goals:
            if data is not None or heal is not None:
                what = "calibrate" if data is not None else "heal"
                raise UsageError(f"{what} needs a goal", hint=f"one of {', '.join(KINDS)}")
            return None
        if data is None and (heal is not None or goals[0].kind == "quality"):
            what = "quality is measured" if heal is None else "heal trains"
            raise UsageError(f"{what} on data", hint="--calibrate DATA")
        states = _number("states", settings.pop("states", 8), int)
        if states not in viterbi.FEEDBACK:
            raise UsageError(f"states are {', '.join(map(str, viterbi.FEEDBACK))}, not {states}")
        seed = _number("seed", settings.pop("seed", 0), int)
        if not 0 <= seed < SEEDS:
            raise UsageError(f"seed must lie in 0..{SEEDS - 1}, not {seed}")
        if settings:
            raise UsageError(
                f"a plan has no option {next(iter(settings))!a}; it has: states, seed",
                hint="--codec NAME codes all weights alike, by options of its own",
            )
        return cls(goals[0], data, None if heal is None else Duration.of(heal), states, seed)


def _number(name: str, given: object, kind: type[Number]) -> Number:
    try:
        return kind(str(given))
    except ValueError:
        what = "a number" if kind is float else "a whole number"
        raise UsageError(f"{name} is {what}, not {str(given)!a}") from None
