"""One seed carries several recipes: found by name or words, grown, what was learned taken apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import seedtool
from seedtool.container import stored_size
from seedtool.errors import MissingExtraError, UsageError
from seedtool.examples import section
from seedtool.examples.coding import Quality
from seedtool.examples.distillation import Learning
from seedtool.growing import embedding, separation, teacher
from seedtool.growing.embedding import Share, embed
from seedtool.growing.encoder import encoder_scores
from seedtool.growing.given import match_recipe
from seedtool.recipes import matching
from seedtool.recipes.schema import Data, Loss, Recipe, Training
from seedtool.recipes.templates import STARTS
from tests.growing import RECIPE, digits, network

ALL = tuple(STARTS.values())
TRAIN, TEST = digits(0, 400), digits(1200, 1797)
NAMED = replace(TRAIN, classes=RECIPE.classes)
INSIDE = replace(RECIPE, data=Data(held_out=0.0), training=Training(steps=20, rate=1e-2))


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("movie reviews: positive or negative", "sentiment"),
        ("sentiments of tweets", "sentiment"),
        ("read handwritten digits", "digits"),
        ("find persons and places", "names"),
        ("embed sentences for a teacher", "meaning"),
    ],
)
def test_words_find_a_recipe(task, name):
    found = match_recipe(ALL, task)
    assert (found.recipe.name, found.how) == (name, "keywords")
    assert found.second is not None
    assert 1 >= found.score > found.second[1] >= 0


def test_a_name_comes_before_words_and_one_recipe_needs_none():
    tricky = (replace(ALL[0], name="digits of pi"), replace(ALL[2], name="pi"))
    assert match_recipe(tricky, "pi").how == "name"
    assert match_recipe(tricky, "digits of pi").recipe == tricky[0]
    assert match_recipe(tricky[:1], None).how == "only"


@pytest.mark.parametrize("task", ["", "the of", "weather in Rome", "\x00", "text of a sentence"])
def test_what_is_not_clear_is_not_guessed(task):
    with pytest.raises(UsageError) as caught:
        match_recipe(ALL, task)
    assert all(recipe.name in caught.value.hint for recipe in ALL)


def test_several_recipes_or_none_need_a_word():
    with pytest.raises(UsageError, match="6 recipes"):
        match_recipe(ALL, None)
    with pytest.raises(UsageError, match="no recipe"):
        match_recipe((), "digits")
    with pytest.raises(UsageError, match="1000 characters"):
        match_recipe(ALL, "x" * 1001)


@given(st.text(max_size=60), st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_scores_are_shares(task, abouts):
    recipes = [Recipe(f"r{i}", "regression", about) for i, about in enumerate(abouts)]
    scores = matching.keyword_scores(recipes, task)
    assert all(0 <= score <= 1 + 1e-9 for score in scores)
    assert len(scores) == len(recipes)


@pytest.mark.parametrize(
    ("one", "other"),
    [("reviews", "review"), ("embedding", "embed"), ("classes", "class"), ("rating", "rated")],
)
def test_endings_go(one, other):
    assert matching.stems(one) == matching.stems(other)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    """A sentence encoder that knows a word by its letters, and was not trained."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    words = ["[PAD]", "[UNK]", *sorted(set(" ".join(map(matching.described, ALL)).split()))]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    kept = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]")
    kept.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def test_an_encoder_compares_descriptions(encoder):
    scores = encoder_scores(encoder, ALL, matching.described(ALL[3]))
    assert scores[3] == pytest.approx(1, abs=1e-4)
    assert max(scores[:3] + scores[4:]) < 0.98
    found = matching.choose(ALL, "x", "encoder", [0.1, 0.2, 0.9, 0.3, 0.4, 0.2])
    assert (found.recipe.name, found.second) == ("digits", ("meaning", 0.4))
    with pytest.raises(UsageError, match="may mean"):
        matching.choose(ALL, "x", "encoder", [0.1, 0.88, 0.9, 0.3, 0.4, 0.2])
    with pytest.raises(UsageError, match="no recipe"):
        matching.choose(ALL, "x", "encoder", [0.1, 0.0, 0.2, 0.1, 0.1, 0.2])


