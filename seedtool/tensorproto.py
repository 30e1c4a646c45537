"""ONNX's TensorProto: where a tensor's values stand in a file, and how to write one.

Field numbers are those of onnx.proto; nothing here needs the onnx package.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedtool import protobuf as pb
from seedtool.errors import LimitError, MalformedError
from seedtool.seed import DTYPES, ELEMENTS_MAX, RANK_MAX

DIMS, DATA_TYPE, SEGMENT, NAME, RAW, EXTERNAL, LOCATION = 1, 2, 3, 8, 9, 13, 14
FLOATS, INT32S, STRINGS, INT64S, DOUBLES, UINT64S = 4, 5, 6, 7, 10, 11
TYPED = frozenset({FLOATS, INT32S, INT64S, DOUBLES, UINT64S})

CODES = {
    "F32": 1, "U8": 2, "I8": 3, "U16": 4, "I16": 5, "I32": 6, "I64": 7, "BOOL": 9, "F16": 10,
    "F64": 11, "U32": 12, "U64": 13, "BF16": 16, "F8_E4M3": 17, "F8_E5M2": 19,
}  # fmt: skip
NAMES = {code: name for name, code in CODES.items()}
HELD_IN = {"F32": FLOATS, "I64": INT64S, "F64": DOUBLES, "U32": UINT64S, "U64": UINT64S}


@dataclass(frozen=True)
class Tensor:
    """A TensorProto's head. ``dtype`` is None for types that a seed has not.

    ``raw``: the absolute span of raw_data; ``typed``: the payloads of the typed
    field that holds the values otherwise, with their wire types; ``external``:
    keys and values of external data, or None.
    """

    name: str
    dtype: str | None
    shape: tuple[int, ...]
    raw: tuple[int, int] | None
    typed: tuple[tuple[int, memoryview], ...]
    external: dict[str, str] | None

    @property
    def nbytes(self) -> int:
        """Bytes of the values as a seed's storage holds them; 0 for unknown types."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize if self.dtype else 0

    @property
    def inline(self) -> int:
        """Bytes that the values take in the model's own file."""
        raw = self.raw[1] - self.raw[0] if self.raw else 0
        return raw + sum(v.nbytes for _, v in self.typed)


def parse(data: memoryview, base: int) -> Tensor:
    """The head of the TensorProto in ``data``, which stands at ``base`` in its file.

    Touches no values. A tensor split in segments, with more dimensions or
    elements than a seed may have, is of an unknown dtype.
    """
    name, code, external, split = "", 0, False, False
    shape: list[int] = []
    raw: tuple[int, int] | None = None
    typed: dict[int, list[tuple[int, memoryview]]] = {}
    pairs: dict[str, str] = {}
    for field in pb.fields(data):
        if field.number == DIMS:
            packed = field.wire == pb.BYTES
            shape += map(pb.signed, _packed(field.data) if packed else [field.value])
        elif field.number == DATA_TYPE:
            code = field.value
        elif field.number == SEGMENT:
            split = True
        elif field.number == NAME:
            name = pb.text(field)
        elif field.number == RAW and field.wire == pb.BYTES:
            raw = base + field.end - field.data.nbytes, base + field.end
        elif field.number in TYPED:
            value = memoryview(pb.varint(field.value)) if field.wire == pb.VARINT else field.data
            typed.setdefault(field.number, []).append((field.wire, value))
        elif field.number == EXTERNAL:
            key, text = _pair(field.data)
            pairs[key] = text
        elif field.number == LOCATION:
            external = field.value == 1
    if any(n < 0 for n in shape):
        raise MalformedError(f"tensor {name!a} has a negative size")
    known = not split and len(shape) <= RANK_MAX and math.prod(shape) <= ELEMENTS_MAX
    dtype = NAMES.get(code) if known else None
    held = tuple(typed.get(HELD_IN.get(dtype, INT32S), ())) if dtype else ()
    return Tensor(name, dtype, tuple(shape), raw, held, pairs if external else None)


def _packed(data: memoryview) -> list[int]:
    if data.nbytes > 640:
        raise LimitError("a tensor has more than 64 dimensions")
    return [int(n) for n in pb.varints(data)]


def _pair(data: memoryview) -> tuple[str, str]:
    both = {f.number: pb.text(f) for f in pb.fields(data) if f.number in (1, 2)}
    return both.get(1, ""), both.get(2, "")


def typed_values(tensor: Tensor) -> npt.NDArray[np.generic]:
    """The values of a tensor that holds them in a typed field, in storage dtype and shape."""
    assert tensor.dtype
    storage = np.dtype(DTYPES[tensor.dtype].storage)
    if tensor.dtype in ("F32", "F64"):
        if any(v.nbytes % storage.itemsize or w == pb.VARINT for w, v in tensor.typed):
            raise MalformedError(f"tensor {tensor.name!a} holds half a number")
        flat = np.frombuffer(b"".join(v for _, v in tensor.typed), storage)
    else:
        if any(wire not in (pb.VARINT, pb.BYTES) for wire, _ in tensor.typed):
            raise MalformedError(f"tensor {tensor.name!a} holds numbers in another form")
        wide = pb.varints(memoryview(b"".join(v for _, v in tensor.typed)))
        # int32_data sign-extends; a float16 stands there as the integer of its bits.
        whole = np.dtype(f"<u{storage.itemsize}") if storage.kind == "f" else storage
        flat = wide.astype(whole)
        back = flat.astype(np.int64).view(np.uint64) if whole.kind == "i" else flat
        if not np.array_equal(back.astype(np.uint64), wide):
            raise MalformedError(f"tensor {tensor.name!a} holds numbers outside its type")
        flat = flat.view(storage)
    if flat.size != math.prod(tensor.shape):
        raise MalformedError(
            f"tensor {tensor.name!a} holds {flat.size} numbers, its shape {math.prod(tensor.shape)}"
        )
    return flat.reshape(tensor.shape)


# --------------------------------------------------------------------- writing


def head(name: str, dtype: str, shape: tuple[int, ...]) -> bytes:
    """The fields of a TensorProto but its values."""
    dims = b"".join(pb.integer(DIMS, n) for n in shape)
    return dims + pb.integer(DATA_TYPE, CODES[dtype]) + pb.delimited(NAME, name)


def external(location: str, offset: int, length: int) -> bytes:
    """The fields that say that the values stand in another file."""
    pairs = {"location": location, "offset": str(offset), "length": str(length)}
    entries = (pb.delimited(1, k) + pb.delimited(2, v) for k, v in pairs.items())
    return b"".join(pb.delimited(EXTERNAL, e) for e in entries) + pb.integer(LOCATION, 1)
