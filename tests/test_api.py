"""The Python API: the same verbs as the shell, values in, values out."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import seedtool
from seedtool import container, errors
from seedtool.api import Seed
from seedtool.seed import Entry, Header, Part, Section
from tests.cli import models


def arrays() -> dict[str, np.ndarray]:
    """Two names of one matrix, a vector, a scalar and a tensor of nothing."""
    weight = models.weights(64, 32)
    return {
        "weight": weight,
        "tied": weight,
        "bias": np.arange(32, dtype=np.float16),
        "step": np.array(7, np.int64),
        "none": np.zeros((0, 3), np.float32),
    }


def whole(seed: Seed) -> bytes:
    out = io.BytesIO()
    assert seed.save(out) == len(out.getvalue())
    return out.getvalue()


def same(seed: Seed, expected: dict[str, np.ndarray]) -> None:
    seen = dict(seed.tensors())
    assert seen.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(seen[name], array)
        assert seen[name].dtype == array.dtype


@pytest.fixture(scope="module")
def plain() -> bytes:
    return whole(seedtool.extract(arrays()))


@pytest.fixture
def path(plain, tmp_path) -> Path:
    made = tmp_path / "model.seed"
    made.write_bytes(plain)
    return made


def test_the_verbs_stay_verbs():
    """Modules of the package must not hide what it offers."""
    first = seedtool.extract
    first(arrays())
    assert seedtool.extract is first
    assert callable(seedtool.load)
    assert {"Seed", "extract", "load"} <= set(seedtool.__all__)
    with pytest.raises(AttributeError):
        seedtool.sprout  # noqa: B018


def test_a_dict_of_arrays(plain):
    same(seedtool.load(io.BytesIO(plain)), arrays())


def test_a_nested_dict():
    seed = seedtool.extract({"encoder": {"weight": np.ones(3, np.float32)}, "epoch": 3})
    assert [e.name for e in seed.header.tensors] == ["encoder.weight"]
    assert seed.notes[0] == "left out: epoch: no array but a value of type int"


def test_a_module():
    import torch

    layer = torch.nn.Linear(3, 2)
    seed = seedtool.load(io.BytesIO(whole(seedtool.extract(layer, with_graph=False))))
    assert seed.meta()["architecture"] == "Linear"
    same(
        seedtool.load(io.BytesIO(whole(seedtool.extract(layer, with_graph=False)))),
        {"weight": layer.weight.detach().numpy(), "bias": layer.bias.detach().numpy()},
    )


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_in_and_out(tmp_path, kind):
    models.make(tmp_path)
    target = kind(tmp_path / "tiny.seed")
    size = seedtool.extract(kind(tmp_path / "tiny.safetensors")).save(target)
    assert Path(target).stat().st_size == size
    np.testing.assert_array_equal(seedtool.load(target).tensor("a.weight"), models.weights(64, 32))


def test_codecs_and_their_options():
    seed = seedtool.extract(arrays(), codec="quant", bits=4)
    smaller = seedtool.extract(arrays(), codec="quant", bits=2)
    assert len(whole(smaller)) < len(whole(seed))
    assert {m.name: m.codec for m in seed.ledger.measures}["weight"] == "quant"
    assert seed.ledger.snr_db > smaller.ledger.snr_db
    for wrong in (
        {"codec": "zip"},
        {"codec": "quant", "colour": 3},
        {"codec": "quant", "bits": 99},
    ):
        with pytest.raises(errors.UsageError):
            whole(seedtool.extract(arrays(), **wrong))


def test_saving_twice_gives_the_same_bytes(plain):
    seed = seedtool.extract(arrays())
    assert whole(seed) == whole(seed) == plain


def test_a_taken_path_is_refused(path):
    seed = seedtool.extract(arrays())
    with pytest.raises(errors.RefusedError, match="exists already"):
        seed.save(path)
    seed.save(path, force=True)
    assert seedtool.load(path).verify()


def test_one_tensor(path):
    seed = seedtool.load(path)
    np.testing.assert_array_equal(seed.tensor("tied"), arrays()["weight"])
    assert seed.tensor("step").shape == ()
    with pytest.raises(errors.UsageError, match="no tensor is called 'nothing'"):
        seed.tensor("nothing")


def test_names_are_no_patterns_where_one_is_meant():
    odd = {"a[1]": np.ones(1, np.float32), "a1": np.zeros(1, np.float32)}
    seed = seedtool.load(io.BytesIO(whole(seedtool.extract(odd))))
    assert seed.tensor("a[1]")[0] == 1


def test_one_tensor_is_read_without_the_rest(path, plain):
    """Damage elsewhere is not seen: nothing else was read."""
    noise = np.random.default_rng(0).integers(0, 256, 1 << 16, np.uint8)
    seedtool.extract({"first": noise, "last": np.ones(3, np.uint8)}).save(path, force=True)
    data = bytearray(path.read_bytes())
    at = data.index(noise[:64].tobytes())
    data[at] ^= 1
    path.write_bytes(data)
    seed = seedtool.load(path)
    assert seed.tensor("last").tolist() == [1, 1, 1]
    with pytest.raises(errors.DigestError):
        seed.tensor("first")
    with pytest.raises(errors.DigestError):
        seed.verify()


def test_some_tensors(path):
    assert [name for name, _ in seedtool.load(path).tensors("[tb]i*")] == ["tied", "bias"]


def test_meta(path):
    meta = seedtool.load(path).meta()
    assert meta == {"format": "arrays", "tool": f"seedtool {seedtool.__version__}"}


def test_verify_gives_the_content_digest(path, plain):
    seed = seedtool.load(path)
    assert seed.verify() == seed.verify(quick=True)
    assert len(seed.verify()) == 32
    assert seedtool.load(io.BytesIO(plain)).verify() == seed.verify()
    other = seedtool.extract({**arrays(), "bias": np.ones(32, np.float16)})
    assert seedtool.load(io.BytesIO(whole(other))).verify() != seed.verify()


def test_a_stream_is_read_once(plain):
    seed = seedtool.load(io.BytesIO(plain))
    seed.verify()
    for again in (seed.verify, seed.meta, lambda: list(seed.tensors()), lambda: whole(seed)):
        with pytest.raises(errors.UsageError, match="can be read once"):
            again()


def test_standard_input(plain, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plain)))
    same(seedtool.load("-"), arrays())


def test_a_pipe_of_a_few_bytes_at_a_time(plain):
    """A stream may give less than it is asked for."""

    class Trickle(io.RawIOBase):
        def __init__(self) -> None:
            self._at = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            piece = plain[self._at : self._at + min(size, 7)]
            self._at += len(piece)
            return piece

    same(seedtool.load(Trickle()), arrays())


def test_a_named_pipe(plain, tmp_path):
    pipe = tmp_path / "pipe.seed"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(plain,))
    writer.start()
    same(seedtool.load(pipe), arrays())
    writer.join()


def test_a_seed_that_is_replaced_while_open(path):
    seed = seedtool.load(path)
    seedtool.extract({"another": np.ones(3, np.float32)}).save(path, force=True)
    with pytest.raises(errors.FileError, match="changed since it was opened"):
        seed.verify()


@pytest.mark.parametrize("target", ["m.safetensors", "m.npz", "m.onnx", "m"])
def test_every_kind_of_model(tmp_path, target):
    models.make(tmp_path)
    source = "net.onnx" if target == "m.onnx" else "hf"
    seed = seedtool.extract(tmp_path / source, with_graph=target == "m.onnx")
    seed.save(tmp_path / "x.seed")
    seedtool.load(tmp_path / "x.seed").assemble(tmp_path / target)
    again = seedtool.extract(tmp_path / target, with_graph=False)
    assert {e.name: e.shape for e in again.header.tensors} == {
        e.name: e.shape for e in seed.header.tensors
    }
    with pytest.raises(errors.RefusedError):
        seed.assemble(tmp_path / target)


@pytest.mark.parametrize("kind", ["safetensors", "npz"])
def test_a_model_to_a_stream(plain, tmp_path, kind):
    out = io.BytesIO()
    seedtool.load(io.BytesIO(plain)).assemble(out, to=kind)
    (tmp_path / f"m.{kind}").write_bytes(out.getvalue())
    same(seedtool.load(io.BytesIO(whole(seedtool.extract(tmp_path / f"m.{kind}")))), arrays())


def test_an_extracted_seed_assembles_without_being_saved(tmp_path):
    seedtool.extract(arrays()).assemble(tmp_path / "m.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "m.npz")["tied"], arrays()["weight"])


def test_saving_a_loaded_seed_keeps_what_it_does_not_know():
    """Sections of a newer version that readers may ignore, byte for byte and in their place."""
    header = Header((Entry("a", "F32", (3,)),))
    tensor = next(
        s
        for s in seedtool.extract({"a": np.ones(3, np.float32)}).sections(lambda *_: True)
        if s.kind == "tensor"
    )
    news = Section("x-news", {"of": "tomorrow"}, (Part(b"rain" * 100), Part(b"sun")))
    sections = [container.document_section("meta", {"tool": "a newer one"}), news, tensor]
    out = io.BytesIO()
    container.write(out, header, sections)
    first = out.getvalue()
    again = whole(seedtool.load(io.BytesIO(first)))
    kept = seedtool.load(io.BytesIO(again)).sections(lambda *_: True)
    found = [s for s in kept if s.kind == "x-news"]
    assert [(s.fields["of"], [bytes(p.data) for p in s.parts]) for s in found] == [
        ("tomorrow", [b"rain" * 100, b"sun"])
    ]
    digests = [seedtool.load(io.BytesIO(s)).verify() for s in (first, again)]
    assert digests[0] == digests[1]


def test_saving_a_loaded_seed_keeps_its_digest(plain, path, tmp_path):
    for source in (path, io.BytesIO(plain)):
        seedtool.load(source).save(tmp_path / "again.seed", force=True)
        assert seedtool.load(tmp_path / "again.seed").verify() == seedtool.load(path).verify()
