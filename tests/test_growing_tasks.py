"""Every task grows: texts, tokens, vectors, values; and what does not fit is told in one line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

import seedtool
from seedtool.errors import GateError, LimitError, SeedError, UnsupportedError, UsageError
from seedtool.examples import coding
from seedtool.examples.labelled import Examples
from seedtool.recipes.schema import Data, Loss, Recipe, Step, Training
from seedtool.seed import Section
from tests.growing import RECIPE, digits, network
from tests.models import WORDS

PLAIN = [word for word in WORDS if word.isalpha() and word.islower()]


def sentences(count: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Words at random, and whether the first is of the first half of them."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(PLAIN), (count, 5))
    texts = [" ".join(PLAIN[i] for i in row) for row in rows]
    return texts, (rows[:, 0] < len(PLAIN) // 2).astype(np.int64)


def recipe(task, metric, steps=30, **more) -> Recipe:
    return Recipe(
        name="test",
        task=task,
        metric=metric,
        data=Data(source="given", held_out=0.2),
        training=Training(steps=steps, rate=3e-3, warmup=0.0),
        preprocess=(Step("tokenize", (12,)),),
        **more,
    )


@pytest.fixture(scope="module")
def bert(bert_folder) -> seedtool.Seed:
    return seedtool.extract(str(bert_folder), with_graph=False)


def test_a_body_gets_a_head(bert, tmp_path):
    """Sentences told apart by a bare BertModel; what is written is the network with the head."""
    texts, labels = sentences(160, 0)
    given = Examples(tuple(texts), labels, classes=("late", "early"))
    named = replace(recipe("text-classification", "f1"), classes=("late", "early"))
    made = bert.grow(named, data=given)
    assert made.scores.after > made.scores.before
    assert made.scores.after > 0.6
    made.assemble(tmp_path / "model")
    opened = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert "seed-" not in (tmp_path / "model" / "config.json").read_text()
    assert opened.config.id2label == {0: "late", 1: "early"}
    state = made.module.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in opened.state_dict().items())
    again = seedtool.extract(str(tmp_path / "model"), with_graph=False)
    assert again.grow(named, data=given, steps=0).scores.before == made.scores.after


def test_tags_of_words(bert):
    texts, _ = sentences(120, 1)
    tags = tuple(
        np.array([PLAIN.index(word) % 3 for word in text.split()], np.int64) for text in texts
    )
    made = bert.grow(recipe("token-classification", "accuracy"), data=Examples(tuple(texts), tags))
    assert made.scores.after > made.scores.before
    assert made.scores.after > 0.6


def test_embeddings_of_a_teacher(bert):
    texts, labels = sentences(100, 2)
    vectors = np.stack([1 - labels, labels], 1).astype(np.float32) @ np.ones((2, 32), np.float32)
    vectors[:, 16:] *= (2 * labels - 1)[:, None]
    made = bert.grow(
        recipe("embedding", "cosine", loss=Loss(cosine=1.0, mse=0.5)),
        data=Examples(tuple(texts), soft=vectors),
    )
    assert made.module.config.hidden_size == vectors.shape[1]
    assert made.scores.after > made.scores.before + 0.1


def test_values_of_vectors():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    inputs = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    asked = recipe("regression", "mse", steps=100, loss=Loss(mse=1.0))
    made = seedtool.extract(module).grow(
        replace(asked, preprocess=(Step("noise", (0.01,)),)),
        data=Examples(inputs, np.sin(inputs[:, 0])),
        module=module,
    )
    assert made.scores.after < 0.5 * made.scores.before


def test_texts_by_a_model_of_language(gpt2_folder, bert_folder, tmp_path):
    """A GPT-2 whose head is tied to its embeddings stays so."""
    folder = tmp_path / "gpt2"
    folder.mkdir()
    for file in gpt2_folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((bert_folder / name).read_bytes())
    texts, _ = sentences(100, 3)
    seed = seedtool.extract(str(folder), with_graph=False)
    made = seed.grow(recipe("causal-lm", "perplexity", steps=20), data=Examples(tuple(texts)))
    assert made.scores.after < 0.8 * made.scores.before
    written = {name for _, names in made.model.tensors for name in names}
    assert written == {entry.name for entry in seed.header.tensors}


def test_soft_labels_teach_alone():
    """KL to a teacher's probabilities at a temperature, without any hard label."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    plain = digits(0, 400)
    soft = np.full((400, 10), 0.02, np.float32)
    soft[np.arange(400), plain.labels] = 0.82
    asked = replace(RECIPE, loss=Loss(kl=1.0, temperature=2.0))
    made = seedtool.extract(module).grow(
        asked, data=Examples(plain.inputs, soft=soft), test=digits(400, 800), module=module
    )
    assert made.scores.after > 0.6 > made.scores.before


@pytest.fixture(scope="module")
def resnet(tmp_path_factory) -> seedtool.Seed:
    return seedtool.extract(str(network(tmp_path_factory.mktemp("net"))), with_graph=False)


