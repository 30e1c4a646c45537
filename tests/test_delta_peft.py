"""LoRA adapters in peft's layout, written here by hand, as differences to their base."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seedtool
from seedtool import errors
from seedtool.floats import from_float32, to_float32
from tests.cli.models import save

PREFIX = "base_model.model."
CONFIG = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "fan_in_fan_out": False}
Adapter = Callable[..., Path]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(shape) * 0.1).astype(np.float32)


def base() -> dict[str, np.ndarray]:
    """A model with a linear layer, one stored the other way round, an embedding, a convolution."""
    return {
        "emb.weight": normal(50, 16, seed=1),
        "layer.0.query.weight": normal(24, 16, seed=2),
        "layer.0.query.bias": normal(24, seed=3),
        "conv.weight": normal(8, 3, 3, 3, seed=4),
        "head.weight": normal(2, 16, seed=5),
    }


@pytest.fixture
def adapter(tmp_path) -> Adapter:
    def make(tensors: dict[str, np.ndarray], **config: Any) -> Path:
        folder = tmp_path / "adapter"
        folder.mkdir(exist_ok=True)
        (folder / "adapter_config.json").write_text(json.dumps({**CONFIG, **config}))
        save(
            folder / "adapter_model.safetensors",
            {PREFIX + name: ("F32", array) for name, array in tensors.items()},
        )
        return folder

    return make


def pair(module: str, out: int, into: int, rank: int = 4) -> dict[str, np.ndarray]:
    return {
        f"{module}.lora_A.weight": normal(rank, into, seed=7),
        f"{module}.lora_B.weight": normal(out, rank, seed=8),
    }


QUERY = pair("layer.0.query", 24, 16)
PRODUCT = QUERY["layer.0.query.lora_B.weight"] @ QUERY["layer.0.query.lora_A.weight"]


def grown(folder: Path, model: dict[str, np.ndarray], **wishes: Any) -> tuple[Any, dict[str, Any]]:
    seed = seedtool.extract(folder, base=model, **wishes)
    out = io.BytesIO()
    seed.save(out)
    tensors = dict(seedtool.load(io.BytesIO(out.getvalue()), base=model).tensors())
    return seed, tensors


def near(found: np.ndarray, before: np.ndarray, change: np.ndarray) -> None:
    """The change is there at 50 dB or better."""
    error = found - (before + change)
    assert np.square(error).sum() < 1e-5 * np.square(change).sum()


def test_an_adapter_is_its_base_plus_two_factors(adapter):
    seed, tensors = grown(adapter(QUERY), base())
    near(tensors["layer.0.query.weight"], base()["layer.0.query.weight"], 2 * PRODUCT)
    forms = {m.name: (m.codec, m.delta) for m in seed.ledger.measures}
    assert forms.pop("layer.0.query.weight") == ("pca", "sum")
    assert set(forms.values()) == {("same", "")}


def test_all_of_the_rank_is_kept_and_no_more(adapter):
    """What was added has the rank of the adapter, but for one rounding of each sum."""
    factors = pair("layer.0.query", 240, 160, rank=5)
    model = {"layer.0.query.weight": np.zeros((240, 160), np.float32)}
    seed, tensors = grown(adapter(factors, r=5), model)
    power = np.linalg.svd(tensors["layer.0.query.weight"].astype(np.float64), compute_uv=False)
    assert power[4] > 0.3 * power[0]
    assert power[5] < 1e-6 * power[0]
    assert seed.save(io.BytesIO()) < sum(f.nbytes for f in factors.values())
    sections = [s for s in seed.sections(lambda *_: True) if s.kind == "tensor"]
    assert sections[0].fields["params"]["rank"] == 5


@pytest.mark.parametrize(
    ("config", "scaling"),
    [
        ({}, 2.0),
        ({"use_rslora": True}, 4.0),
        ({"lora_alpha": 2}, 0.5),
        ({"r": 99, "rank_pattern": {"query": 4}}, 2.0),
        ({"alpha_pattern": {"query": 12}}, 3.0),
        ({"alpha_pattern": {"layer.0.query": 12, "query": 1}}, 3.0),
        ({"alpha_pattern": {"uery": 12}}, 2.0),
        ({"lora_alpha": 0.5}, 0.125),
    ],
)
def test_scaling(adapter, config, scaling):
    _, tensors = grown(adapter(QUERY, **config), base())
    near(tensors["layer.0.query.weight"], base()["layer.0.query.weight"], scaling * PRODUCT)


def test_a_layer_stored_the_other_way_round(adapter):
    model = {"attn.weight": normal(16, 24)}
    _, tensors = grown(adapter(pair("attn", 24, 16), fan_in_fan_out=True), model)
    near(tensors["attn.weight"], model["attn.weight"], 2 * PRODUCT.T)


def test_an_embedding(adapter):
    down, up = normal(4, 50, seed=7), normal(16, 4, seed=8)
    _, tensors = grown(adapter({"emb.lora_embedding_A": down, "emb.lora_embedding_B": up}), base())
    near(tensors["emb.weight"], base()["emb.weight"], 2 * (up @ down).T)


def test_a_convolution(adapter):
    down, up = normal(4, 3, 3, 3, seed=7), normal(8, 4, 1, 1, seed=8)
    _, tensors = grown(adapter({"conv.lora_A.weight": down, "conv.lora_B.weight": up}), base())
    product = np.einsum("or,rihw->oihw", up[:, :, 0, 0], down)
    near(tensors["conv.weight"], base()["conv.weight"], 2 * product)


def test_modules_that_were_saved_whole_replace_the_bases(adapter):
    saved = {
        "head.weight": normal(3, 16, seed=9),
        "layer.0.query.base_layer.bias": normal(24, seed=10),
        "new.modules_to_save.weight": normal(5, 5, seed=11),
    }
    _, tensors = grown(adapter({**QUERY, **saved}), base())
    np.testing.assert_array_equal(tensors["head.weight"], saved["head.weight"])
    np.testing.assert_array_equal(
        tensors["layer.0.query.bias"], saved["layer.0.query.base_layer.bias"]
    )
    np.testing.assert_array_equal(tensors["new.weight"], saved["new.modules_to_save.weight"])


def test_a_lossless_codec_that_is_asked_for_is_lossless(adapter):
    seed, tensors = grown(adapter(QUERY), base(), codec="lossless")
    assert seed.ledger.fidelity()["weights"]["exact"] == sum(a.size for a in base().values())
    near(tensors["layer.0.query.weight"], base()["layer.0.query.weight"], 2 * PRODUCT)


def test_fewer_bits_are_fewer_bytes(adapter):
    folder = adapter(pair("layer.0.query", 240, 160))
    model = {"layer.0.query.weight": normal(240, 160)}
    sizes = [
        grown(folder, model, codec="pca", bits=bits)[0].ledger.measures[0].coded for bits in (4, 8)
    ]
    assert sizes[0] < 0.7 * sizes[1]


def test_a_weight_in_bf16(adapter, tmp_path):
    weight = from_float32(base()["layer.0.query.weight"], "BF16")
    save(tmp_path / "base.safetensors", {"layer.0.query.weight": ("BF16", weight)})
    _, tensors = grown(adapter(QUERY), tmp_path / "base.safetensors")
    found = to_float32(tensors["layer.0.query.weight"], "BF16")
    expected = to_float32(weight, "BF16") + 2 * PRODUCT
    assert np.abs(found - expected).max() < 2**-8 * np.abs(expected).max()


def test_a_tie_is_left_where_one_of_its_names_is_adapted(adapter):
    weight = normal(50, 16)
    model = {"emb.weight": weight, "other.weight": weight, "last.weight": weight}
    factors = {
        "emb.lora_embedding_A": normal(4, 50, seed=7),
        "emb.lora_embedding_B": normal(16, 4, seed=8),
    }
    seed, tensors = grown(adapter(factors), model)
    np.testing.assert_array_equal(tensors["other.weight"], weight)
    np.testing.assert_array_equal(tensors["last.weight"], weight)
    assert not np.array_equal(tensors["emb.weight"], weight)
    assert [e.same for e in seed.header.tensors] == [None, None, 1]


@pytest.mark.parametrize("name", ["bert.layer.0.query", "layer.0.query"])
def test_a_base_with_or_without_its_head(adapter, name):
    """Adapters name the model they were trained in, whose base may be saved without a head."""
    model = {("" if name.startswith("bert") else "bert.") + "layer.0.query.weight": normal(24, 16)}
    factors = {key.replace("layer.0.query", name): array for key, array in QUERY.items()}
    _, tensors = grown(adapter(factors), model)
    ((key, before),) = model.items()
    near(tensors[key], before, 2 * PRODUCT)


def test_the_bases_files_come_with_it(adapter, tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    save(folder / "model.safetensors", {n: ("F32", a) for n, a in base().items()})
    (folder / "config.json").write_text('{"model_type": "tiny"}')
    (folder / "vocab.txt").write_text("a b c")
    made = adapter(QUERY)
    (made / "vocab.txt").write_text("a b c d")
    seedtool.extract(made, base=folder).save(tmp_path / "d.seed")
    seedtool.load(tmp_path / "d.seed", base=folder).assemble(tmp_path / "out")
    assert (tmp_path / "out" / "config.json").read_text() == '{"model_type": "tiny"}'
    assert (tmp_path / "out" / "vocab.txt").read_text() == "a b c d"


def test_an_adapter_needs_its_base(adapter):
    folder = adapter(QUERY)
    with pytest.raises(errors.UsageError) as caught:
        seedtool.extract(folder)
    assert caught.value.message == (
        f"{folder}: is a LoRA adapter, which is a difference to a base model"
    )
    assert caught.value.hint == "--base MODEL"


FOREIGN = [
    ({"peft_type": "IA3"}, "is an adapter of the type 'IA3', only LORA is read"),
    ({"peft_type": None}, "is an adapter of the type 'None', only LORA is read"),
    ({"use_dora": True}, "has use_dora, which a plain LoRA does not have"),
    ({"layer_replication": [[0, 1]]}, "has layer_replication, which a plain LoRA does not have"),
    (
        {"init_lora_weights": "pissa_niter_4"},
        "began by 'pissa_niter_4', which changes the base's own weights",
    ),
    (
        {"alpha_pattern": {"que.*|ry": 3}},
        "has the alpha_pattern 'que.*|ry', which is no plain name",
    ),
]


@pytest.mark.parametrize(("config", "message"), FOREIGN)
def test_other_adapters_are_refused(adapter, config, message):
    with pytest.raises(errors.UnsupportedError) as caught:
        seedtool.extract(adapter(QUERY, **config), base=base())
    assert caught.value.message.partition(": ")[2] == message


def without(key: str) -> dict[str, np.ndarray]:
    return {name: array for name, array in QUERY.items() if key not in name}


def instead(key: str, array: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array if key in name else kept for name, kept in QUERY.items()}


NAN = np.full((24, 4), np.nan, np.float32)
BROKEN: list[tuple[dict[str, np.ndarray], dict[str, Any], str]] = [
    (without("lora_A"), {}, "holds one factor of 'layer.0.query' without the other"),
    (pair("nothing", 24, 16), {}, "adapts 'nothing', which the base dict lacks"),
    (instead("lora_A", normal(3, 16)), {}, "holds factors of 'layer.0.query' that do not fit"),
    (instead("lora_A", normal(4, 17)), {}, "holds factors of 'layer.0.query' that make another"),
    (instead("lora_A", np.float32(1)), {}, "holds factors of 'layer.0.query' that do not fit"),
    (instead("lora_B", NAN), {}, "or its partner has NaN or values over 2^40"),
    (QUERY, {"lora_alpha": "8"}, "has no number as lora_alpha"),
    (QUERY, {"lora_alpha": True}, "has no number as lora_alpha"),
    (QUERY, {"lora_alpha": 10**400}, "has no number as lora_alpha"),
    (QUERY, {"alpha_pattern": [1]}, "has an alpha_pattern that is no map"),
    ({**QUERY, "layer.0.query.lora_B.bias": normal(24)}, {}, "which is no part of a plain LoRA"),
    ({**QUERY, "layer.0.query.weight": normal(24, 16)}, {}, "which is F32 or saved whole"),
]


@pytest.mark.parametrize(("tensors", "config", "message"), BROKEN)
def test_what_is_broken_is_refused(adapter, tensors, config, message):
    with pytest.raises(errors.SeedError) as caught:
        grown(adapter(tensors, **config), base())
    assert message in caught.value.message
    assert caught.value.exit_code in (3, 4)


def test_weights_in_a_pickle_are_not_read(adapter):
    folder = adapter(QUERY)
    (folder / "adapter_model.safetensors").unlink()
    with pytest.raises(errors.SeedError, match=r"holds no adapter_model\.safetensors"):
        seedtool.extract(folder, base=base())
