"""Tensors as differences to a base: what they keep, what they cost, to the bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import seedtool
from seedtool import coding, difference
from seedtool.codecs import raw
from seedtool.floats import from_float32, to_float32
from seedtool.plan import Choice
from seedtool.seed import SUM, WORDS, Entry
from seedtool.tensors import Tensors
from tests.deltas import as_bytes, base, same, tuned, whole


def forms(seed: seedtool.Seed) -> dict[str, tuple[str, str]]:
    return {m.name: (m.codec, m.delta) for m in seed.ledger.measures}


def test_without_a_wish_for_loss_every_bit_comes_back():
    seed = seedtool.extract(tuned(), base=base())
    data = whole(seed)
    same(as_bytes(data, base()), tuned())
    assert forms(seed)["norm"] == ("same", "")
    assert forms(seed)["half"] == ("lossless", "words")
    assert forms(seed)["ids"] == ("lossless", "")
    assert len(data) < len(whole(seedtool.extract(tuned())))


def test_a_lossy_codec_codes_the_difference():
    seed = seedtool.extract(tuned(), base=base(), codec="trellis", bits=3)
    found = as_bytes(whole(seed), base())
    assert forms(seed)["w"] == forms(seed)["half"] == ("trellis", "sum")
    moved = tuned()["w"] - base()["w"]
    error = found["w"] - tuned()["w"]
    assert np.square(moved).sum() / np.square(error).sum() > 30  # 3 bits are about 18 dB
    plain = seedtool.extract(tuned(), codec="trellis", bits=3)
    assert len(whole(seed)) < len(whole(plain)) * 1.03  # the same rate, and the base's name
    assert seed.ledger.snr_db > plain.ledger.snr_db + 10


def test_the_report_says_what_the_base_alone_would_keep():
    seed = seedtool.extract({"w": tuned()["w"]}, base={"w": base()["w"]}, codec="trellis", bits=2)
    whole(seed)
    told = seed.ledger.fidelity()["weights"]
    signal = np.square(tuned()["w"].astype(np.float64)).sum()
    lost = np.square((tuned()["w"] - base()["w"]).astype(np.float64)).sum()
    assert told["snr_db_of_base"] == pytest.approx(10 * math.log10(signal / lost), abs=0.01)
    assert told["snr_db"] > told["snr_db_of_base"] + 8


def test_a_base_in_bf16(tmp_path):
    """A brain float has no numpy dtype, so it comes from a file."""
    from tests.cli.models import save

    rng = np.random.default_rng(5)
    before = from_float32(rng.standard_normal((64, 64)).astype(np.float32), "BF16")
    change = (rng.standard_normal((64, 64)) * 0.02).astype(np.float32)
    after = from_float32(to_float32(before, "BF16") + change, "BF16")
    save(tmp_path / "base.safetensors", {"w": ("BF16", before)})
    save(tmp_path / "tuned.safetensors", {"w": ("BF16", after)})
    paths = str(tmp_path / "tuned.safetensors"), str(tmp_path / "base.safetensors")
    exact = seedtool.extract(paths[0], base=paths[1])
    np.testing.assert_array_equal(as_bytes(whole(exact), paths[1])["w"], after)
    assert forms(exact)["w"] == ("lossless", "words")
    lossy = seedtool.extract(paths[0], base=paths[1], codec="trellis", bits=3)
    found = to_float32(as_bytes(whole(lossy), paths[1])["w"], "BF16")
    assert np.abs(found - to_float32(after, "BF16")).max() < 0.05
    assert lossy.ledger.measures[0].coded < exact.ledger.measures[0].coded / 2


def test_loading_and_saving_again_keeps_a_difference(tmp_path):
    path = tmp_path / "delta.seed"
    seedtool.extract(tuned(), base=base()).save(path)
    assert whole(seedtool.load(path)) == path.read_bytes()


def test_a_plan_codes_whole_what_has_nothing_of_the_bases():
    """As a difference to a head that began elsewhere it would take half a bit a weight more."""
    rng = np.random.default_rng(3)
    given = {name: rng.standard_normal((64, 96)).astype(np.float32) for name in ("head", "body")}
    moved = 0.3 * rng.standard_normal((64, 96)).astype(np.float32)
    made = {
        "head": rng.standard_normal((64, 96)).astype(np.float32),
        "body": given["body"] + moved,
        "norm": np.full(64, 1e-9, np.float32),
    }
    given["norm"] = np.ones(64, np.float32)
    seed = seedtool.extract(made, bits=3, base=given)
    found = as_bytes(whole(seed), given)
    assert {name: delta for name, (_, delta) in forms(seed).items()} == {
        "head": "",
        "body": SUM,
        "norm": "",
    }
    for name, share in (("head", 0.2), ("body", 0.2), ("norm", 0.01)):
        error = np.square(found[name] - made[name]).mean()
        own = moved if name == "body" else made[name]
        assert error < share * np.square(own).mean()


def test_a_plan_may_take_the_bases_tensor_for_one_that_differs():
    entry = Entry("w", "F32", (96, 64))
    model = Tensors({"w": entry}, lambda _: base()["w"])
    section, measure = coding.encode(entry, tuned()["w"], Choice("same", None), model)
    assert not section.parts
    assert measure.error == measure.moved > 0
    np.testing.assert_array_equal(coding.decode(entry, section, model=model), base()["w"])


WIDTHS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "U8": "|u1"}


@given(st.data(), st.sampled_from(sorted(WIDTHS)))
@settings(max_examples=60, deadline=None)
def test_words_bring_every_bit_back(data, dtype):
    """NaNs with any payload and zeros of both signs too."""
    kind = np.dtype(WIDTHS[dtype])
    bits = arrays.arrays(f"<u{kind.itemsize}", 8)
    before, after = (data.draw(bits).view(kind) for _ in "ab")
    entry = Entry("w", dtype, (8,))
    other = difference.Namesake(entry, before)
    change = difference.subtract(entry, after, other, WORDS)
    back = difference.add(entry, change, other, WORDS)
    assert back.tobytes() == after.tobytes()
    assert back.dtype == kind


@given(arrays.arrays(np.float32, 8, elements=st.floats(-(2.0**100), 2.0**100, width=32)),
       arrays.arrays(np.float32, 8, elements=st.floats(-(2.0**100), 2.0**100, width=32)),
       st.sampled_from(["F64", "F32", "F16", "BF16"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_sums_are_one_float32_addition_then_rounded(before, change, dtype):
    entry = Entry("w", dtype, (8,))
    held = from_float32(before, dtype)
    other = difference.Namesake(entry, held)
    expected = from_float32(to_float32(held, dtype).astype(np.float32) + change, dtype)
    assert difference.add(entry, change, other, SUM).tobytes() == expected.tobytes()


def test_what_a_difference_cannot_hold_is_kept_whole():
    """A NaN in the base or in the model has no float difference; the words have."""
    before, after = base()["w"], tuned()["w"]
    before[0, 0] = after[1, 1] = np.nan
    seed = seedtool.extract({"w": after}, base={"w": before}, codec="trellis", bits=3)
    found = as_bytes(whole(seed), {"w": before})["w"]
    assert found.tobytes() == after.tobytes()
    (measure,) = seed.ledger.measures
    assert (measure.codec, measure.note) == ("lossless", "holds NaN or infinity")


def test_a_lossless_codec_stays_lossless():
    for codec in ("lossless", "raw"):
        seed = seedtool.extract(tuned(), base=base(), codec=codec)
        same(as_bytes(whole(seed), base()), tuned())
        assert seed.ledger.snr_db == math.inf
    assert raw.Codec.lossless
