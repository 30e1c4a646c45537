"""A pass between two: some tensors as the larger coded them, the others as the smaller did."""

from __future__ import annotations

from seedtool.codecs.base import coded_bytes
from seedtool.plan import Choice
from seedtool.planning.passes import Pass


def between(smaller: Pass, larger: Pass, room: float) -> Pass:
    """``smaller``, with as many of ``larger``'s choices as take up to ``room`` bytes more.

    Those that take most more are looked at first. Choices of unknown size stay as they are.
    """
    more = {}
    for name, choice in larger.choices.items():
        known = _bytes(smaller.choices[name]), _bytes(choice)
        if known[0] is not None and known[1] is not None and known[1] > known[0]:
            more[name] = known[1] - known[0]
    made = Pass(dict(smaller.choices), dict(smaller.shaped), dict(smaller.products))
    for name in sorted(more, key=lambda name: (-more[name], name)):
        if more[name] > room:
            continue
        room -= more[name]
        made.choices[name] = larger.choices[name]
        made.shaped.pop(name, None)
        made.products.pop(name, None)
        if name in larger.shaped:
            made.shaped[name] = larger.shaped[name]
        if name in larger.products:
            made.products[name] = larger.products[name]
    return made


def _bytes(choice: Choice) -> int | None:
    return None if choice.coded is None else coded_bytes(choice.coded)
