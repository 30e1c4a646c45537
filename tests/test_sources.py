"""The door to all sources: what is recognised as what, and equal tensors found once."""

from __future__ import annotations

import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save, save_file

from seedtool import container
from seedtool.errors import MalformedError, RefusedError, SeedError, UnsupportedError, UsageError
from seedtool.seed import Entry
from seedtool.sources import open_source
from seedtool.sources.ties import tie_duplicates

W = np.arange(64, dtype=np.float32)


@pytest.mark.parametrize("ending", ["", ".bin", ".pt", ".npz", ".onnx", ".weights"])
@pytest.mark.parametrize("kind", ["safetensors", "npz", "torch"])
def test_the_first_bytes_decide_and_not_the_ending(tmp_path, kind, ending):
    path = tmp_path / f"m{ending}"
    if kind == "safetensors":
        save_file({"w": W}, path)
    elif kind == "torch":
        torch.save({"w": torch.from_numpy(W)}, path)
    else:
        with path.open("wb") as file:
            np.savez(file, w=W)
    with open_source(path) as source:
        assert source.meta == {"format": kind}
        assert [(e.name, e.dtype, e.shape) for e in source.entries] == [("w", "F32", (64,))]
        assert source.read(source.entries[0]).tobytes() == W.tobytes()


@pytest.mark.parametrize(
    ("name", "data", "kind", "words"),
    [
        ("m.txt", b"hello", UnsupportedError, "no model file"),
        ("m", b"", UnsupportedError, "no model file"),
        ("m.seed", container.MAGIC + b"x", UsageError, "is a seed already"),
        ("m.gguf", b"GGUF\x03\0\0\0", UnsupportedError, "GGUF"),
        ("m.h5", b"\x89HDF\r\n\x1a\n", UnsupportedError, "HDF5"),
        ("m.tflite", b"\x1c\0\0\0TFL3", UnsupportedError, "Lite"),
        ("m.zip", b"PK\x05\x06" + bytes(18), UnsupportedError, "zip archive without arrays"),
        ("m.npz", b"PK\x03\x04junk", MalformedError, "damaged zip"),
        ("m.pt", b"hello world", MalformedError, "damaged"),
        ("m.safetensors", b"hello world", SeedError, "header"),
        ("m.npy", b"hello world", MalformedError, "does not begin"),
    ],
)
def test_what_is_no_model_is_said_in_one_line(tmp_path, name, data, kind, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(kind, match=words) as caught:
        open_source(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "model", ["nothing", "./a/b", "a/b/c", "../a", "org/model.safetensors", "/no/where", ""]
)
def test_a_path_that_is_not_there(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SeedError, match="no such file or folder"):
        open_source(model)


def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "m.pt")
    with pytest.raises(UsageError, match="no regular file"):
        open_source(tmp_path / "m.pt")
    with pytest.raises(SeedError, match="File name too long"):
        open_source(tmp_path / ("n" * 300))


def test_a_key_where_there_are_none(tmp_path, bert_folder):
    save_file({"w": W}, tmp_path / "m.safetensors")
    for model in (tmp_path / "m.safetensors", bert_folder, torch.nn.Linear(2, 2)):
        with pytest.raises(UsageError, match="keys to pick by"):
            open_source(model, key="model")


def test_what_is_no_model_at_all():
    with pytest.raises(UsageError, match="a int is no model"):
        open_source(3)


# ---------------------------------------------------------------------- arrays


def test_a_mapping_of_arrays():
    arrays = {
        "net": {"w": W.reshape(8, 8).T, "b": np.float32(3)},
        "half": W.astype(ml_dtypes.bfloat16),
        "big": W.astype(">i4"),
        "live": torch.ones(3, dtype=torch.bfloat16),
        "steps": 12,
    }
    with open_source(arrays) as source:
        entries = {e.name: e for e in source.entries}
        forms = {n: (e.dtype, e.shape) for n, e in entries.items()}
        assert forms == {
            "net.w": ("F32", (8, 8)),
            "net.b": ("F32", ()),
            "half": ("BF16", (64,)),
            "big": ("I32", (64,)),
            "live": ("BF16", (3,)),
        }
        assert source.left_out == ("steps: no array but a value of type int",)
        assert source.read(entries["net.w"]).tobytes() == W.reshape(8, 8).T.tobytes()
        assert source.read(entries["net.b"]).shape == ()
        assert source.read(entries["half"]).tobytes() == arrays["half"].tobytes()
        assert source.read(entries["big"]).tobytes() == W.astype("<i4").tobytes()
    with open_source(arrays, key="net") as source:
        assert [e.name for e in source.entries] == ["w", "b"]


