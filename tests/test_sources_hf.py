"""HF folders, the hub's cache, and living modules."""

from __future__ import annotations

import json
import shutil

import pytest

from seedtool.assets import ASSET_ROLES, role_of
from seedtool.errors import MalformedError, NoGraphError, SeedError
from seedtool.sources import open_source
from tests.models import save_bins, tiny_bert, tiny_gpt2, tiny_resnet


def values(source) -> dict[str, bytes]:
    return {e.name: source.read(e).tobytes() for e in source.entries}


def state_bytes(module, names) -> dict[str, bytes]:
    state = module.state_dict()
    return {name: state[name].contiguous().numpy().tobytes() for name in names}


def test_a_folder_of_one_file(bert_folder):
    with open_source(bert_folder) as source:
        assert source.meta == {
            "format": "hf",
            "family": "bert",
            "architecture": "BertModel",
            "licence": "apache-2.0",
        }
        found = values(source)
        assert found == state_bytes(tiny_bert(), found)
        assert len(found) == len(list(tiny_bert().parameters()))
        assert [(a.name, a.role) for a in source.assets] == [
            ("config.json", "config"),
            ("tokenizer.json", "tokenizer"),
            ("tokenizer_config.json", "tokenizer"),
            ("vocab.txt", "tokenizer"),
        ]
        assert all(a.read() == (bert_folder / a.name).read_bytes() for a in source.assets)
        assert source.left_out == ("README.md: a file of no known role",)


def test_shards_are_the_same_model(bert_folder, sharded_bert_folder):
    assert len(list(sharded_bert_folder.glob("model-*.safetensors"))) > 1
    with open_source(bert_folder) as one, open_source(sharded_bert_folder) as many:
        assert values(many) == values(one)
        assert many.meta == one.meta


def test_pickled_shards_are_the_same_model(tmp_path, gpt2_bin_folder):
    folder = save_bins(tmp_path / "shards", shards=3)
    with open_source(gpt2_bin_folder) as one, open_source(folder) as many:
        assert values(many) == values(one)
        index = {e.name: i for i, e in enumerate(many.entries)}
        # Pickled apart, the two are equal without sharing memory.
        assert many.entries[index["lm_head.weight"]].same == index["transformer.wte.weight"]


def test_safetensors_go_before_pickles_and_tied_ones_may_be_missing(
    gpt2_folder, gpt2_bin_folder, tmp_path
):
    shutil.copytree(gpt2_folder, tmp_path / "both")
    (tmp_path / "both" / "pytorch_model.bin").write_bytes(b"never opened")
    with open_source(tmp_path / "both") as source:
        assert "lm_head.weight" not in {e.name for e in source.entries}
        assert source.meta["family"] == "gpt2"
        found = values(source)
    assert found == state_bytes(tiny_gpt2(), found)


def test_convolutions_and_counters(resnet_folder):
    with open_source(resnet_folder) as source:
        found = values(source)
        assert found == state_bytes(tiny_resnet(), found)
        assert {e.dtype for e in source.entries} == {"F32", "I64"}
        assert any(len(e.shape) == 4 for e in source.entries)


def test_what_rides_along_and_what_is_named(bert_folder, tmp_path):
    folder = tmp_path / "m"
    shutil.copytree(bert_folder, folder)
    for name in (
        "tf_model.h5",
        "flax_model.msgpack",
        "model.onnx",
        ".gitattributes",
        "labels_en.txt",
    ):
        (folder / name).write_text("x")
    for name in ("setup.py", "adapter_model.safetensors", "LICENSE"):
        (folder / name).write_text("x")
    for name in ("onnx", ".git", "1_Pooling"):
        (folder / name).mkdir()
    with open_source(folder) as source:
        roles = {a.name: a.role for a in source.assets}
        assert roles["LICENSE"] == "licence"
        assert roles["labels_en.txt"] == "labels"
        assert source.left_out == (
            "1_Pooling/: a subfolder",
            "README.md: a file of no known role",
            "adapter_model.safetensors: a file of no known role",
            "setup.py: a file of no known role",
        )


def test_names_that_may_never_ride_along():
    for name in ("../config.json", "labels/../x.txt", "labels.txt/..", "labels\n.txt", "x.py", ""):
        assert role_of(name) is None
    assert role_of("labels.txt") == "labels"
    assert all(role_of(name) == role for name, role in ASSET_ROLES.items())


