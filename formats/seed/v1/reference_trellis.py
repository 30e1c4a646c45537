"""The codec trellis (SPEC 6.10) for reference.py: range coding by many tables and a walk a lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from reference_blocks import need
from reference_elements import FLOATS, check_params, check_scale, rows_and_columns, store
from reference_rans import Lanes, read_stream, read_table

TURNS = {1: (0, 0), 8: (5, 2), 16: (9, 2), 32: (18, 4)}  # states -> a and c
ClassOf = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows and columns -> classes


def trellis(dtype: str, shape: list[int], params: dict[str, Any], parts: list[bytes]) -> bytes:
    need(dtype in FLOATS, "trellis: dtype")
    many = type(params.get("low")) is list and len(params["low"]) > 2
    stepped = [key for key in ("row_step", "column_step") if key in params]
    numbers = ["states", "lanes", "tail", *stepped, *(["floor", "shift"] if many else [])]
    types: dict[str, type] = {"low": list, "size": list, "order": str, "step": float}
    check_params(params, **types, **dict.fromkeys(numbers, int))
    step = check_scale(params["step"])
    need(params["states"] in TURNS and params["order"] in ("columns", "rows"), "trellis: states")
    need(len(parts) == 2 + 2 * many + len(stepped), "trellis: parts")
    tables = read_tables(params["low"], params["size"], parts[0])
    rows, columns = rows_and_columns(shape)
    lengths = {"row_step": rows, "column_step": columns}
    class_of: ClassOf = only_class
    if many:
        class_of = read_classes(params, rows, columns, parts[2:4], len(tables.low) // 2)
    further = {
        key: read_steps(params[key], part, lengths[key])
        for key, part in zip(stepped, parts[2 + 2 * many :], strict=True)
    }
    turned = params["order"] == "columns"
    first = 0

    def run(words: np.ndarray, lanes: int, count: int) -> tuple[np.ndarray, np.ndarray, int]:
        """The next ``count`` symbols: those of the stream, then those of its tail."""
        nonlocal first
        first += count

        def class_at(i: np.ndarray) -> np.ndarray:
            i = i + first - count
            return class_of(i % rows, i // rows) if turned else class_of(i // columns, i % columns)

        return run_walks(tables, class_at, TURNS[params["states"]], words, lanes, count)

    points = read_stream(parts[1], run, params["lanes"], params["tail"], rows * columns)
    points = points.reshape(columns, rows).T if turned else points.reshape(rows, columns)
    values = points.astype(np.float32) * step
    with np.errstate(over="ignore"):
        if "row_step" in further:
            values = values * further["row_step"][:, None]
        if "column_step" in further:
            values = values * further["column_step"]
    return store(np.ascontiguousarray(values), dtype)


@dataclass
class Tables:
    """Of each table: the h of its first symbol, its frequencies, the sums before them, its slots'
    symbols."""

    low: list[int]
    table: list[np.ndarray]
    before: list[np.ndarray]
    symbol_of: list[np.ndarray]
    bits: int


def read_tables(low: list[Any], size: list[Any], data: bytes) -> Tables:
    need(all(type(n) is int and abs(n) <= 1 << 14 for n in low), "trellis: low")
    need(all(type(n) is int and 1 <= n <= 1 << 13 for n in size), "trellis: size")
    need(len(low) == len(size) and len(low) % 2 == 0, "trellis: numbers of low and size")
    need(2 <= len(low) <= 64, "trellis: classes")
    need(len(data) == 2 * sum(size), "trellis: tables")
    tables = []
    for symbols in size:
        tables.append(read_table(data[: 2 * symbols], symbols))
        data = data[2 * symbols :]
    sums = {int(table.sum()) for table in tables}
    need(len(sums) == 1, "trellis: tables of different sums")
    before = [np.cumsum(table) - table for table in tables]
    symbol_of = [np.repeat(np.arange(len(table)), table) for table in tables]
    return Tables(low, tables, before, symbol_of, sums.pop().bit_length() - 1)


def only_class(r: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.zeros_like(r)


def read_classes(
    params: dict[str, Any], rows: int, columns: int, parts: list[bytes], count: int
) -> ClassOf:
    need(0 <= params["floor"] <= 510 and 0 <= params["shift"] <= 7, "trellis: floor or shift")
    need([len(part) for part in parts] == [rows, columns], "trellis: codes of rows and columns")
    p, q = (np.frombuffer(part, np.uint8).astype(np.int64) for part in parts)

    def class_of(r: np.ndarray, c: np.ndarray) -> np.ndarray:
        above = np.maximum(p[r] + q[c] - params["floor"], 0)
        return np.minimum(above // 2 ** params["shift"], count - 1)

    return class_of


def read_steps(first: int, part: bytes, count: int) -> np.ndarray:
    """A float32 for each row or column."""
    need(216 <= first <= 1816 and len(part) == count, "trellis: steps")
    codes = first + np.frombuffer(part, np.uint8).astype(np.int64)
    need(bool(np.all(codes <= 1816)), "trellis: a step too large")
    return (codes << 20).astype("<u4").view("<f4")


def run_walks(
    tables: Tables,
    class_at: Callable[[np.ndarray], np.ndarray],
    turns: tuple[int, int],
    words: np.ndarray,
    lanes: int,
    count: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """The points 2h + t of one stream, the lanes' last states, and how many words were used."""
    stream = Lanes(words, lanes)
    a, c = turns
    v = np.zeros(lanes, np.int64)
    out = np.zeros(count, np.int64)
    for start in range(0, count, lanes):
        n = min(lanes, count - start)  # in the last step the first n lanes alone
        k = class_at(np.arange(start, start + n))
        t = v[:n] % 2
        slot = stream.x[:n] % (1 << tables.bits)
        h, f, sums = (np.zeros(n, np.int64) for _ in range(3))
        for index in set((2 * k + t).tolist()):
            mine = 2 * k + t == index
            s = tables.symbol_of[index][slot[mine]]
            h[mine] = s + tables.low[index]
            f[mine] = tables.table[index][s]
            sums[mine] = tables.before[index][s]
        out[start : start + n] = 2 * h + t
        v[:n] = (v[:n] // 2) ^ (a * t) ^ (c * (h % 2))
        stream.step(tables.bits, slot, f, sums)
    return out, stream.x, stream.used
