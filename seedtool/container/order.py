"""The order of a seed's sections, and what they may hold together (SPEC 5.1, 5.2)."""

from __future__ import annotations

from seedtool import errors
from seedtool.container.rules import Head
from seedtool.seed import (
    ASSET_MAX,
    EXAMPLES_MAX,
    RECIPES_MAX,
    Entry,
    Header,
    needs_base,
)

ORDER = {
    kind: place
    for place, kind in enumerate(
        ("meta", "graph", "asset", "examples", "recipe", "tensor", "fidelity", "end")
    )
}
SINGLE = frozenset({"meta", "graph", "fidelity"})


class Sequence:
    """What has come so far, fed one head at a time."""

    def __init__(self, header: Header) -> None:
        self._entries = [e for e in header.tensors if e.same is None]
        self._based = header.base is not None
        self._next = 0
        self._last = ""
        self._names: dict[str, set[str]] = {"asset": set(), "examples": set(), "recipe": set()}
        self._examples: set[str] = set()
        self._kept = 0  # bytes of graph and assets, which a reader holds until the end
        self._learned = 0  # bytes of examples
        self.count = 0

    def advance(self, head: Head) -> Entry | None:
        """Account for the next section; its table entry if it is a tensor."""
        kind = head.kind
        if self.count == 0 and kind != "meta":
            raise errors.MalformedError("the first section is not meta")
        if kind in ORDER:
            last = self._last or "meta"
            if ORDER[kind] < ORDER[last] or (kind in SINGLE and kind == self._last):
                raise errors.MalformedError(f"a section of the kind {kind!a} stands out of order")
            self._last = kind
        if kind == "end":
            if self._next < len(self._entries):
                raise errors.MalformedError("fewer tensor sections than the table has tensors")
            return None
        self.count += 1
        if not self._based and needs_base(head.kind, head.fields):
            raise errors.MalformedError(
                f"a section of the kind {kind!a} is of a base, and the header names none"
            )
        if kind in ("graph", "asset"):
            self._kept += sum(head.lengths)
            if self._kept > ASSET_MAX:
                raise errors.LimitError(
                    f"graph and assets take {self._kept} bytes together, over 256 MiB"
                )
        if kind in self._names:
            self._take_name(kind, head.fields["name"])
        if kind == "examples":
            self._examples.add(head.fields["name"])
            self._learned += sum(head.lengths)
            if self._learned > EXAMPLES_MAX:
                raise errors.LimitError(f"examples take {self._learned} bytes, over 256 MiB")
        if kind == "recipe" and head.fields.get("examples", None) not in {None, *self._examples}:
            raise errors.MalformedError(
                f"recipe {head.fields['name']!a} is of examples that the seed does not have"
            )
        if kind != "tensor":
            return None
        if self._next == len(self._entries):
            raise errors.MalformedError("more tensor sections than the table has tensors")
        self._next += 1
        return self._entries[self._next - 1]

    def _take_name(self, kind: str, name: str) -> None:
        known = self._names[kind]
        if name.casefold() in known:
            raise errors.MalformedError(f"{kind} name {name!a} appears twice (case folded)")
        known.add(name.casefold())
        if kind != "asset" and len(known) > RECIPES_MAX:
            raise errors.LimitError(f"over {RECIPES_MAX} sections of the kind {kind!a}")
