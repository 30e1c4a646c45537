"""Data in: text, arrays, images and batches as samples, and what is refused."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch

from seedtool.calibration.data import load_samples
from seedtool.errors import MissingExtraError, SeedError, UsageError
from seedtool.sources import open_source
from tests.models import tiny_cnn, tiny_gpt2

WORDS = ["a", "seed", "grows", "back", "growsing", "ing"]


def lines(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, rng.integers(3, 12))) + " a" * (i % 7) for i in range(count)]


def rows_of(batches) -> set[bytes]:
    """Every sample without its padding."""
    found = set()
    for batch in batches:
        for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True):
            found.add(ids[mask.astype(bool)].tobytes())
    return found


@pytest.fixture(scope="module")
def bert(bert_folder):
    source = open_source(bert_folder)
    return source, source.module()


def test_text(bert, tmp_path):
    source, module = bert
    path = tmp_path / "data.txt"
    text = "\n".join(["", *lines(300), *lines(300), "  "])
    path.write_text(text)
    samples = load_samples(path, source, module)
    calibration, tuning = rows_of(samples.calibration), rows_of(samples.tuning)
    assert (len(calibration), len(tuning)) == (128, 64)
    assert not calibration & tuning
    assert samples.digest == hashlib.sha256(path.read_bytes()).digest()
    assert (samples.name, samples.seed) == ("data.txt", 0)
    for batch in samples.calibration:
        assert set(batch) == {"input_ids", "attention_mask"}
        assert all(a.dtype == np.int64 for a in batch.values())
        # Samples of like length lie together: at least half of a batch is no padding.
        assert batch["attention_mask"].mean() > 0.5
        assert batch["attention_mask"].all(0)[0]
    again = load_samples(path, source, module)
    assert rows_of(again.calibration) == calibration
    other = load_samples(path, source, module, seed=1)
    assert rows_of(other.calibration) != calibration


def test_tokens_of_all_the_text_but_the_tuning_samples_are_counted(bert, tmp_path):
    source, module = bert
    path = tmp_path / "data.txt"
    path.write_text("\n".join(f"{'seed ' * (i % 15)}back" + " a" * (i // 15) for i in range(300)))
    samples = load_samples(path, source, module, limit=(8, 4))
    tokens, kept = (
        samples.tokens,
        np.concatenate([batch["input_ids"].reshape(-1) for batch in samples.tuning]),
    )
    vocabulary = (source.folder / "vocab.txt").read_text().split()
    assert tokens.shape == (module.config.vocab_size,)
    seed = vocabulary.index("seed")
    assert tokens[seed] == sum(i % 15 for i in range(300)) - np.count_nonzero(kept == seed)
    assert tokens[vocabulary.index("[CLS]")] == 300 - 4


def test_a_long_line_is_several_samples(bert, tmp_path):
    source, module = bert
    path = tmp_path / "data.txt"
    path.write_text(" ".join(lines(200)))
    samples = load_samples(path, source, module)
    batches = samples.calibration + samples.tuning
    assert len(rows_of(batches)) > 20
    assert max(b["input_ids"].shape[1] for b in batches) <= 32  # the model's positions


def test_few_samples_are_divided(bert, tmp_path):
    source, module = bert
    path = tmp_path / "data.txt"
    path.write_text("\n".join({" ".join(["seed"] * n) for n in range(1, 13)}))
    samples = load_samples(path, source, module)
    assert len(rows_of(samples.calibration)) == 8
    assert len(rows_of(samples.tuning)) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 different samples"),
        (b"one\ntwo\nthree\n", "3 different samples"),
        (b"the same\n" * 500, "1 different samples"),
        (b"\xff\xfe\x00" * 50, "no UTF-8 text"),
        (b"a\0b\n" * 50, "no UTF-8 text"),
        (bytes(range(256)) * 40, "no UTF-8 text"),
    ],
)
def test_text_that_is_none(bert, tmp_path, content, said):
    source, module = bert
    path = tmp_path / "data.txt"
    path.write_bytes(content)
    with pytest.raises(SeedError, match=said) as caught:
        load_samples(path, source, module)
    assert "\n" not in caught.value.message


def test_text_that_the_tokenizer_sees_as_one(bert, tmp_path):
    source, module = bert
    path = tmp_path / "data.txt"
    path.write_text("\n".join(f"z{i}z" for i in range(50)))  # each a single unknown word
    with pytest.raises(UsageError, match="1 different samples"):
        load_samples(path, source, module)


def test_text_needs_a_tokenizer(bert, bert_folder, tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("\n".join(lines(50)))
    with pytest.raises(UsageError, match="tokenizer"):
        load_samples(path, open_source(tiny_cnn()), tiny_cnn())
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(bert_folder / name, bare)
    with open_source(bare) as source, pytest.raises(UsageError, match="holds no tokenizer"):
        load_samples(path, source, bert[1])
    with pytest.raises(SeedError, match="no such file"):
        load_samples(tmp_path / "gone.txt", *bert)


def test_arrays(tmp_path):
    module = tiny_cnn()
    source = open_source(module)
    images = np.random.default_rng(0).random((40, 1, 8, 8))
    images[20:] = images[:20]
    np.save(tmp_path / "a.npy", images)
    np.savez(tmp_path / "a.npz", image=images)
    for name in ("a.npy", "a.npz"):
        samples = load_samples(tmp_path / name, source, module)
        parts = [
            np.concatenate([b["image"] for b in p]) for p in (samples.calibration, samples.tuning)
        ]
        assert [len(p) for p in parts] == [13, 7]  # of 20 that differ
        assert parts[0].dtype == np.float32
        assert len(np.unique(np.concatenate(parts), axis=0)) == 20
    np.savez(tmp_path / "b.npz", picture=images)
    with pytest.raises(UsageError, match="'picture', which the model does not take"):
        load_samples(tmp_path / "b.npz", source, module)
    images[3, 0, 0, 0] = np.nan
    np.save(tmp_path / "c.npy", images)
    with pytest.raises(UsageError, match="not finite"):
        load_samples(tmp_path / "c.npy", source, module)
    (tmp_path / "d.npy").write_bytes(b"\x93NUMPY" + bytes(90))
    with pytest.raises(SeedError):
        load_samples(tmp_path / "d.npy", source, module)
    np.savez(tmp_path / "e.npz")
    with pytest.raises(UsageError, match="holds nothing"):
        load_samples(tmp_path / "e.npz", source, module)


def test_arrays_of_several_inputs(tmp_path):
    module = tiny_gpt2()
    source = open_source(module)
    ids = np.random.default_rng(0).integers(0, 64, (40, 12), dtype=np.int32)
    np.savez(tmp_path / "a.npz", input_ids=ids, attention_mask=np.ones_like(ids))
    samples = load_samples(tmp_path / "a.npz", source, module)
    assert samples.tokens.tolist() == np.bincount(ids.reshape(-1)).tolist()
    assert samples.calibration[0]["input_ids"].dtype == np.int64
    np.savez(tmp_path / "b.npz", input_ids=ids, attention_mask=np.ones((39, 12)))
    with pytest.raises(UsageError, match="first axis"):
        load_samples(tmp_path / "b.npz", source, module)


def test_batches_from_python():
    module = tiny_cnn()
    source = open_source(module)
    batches = [{"image": torch.rand(8, 1, 8, 8)} for _ in range(6)]
    samples = load_samples([*batches, batches[0]], source, module)
    sizes = [sum(len(b["image"]) for b in p) for p in (samples.calibration, samples.tuning)]
    assert sizes == [32, 16]
    whole = np.concatenate([b["image"] for b in samples.calibration + samples.tuning])
    assert len(np.unique(whole, axis=0)) == 48
    single = load_samples([{"image": torch.rand(30, 1, 8, 8)}], source, module)
    assert sum(len(b["image"]) for b in single.calibration + single.tuning) == 30
    assert single.tuning
    with pytest.raises(UsageError, match="0 different"):
        load_samples([], source, module)


def test_images(resnet_folder, tmp_path):
    pytest.importorskip("PIL")
    from PIL import Image

    rng = np.random.default_rng(0)
    data = tmp_path / "data"
    for index in range(24):
        folder = data / f"class{index % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.{'png' if index % 2 else 'jpg'}")
    shutil.copy(data / "class0" / "0.jpg", data / "again.jpg")
    model = tmp_path / "model"
    shutil.copytree(resnet_folder, model)
    (model / "preprocessor_config.json").write_text(
        json.dumps(
            {"size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
        )
    )
    with open_source(model) as source:
        module = source.module()
        samples = load_samples(data, source, module)
        pixels = np.concatenate([b["pixel_values"] for b in samples.calibration + samples.tuning])
        assert pixels.shape == (24, 3, 32, 32)
        assert pixels.dtype == np.float32
        assert -1 <= pixels.min() < -0.3
        assert 0.3 < pixels.max() <= 1
        (data / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
        with pytest.raises(SeedError, match=r"bad\.png: is no image"):
            load_samples(data, source, module)
        (model / "preprocessor_config.json").write_text(json.dumps({"size": 1 << 30}))
        with pytest.raises(SeedError, match="states an image"):
            load_samples(data, source, module)
    with open_source(tiny_cnn(), example=(torch.zeros(1, 1, 8, 8),)) as source:
        (data / "bad.png").unlink()
        assert load_samples(data, source, source.module()).calibration[0]["image"].shape[1:] == (
            1,
            8,
            8,
        )


def test_images_need_pillow(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)  # as if not installed
    for index in range(8):
        (tmp_path / f"{index}.png").write_bytes(bytes([index]))
    with (
        open_source(tiny_cnn(), example=(torch.zeros(1, 1, 8, 8),)) as source,
        pytest.raises(MissingExtraError, match="pillow"),
    ):
        load_samples(tmp_path, source, source.module())
