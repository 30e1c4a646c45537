"""Labelled data read from files of every kind, and what broken ones get."""

from __future__ import annotations

import csv
import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedtool.errors import (
    LimitError,
    MalformedError,
    MissingExtraError,
    RefusedError,
    SeedError,
    UsageError,
)
from seedtool.examples.reading import read_examples

ROWS = [("a fine film", "good"), ("dull, and long", "bad"), ('a "must see"', "good")]
IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def write(path: Path, rows=ROWS, header=("text", "mood")) -> Path:
    if path.suffix == ".jsonl":
        lines = [json.dumps(dict(zip(header, row, strict=True))) for row in rows]
        path.write_text("\n".join(lines) + "\n")
    else:
        with path.open("w", newline="") as file:
            kind = csv.excel if path.suffix == ".csv" else csv.excel_tab
            csv.writer(file, kind).writerows([header, *rows])
    return path


def idx(values: np.ndarray) -> bytes:
    kind = {"uint8": 0x08, "int32": 0x0C, "float32": 0x0D}[values.dtype.name]
    head = bytes([0, 0, kind, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl"])
def test_tables(tmp_path, ending):
    path = write(
        tmp_path / f"films{ending}", [r for r in ROWS if ending != ".tsv" or '"' not in r[0]]
    )
    found = read_examples(path, inputs="text", label="mood")
    assert found.inputs[:2] == ("a fine film", "dull, and long")
    assert found.classes == ("bad", "good")
    assert found.labels[:2].tolist() == [1, 0]


def test_the_same_content_has_one_digest_in_any_file(tmp_path):
    paths = [write(tmp_path / name) for name in ("a.csv", "b.jsonl")]
    digests = {read_examples(path, inputs="text", label="mood").digest() for path in paths}
    assert len(digests) == 1
    other = write(tmp_path / "c.csv", [*ROWS, ("new", "bad")])
    assert read_examples(other, inputs="text", label="mood").digest() not in digests


def test_classes_of_the_recipe_are_the_only_ones(tmp_path):
    path = write(tmp_path / "films.csv")
    found = read_examples(path, inputs="text", label="mood", classes=("good", "bad", "odd"))
    assert found.labels.tolist() == [0, 1, 0]
    with pytest.raises(MalformedError, match="row 2"):
        read_examples(path, inputs="text", label="mood", classes=("good", "odd"))


def test_numbers_as_classes_values_and_inputs(tmp_path):
    path = write(tmp_path / "n.jsonl", [([1, 2.5], 3), ([0, 4], 0)], ("x", "y"))
    found = read_examples(path, inputs="x", label="y")
    assert found.inputs.tolist() == [[1, 2.5], [0, 4]]
    assert (found.labels.tolist(), found.classes) == ([3, 0], ("0", "1", "2", "3"))
    assert read_examples(path, "value", inputs="x", label="y").labels.dtype == np.float32
    assert read_examples(path, "none", inputs="x").kind == "none"


def test_tags_of_words(tmp_path):
    rows = [(["Ada", "was", "here"], ["P", "O", "O"]), (["no"], ["O"])]
    path = write(tmp_path / "t.jsonl", rows, ("words", "tags"))
    found = read_examples(path, "tags", inputs="words", label="tags")
    assert found.inputs == ("Ada was here", "no")
    assert [row.tolist() for row in found.labels] == [[1, 0, 0], [0]]
    assert found.classes == ("O", "P")
    bad = write(tmp_path / "bad.jsonl", [(["Ada", "was"], ["P"])], ("words", "tags"))
    with pytest.raises(MalformedError, match="2 words, but 1 tags"):
        read_examples(bad, "tags", inputs="words", label="tags")


def test_lines_of_text(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("one\n\n two \r\nthree")
    assert read_examples(path, "none").inputs == ("one", "two", "three")
    with pytest.raises(UsageError, match=r"lines\.txt"):
        read_examples(path, "class")


def test_arrays(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=IMAGES, y=np.array([0, 2, 1]), z=np.array([0.5, 1, 2]))
    found = read_examples(path, inputs="x", label="y")
    assert found.inputs.dtype == np.uint8
    assert found.labels.tolist() == [0, 2, 1]
    assert read_examples(path, "value", inputs="x", label="z").labels.tolist() == [0.5, 1, 2]
    with pytest.raises(MalformedError):
        read_examples(path, "class", inputs="x", label="z")
    with pytest.raises(UsageError, match="no column 'w'"):
        read_examples(path, inputs="w", label="y")


def test_arrays_of_objects_and_of_no_numbers_are_refused(tmp_path):
    np.savez(tmp_path / "o.npz", x=np.array([{}, {}], object), y=np.array([0, 1]))
    with pytest.raises(RefusedError):
        read_examples(tmp_path / "o.npz", inputs="x", label="y")
    np.savez(tmp_path / "n.npz", x=np.array([[np.nan], [1.0]]), y=np.array([0, 1]))
    with pytest.raises(MalformedError):
        read_examples(tmp_path / "n.npz", inputs="x", label="y")


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx(tmp_path, ending):
    pack = gzip.compress if ending else bytes
    for split, rows in (("train", slice(0, 2)), ("t10k", slice(2, 3))):
        images = tmp_path / f"{split}-images-idx3-ubyte{ending}"
        images.write_bytes(pack(idx(IMAGES[rows])))
        labels = tmp_path / f"{split}-labels-idx1-ubyte{ending}"
        labels.write_bytes(pack(idx(np.array([1, 0, 1], np.uint8)[rows])))
    assert np.array_equal(read_examples(tmp_path).inputs, IMAGES[:2])
    test = read_examples(tmp_path, split="test")
    assert np.array_equal(test.inputs, IMAGES[2:])
    assert test.labels.tolist() == [1]
    one = read_examples(tmp_path / f"t10k-images-idx3-ubyte{ending}")
    assert one.digest() == test.digest()
    with pytest.raises(UsageError, match="no split"):
        read_examples(tmp_path, split="../../etc")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"\1" + data[1:],
        lambda data: data[:3] + b"\7" + data[4:],
        lambda data: data[:6],
        lambda data: b"",
        lambda data: data[:4] + b"\xff\xff\xff\xff" + data[8:],
        lambda data: data[:8] + b"\xff\xff\xff\xff" * 2 + data[16:],
    ],
)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_broken_idx(tmp_path, damage, ending):
    data = damage(idx(IMAGES))
    path = tmp_path / f"train-images-idx3-ubyte{ending}"
    path.write_bytes(gzip.compress(data) if ending else data)
    labels = tmp_path / "train-labels-idx1-ubyte"
    (labels.with_name(labels.name + ending)).write_bytes(
        gzip.compress(idx(np.zeros(3, np.uint8))) if ending else idx(np.zeros(3, np.uint8))
    )
    with pytest.raises((MalformedError, LimitError), match="train-images"):
        read_examples(path)


def test_a_damaged_gzip(tmp_path):
    data = bytearray(gzip.compress(idx(IMAGES)))
    data[20] ^= 0xFF
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(data)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(3, np.uint8))))
    with pytest.raises(MalformedError):
        read_examples(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"text,mood\nonly one field\n", MalformedError),
        ("a.csv", b"text,mood\n\xff\xfe,x\n", MalformedError),
        ("a.csv", b"text,mood\n", MalformedError),
        ("a.csv", b"", UsageError),
        ("a.csv", b"other,mood\na,b\n", UsageError),
        ("a.csv", b'text,mood\n"open,x\n', MalformedError),
        ("a.csv", b"text,mood\n" + b"x" * (2 << 20) + b",y\n", MalformedError),
        ("a.csv", b"text,mood\na\0b,x\n", MalformedError),
        ("a.csv", b"text,mood\n ,x\n", MalformedError),
        ("a.jsonl", b"{\n", MalformedError),
        ("a.jsonl", b"[" * 100000 + b"\n", MalformedError),
        ("a.jsonl", b"[1]\n", MalformedError),
        ("a.jsonl", b'{"text": "a"}\n', UsageError),
        ("a.jsonl", b'{"text": "a", "mood": null}\n', MalformedError),
        ("a.jsonl", b'{"text": [1, 2], "mood": 0}\n{"text": [1], "mood": 0}\n', MalformedError),
        ("a.jsonl", b'{"text": [NaN], "mood": 0}\n', MalformedError),
        ("a.jsonl", b'{"text": [1e300], "mood": 0}\n', MalformedError),
        ("a.npz", b"PK\x03\x04 no zip", MalformedError),
        ("a.bin", b"who knows", UsageError),
    ],
)
def test_broken_files(tmp_path, name, content, error):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=r"a\.\w+: ") as caught:
        read_examples(path, inputs="text", label="mood")
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 400


