"""A recipe's data as what a plan is calibrated by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seedtool
from seedtool.examples.labelled import Examples
from seedtool.growing import calibrating
from seedtool.growing.given import taught_examples
from tests.test_growing_tasks import recipe, sentences


@pytest.fixture(scope="module")
def bert(bert_folder) -> seedtool.Seed:
    return seedtool.extract(str(bert_folder), with_graph=False)


@pytest.mark.parametrize("labels", ["classes", "none"])
def test_texts_are_cut_as_the_recipe_says_and_padded_among_their_like(bert, labels):
    """A bare body has no head for the task, and needs none."""
    texts, of = sentences(60, 0)
    texts = [text if i % 3 else " ".join([text] * 4) for i, text in enumerate(texts)]
    given = Examples(tuple(texts), of if labels == "classes" else None)
    named = replace(recipe("text-classification", "f1"), classes=("late", "early"))
    made = calibrating.batches(bert.assembly(), named, given, "data")
    assert sum(len(batch["input_ids"]) for batch in made) == 48
    for batch in made:
        assert set(batch) == {"input_ids", "attention_mask"}
        assert batch["input_ids"].dtype == batch["attention_mask"].dtype == np.int64
        assert batch["input_ids"].shape == batch["attention_mask"].shape
        assert np.all(batch["input_ids"][batch["attention_mask"] == 0] == 0)
    widths = [batch["input_ids"].shape[1] for batch in made]
    assert widths == sorted(widths)
    assert widths[-1] == 12
    assert sum(int(batch["attention_mask"].sum()) for batch in made) > 48 * 7


def test_what_is_held_out_calibrates_nothing(bert):
    texts, labels = sentences(50, 1)
    named = replace(recipe("text-classification", "f1"), classes=("late", "early"))
    given = Examples(tuple(texts), labels)
    rows = [
        tuple(row[mask == 1])
        for batch in calibrating.batches(bert.assembly(), named, given, "data")
        for row, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)
    ]
    learned = taught_examples(named, given)
    alone = replace(named, data=replace(named.data, held_out=0.0))
    again = [
        tuple(row[mask == 1])
        for batch in calibrating.batches(bert.assembly(), alone, learned, "data")
        for row, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)
    ]
    assert sorted(rows) == sorted(again)
    assert len(rows) == 40


def test_as_many_as_a_plan_reads(bert, monkeypatch):
    texts, labels = sentences(80, 3)
    monkeypatch.setattr(calibrating, "MOST", 20)
    named = replace(recipe("text-classification", "f1"), classes=("late", "early"))
    made = calibrating.batches(bert.assembly(), named, Examples(tuple(texts), labels), "data")
    assert sum(len(batch["input_ids"]) for batch in made) == 20


def test_tags_calibrate_as_well(bert):
    texts, _ = sentences(50, 1)
    tags = tuple(np.zeros(len(text.split()), np.int64) for text in texts)
    named = recipe("token-classification", "accuracy")
    made = calibrating.batches(bert.assembly(), named, Examples(tuple(texts), tags), "data")
    assert sum(len(batch["input_ids"]) for batch in made) == 40
