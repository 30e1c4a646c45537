"""The npz source: what numpy saves is read normalised; pickles, bombs and damage are refused."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.lib import format as npy_format

from seedtool.errors import LimitError, MalformedError, RefusedError, SeedError
from seedtool.seed import DTYPES
from seedtool.sources import open_source
from tests.test_sources_safetensors import ARRAYS, same_bits


def npy(array, version=None) -> bytes:
    out = io.BytesIO()
    npy_format.write_array(out, array, version=version)
    return out.getvalue()


def npy_with_header(text: str, data: bytes = b"") -> bytes:
    header = text.encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def npz_of(path, members: dict[str, bytes], method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@settings(deadline=None, max_examples=40)
@given(arrays=ARRAYS)
def test_what_numpy_saves_is_read_bit_for_bit(tmp_path_factory, save, arrays):
    path = tmp_path_factory.mktemp("npz") / "m.npz"
    save(path, **arrays)
    with open_source(path) as source:
        assert {e.name for e in source.entries} == set(arrays)
        for entry in source.entries:
            found = source.read(entry)
            assert found.dtype == np.dtype(DTYPES[entry.dtype].storage)
            assert same_bits(found, arrays[entry.name])


def test_byte_order_and_fortran_order_are_normalised(tmp_path):
    plain = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.savez(tmp_path / "m.npz", big=plain.astype(">f4"), fortran=np.asfortranarray(plain * 2))
    with open_source(tmp_path / "m.npz") as source:
        big, fortran = map(source.read, source.entries)
    assert same_bits(big, plain)
    assert same_bits(fortran, plain * 2)
    assert big.dtype.str == fortran.dtype.str == "<f4"


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header(tmp_path, version):
    array = np.arange(5, dtype=np.int16)
    with open_source(npz_of(tmp_path / "m.npz", {"a.npy": npy(array, version)})) as source:
        assert same_bits(source.read(source.entries[0]), array)


def test_a_single_npy(tmp_path):
    array = np.arange(6, dtype=">i8").reshape(2, 3)
    np.save(tmp_path / "codebook.npy", array)
    with open_source(tmp_path / "codebook.npy") as source:
        assert [e.name for e in source.entries] == ["codebook"]
        assert same_bits(source.read(source.entries[0]), array.astype("<i8"))


def test_what_is_no_number_is_named(tmp_path):
    np.savez(
        tmp_path / "m.npz",
        w=np.ones(3, np.float32),
        names=np.array(["cat", "dog"]),
        spectrum=np.ones(2, np.complex64),
        records=np.zeros(2, [("a", "f4"), ("b", "i4")]),
    )
    with zipfile.ZipFile(tmp_path / "m.npz", "a") as archive:
        archive.writestr("notes.txt", "hello")
    with open_source(tmp_path / "m.npz") as source:
        assert [e.name for e in source.entries] == ["w"]
        assert source.left_out == (
            "names: text",
            "spectrum: an array of the dtype complex64",
            "records: records or raw bytes",
            "notes.txt: no array",
        )


class Evil:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


def test_an_array_of_objects_is_refused_and_never_unpickled(tmp_path):
    target = tmp_path / "touched"
    array = np.empty(1, object)
    array[0] = Evil(target)
    np.savez(tmp_path / "m.npz", a=array)
    with pytest.raises(RefusedError, match="Python objects"):
        open_source(tmp_path / "m.npz")
    assert not target.exists()
    with zipfile.ZipFile(tmp_path / "m.npz") as archive:  # the trap itself is live
        body = archive.read("a.npy")
    pickle.loads(body[body.index(b"\x80") :] if b"\x80" in body else body)
    assert target.exists()


def test_a_bomb_is_refused_before_memory_is_taken(tmp_path):
    """A member that states 1 TB of zeros, header and directory agreeing."""
    header = npy_with_header("{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776,)}")
    path = npz_of(tmp_path / "m.npz", {"a.npy": header + bytes(1000)}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 0xFFFFFFFE)
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError, match="can't unpack"):
            open_source(path)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


HEADERS = {
    "not a literal": ("__import__('os')", MalformedError),
    "not a dict": ("[1, 2]", MalformedError),
    "deep": ("(" * 5000, MalformedError),
    "field missing": ("{'descr': '<f4', 'shape': (2,)}", MalformedError),
    "field too many": (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
        MalformedError,
    ),
    "order a number": ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", MalformedError),
    "shape a list": ("{'descr': '<f4', 'fortran_order': False, 'shape': [2]}", MalformedError),
    "negative size": ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", MalformedError),
    "huge size": (
        f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({1 << 80},)}}",
        MalformedError,
    ),
    "rank 9": (
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2)}",
        LimitError,
    ),
    "too few values": ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", MalformedError),
    "too many values": ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", MalformedError),
    "unknown dtype": ("{'descr': '<q9', 'fortran_order': False, 'shape': (2,)}", MalformedError),
    "dtype of fields": (
        "{'descr': 'f4,f4', 'fortran_order': False, 'shape': (1,)}",
        MalformedError,
    ),
    "objects": ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", RefusedError),
}


@pytest.mark.parametrize("fault", HEADERS)
def test_one_faulty_header_each(tmp_path, fault):
    text, kind = HEADERS[fault]
    member = npy_with_header(text, bytes(8))
    with pytest.raises(kind, match=r"^[^\n]*$"):
        open_source(npz_of(tmp_path / "m.npz", {"a.npy": member}))
    (tmp_path / "a.npy").write_bytes(member)
    with pytest.raises(kind, match=r"^[^\n]*$"):
        open_source(tmp_path / "a.npy")


def test_a_header_longer_than_the_limit(tmp_path):
    member = b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31) + b"{"
    with pytest.raises(LimitError):
        open_source(npz_of(tmp_path / "m.npz", {"a.npy": member}))


def test_members_that_are_no_npy_or_twice(tmp_path):
    with pytest.raises(MalformedError, match="does not begin"):
        open_source(npz_of(tmp_path / "m.npz", {"a.npy": b"hello"}))
    with zipfile.ZipFile(tmp_path / "n.npz", "w") as archive:
        archive.writestr("a.npy", npy(np.ones(2)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", npy(np.zeros(2)))
    with pytest.raises(MalformedError, match="twice"):
        open_source(tmp_path / "n.npz")


def test_other_packing_is_refused(tmp_path):
    path = npz_of(tmp_path / "m.npz", {"a.npy": npy(np.ones(20))}, zipfile.ZIP_LZMA)
    with pytest.raises(MalformedError, match="not packed as numpy packs"):
        open_source(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_changed_or_missing_bytes_never_pass(tmp_path, method):
    """Values are either what was saved or an error: zip's checksum covers them."""
    array = np.arange(8, dtype=np.float32)
    whole = npz_of(tmp_path / "m.npz", {"a.npy": npy(array)}, method).read_bytes()
    path = tmp_path / "bad.npz"
    said = []
    for at in range(len(whole)):
        for data in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]):
            path.write_bytes(data)
            try:
                with open_source(path) as source:
                    assert same_bits(source.read(source.entries[0]), array)
            except SeedError as error:
                said.append(error.message)
    assert len(said) > len(whole)
    assert not any("\n" in message for message in said)