def test_arrays_of_objects_and_cycles():
    with pytest.raises(RefusedError, match="Python objects"):
        open_source({"w": np.array([print])})
    loop: dict = {"w": W}
    loop["again"] = loop
    with pytest.raises(SeedError, match="nested deeper"):
        open_source(loop)


def test_torch_is_not_imported_for_what_does_not_need_it(tmp_path):
    save_file({"w": W}, tmp_path / "m.safetensors")
    np.savez(tmp_path / "m.npz", w=W)
    code = (
        "import sys\nfrom seedtool.sources import open_source\n"
        "for m in (*sys.argv[1:], {'w': __import__('numpy').ones(3)}):\n"
        "    s = open_source(m); s.read(s.entries[0])\n"
        "heavy = {'torch', 'transformers', 'onnx', 'huggingface_hub'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "m.safetensors", tmp_path / "m.npz"], check=True
    )


# ------------------------------------------------------------------------ ties


@pytest.mark.parametrize("kind", ["safetensors", "npz", "arrays"])
def test_equal_tensors_are_tied_whatever_the_source(tmp_path, kind):
    late = W.copy()
    late[63] = -1
    arrays = {
        "a": W,
        "b": W.copy(),
        "c": late,
        "d": W.reshape(8, 8),
        "e": W.view(np.int32),
        "f": W[:8],
        "g": np.array(7),
        "h": np.array(7),
        "i": np.empty((0, 3), np.float32),
        "j": np.empty((0, 3), np.float32),
    }
    model = arrays
    if kind == "safetensors":
        model = tmp_path / "m.safetensors"
        model.write_bytes(save(arrays))
    elif kind == "npz":
        model = tmp_path / "m.npz"
        np.savez(model, **arrays)
    with open_source(model) as source:
        names = [e.name for e in source.entries]
        tied = {e.name: names[e.same] for e in source.entries if e.same is not None}
        pairs = [sorted(pair, key=names.index) for pair in ("ab", "gh")]
        assert tied == {second: first for first, second in pairs}


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=12), data=st.data())
def test_ties_join_exactly_what_is_equal(values, data):
    """Against the plain definition, with ties given already and glimpses that lie low."""
    arrays = [np.full(32, v, np.float32) for v in values]
    glimpse = data.draw(
        st.sampled_from([lambda e: b"", lambda e: arrays[int(e.name)][:1].tobytes()])
    )
    table = []
    for index, value in enumerate(values):
        earlier = values.index(value)
        given_already = earlier != index and data.draw(st.booleans())
        table.append(Entry(str(index), "F32", (32,), earlier if given_already else None))
    made = tie_duplicates(table, glimpse, lambda e: arrays[int(e.name)])
    expected = [values.index(v) if values.index(v) != i else None for i, v in enumerate(values)]
    assert [e.same for e in made] == expected


def test_ties_given_already_move_with_their_owner():
    table = [Entry("a", "F32", (32,)), Entry("b", "F32", (32,)), Entry("c", "F32", (32,), 1)]
    made = tie_duplicates(table, lambda e: b"", lambda e: np.ones(32, np.float32))
    assert [e.same for e in made] == [None, 0, 0]


def test_tensors_alone_in_their_form_are_never_read():
    read = []

    def look(entry):
        read.append(entry.name)
        return np.ones(entry.shape, np.float32)

    table = [
        Entry("a", "F32", (32,)),
        Entry("b", "F32", (33,)),
        Entry("c", "F32", (0, 2)),
        Entry("d", "F32", (0, 2)),
    ]
    assert tie_duplicates(table, lambda e: look(e).tobytes(), look) == tuple(table)
    assert read == []
