"""What a recipe says that it must not: recipe_*, one fault each (SPEC 5.6)."""

from __future__ import annotations

from typing import Any

from making.build import Made
from making.recipes import SMALL, changed, examples, recipe, score, seed
from making.register import vector

FORM = "recipe 'movies' is not in its one form"
BEGIN = "recipe 'movies': "


def image(**keys: Any) -> Made:
    return seed(recipe({"task": "image-classification", **keys}))


@vector("MalformedError", BEGIN + "the key 'run' is unknown")
def recipe_key_unknown() -> Made:
    """A key that recipes do not have."""
    return changed(run="print(1)")


@vector("MalformedError", BEGIN + "the key 'data.path' is unknown")
def recipe_key_path() -> Made:
    """A path of data."""
    return changed(data={"path": "/etc/passwd"})


@vector("MalformedError", BEGIN + "task is missing")
def recipe_task_missing() -> Made:
    """A recipe of no task."""
    return seed(recipe({}))


@vector("MalformedError", FORM)
def recipe_name_in_document() -> Made:
    """A name in the document, where the head has it."""
    return changed(name="movies")


@vector("MalformedError", FORM)
def recipe_source_in_document() -> Made:
    """A source in the document, where the head tells it."""
    return changed(data={"source": "given"})


@vector("MalformedError", FORM)
def recipe_version_1() -> Made:
    """The version 1, which is to be left out."""
    return changed(version=1)


@vector("VersionError", BEGIN + "version is 2, this reader knows 1")
def recipe_version_2() -> Made:
    """A version to come."""
    return changed(version=2)


@vector("MalformedError", FORM)
def recipe_default_number() -> Made:
    """A batch of 32, which is the default."""
    return changed(training={"steps": 9, "batch": 32})


@vector("MalformedError", FORM)
def recipe_default_table() -> Made:
    """Training for one epoch, which is the default."""
    return changed(training={"epochs": 1.0})


@vector("MalformedError", FORM)
def recipe_table_empty() -> Made:
    """An empty map of data."""
    return changed(data={})


@vector("MalformedError", FORM)
def recipe_float_as_integer() -> Made:
    """An integer where a float belongs."""
    return changed(training={"epochs": 2})


@vector("MalformedError", FORM)
def recipe_minus_zero() -> Made:
    """A share of -0."""
    return changed(data={"held_out": -0.0})


@vector("MalformedError", BEGIN + "training.batch must be a whole number, not 8.0")
def recipe_integer_as_float() -> Made:
    """A float where an integer belongs."""
    return changed(training={"steps": 9, "batch": 8.0})


@vector("MalformedError", BEGIN + "training.batch must lie in 1..4096, not 0")
def recipe_batch_0() -> Made:
    """A batch of nothing."""
    return changed(training={"steps": 9, "batch": 0})


@vector("MalformedError", BEGIN + "training.steps must lie in 1..10000000, not 10000001")
def recipe_steps_over() -> Made:
    """10^7 + 1 steps."""
    return changed(training={"steps": 10**7 + 1})


@vector("MalformedError", BEGIN + "training has either steps or epochs, one of them")
def recipe_steps_and_epochs() -> Made:
    """Both steps and epochs."""
    return changed(training={"steps": 9, "epochs": 9.0})


@vector("MalformedError", BEGIN + "training is an array, not a table")
def recipe_training_array() -> Made:
    """Training that is an array."""
    return changed(training=[9])


@vector("MalformedError", BEGIN + "classes must have 2 or more, not 1")
def recipe_classes_1() -> Made:
    """One class."""
    return changed(classes=["only"])


@vector("MalformedError", BEGIN + "classes must not hold the same twice")
def recipe_classes_twice() -> Made:
    """A class that comes twice."""
    return changed(classes=["good", "bad", "good"])


@vector("MalformedError", BEGIN + "classes are of classifications, not of causal-lm")
def recipe_classes_of_another_task() -> Made:
    """Classes of a language model."""
    return seed(recipe({"task": "causal-lm", "metric": "perplexity", "classes": ["good", "bad"]}))


@vector("MalformedError", BEGIN + "about holds '/': a recipe names no path and no code")
def recipe_slash() -> Made:
    """An address in a text."""
    return changed(about="see https://example.org")


