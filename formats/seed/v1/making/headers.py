"""Names and the tensor table: header_* and their limits (SPEC 3.3 and 4.1)."""

from __future__ import annotations

from typing import Any

from making.build import Made, meta, seal, table, tensor
from making.register import vector

ROW_FORM = "a row of the tensor table has another form"
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}
SIZES |= {f"{sign}{n * 8}": n for n in (8, 4, 2, 1) for sign in "IU"} | {"BOOL": 1}


def rows(*rows: list[Any]) -> Made:
    """A seed with that table; each row of its own is a tensor of zeros."""
    pieces, held = [], {}
    for row in rows:
        if len(row) == 3:
            size = SIZES[row[1]]
            for n in row[2]:
                size *= n
            held[row[0]] = bytes(size)
            pieces.append(tensor("raw", [bytes(size)], bytes(size)))
        else:
            held[row[0]] = held[rows[row[1]][0]]
    return seal(table(*rows), meta(), *pieces).holds(**held)


def bad(*rows: Any) -> Made:
    """A header with that table, no tensor and an end."""
    return seal(table(*rows), meta())


def named(name: str) -> Made:
    return rows([name, "U8", [1]])


@vector()
def ok_dtypes() -> Made:
    """A tensor of every dtype, raw; the bits of NaNs are kept."""
    held, pieces = {}, []
    for index, (dtype, size) in enumerate(SIZES.items()):
        data = bytes([0xFF, index]) * size
        held[f"t.{dtype}"] = data
        pieces.append(tensor("raw", [data], data))
    made = seal(table(*([n, n[2:], [2]] for n in held)), meta(), *pieces)
    return made.holds(**held)


@vector()
def ok_tied() -> Made:
    """Three names for one tensor, and one for another."""
    return rows(["a", "F32", [3]], ["b", 0], ["c", "U8", [2]], ["d", 0], ["e", 2])


@vector()
def ok_shapes() -> Made:
    """Rank 0, rank 8, and sizes of 0."""
    return rows(["a", "F32", []], ["b", "U8", [1, 1, 2, 1, 1, 1, 3, 1]], ["c", "F32", [0]])


@vector()
def ok_shape_empty_wide() -> Made:
    """A size of 0 beside one of 2^40: no element, and no more rows than are allowed."""
    return rows(["a", "F32", [0, 1 << 40]], ["b", "F32", [1 << 40, 0]])


@vector()
def ok_name_512() -> Made:
    """A name of 512 bytes, in characters of two bytes."""
    return named("é" * 256)


@vector()
def ok_name_any() -> Made:
    """Names are data: paths, markup and spaces are legal, and a reader's to handle."""
    return rows(*([n, "U8", [1]] for n in ("../../etc/passwd", "[bold]", " ", "C:\\NUL", "$(x)")))


@vector("LimitError", "tensor name is 513 bytes long, the limit is 512")
def limit_name() -> Made:
    """A name of 513 bytes, in fewer characters."""
    return named("é" * 256 + "e")


@vector("MalformedError", "tensor name is not a non-empty string")
def header_name_empty() -> Made:
    """A name of no characters."""
    return named("")


@vector("MalformedError", r"tensor name 'e\u0301' is not in Unicode normal form C")
def header_name_decomposed() -> Made:
    """An e and a combining accent, which form C writes as one character."""
    return named("e\u0301")


@vector("MalformedError", r"tensor name 'a\x1b[31m' holds a control character")
def header_name_escape() -> Made:
    """A terminal's escape sequence."""
    return named("a\x1b[31m")


@vector("MalformedError", r"tensor name 'a\nb' holds a control character")
def header_name_newline() -> Made:
    """A line feed."""
    return named("a\nb")


@vector("MalformedError", r"tensor name 'a\x00' holds a control character")
def header_name_nul() -> Made:
    """A NUL, where C's strings end."""
    return named("a\0")


@vector("MalformedError", r"tensor name 'a\u202eb' holds a control character")
def header_name_bidi() -> Made:
    """A right-to-left override."""
    return named("a\u202eb")


@vector("MalformedError", r"tensor name 'a\u2028b' holds a control character")
def header_name_line_separator() -> Made:
    """A line separator."""
    return named("a\u2028b")


