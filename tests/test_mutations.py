"""Damaged seeds are refused with an error of their own: never taken, never another exception.

Damage that the hashes would catch is also made *under* them: heads, documents
and parts are changed and every hash made anew, and both decoders must agree on
what comes of it.
"""

from __future__ import annotations

import importlib
import io
import math
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from seedtool import codecs, errors
from seedtool.codecs.base import Params
from seedtool.container import Reader, chunks
from seedtool.seed import SAME, SUM, Entry
from tests.vectors import (
    INDEX,
    LARGE,
    READABLE,
    SOUND,
    bases_of,
    data_of,
    read,
    reference,
    reference_codecs,
)

build = importlib.import_module("making.build")
pytestmark = pytest.mark.filterwarnings("error")

MIDDLE = "ok_section_every_kind"
MUTATIONS = 100


def refused(data: bytes) -> errors.SeedError:
    """The error that a damaged file is refused with."""
    with pytest.raises(errors.SeedError) as caught:
        read(data)
    check(caught.value)
    return caught.value


def check(error: errors.SeedError) -> None:
    assert error.exit_code in (2, 3, 4, 7)  # 2: the base is not given
    assert "\n" not in error.message


def test_cut_anywhere_it_is_truncated() -> None:
    data = data_of(MIDDLE)
    assert isinstance(refused(b""), errors.NotASeedError)
    for size in range(1, len(data)):
        assert isinstance(refused(data[:size]), errors.TruncatedError), size


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_no_byte_can_be_changed(mask: int) -> None:
    data = bytearray(data_of(MIDDLE))
    for at in range(len(data)):
        data[at] ^= mask
        refused(bytes(data))
        data[at] ^= mask


def mutated(data: bytes, rng: random.Random) -> bytes:
    """``data`` with one flip, insertion, deletion, repetition or swap."""
    at = rng.randrange(len(data) + 1)
    size = rng.choice((1, 1, 2, 4, 8, rng.randrange(1, 64)))
    kind = rng.randrange(5)
    if kind == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + rng.randbytes(size) + data[at:]
    if kind == 2:
        return data[:at] + data[at + size :]
    if kind == 3:
        return data[: at + size] + data[at:]
    other = rng.randrange(len(data) + 1)
    low, high = sorted((at, other))
    size = min(size, high - low)
    one, two = data[low : low + size], data[high : high + size]
    return data[:low] + two + data[low + size : high] + one + data[high + size :]


@pytest.mark.parametrize("name", READABLE)
def test_random_damage_is_refused(name: str) -> None:
    data, rng = data_of(name), random.Random(name)
    for _ in range(2 if name in LARGE else MUTATIONS):
        try:
            found, _tensors = read(mutated(data, rng), bases_of(name))
        except errors.SeedError as e:
            check(e)
        else:
            assert found == INDEX[name]["content"]


def pieces(name: str) -> tuple[bytes, list[tuple[bytes, list[bytes]]]]:
    """A sound file taken apart: the header's bytes, and each section's head and parts."""
    data = data_of(name)
    source = reference.Source(data)
    source.take(11)
    header = reference.read_part(source, source.number(4))
    source.take(32)
    sections = []
    while source.at < len(data):
        size = source.number(4)
        source.take(8)
        raw = source.take(size)
        lengths = reference.read_msgpack(raw, "head")["parts"]
        sections.append((raw, [reference.read_part(source, n) for n in lengths]))
        source.take(32)
    return header, sections[:-1]


def resealed(name: str, rng: random.Random) -> bytes:
    """A sound file with one change to its header, a head or a part, and every hash right."""
    header, sections = pieces(name)
    target = rng.randrange(2 * len(sections) + 1)
    made = []
    for index, (raw, parts) in enumerate(sections):
        changed, bodies = raw, list(parts)
        if target == 2 * index:
            changed = mutated(raw, rng)
        elif target == 2 * index + 1 and parts:
            part = rng.randrange(len(parts))
            bodies[part] = mutated(parts[part], rng)
            head = reference.read_msgpack(raw, "head")
            changed = build.pack({**head, "parts": [len(b) for b in bodies]})
        made.append(build.section(None, bodies, head=changed))
    if target == 2 * len(sections):
        header = mutated(header, rng)
    return build.seal(build.header(None, raw=header), *made).file


def outcome(decode: Callable[[bytes], object], data: bytes) -> object:
    """What a decoder makes of it, or None for a refusal."""
    try:
        return decode(data)
    except (errors.SeedError, reference.RuleError):
        return None


