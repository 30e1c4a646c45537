"""What trellis refuses in classes and in steps: codec_trellis_* (SPEC 6.10)."""

from __future__ import annotations

from making.build import Made
from making.codec_trellis_faults import MISSING, RANGE
from making.codec_trellis_matrix import COLUMNS, CUT, LARGEST, ROWS, matrix
from making.register import vector

CODES = "trellis: codes of rows or columns has {} bytes, not {} x 1"
PARTS = "trellis: {} parts where {} belong"
OVER = "trellis: a step is over 2^100"
ROW, COLUMN = bytes(CUT.row), bytes(CUT.column)


@vector("MalformedError", MISSING.format("shift", "int"))
def codec_trellis_shift_missing() -> Made:
    """Four classes and no shift."""
    return matrix(CUT, stated={"shift": None})


@vector("MalformedError", MISSING.format("shift", "int"))
def codec_trellis_shift_float() -> Made:
    """A shift of 3.0."""
    return matrix(CUT, stated={"shift": 3.0})


@vector("MalformedError", RANGE.format("shift", 0, 7))
def codec_trellis_shift_8() -> Made:
    """A shift of 8."""
    return matrix(CUT, stated={"shift": 8})


@vector("MalformedError", RANGE.format("shift", 0, 7))
def codec_trellis_shift_negative() -> Made:
    """A shift of -1."""
    return matrix(CUT, stated={"shift": -1})


@vector("MalformedError", MISSING.format("floor", "int"))
def codec_trellis_floor_missing() -> Made:
    """Four classes and no floor."""
    return matrix(CUT, stated={"floor": None})


@vector("MalformedError", RANGE.format("floor", 0, 510))
def codec_trellis_floor_511() -> Made:
    """A floor of 511."""
    return matrix(CUT, stated={"floor": 511})


@vector("MalformedError", RANGE.format("floor", 0, 510))
def codec_trellis_floor_negative() -> Made:
    """A floor of -1."""
    return matrix(CUT, stated={"floor": -1})


@vector("MalformedError", PARTS.format(2, 4))
def codec_trellis_codes_missing() -> Made:
    """Four classes and no codes."""
    return matrix(CUT, codes=[])


@vector("MalformedError", PARTS.format(3, 4))
def codec_trellis_codes_of_rows_alone() -> Made:
    """Four classes and no codes of columns."""
    return matrix(CUT, codes=[ROW])


@vector("MalformedError", PARTS.format(4, 2))
def codec_trellis_codes_of_one_class() -> Made:
    """Codes where there is one class."""
    return matrix(codes=[ROW, COLUMN])


@vector("MalformedError", PARTS.format(5, 4))
def codec_trellis_codes_more() -> Made:
    """A part more, and no parameter that says of what."""
    return matrix(CUT, codes=[ROW, COLUMN, bytes(12)])


@vector("MalformedError", CODES.format(11, 12))
def codec_trellis_codes_of_rows_fewer() -> Made:
    """A row without a code."""
    return matrix(CUT, codes=[ROW[:-1], COLUMN])


@vector("MalformedError", CODES.format(13, 12))
def codec_trellis_codes_of_rows_more() -> Made:
    """A code that is no row's."""
    return matrix(CUT, codes=[ROW + b"\0", COLUMN])


@vector("MalformedError", CODES.format(15, 16))
def codec_trellis_codes_of_columns_fewer() -> Made:
    """A column without a code."""
    return matrix(CUT, codes=[ROW, COLUMN[:-1]])


@vector("MalformedError", CODES.format(17, 16))
def codec_trellis_codes_of_columns_more() -> Made:
    """A code that is no column's."""
    return matrix(CUT, codes=[ROW, COLUMN + b"\0"])


@vector("MalformedError", CODES.format(16, 12))
def codec_trellis_codes_exchanged() -> Made:
    """Codes of columns before those of rows, as if the order exchanged them."""
    return matrix(CUT, order="columns", codes=[COLUMN, ROW])


@vector("MalformedError", RANGE.format("row_step", 216, 1816))
def codec_trellis_row_step_small() -> Made:
    """Steps of rows from under 2^-100 on."""
    return matrix(rows=[215 + r for r in range(12)])


@vector("MalformedError", RANGE.format("row_step", 216, 1816))
def codec_trellis_row_step_large() -> Made:
    """Steps of rows over 2^100."""
    return matrix(rows=[LARGEST + 1 + r for r in range(12)])


@vector("MalformedError", OVER)
def codec_trellis_row_step_over() -> Made:
    """A step of the last row that is over 2^100."""
    return matrix(rows=[LARGEST - 10 + r for r in range(12)])


@vector("MalformedError", MISSING.format("row_step", "int"))
def codec_trellis_row_step_scale() -> Made:
    """A step of rows that is a scale."""
    return matrix(rows=ROWS, stated={"row_step": 0.5})


@vector("MalformedError", CODES.format(11, 12))
def codec_trellis_row_step_fewer() -> Made:
    """A row without a step."""
    return matrix(rows=ROWS, codes=[bytes(11)])


@vector("MalformedError", CODES.format(12, 16))
def codec_trellis_row_step_for_columns() -> Made:
    """A step for each row, stated to be for each column."""
    return matrix(rows=ROWS, stated={"row_step": None, "column_step": ROWS[0]})


@vector("MalformedError", PARTS.format(2, 3))
def codec_trellis_row_step_no_part() -> Made:
    """Steps of rows that are not there."""
    return matrix(rows=ROWS, codes=[])


@vector("MalformedError", PARTS.format(3, 2))
def codec_trellis_row_step_not_stated() -> Made:
    """Steps of rows that no parameter states."""
    return matrix(rows=ROWS, stated={"row_step": None})


@vector("MalformedError", RANGE.format("column_step", 216, 1816))
def codec_trellis_column_step_small() -> Made:
    """Steps of columns from under 2^-100 on."""
    return matrix(columns=[215 + c for c in range(16)])


@vector("MalformedError", RANGE.format("column_step", 216, 1816))
def codec_trellis_column_step_large() -> Made:
    """Steps of columns over 2^100."""
    return matrix(columns=[LARGEST + 1 + c for c in range(16)])


@vector("MalformedError", OVER)
def codec_trellis_column_step_over() -> Made:
    """A step of the last column that is over 2^100; those of rows are sound."""
    return matrix(rows=ROWS, columns=[LARGEST - 14 + c for c in range(16)])


@vector("MalformedError", CODES.format(17, 16))
def codec_trellis_column_step_more() -> Made:
    """A step that is no column's."""
    return matrix(columns=COLUMNS, codes=[bytes(17)])


@vector("MalformedError", PARTS.format(4, 6))
def codec_trellis_column_step_no_part() -> Made:
    """Classes' codes, and steps neither of rows nor of columns."""
    return matrix(CUT, rows=ROWS, columns=COLUMNS, codes=[ROW, COLUMN])


@vector("MalformedError", CODES.format(16, 12))
def codec_trellis_steps_exchanged() -> Made:
    """Steps of columns before those of rows."""
    codes = [bytes(16), bytes(12)]
    return matrix(rows=ROWS, columns=COLUMNS, codes=codes)