@vector("MalformedError", "tensor name 'w' appears twice (case folded)")
def header_name_twice() -> Made:
    """Two tensors of one name."""
    return rows(["w", "U8", [1]], ["w", "U8", [1]])


@vector("MalformedError", "tensor name 'W' appears twice (case folded)")
def header_name_case() -> Made:
    """Two names that differ in case."""
    return rows(["w", "U8", [1]], ["W", 0])


@vector("MalformedError", "tensor name 'STRASSE' appears twice (case folded)")
def header_name_folds() -> Made:
    """Two names that full case folding makes equal, lower case does not."""
    return rows(["straße", "U8", [1]], ["STRASSE", "U8", [1]])


@vector("MalformedError", "tensor 'w' has the unknown dtype 'F128'")
def header_dtype_unknown() -> Made:
    """A dtype that is not of this format."""
    return bad(["w", "F128", [1]])


@vector("MalformedError", "tensor 'w' has the unknown dtype 'f32'")
def header_dtype_case() -> Made:
    """A dtype in lower case."""
    return bad(["w", "f32", [1]])


@vector("LimitError", "tensor 'w' has 9 dimensions, the limit is 8")
def limit_rank() -> Made:
    """Nine dimensions."""
    return bad(["w", "U8", [1] * 9])


@vector("LimitError", "tensor 'w' has more than 2^40 elements")
def limit_elements() -> Made:
    """2^40 + 1 elements."""
    return bad(["w", "U8", [(1 << 40) + 1]])


@vector("LimitError", "tensor 'w' has more than 2^40 elements")
def limit_elements_product() -> Made:
    """2^64 elements, which are 0 in 64 bits."""
    return bad(["w", "U8", [1 << 32, 1 << 32]])


@vector("LimitError", "tensor 'w' has more than 2^40 elements")
def limit_elements_beside_zero() -> Made:
    """2^80 rows of no elements: array libraries multiply such sizes too."""
    return bad(["w", "U8", [1 << 40, 1 << 40, 0]])


@vector("MalformedError", "tensor 'w' has a shape that is not of sizes >= 0")
def header_shape_negative() -> Made:
    """A size of -1."""
    return bad(["w", "U8", [-1]])


@vector("MalformedError", "tensor 'w' has a shape that is not of sizes >= 0")
def header_shape_float() -> Made:
    """A size of 2.0."""
    return bad(["w", "U8", [2.0]])


@vector("MalformedError", "tensor 'w' has a shape that is not of sizes >= 0")
def header_shape_boolean() -> Made:
    """A size of true, which some languages take for 1."""
    return bad(["w", "U8", [True]])


@vector("MalformedError", ROW_FORM)
def header_row_shape_missing() -> Made:
    """A row without its shape."""
    return bad(["w", "U8"])


@vector("MalformedError", ROW_FORM)
def header_row_long() -> Made:
    """A row of four."""
    return bad(["w", "U8", [1], 0])


@vector("MalformedError", ROW_FORM)
def header_row_map() -> Made:
    """A row that is a map."""
    return bad({"name": "w", "dtype": "U8", "shape": [1]})


@vector("MalformedError", ROW_FORM)
def header_row_name_bytes() -> Made:
    """A name that is a binary."""
    return bad([b"w", "U8", [1]])


@vector("MalformedError", ROW_FORM)
def header_tie_forward() -> Made:
    """A tie to a later row."""
    return bad(["a", 1], ["b", "U8", [1]])


@vector("MalformedError", ROW_FORM)
def header_tie_self() -> Made:
    """A tie to its own row."""
    return bad(["a", 0])


@vector("MalformedError", ROW_FORM)
def header_tie_negative() -> Made:
    """A tie to the row -1, which some languages take for the last."""
    return bad(["a", "U8", [1]], ["b", -1])


@vector("MalformedError", ROW_FORM)
def header_tie_boolean() -> Made:
    """A tie to the row false."""
    return bad(["a", "U8", [1]], ["b", False])


@vector("MalformedError", "tensor 'c' is tied to no earlier tensor")
def header_tie_chain() -> Made:
    """A tie to a row that is a tie itself."""
    return bad(["a", "U8", [1]], ["b", 0], ["c", 1])
