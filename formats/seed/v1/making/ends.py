"""Graphs and the end of a file: graph_*, end_* (SPEC 5.4 and 5.5)."""

from __future__ import annotations

from typing import Any

from making.build import Made, meta, pack, seal, section, table, tensor
from making.register import vector

FORM = "a graph initializer has another form or an unknown tensor"
ROW = ["w", "U8", [2, 3]]
DATA = b"abcdef"


def graph(rows: Any, *, opset: Any = 18, parts: list[bytes] | None = None) -> Made:
    """A seed of one tensor, of 2 x 3, with a graph of these initializers."""
    chosen = [b"skeleton", pack(rows)] if parts is None else parts
    pieces = (meta(), section("graph", chosen, opset=opset), tensor("raw", [DATA], DATA))
    return seal(table(ROW, ["tied", 0]), *pieces).holds(w=DATA, tied=DATA)


@vector()
def ok_graph() -> Made:
    """Initializers: as it is, transposed, and by a tied name."""
    return graph([["a", "w", []], ["b", "w", [1, 0]], ["c", "tied", [0, 1]]])


@vector("MalformedError", "the graph's initializers are not a list")
def graph_map() -> Made:
    """Initializers as a map."""
    return graph({"a": "w"})


@vector("MalformedError", "the table of initializers ends within a value")
def graph_cut() -> Made:
    """Initializers that end early."""
    return graph(None, parts=[b"", b"\x91"])


@vector("MalformedError", FORM)
def graph_row_short() -> Made:
    """A row without axes."""
    return graph([["a", "w"]])


@vector("MalformedError", FORM)
def graph_name_empty() -> Made:
    """An initializer without a name."""
    return graph([["", "w", []]])


@vector("MalformedError", FORM)
def graph_tensor_unknown() -> Made:
    """An initializer of a tensor that is not in the table."""
    return graph([["a", "v", []]])


@vector("MalformedError", FORM)
def graph_tensor_index() -> Made:
    """A tensor by its index."""
    return graph([["a", 0, []]])


@vector("MalformedError", "the axes of initializer 'a' are no permutation")
def graph_axes_repeated() -> Made:
    """An axis that comes twice."""
    return graph([["a", "w", [0, 0]]])


@vector("MalformedError", "the axes of initializer 'a' are no permutation")
def graph_axes_missing() -> Made:
    """One axis of two."""
    return graph([["a", "w", [0]]])


@vector("MalformedError", "the axes of initializer 'a' are no permutation")
def graph_axes_negative() -> Made:
    """Axes counted from the end."""
    return graph([["a", "w", [-1, 0]]])


@vector("MalformedError", "the axes of initializer 'a' are no permutation")
def graph_axes_boolean() -> Made:
    """Axes of true and false."""
    return graph([["a", "w", [True, False]]])


@vector("MalformedError", "a graph initializer appears twice")
def graph_name_twice() -> Made:
    """Two initializers of one name."""
    return graph([["a", "w", []], ["a", "w", []]])


@vector("MalformedError", "a section of the kind 'graph' has 1 parts, not 2")
def graph_one_part() -> Made:
    """A graph without initializers."""
    return graph(None, parts=[b"skeleton"])


@vector("MalformedError", "a graph's opset is not in 1..2^31-1")
def graph_opset_0() -> Made:
    """The opset 0."""
    return graph([], opset=0)


@vector("MalformedError", "a graph's opset is not in 1..2^31-1")
def graph_opset_2_31() -> Made:
    """The opset 2^31."""
    return graph([], opset=1 << 31)


@vector("MalformedError", "the head of a section of the kind 'graph' has other fields")
def graph_opset_boolean() -> Made:
    """The opset true."""
    return graph([], opset=True)


@vector("LimitError", "a graph's table of 16777217 bytes, over 16 MiB")
def limit_graph_table() -> Made:
    """Initializers of 16 MiB + 1 byte."""
    head = {"kind": "graph", "opset": 18, "parts": [0, (1 << 24) + 1]}
    return seal(table(), meta(), section(None, [], head=pack(head)))


@vector("MalformedError", "bytes follow the end section")
def end_trailing_byte() -> Made:
    """A byte after the end."""
    made = graph([])
    return Made(made.file + b"\0")


@vector("MalformedError", "bytes follow the end section")
def end_two_seeds() -> Made:
    """A second seed after the first."""
    return Made(graph([]).file * 2)


@vector("MalformedError", "the end section counts other sections than there are")
def end_counts_more() -> Made:
    """An end that counts itself."""
    return seal(table(), meta(), sections=2)


@vector("MalformedError", "the end section counts other sections than there are")
def end_counts_negative() -> Made:
    """An end that counts -1."""
    return seal(table(), meta(), sections=-1)


@vector("MalformedError", "the head of a section of the kind 'end' has other fields")
def end_count_boolean() -> Made:
    """An end that counts true."""
    return seal(table(), meta(), sections=True)


@vector("MalformedError", "a digest is not 32 bytes")
def end_digest_short() -> Made:
    """A content digest of 8 bytes."""
    return seal(table(), meta(), content=bytes(8))


@vector("MalformedError", "a section of the kind 'end' has 1 parts, not 0")
def end_part() -> Made:
    """An end with a part, of no bytes."""
    return seal(table(), meta(), parts=[b""])


@vector("MalformedError", "a section body is longer than its parts allow")
def end_body() -> Made:
    """An end with a body."""
    return seal(table(), meta(), body=b"bye")


@vector("MalformedError", "the head of a section of the kind 'end' has other fields")
def end_field_other() -> Made:
    """An end with a field more."""
    return seal(table(), meta(), signature=bytes(64))