def test_a_seed_with_all_that_it_takes(resnet, tmp_path):
    """Its recipes and the data of one ride along; the name finds it."""
    folder = network(tmp_path / "net")
    data = replace(digits(0, 300), classes=RECIPE.classes)
    coded = coding.encode(data)
    fields = {"name": "digits", "count": 300, "codec": "examples", "params": coded.params}
    inside = replace(RECIPE, data=Data(held_out=0.2))
    other = replace(RECIPE, name="given", training=Training(steps=3))
    carried = [(inside, Section("examples", fields, coded.parts)), (other, None)]
    seedtool.extract(str(folder), with_graph=False, recipes=carried).save(tmp_path / "x.seed")
    seed = seedtool.load(tmp_path / "x.seed")
    made = seed.grow(task="digits")
    assert made.scores.after > made.scores.before
    assert (made.examples, made.scores.examples) == (240, 60)
    assert seed.grow(task="given", data=data).course.steps == 3
    with pytest.raises(UsageError, match="carries 2 recipes: digits, given"):
        seed.grow()
    with pytest.raises(UsageError, match="no recipe 'other'"):
        seed.grow(task="other")
    with pytest.raises(UsageError, match="yours to give"):
        seed.grow(task="given")


FEW = digits(0, 60)
WRONG = {
    "task": ({"task": "text-classification", "preprocess": ()}, FEW, "the network is"),
    "classes": ({"classes": ("a", "b", "c")}, replace(FEW, classes=tuple("abcd")), "the data 4"),
    "network": ({"classes": ("a", "b", "c")}, FEW, "classes apart"),
    "outputs": ({"classes": tuple("abcdefghijkl")}, FEW, r"answers \[2, 10\] to a batch"),
    "none": ({}, FEW.take(np.arange(0)), "no example"),
    "held out": ({"data": Data("given", held_out=0.001)}, FEW, "can't be held out"),
    "values": ({}, Examples(FEW.inputs, np.zeros(60, np.float32)), "needs a class"),
    "no labels": ({}, Examples(FEW.inputs), "needs a class"),
    "kl": ({"loss": Loss(kl=1.0)}, FEW, "needs soft labels"),
    "texts": ({"preprocess": ()}, Examples(("a",) * 60, FEW.labels), "no tokenizer"),
    "form": ({}, Examples(np.zeros((60, 5), np.float32), FEW.labels), "images|does not take"),
    "nan": (
        {"preprocess": ()},
        Examples(np.full((60, 5), np.nan, np.float32), FEW.labels),
        "not finite",
    ),
    "target": (
        {"data": Data("given", held_out=0.0), "training": Training(steps=5, target=0.9)},
        FEW,
        "stops at a target",
    ),
    "digest": ({"data": Data("given", digest="0" * 64)}, FEW, "is not the recipe's data"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_told(resnet, name):
    changed, examples, said = WRONG[name]
    with pytest.raises(SeedError, match=said) as caught:
        resnet.grow(replace(RECIPE, **changed), data=examples)
    assert caught.value.exit_code in (2, 3)
    assert "\n" not in caught.value.message


def test_what_is_asked_wrongly_is_told(resnet):
    for wish in ({"start": "nowhere"}, {"start": "trellis:many"}, {"grower": "magic"}):
        with pytest.raises(UsageError):
            resnet.grow(RECIPE, data=FEW, **wish)
    with pytest.raises(UsageError, match="carries no recipe"):
        resnet.grow(data=FEW)
    with pytest.raises(UsageError, match="are yours to give"):
        resnet.grow(RECIPE)
    with pytest.raises(UsageError, match="those that it would learn from"):
        resnet.grow(RECIPE, data=FEW, test=FEW)


def test_a_loss_that_is_no_number_ends_it(tmp_path):
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
    )
    training = Training(steps=50, rate=10.0, optimizer="sgd", clip=0.0, warmup=0.0)
    path = tmp_path / "state"
    with pytest.raises(GateError, match="training diverged: at step"):
        seedtool.extract(module).grow(
            replace(RECIPE, training=training, preprocess=(Step("scale", (0.0, 1e-6)),)),
            data=FEW,
            module=module,
            checkpoint=path,
        )
    assert not path.exists()


def test_a_config_is_hostile(resnet, tmp_path):
    """One that asks for far more than the seed has, or for what transformers has not."""
    network(tmp_path / "net")
    path = tmp_path / "net" / "config.json"
    config = json.loads(path.read_text())
    for change, error in (
        ({"embedding_size": 1 << 20, "hidden_sizes": [1 << 20, 16]}, LimitError),
        ({"depths": [1 << 40, 1]}, LimitError),
        ({"architectures": ["SystemForImageClassification"]}, UnsupportedError),
        ({"architectures": ["os.ForImageClassification"]}, UnsupportedError),
        ({"layer_type": "none"}, UnsupportedError),
    ):
        path.write_text(json.dumps(config | change))
        seed = seedtool.extract(str(tmp_path / "net"), with_graph=False)
        with pytest.raises(error):
            seed.grow(RECIPE, data=FEW)
    path.unlink()
    bare = seedtool.extract(str(tmp_path / "net"), with_graph=False)
    with pytest.raises(UnsupportedError, match=r"no config\.json"):
        bare.grow(RECIPE, data=FEW)


def test_a_module_that_is_not_the_seeds(resnet):
    with pytest.raises(UsageError, match="of a shape that the seed has not"):
        resnet.grow(RECIPE, data=FEW, module=torch.nn.Linear(3, 4))
    with pytest.raises(UsageError, match=r"is no torch\.nn\.Module"):
        resnet.grow(RECIPE, data=FEW, module="net")
