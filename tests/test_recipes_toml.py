"""Recipes as TOML files: hostile ones are refused with one line, whatever is in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedtool import errors
from seedtool.recipes import templates, toml
from tests.recipes import recipes

SMALL = 'name = "x"\ntask = "causal-lm"\nmetric = "perplexity"\n'
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "recipe: name is missing"),
        ("name", "recipe: not TOML: "),
        (SMALL + 'name = "y"\n', "recipe: not TOML: Cannot overwrite a value"),
        (SMALL + "[training]\nrate = 1979-05-27\n", "recipe: training.rate must be a number, not"),
        (SMALL + "seeds = [nan]\n", "recipe: seeds[0] must be a whole number, not nan"),
        (SMALL + "seeds = [0x" + "f" * 9000 + "]\n", "recipe: seeds[0] must lie in 0..4294967295"),
        (SMALL + "seeds = [" + "9" * 9000 + "]\n", "recipe: "),
        (SMALL + "seeds = " + "[" * 30000 + "\n", "recipe: not TOML: "),
        (SMALL + "a" + ".a" * 30000 + " = 1\n", "recipe: over 64 dots in a key or a text"),
        (SMALL + "x = {a" + ".a" * 30000 + " = 1}\n", "recipe: over 64 dots in a key or a text"),
        (SMALL + ("[" + "a." * 60 + "a]\n") * 500, "recipe: not TOML: Cannot declare"),
        (SMALL + "x = " + "{a=" * 15000 + "\n", "recipe: not TOML: "),
        (SMALL + '"\\u202e" = 1\n', r"recipe: the key '\u202e' is unknown"),
        (SMALL + "[[training]]\nsteps = 1\n", "recipe: training is an array, not a table"),
        (SMALL + 'about = "\\u0007"\n', r"recipe: about '\x07' holds a control character"),
    ],
    ids=lambda v: v[-24:],
)
def test_what_is_no_recipe_is_refused(text: str, message: str) -> None:
    with pytest.raises(errors.MalformedError) as caught:
        toml.parse(text.encode())
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500


def test_other_encodings_are_refused() -> None:
    with pytest.raises(errors.MalformedError, match="not UTF-8"):
        toml.parse(SMALL.encode("utf-16"))


def test_64_kib_are_taken_and_no_byte_more() -> None:
    room = (64 << 10) - len(SMALL) - 2
    full = f"{SMALL}#{'x' * room}\n".encode()
    assert len(full) == 64 << 10
    assert toml.parse(full).name == "x"
    with pytest.raises(errors.LimitError, match="recipe: over 64 KiB"):
        toml.parse(full + b"\n")


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", Path("a\0b")):
        with pytest.raises(errors.FileError, match="can't be read: "):
            toml.load(path)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_raise_nothing_but_errors_of_our_own(data: bytes) -> None:
    with pytest.raises(errors.SeedError) as caught:
        toml.parse(data)
    assert caught.value.exit_code in (3, 7)


PAGE = templates.template("text-classification").encode()


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_templates_raise_nothing_but_errors_of_our_own(data: st.DataObject) -> None:
    low = data.draw(st.integers(0, len(PAGE)))
    high = data.draw(st.integers(low, min(len(PAGE), low + 40)))
    damaged = PAGE[:low] + data.draw(st.binary(max_size=8)) + PAGE[high:]
    try:
        made = toml.parse(damaged)
    except errors.SeedError as e:
        caught = e
    else:
        assert toml.parse(toml.dump(made).encode()) == made
        return
    assert caught.exit_code in (3, 4, 7)
    assert "\n" not in caught.message


@given(recipes())
@settings(max_examples=30, deadline=None)
def test_what_is_written_begins_with_the_name(made: object) -> None:
    text = toml.dump(made)  # type: ignore[arg-type]
    assert text.startswith("name = ")
    assert "# " not in text


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(SMALL)
    assert toml.load(tmp_path / "x.toml").task == "causal-lm"