@vector("MalformedError", "recipe 'os.system': name holds '.': a recipe names no path and no code")
def recipe_dot() -> Made:
    """A dotted name."""
    return seed(recipe(SMALL, "os.system"))


@vector("MalformedError", BEGIN + r"about 'a\u202eb' holds a control character")
def recipe_bidi() -> Made:
    """A text that turns the direction of writing."""
    return changed(about="a\u202eb")


@vector("MalformedError", BEGIN + "data.digest is of given data, and source is embedded")
def recipe_digest_of_embedded() -> Made:
    """A digest of data that the seed has itself."""
    return seed(examples(), recipe({**SMALL, "data": {"digest": "0f" * 32}}, examples="movies"))


@vector(
    "MalformedError",
    BEGIN + "data.digest must be 64 hexadecimal digits in lower case, not "
    "'0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F0F'",
)
def recipe_digest_upper() -> Made:
    """A digest in upper case."""
    return changed(data={"digest": "0F" * 32})


@vector("MalformedError", BEGIN + "loss has no weight over 0")
def recipe_loss_empty() -> Made:
    """A loss of no weight."""
    return changed(loss={"temperature": 2.0})


@vector("MalformedError", BEGIN + "loss of text-classification is cross_entropy or kl, not cosine")
def recipe_loss_of_another_task() -> Made:
    """A loss of embeddings for a classification."""
    return changed(loss={"cosine": 1.0})


@vector(
    "MalformedError", BEGIN + "metric of image-classification is accuracy or f1, not perplexity"
)
def recipe_metric_of_another_task() -> Made:
    """Perplexity of images."""
    return image(metric="perplexity")


@vector("MalformedError", BEGIN + "preprocess has flip, which is not for text-classification")
def recipe_step_of_another_task() -> Made:
    """Texts that are flipped."""
    return changed(preprocess=[["flip", 0.5]])


@vector("MalformedError", BEGIN + "preprocess must not hold the same step twice")
def recipe_step_twice() -> Made:
    """Two steps of one kind."""
    return image(preprocess=[["shift", 1], ["shift", 2]])


@vector("MalformedError", BEGIN + "preprocess[0]: resize takes 2 numbers, not 1")
def recipe_step_short() -> Made:
    """A size of one number."""
    return image(preprocess=[["resize", 28]])


@vector("MalformedError", BEGIN + "expected.spread is missing")
def recipe_expected_short() -> Made:
    """An expected score without a spread."""
    return changed(expected={"score": 0.5, "examples": 9})


@vector("MalformedError", BEGIN + "expected.score of accuracy must lie in 0..1, not 90.0")
def recipe_score_over() -> Made:
    """An accuracy of 90."""
    return changed(expected=score(90.0))


@vector("LimitError", BEGIN + "classes has 4097 items, the limit is 4096")
def limit_recipe_classes() -> Made:
    """4097 classes."""
    return changed(classes=[f"{i}" for i in range(4097)])


@vector("LimitError", BEGIN + "seeds has 65 items, the limit is 64")
def limit_recipe_seeds() -> Made:
    """65 seeds."""
    return changed(seeds=[*range(65)])


@vector("LimitError", BEGIN + "preprocess has 17 items, the limit is 16")
def limit_recipe_steps() -> Made:
    """17 steps of preprocessing."""
    return image(preprocess=[["shift", 1]] * 17)


@vector("LimitError", f"recipe {'n' * 64!r}: name has 65 characters, the limit is 64")
def limit_recipe_name() -> Made:
    """A name of 65 characters."""
    return seed(recipe(SMALL, "n" * 65))


@vector("LimitError", BEGIN + "training.batch takes over 2^20 tokens")
def limit_recipe_tokens() -> Made:
    """A batch of 129 texts of 8192 tokens."""
    return changed(preprocess=[["tokenize", 8192]], training={"steps": 1, "batch": 129})


@vector("LimitError", BEGIN + "training.batch takes over 2^26 pixels")
def limit_recipe_pixels() -> Made:
    """A batch of 65 images of 1024 x 1024."""
    return image(preprocess=[["resize", 1024, 1024]], training={"steps": 1, "batch": 65})