def by_reference(data: bytes, bases: list[str]) -> tuple[str, dict[str, str]]:
    report = reference.read(data, *(Path(base).read_bytes() for base in bases))
    return report["content"], report["tensors"]


@pytest.mark.parametrize("name", [n for n in SOUND if n not in LARGE])
def test_both_decoders_agree_on_damage_under_the_hashes(name: str) -> None:
    rng, bases = random.Random(name), bases_of(name)
    for _ in range(30):
        data = resealed(name, rng)
        one, other = (outcome(partial(d, bases=bases), data) for d in (read, by_reference))
        assert one == other, data.hex()


@pytest.mark.parametrize("name", ["compressed", "zstd", "single_segment", "window_8_mib"])
def test_both_decoders_make_the_same_of_damaged_chunks(name: str) -> None:
    """A mutated frame either unpacks to the same bytes in both, or in neither."""
    data = data_of(f"ok_chunk_{name}")
    at = data.index(b"\x28\xb5\x2f\xfd") - 4
    (word,) = struct.unpack("<I", data[at : at + 4])
    (size,) = next(tensors_of(f"ok_chunk_{name}"))[0].shape
    rng = random.Random(name)
    for _ in range(400):
        frame = mutated(data[at + 4 : at + 4 + word], rng)
        chunk = struct.pack("<I", len(frame)) + frame
        assert outcome(inflated(size), chunk) == outcome(inflated_again(size), chunk), chunk.hex()


def inflated(size: int) -> Callable[[bytes], bytes]:
    return lambda chunk: b"".join(chunks.inflate(io.BytesIO(chunk).read, size))


def inflated_again(size: int) -> Callable[[bytes], bytes]:
    return lambda chunk: reference.read_part(reference.Source(chunk), size)


def tensors_of(name: str) -> Iterator[tuple[Entry, dict[str, object], list[bytes]]]:
    reader = Reader(io.BytesIO(data_of(name)))
    owners = (entry for entry, _ in reader.header.owners())
    for section in reader.sections():
        if section.kind == "tensor":
            entry = next(owners)
            fields = {"codec": section.fields["codec"], **section.fields["params"]}
            if section.fields.get("delta") == SUM:
                entry = replace(entry, dtype="F32")  # as which it is coded
            if fields["codec"] != SAME:
                yield entry, fields, [bytes(p.data) for p in section.parts]


def changed_params(params: dict[str, object], rng: random.Random) -> dict[str, object]:
    """One number a little different, or its bits."""
    out = dict(params)
    key = rng.choice(sorted(out))
    value = out[key]
    if isinstance(value, dict) and value:
        out[key] = changed_params(value, rng)
    elif type(value) is int:
        out[key] = rng.choice((value + 1, value - 1, -value, value ^ 1 << rng.randrange(20)))
    elif isinstance(value, float):
        (bits,) = struct.unpack("<I", struct.pack("<f", value))
        (flipped,) = struct.unpack("<f", struct.pack("<I", bits ^ 1 << rng.randrange(32)))
        if math.isfinite(flipped):  # no other has a form in msgpack
            out[key] = flipped
    return out


@pytest.mark.parametrize("name", [n for n in SOUND if INDEX[n]["tensors"] and n not in LARGE])
def test_both_decoders_make_the_same_of_damaged_codes(name: str) -> None:
    """Without the check over the elements, which would catch nearly all of them."""
    rng = random.Random(name)
    for entry, fields, parts in tensors_of(name):
        codec = str(fields.pop("codec"))
        for _ in range(60):
            params, bodies = fields, list(parts)
            if params and rng.random() < 0.4:
                params = changed_params(params, rng)
            elif bodies:
                at = rng.randrange(len(bodies))
                bodies[at] = mutated(bodies[at], rng)
            assert decoded(entry, codec, params, bodies) == decoded_again(
                entry, codec, params, bodies
            ), (entry, codec, params, bodies)


def decoded(entry: Entry, name: str, params: dict[str, object], parts: list[bytes]) -> bytes | None:
    codec = codecs.load(name)
    try:
        return codec.decode(entry, Params(params, "tensor"), parts).tobytes()
    except errors.SeedError:
        return None


def decoded_again(
    entry: Entry, name: str, params: dict[str, object], parts: list[bytes]
) -> bytes | None:
    try:
        made = reference_codecs.CODECS[name](entry.dtype, list(entry.shape), params, parts)
    except reference.RuleError:
        return None
    return bytes(made)