@given(st.binary(max_size=200), st.sampled_from([".csv", ".tsv", ".jsonl", ".npz", ".txt"]))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_read_or_refused(tmp_path, data, ending):
    path = tmp_path / f"any{ending}"
    path.write_bytes(b"input,label\n" + data)
    try:
        found = read_examples(path, "none" if ending == ".txt" else "class")
    except SeedError:
        return
    assert len(found)


def test_what_is_not_there(tmp_path):
    with pytest.raises(SeedError, match="no such file"):
        read_examples(tmp_path / "nothing.csv")
    with pytest.raises(UsageError):
        read_examples(tmp_path)
    with pytest.raises(UsageError, match="split"):
        read_examples(write(tmp_path / "films.csv"), inputs="text", label="mood", split="test")


def test_missing_packages_are_named(tmp_path, monkeypatch):
    for package in ("pyarrow", "datasets", "PIL", "PIL.Image"):
        monkeypatch.setitem(__import__("sys").modules, package, None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match="pyarrow"):
        read_examples(tmp_path / "a.parquet")
    with pytest.raises(MissingExtraError, match="datasets"):
        read_examples("someone/films")
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    (tmp_path / "pictures" / "cat" / "a.png").write_bytes(b"x")
    with pytest.raises(MissingExtraError, match="pillow"):
        read_examples(tmp_path / "pictures")


