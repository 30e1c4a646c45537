"""Recipes and examples in seeds: carried, found again, and refused where they are not sound."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import seedtool
from seedtool import container, errors
from seedtool.examples import section as example_section
from seedtool.examples.coding import Quality
from seedtool.examples.labelled import Examples
from seedtool.recipes import section as recipe_section
from seedtool.recipes import templates
from seedtool.recipes.schema import Data, Recipe
from seedtool.seed import Header, Part, Section

GIVEN = templates.STARTS["text-classification"]
EMBEDDED = replace(GIVEN, name="movies", data=Data("embedded"))
SAME = replace(EMBEDDED, name="again", data=Data("embedded", "movies"))
MODEL = {"a.weight": np.random.default_rng(0).normal(0, 0.05, (64, 32)).astype("f4")}


def examples(name: str = "movies", part: bytes = b"good\nbad\n") -> Section:
    fields = {"codec": "x", "count": 2, "name": name, "params": {"k": [1, 2.5]}}
    return Section("examples", fields, (Part(part), Part(b"", packed=True)))


def written(*carried: tuple[Recipe, Section | None], **settings: object) -> bytes:
    out = io.BytesIO()
    seedtool.extract(MODEL, recipes=carried, **settings).save(out)
    return out.getvalue()


def test_recipes_and_examples_ride_along(tmp_path: Path) -> None:
    carried = ((GIVEN, None), (EMBEDDED, examples()), (SAME, examples()))
    data = written(*carried)
    (tmp_path / "a.seed").write_bytes(data)
    for source in (tmp_path / "a.seed", io.BytesIO(data)):
        assert seedtool.load(source).recipes() == (GIVEN, EMBEDDED, SAME)
    seed = seedtool.load(tmp_path / "a.seed")
    found = seed.examples("movies")
    assert (found.fields, [bytes(p.data) for p in found.parts]) == (
        examples().fields,
        [b"good\nbad\n", b""],
    )
    assert seed.verify()
    np.testing.assert_array_equal(seed.tensor("a.weight"), MODEL["a.weight"])
    seed.save(tmp_path / "b.seed")
    assert seedtool.load(tmp_path / "b.seed").recipes() == seed.recipes()
    with pytest.raises(errors.UsageError, match="no examples called 'x'"):
        seed.examples("x")


def test_verifying_decodes_the_examples_too() -> None:
    """Bytes that every hash agrees with, and that are no examples."""
    given = Examples(("good", "bad"), np.array([1, 0]), None, ("no", "yes"))
    sound = example_section.make("movies", given, Quality())
    changed = {**sound.fields["params"], "check": bytes(8)}
    for section, kind in (
        (replace(sound, fields={**sound.fields, "params": changed}), errors.DigestError),
        (replace(sound, parts=(Part(b"x"), *sound.parts[1:])), errors.MalformedError),
    ):
        seed = seedtool.load(io.BytesIO(written((EMBEDDED, section))))
        with pytest.raises(kind, match="examples"):
            seed.verify()
        assert seedtool.load(io.BytesIO(written((EMBEDDED, section)))).verify(quick=True)
    assert seedtool.load(io.BytesIO(written((EMBEDDED, sound)))).verify()


def test_an_extracted_seed_tells_its_recipes_without_coding_a_tensor() -> None:
    seed = seedtool.extract(MODEL, recipes=[(EMBEDDED, examples())])
    assert seed.recipes() == (EMBEDDED,)
    assert seed.examples("movies").fields["count"] == 2
    assert seed.ledger.measures == []


def test_a_seed_can_be_all_recipe() -> None:
    bare = written(codec="minimal")
    data = written((GIVEN, None), codec="minimal")
    assert len(data) - len(bare) < 350
    assert seedtool.load(io.BytesIO(data)).recipes() == (GIVEN,)


def test_a_plan_counts_what_rides_along() -> None:
    noise = np.random.default_rng(1).bytes(3000)
    data = written((EMBEDDED, examples(part=noise)), size=6000)
    assert 5000 < len(data) <= 6000


def test_recipes_are_skipped_where_a_model_is_made(tmp_path: Path) -> None:
    seed = seedtool.load(io.BytesIO(written((EMBEDDED, examples()))))
    seed.assemble(tmp_path / "a.npz")
    assert [*np.load(tmp_path / "a.npz")] == ["a.weight"]


@pytest.mark.parametrize(
    ("carried", "message"),
    [
        ([(EMBEDDED, None)], "recipe 'movies': its data is to be embedded, and none is given"),
        ([(GIVEN, examples())], "recipe 'sentiment': its data is given by the receiver, not emb"),
        ([(EMBEDDED, examples("x"))], "recipe 'movies' takes examples called 'movies', not 'x'"),
        ([(GIVEN, None), (replace(GIVEN, name="Sentiment"), None)], "two recipes are called 'Sen"),
        ([(EMBEDDED, examples()), (SAME, examples(part=b""))], "two different examples are called"),
    ],
)
def test_what_does_not_go_together_is_refused(
    carried: list[tuple[Recipe, Section | None]], message: str
) -> None:
    with pytest.raises(errors.UsageError) as caught:
        seedtool.extract(MODEL, recipes=carried)
    assert caught.value.message.startswith(message)


def test_the_writer_makes_no_file_that_no_reader_takes() -> None:
    meta = container.document_section("meta", {})
    for sections, kind in (
        ([meta, recipe_section.make(EMBEDDED)], errors.MalformedError),
        ([meta, recipe_section.make(GIVEN), examples()], errors.MalformedError),
        ([meta, *(examples(str(i)) for i in range(65))], errors.LimitError),
    ):
        with pytest.raises(kind):
            container.write(io.BytesIO(), Header(()), sections)


def test_many_long_classes_are_over_the_limit_together() -> None:
    classes = tuple(f"{i:>060}" for i in range(1100))
    with pytest.raises(errors.LimitError, match=r"takes \d+ bytes, over 64 KiB"):
        recipe_section.make(replace(GIVEN, classes=classes))
    assert recipe_section.read(recipe_section.make(replace(GIVEN, classes=classes[:1000])))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("recipe_batch_0", errors.MalformedError),
        ("recipe_slash", errors.MalformedError),
        ("recipe_version_2", errors.VersionError),
        ("limit_recipe_classes", errors.LimitError),
    ],
)
def test_a_bad_recipe_stops_its_use_and_no_model(name: str, kind: type, tmp_path: Path) -> None:
    from tests.vectors import data_of

    seed = tmp_path / "x.seed"
    seed.write_bytes(data_of(name))
    for use in (seedtool.load(seed).recipes, seedtool.load(seed).verify):
        with pytest.raises(kind) as caught:
            use()
        assert "\n" not in caught.value.message
    seedtool.load(seed).assemble(tmp_path / "x.npz")
