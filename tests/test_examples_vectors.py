"""Vectors of a teacher ride along as labels: coded near and small, chosen by, and grown on."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seedtool
from seedtool.container import stored_size
from seedtool.errors import MalformedError, UsageError
from seedtool.examples import coding, section
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.examples.reading import read_examples
from seedtool.growing import given as givens
from seedtool.growing import teacher
from seedtool.growing.embedding import Share, check_how, embed
from seedtool.receipts import comparing, making, repeating
from seedtool.recipes.schema import Data, Loss, Recipe, Step, Training
from seedtool.seed import Section
from tests.models import WORDS

RECIPE = Recipe(
    "meaning",
    "embedding",
    data=Data(held_out=0.25),
    preprocess=(Step("tokenize", (12,)),),
    loss=Loss(cosine=1.0),
    training=Training(steps=40, batch=16, rate=3e-3, warmup=0.1),
    metric="cosine",
)
PLAIN = [word for word in WORDS if word.isalpha() and word.islower()]
ROWS = np.random.default_rng(5).integers(0, len(PLAIN), (80, 6))
TEXTS = tuple(dict.fromkeys(" ".join(PLAIN[i] for i in row) for row in ROWS))


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def through(examples: Examples, quality: Quality) -> tuple[Examples, int]:
    coded = coding.encode(examples, quality)
    made = coding.decode(coded.params, [bytes(part.data) for part in coded.parts])
    return made, coding.size(coded)


# ---- The form


@given(
    st.integers(1, 30),
    st.integers(1, 40),
    st.sampled_from([1e-30, 1e-3, 1.0, 1e30]),
    st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_every_bit_is_kept_if_asked(count, size, scale, seed):
    drawn = np.random.default_rng(seed).standard_normal((count, size)) * scale
    examples = Examples(("text",) * count, drawn.astype(np.float32))
    made, _ = through(examples, Quality(vector_bits=0))
    assert made.kind == "vector"
    assert made.digest() == examples.digest()


def test_the_default_rate_keeps_the_direction():
    drawn = np.random.default_rng(0).standard_normal((150, 96))
    vectors = (drawn * np.linspace(1, 1.5, 150)[:, None]).astype(np.float32)
    examples = Examples(("text",) * 150, vectors)
    made, near_bytes = through(examples, Quality())
    assert cosines(made.labels, vectors).mean() > 0.995
    coarse, few_bytes = through(examples, Quality(vector_bits=2))
    assert 0.95 < cosines(coarse.labels, vectors).mean() < 0.98
    assert few_bytes < near_bytes < 0.13 * vectors.nbytes


@pytest.mark.parametrize("vectors", [np.zeros((2, 3)), np.ones((2, 1)), np.array([[3.0], [1.0]])])
def test_vectors_of_few_values_are_coded_too(vectors):
    made, _ = through(Examples(("a", "b"), vectors.astype(np.float32)), Quality())
    assert np.allclose(made.labels, vectors, rtol=0.2)


@pytest.mark.parametrize(
    ("vectors", "error"),
    [(np.zeros((2, 0)), UsageError), (np.full((2, 3), np.nan), MalformedError)],
)
def test_what_are_no_vectors_is_refused(vectors, error):
    with pytest.raises(error):
        coding.encode(Examples(("a", "b"), vectors.astype(np.float32)))
    with pytest.raises(UsageError, match="bits lie"):
        Quality(vector_bits=13)


# ---- Files


def test_vectors_of_files(tmp_path):
    lines = [{"text": "a", "label": [1, 2.5]}, {"text": "b", "label": [0, 4]}]
    path = tmp_path / "v.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    found = read_examples(path, "vector", inputs="text")
    assert (found.kind, found.labels.tolist()) == ("vector", [[1, 2.5], [0, 4]])
    path.write_text("\n".join(map(json.dumps, [lines[0], {"text": "b", "label": [1]}])))
    with pytest.raises(MalformedError, match="labels are lists of different lengths"):
        read_examples(path, "vector", inputs="text")
    np.savez(tmp_path / "v.npz", input=np.ones((2, 3), "f4"), label=np.ones((2, 5)), x=np.ones(2))
    found = read_examples(tmp_path / "v.npz", "vector")
    assert found.labels.shape == (2, 5)
    with pytest.raises(UsageError, match="no vectors"):
        read_examples(tmp_path / "v.npz", "vector", label="x")
    np.savez(tmp_path / "w.npz", input=np.ones((2, 3), "f4"), label=np.ones((3, 5)))
    with pytest.raises(MalformedError, match="one vector for each"):
        read_examples(tmp_path / "w.npz", "vector")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lines.txt", "one\ntwo\n"),
        ("table.csv", "input,label\none,1\ntwo,0\n"),
        ("table.csv", "input\none\ntwo\n"),
        ("rows.jsonl", '{"input": "one", "label": 3}\n{"input": "two", "label": 3}\n'),
    ],
)
def test_data_without_vectors_are_inputs_alone(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    found = givens.given_examples(RECIPE, tmp_path / name)
    assert (found.inputs, found.kind) == (("one", "two"), "none")


# ---- The model says them, and is grown on them


@pytest.fixture(scope="module")
def taught(bert_folder):
    made = seedtool.extract(str(bert_folder), codec="raw", with_graph=False)
    with teacher.opened(made.assembly(), RECIPE, Examples(TEXTS)) as opened:
        yield opened


def test_a_model_says_vectors(taught):
    said = taught.vectors(Examples(TEXTS))
    assert (said.shape, said.dtype) == ((len(TEXTS), 32), np.float32)
    one = taught.vectors(Examples(TEXTS[:1]))
    assert np.allclose(one, said[:1], atol=1e-5)  # padding counts for nothing


@pytest.mark.parametrize("how", ["random", "herding", "kcenter"])
def test_texts_and_vectors_are_chosen_for_a_size(taught, how):
    held = embed(RECIPE, Examples(TEXTS), Share(size=1000, how=how), taught)
    assert 800 < stored_size(held) <= 1000
    found = section.read(held)
    places = [TEXTS.index(text) for text in found.inputs]
    exact = taught.vectors(Examples(TEXTS))[places]
    assert cosines(found.labels, exact).mean() > 0.99
    assert embed(RECIPE, Examples(TEXTS), Share(size=1000, how=how), taught) == held


def test_vectors_that_the_data_have_are_kept(taught):
    own = np.random.default_rng(1).standard_normal((len(TEXTS), 8)).astype(np.float32)
    exactly = Quality(vector_bits=0)
    for data in (Examples(TEXTS, own), Examples(TEXTS, soft=own)):
        assert not teacher.wanted(RECIPE, "herding", data)
        found = section.read(embed(RECIPE, data, quality=exactly, teacher=taught))
        assert np.array_equal(found.labels, own)
        assert found.soft is None
    assert len(section.read(embed(RECIPE, Examples(TEXTS, own), Share(9, how="kcenter")))) == 9
    assert teacher.wanted(RECIPE, "random", Examples(TEXTS))


def test_so_many_at_random_are_those_of_all_with_vectors(taught):
    own = taught.vectors(Examples(TEXTS))
    held = (embed(RECIPE, e, Share(12), taught) for e in (Examples(TEXTS), Examples(TEXTS, own)))
    first, second = map(section.read, held)
    assert first.inputs == second.inputs
    assert cosines(first.labels, second.labels).min() > 0.999
    with pytest.raises(UsageError, match="81 examples can't be chosen"):
        embed(RECIPE, Examples(TEXTS), Share(81), taught)


@pytest.mark.parametrize("how", ["margin", "distilled"])
def test_what_vectors_are_not_chosen_by_is_told(taught, how):
    with pytest.raises(UsageError, match=f"{how} chooses by classes, and vectors have none"):
        embed(RECIPE, Examples(TEXTS), Share(9, how=how), taught)
    check_how(replace(RECIPE, task="text-classification"), how)


def test_no_model_says_none():
    with pytest.raises(UsageError, match="no vectors, and there is no model"):
        embed(RECIPE, Examples(TEXTS))


@pytest.fixture(scope="module")
def coded(taught, bert_folder, tmp_path_factory) -> Path:
    """The tiny BERT at a bit a weight, with 40 texts and their vectors."""
    held = embed(RECIPE, Examples(TEXTS), Share(40), taught)
    path = tmp_path_factory.mktemp("vectors") / "bert.seed"
    carried: list[tuple[Recipe, Section | None]] = [(RECIPE, held)]
    seedtool.extract(
        str(bert_folder), codec="trellis", bits=1.0, with_graph=False, recipes=carried
    ).save(path)
    return path


def test_a_seed_alone_grows_towards_its_teacher(coded, taught):
    seed = seedtool.load(coded)
    first, control = seed.grow(), seed.grow(start="random")
    assert first.scores.after > first.scores.before + 0.005
    assert control.scores.after < first.scores.before
    assert (first.examples, first.scores.examples) == (30, 10)
    unseen = tuple(t for t in TEXTS if t not in section.read(seed.examples("meaning")).inputs)
    test = Examples(unseen, taught.vectors(Examples(unseen)))
    judged = seed.grow(test=test).scores
    assert judged.after > judged.before
    with pytest.raises(UsageError, match="embedding needs a vector for each example"):
        seed.grow(test=Examples(unseen))


def test_a_receipt_of_vectors_is_made_again(coded, bert_folder):
    seed = seedtool.load(coded)
    brief = replace(RECIPE, training=Training(steps=4, batch=16, rate=3e-3))
    original = seedtool.extract(str(bert_folder), codec="raw", with_graph=False)
    data = section.read(seed.examples("meaning"))
    trial = repeating.trial_of(seed, replace(brief, data=Data("given", held_out=0.25)), data)
    one = making.make(seed, trial, original=original.assembly)
    assert one.metric == "cosine"
    assert one.figures["original"].mean > 0.99 > one.figures["zero_shot"].mean
    assert one.figures["random"].mean < one.figures["zero_shot"].mean
    assert all(row.equal for row in comparing.compare(one, making.make(seed, trial)))


def test_a_seed_of_vectors_is_verified(coded):
    seedtool.load(io.BytesIO(coded.read_bytes())).verify()