def test_parquet(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"text": [r[0] for r in ROWS], "mood": [r[1] for r in ROWS]})
    parquet.write_table(table, tmp_path / "films.parquet")
    found = read_examples(tmp_path / "films.parquet", inputs="text", label="mood")
    csv_too = read_examples(write(tmp_path / "films.csv"), inputs="text", label="mood")
    assert found.digest() == csv_too.digest()
    whole = (tmp_path / "films.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-9] + b"12345PAR1")
    with pytest.raises(MalformedError):
        read_examples(tmp_path / "cut.parquet", inputs="text", label="mood")


def test_folders_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for split in ("train", "test"):
        for number, name in enumerate(("cat", "dog")):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            image.fromarray(IMAGES[number]).save(folder / "one.png")
    found = read_examples(tmp_path, split="train")
    assert np.array_equal(found.inputs, IMAGES[:2])
    assert (found.labels.tolist(), found.classes) == ([0, 1], ("cat", "dog"))
    assert read_examples(tmp_path / "test", size=(2, 3)).inputs.shape == (2, 2, 3)
    image.fromarray(np.zeros((4, 5, 3), np.uint8)).save(tmp_path / "test/dog/two.png")
    assert read_examples(tmp_path, split="test").inputs.shape == (3, 4, 5, 3)
    (tmp_path / "test/dog/three.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(MalformedError, match=r"three\.png"):
        read_examples(tmp_path, split="test")
    with pytest.raises(UsageError, match="no split"):
        read_examples(tmp_path, split="..")


def test_a_saved_data_set(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "mood": datasets.ClassLabel(names=["good", "bad"])}
    )
    rows = {"text": [r[0] for r in ROWS], "mood": [0, 1, 0]}
    made = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict({"train": made, "test": made.select([1])}).save_to_disk(tmp_path / "set")
    found = read_examples(tmp_path / "set", inputs="text", label="mood", split="test")
    assert (found.inputs, found.labels.tolist(), found.classes) == (
        (ROWS[1][0],), [1], ("good", "bad"),
    )  # fmt: skip
    with pytest.raises(UsageError, match="no split"):
        read_examples(tmp_path / "set", inputs="text", label="mood", split="dev")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(SeedError, match="nobody/nothing: can't be read") as caught:
        read_examples("nobody/nothing", inputs="text", label="mood")
    assert caught.value.exit_code == 1