def test_what_is_no_encoder_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"no config\.json"):
        encoder_scores(tmp_path, ALL, "digits")
    (tmp_path / "config.json").write_text(
        '{"model_type": "bert", "auto_map": {"AutoModel": "x.Y"}}'
    )
    with pytest.raises((UsageError, MissingExtraError), match="no sentence encoder"):
        encoder_scores(tmp_path, ALL, "digits")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A trained network's folder."""
    folder = tmp_path_factory.mktemp("tasks")
    plain = seedtool.extract(str(network(folder / "net")), with_graph=False)
    path = folder / "plain.seed"
    plain.save(path)
    recipe = replace(RECIPE, training=Training(steps=100, rate=1e-2))
    seedtool.load(path).grow(recipe, data=digits(400, 1200)).assemble(folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def taught(model):
    """The network as a teacher."""
    made = seedtool.extract(str(model), codec="raw", with_graph=False)
    with teacher.opened(made.assembly(), RECIPE, NAMED) as opened:
        yield opened


def test_a_model_labels_its_own_examples(taught):
    said = taught.probabilities(NAMED)
    assert said.shape == (400, 10)
    assert said.sum(1) == pytest.approx(1, abs=1e-5)
    assert (said.argmax(1) == NAMED.labels).mean() > 0.5
    assert taught.features(NAMED).shape == (400, 16)


@pytest.mark.parametrize("how", embedding.SELECTS)
def test_examples_are_chosen_for_a_size(taught, how):
    soft = replace(INSIDE, loss=Loss(kl=1.0))
    share = Share(size=1500, how=how, learning=Learning(iterations=3))
    made = embed(soft, NAMED, share, taught)
    assert 1000 < stored_size(made) <= 1500
    found = section.read(made)
    assert found.soft is not None
    assert len(np.unique(found.labels)) == 10
    assert embed(soft, NAMED, share, taught) == made


def test_so_many_examples_are_taken_or_all():
    assert embed(INSIDE, NAMED, Share(30)).fields["count"] == 30
    whole = section.read(embed(INSIDE, TRAIN, quality=Quality(step=0)))
    assert len(whole) == 400
    assert whole.soft is None
    assert whole.classes == RECIPE.classes


def test_shares_that_make_no_sense_are_refused():
    with pytest.raises(UsageError, match="unknown selection"):
        Share(3, how="best")
    with pytest.raises(UsageError, match="none is selected"):
        Share(how="herding")
    with pytest.raises(UsageError, match="so many bytes"):
        Share(3, 3)
    with pytest.raises(UsageError, match="too few"):
        embed(INSIDE, NAMED, Share(size=60))
    with pytest.raises(UsageError, match="do not fit"):
        embed(INSIDE, NAMED, Share(size=300))
    with pytest.raises(UsageError, match="0 examples"):
        embed(INSIDE, NAMED, Share(0))
    with pytest.raises(UsageError, match="not embedded"):
        embed(RECIPE, NAMED)
    with pytest.raises(UsageError, match="kl has none"):
        embed(replace(INSIDE, loss=Loss(kl=1.0)), NAMED)


def test_a_body_without_a_head_teaches_nothing(model):
    made = seedtool.extract(str(model), codec="raw", with_graph=False).assembly()
    bare = replace(made, meta={**made.meta, "architecture": "ResNetModel"})
    with pytest.raises(UsageError, match="no head"), teacher.opened(bare, RECIPE, NAMED):
        pass


def test_what_was_learned_for_a_task_comes_apart(model, tmp_path):
    even = replace(INSIDE, name="even", about="even digits")
    odd = replace(INSIDE, name="odd", about="odd digits")
    rows = np.flatnonzero(np.asarray(TRAIN.labels) % 2)
    path, apart = tmp_path / "both.seed", tmp_path / "odd.seed"
    seedtool.extract(
        str(model),
        with_graph=False,
        recipes=[(even, embed(even, NAMED, Share(20))), (odd, embed(odd, NAMED.take(rows)))],
    ).save(path)
    found = seedtool.load(path).grow(task="digits that are odd", test=TEST)
    assert found.recipe == odd
    written = separation.save_difference(found, apart, str(path))
    assert written == apart.stat().st_size < path.stat().st_size
    again = dict(seedtool.load(apart, base=str(path)).tensors())
    assert again.keys() == {name for _, names in found.model.tensors for name in names}
    assert all(again[name].tobytes() == array.tobytes() for name, array in found.arrays.items())