def test_links_lead_nowhere_else(bert_folder, tmp_path):
    folder, secret = tmp_path / "m", tmp_path / "secret"
    shutil.copytree(bert_folder, folder)
    secret.write_text("mine")
    (folder / "merges.txt").symlink_to(secret)
    (folder / "vocab.json").symlink_to("vocab.txt")
    (folder / "added_tokens.json").symlink_to("gone")
    with open_source(folder) as source:
        names = {a.name for a in source.assets}
        assert "vocab.json" in names
        assert "merges.txt" not in names
        assert "merges.txt: a link out of the folder" in source.left_out


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\nhello", "mit"),
        ("---\r\nlicense: 'cc-by-4.0'\r\n---\r\n", "cc-by-4.0"),
        ("license: mit\n", None),
        ("---\ntags: x\n---\nlicense: mit\n---\n", None),
        ("---\nlicense: \x1b[31mevil\n---\n", None),
        ("---\nlicense:\n- mit\n- apache-2.0\n---\n", None),
    ],
)
def test_the_licence_of_a_card(bert_folder, tmp_path, text, licence):
    shutil.copytree(bert_folder, tmp_path / "m")
    (tmp_path / "m" / "README.md").write_bytes(text.encode())
    with open_source(tmp_path / "m") as source:
        assert source.meta.get("licence") == licence


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"model_type": 3}', "model_type is not"),
        ('{"model_type": "a\\u001b"}', "control character"),
        ('{"architectures": [{"a": 1}]}', "the architecture is not"),
    ],
)
def test_a_config_that_can_not_be(bert_folder, tmp_path, config, words):
    shutil.copytree(bert_folder, tmp_path / "m")
    (tmp_path / "m" / "config.json").write_text(config)
    with pytest.raises(MalformedError, match=words) as caught:
        open_source(tmp_path / "m")
    assert str(tmp_path / "m") in caught.value.message


def test_a_folder_without_config_or_weights(bert_folder, tmp_path):
    shutil.copytree(bert_folder, tmp_path / "m")
    (tmp_path / "m" / "config.json").unlink()
    with open_source(tmp_path / "m") as source:
        assert source.meta == {"format": "hf", "licence": "apache-2.0"}
        with pytest.raises(NoGraphError, match="architecture"):
            source.graph()
    (tmp_path / "m" / "model.safetensors").unlink()
    with pytest.raises(SeedError, match="no weights") as caught:
        open_source(tmp_path / "m")
    assert "pytorch_model.bin" in caught.value.hint


def edit(change):
    def apply(folder):
        path = folder / "model.safetensors.index.json"
        index = json.loads(path.read_text())
        change(index, next(iter(index["weight_map"])))
        path.write_text(json.dumps(index))

    return apply


def place(file):
    return edit(lambda index, name: index["weight_map"].update({name: file}))


FAULTS = {
    "parent": (place("../model-00001-of-00005.safetensors"), "no bare file name"),
    "absolute": (place("/etc/passwd"), "no bare file name"),
    "backslash": (place("..\\model.safetensors"), "no bare file name"),
    "drive": (place("C:model.safetensors"), "no bare file name"),
    "dots": (place(".."), "no bare file name"),
    "control character": (place("a\x00b"), "control"),
    "not text": (place(3), "not a non-empty string"),
    "a list": (place(["x"]), "not a non-empty string"),
    "no such file": (place("gone.safetensors"), "which is not there"),
    "no map": (edit(lambda index, _: index.pop("weight_map")), "no weight_map"),
    "a map of nothing": (edit(lambda index, _: index.update(weight_map={})), "no tensor"),
    "in no shard": (
        edit(lambda index, name: index["weight_map"].update(ghost=index["weight_map"][name])),
        "in no shard, 'ghost'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_index(sharded_bert_folder, tmp_path, fault):
    change, words = FAULTS[fault]
    folder = tmp_path / "m"
    shutil.copytree(sharded_bert_folder, folder)
    change(folder)
    with pytest.raises(SeedError, match=words) as caught:
        open_source(folder)
    assert "\n" not in caught.value.message


def test_a_tensor_that_the_index_leaves_out_is_named(sharded_bert_folder, tmp_path):
    shutil.copytree(sharded_bert_folder, tmp_path / "m")
    edit(lambda index, name: index["weight_map"].pop(name))(tmp_path / "m")
    with open_source(tmp_path / "m") as source:
        assert any(phrase.endswith(": not in the index") for phrase in source.left_out)
