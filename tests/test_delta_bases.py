"""Bases: named by what they hold, found again, refused where they are others."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seedtool
from seedtool import errors
from seedtool.seed import Entry
from seedtool.sinks import hf
from seedtool.tensors import identity
from tests.deltas import as_bytes, base, same, tuned, whole


@pytest.mark.parametrize("kind", ["module", "safetensors", "npz", "npy", "seed", "lossy seed"])
def test_a_base_is_the_same_in_whatever_it_is_kept(kind, tmp_path):
    import torch

    weight = base()["w"]
    given: Any = tmp_path / "base.safetensors"
    name = "base" if kind == "npy" else "weight"
    model = {name: weight}
    if kind == "lossy seed":
        seedtool.extract(model, bits=4).save(tmp_path / "lossy.seed")
        model = dict(seedtool.load(tmp_path / "lossy.seed").tensors())
    delta = whole(seedtool.extract({name: model[name] + 1}, base=model))
    if kind == "module":
        given = torch.nn.Linear(64, 96, bias=False)
        given.weight.data = torch.from_numpy(weight)
    elif kind == "lossy seed":
        given = str(tmp_path / "lossy.seed")
    elif kind == "seed":
        seedtool.extract(model).save(tmp_path / "base.seed")
        given = tmp_path / "base.seed"
    elif kind == "npz":
        given = tmp_path / "base.npz"
        np.savez(given, weight=weight)
    elif kind == "npy":
        given = tmp_path / "base.npy"
        np.save(given, weight)
    else:
        seed = seedtool.load(io.BytesIO(whole(seedtool.extract(model))))
        seed.assemble(given)
    same(as_bytes(delta, given), {name: model[name] + 1})


def test_differences_to_differences(tmp_path):
    models = [base()]
    paths: list[Any] = [base()]
    for depth in range(1, 6):
        model = {**models[-1], "norm": models[-1]["norm"] + np.float32(depth)}
        if depth == 5:
            with pytest.raises(errors.LimitError, match="nested 5 deep, the limit is 4"):
                seedtool.extract(model, base=paths[::-1])
            return
        path = str(tmp_path / f"{depth}.seed")
        seedtool.extract(model, base=paths[::-1]).save(path)
        seed = seedtool.load(path, base=paths)
        assert seed.header.base is not None
        assert seed.header.base.nesting == depth
        same(dict(seed.tensors()), model)
        same(dict(seedtool.load(path, base=models[-1]).tensors()), model)
        models.append(model)
        paths.append(path)


def test_tied_tensors_are_found_by_any_name():
    weight = base()["w"]
    delta = whole(seedtool.extract({"b": weight}, base={"a": weight, "b": weight}))
    same(as_bytes(delta, {"a": weight, "b": weight}), {"b": weight})
    assert seedtool.load(io.BytesIO(delta)).header.base.size == weight.nbytes


def test_what_names_a_base_is_what_its_tensors_hold():
    """The digest of the specification, made here from its text."""
    import msgpack

    model = {"b": np.zeros(20, np.float32), "a": np.arange(3)}
    seed = seedtool.load(io.BytesIO(whole(seedtool.extract(model, base=model))))
    rows = [
        [name, dtype, list(model[name].shape), hashlib.sha256(model[name].tobytes()).digest()[:8]]
        for name, dtype in (("a", "I64"), ("b", "F32"))
    ]
    assert seed.header.base.digest == hashlib.sha256(msgpack.packb(rows)).digest()
    assert seed.header.base.size == 104
    assert seed.meta()["base"] == {"source": "dict", "bytes": 104}


def test_equal_tensors_count_once_in_the_size():
    entries = [Entry("a", "U8", (70,)), Entry("b", "U8", (70,)), Entry("c", "U8", (70,), 0)]
    assert identity(entries, lambda _: b"12345678")[1] == 70
    assert identity(entries, lambda e: e.name.encode() * 8)[1] == 140


OTHER = "the base is another model than the one that the seed is a difference to"


@pytest.mark.parametrize("change", ["value", "name", "dtype", "shape", "more", "fewer"])
def test_another_base_is_refused(change):
    delta = whole(seedtool.extract(tuned(), base=base()))
    other = base()
    if change == "value":
        other["w"][3, 4] += np.float32(1e-3)
    elif change == "name":
        other["v"] = other.pop("w")
    elif change == "dtype":
        other["ids"] = other["ids"].astype(np.uint64)
    elif change == "shape":
        other["w"] = other["w"].reshape(64, 96)
    elif change == "more":
        other["new"] = np.ones(1, np.float32)
    else:
        del other["norm"]
    with pytest.raises(errors.DigestError, match=OTHER) as caught:
        seedtool.load(io.BytesIO(delta), base=other)
    assert caught.value.exit_code == 3


def test_without_its_base_a_seed_is_verified_and_no_more(tmp_path):
    path = tmp_path / "delta.seed"
    seedtool.extract(tuned(), base=base(), bits=3).save(path)
    seed = seedtool.load(path)
    assert seed.verify() == seedtool.load(path, base=base()).verify()
    for use in (lambda: dict(seed.tensors()), lambda: seed.assemble(tmp_path / "out.npz")):
        with pytest.raises(errors.UsageError) as caught:
            use()
        assert caught.value.message == (
            "the seed is a difference to another model, of 33,096 bytes of tensors "
            f"and the digest {seed.header.base.digest.hex()[:16]}..."
        )
        assert caught.value.hint == "--base MODEL"
    assert not (tmp_path / "out.npz").exists()


def test_a_base_that_is_not_wanted_is_refused():
    with pytest.raises(errors.UsageError, match="is no difference to another model, so it takes"):
        seedtool.load(io.BytesIO(whole(seedtool.extract(base()))), base=base())
    with pytest.raises(errors.UsageError, match="no base is given"):
        seedtool.extract(base(), base=[])
    with pytest.raises(errors.UsageError, match="minimal keeps no values"):
        seedtool.extract(base(), base=base(), codec="minimal")


def test_damage_in_a_base_that_is_a_seed_is_found_where_it_is_used(tmp_path):
    path = tmp_path / "base.seed"
    noise = np.random.default_rng(0).integers(0, 256, 1 << 12, np.uint8)
    seedtool.extract({"a": noise, "b": np.ones(9)}).save(path)
    delta = whole(seedtool.extract({"a": noise, "b": np.zeros(9)}, base=str(path)))
    data = bytearray(path.read_bytes())
    data[data.index(noise[:64].tobytes())] ^= 1
    path.write_bytes(data)
    seed = seedtool.load(io.BytesIO(delta), base=path)
    with pytest.raises(errors.DigestError):
        dict(seed.tensors())


def test_a_base_that_changes_while_it_is_open_is_noticed(tmp_path):
    path = tmp_path / "base.seed"
    seedtool.extract(base()).save(path)
    delta = whole(seedtool.extract(base(), base=path))
    seed = seedtool.load(io.BytesIO(delta), base=path)
    other = base() | {"w": base()["w"] + 1}
    path.write_bytes(whole(seedtool.extract(other)))  # in place, as nobody should
    with pytest.raises(errors.SeedError):
        dict(seed.tensors())


@pytest.fixture
def folder(tmp_path) -> Path:
    """A model folder with a tokenizer."""
    made = tmp_path / "model"
    made.mkdir()
    seedtool.load(io.BytesIO(whole(seedtool.extract(base())))).assemble(made / hf.WEIGHTS)
    (made / "config.json").write_text('{"model_type": "tiny"}')
    (made / "vocab.txt").write_text("\n".join(map(str, range(5000))))
    return made


def test_the_bases_files_are_not_stored_again(folder, tmp_path):
    after = tmp_path / "after"
    after.mkdir()
    seedtool.load(io.BytesIO(whole(seedtool.extract(tuned())))).assemble(after / hf.WEIGHTS)
    (after / "config.json").write_text('{"model_type": "tiny", "labels": 2}')
    (after / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes())
    seed = seedtool.extract(after, base=folder)
    path = tmp_path / "delta.seed"
    size = seed.save(path)
    assert size < seedtool.extract(after).save(tmp_path / "whole.seed") - 7000
    assert seed.ledger.asset_bytes == sum(
        (after / n).stat().st_size for n in ("config.json", "vocab.txt")
    )
    seedtool.extract(folder).save(tmp_path / "base.seed")
    for known in (folder, tmp_path / "base.seed"):
        seedtool.load(path, base=known).assemble(tmp_path / f"of {known.stem}")
        for name in ("config.json", "vocab.txt"):
            made = tmp_path / f"of {known.stem}" / name
            assert made.read_bytes() == (after / name).read_bytes()
    bare = folder / hf.WEIGHTS
    seedtool.load(path, base=bare).assemble(tmp_path / "out.safetensors")
    with pytest.raises(
        errors.UnsupportedError,
        match=r"file 'vocab.txt' is the base's, and the base given has none",
    ):
        seedtool.load(path, base=bare).assemble(tmp_path / "out")
    (folder / "vocab.txt").write_text("other")
    with pytest.raises(
        errors.UnsupportedError,
        match=r"'vocab.txt' is the base's, and the base given has not that one",
    ):
        seedtool.load(path, base=folder).assemble(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_json_stays_json(folder, tmp_path):
    """What meta says of a base is information that anybody may have written."""
    seedtool.extract(base(), base=folder).save(tmp_path / "d.seed")
    told = seedtool.load(tmp_path / "d.seed").meta()["base"]
    assert json.loads(json.dumps(told)) == {
        "source": "model",
        "bytes": 33096 + sum((folder / n).stat().st_size for n in ("config.json", "vocab.txt")),
    }
