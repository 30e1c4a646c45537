"""Files by torch.save: flattened, tied, mapped; whatever else they hold is refused, never run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch

from seedtool.errors import LimitError, MalformedError, RefusedError, SeedError, UsageError
from seedtool.seed import DTYPES
from seedtool.sources import open_source
from tests.models import tiny_cnn, tiny_gpt2

BITS = {1: torch.uint8, 2: torch.uint16, 4: torch.uint32, 8: torch.uint64}


def bits(tensor) -> np.ndarray:
    """The bits of a tensor, by torch's own reckoning."""
    return tensor.detach().contiguous().view(BITS[tensor.element_size()]).numpy()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """What a training loop saves: nested, with an optimiser, counters and text."""
    model = tiny_cnn()
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.zeros(2, 1, 8, 8)).sum().backward()
    optimiser.step()
    path = tmp_path_factory.mktemp("torch") / "last.ckpt"
    torch.save(
        {
            "epoch": 3,
            "model": {"net": model.state_dict(), "ema.net": {"first.bias": torch.ones(8)}},
            "optimizer": optimiser.state_dict(),
            "scheduler": {"last_epoch": 3, "rates": [0.1, 0.2]},
            "note": "best so far",
            "centroids": [torch.zeros(2), torch.ones(2)],
        },
        path,
    )
    return path


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_dict_comes_back_bit_for_bit(tmp_path, zipped):
    state = tiny_cnn().state_dict()
    path = tmp_path / "m.pt"
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    with open_source(path) as source:
        assert [e.name for e in source.entries] == list(state)
        assert source.left_out == ()
        for entry in source.entries:
            found = source.read(entry)
            assert found.shape == tuple(state[entry.name].shape)
            assert found.dtype == np.dtype(DTYPES[entry.dtype].storage)
            assert found.tobytes() == bits(state[entry.name]).tobytes()


def test_every_dtype(tmp_path):
    kinds = "float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 int64 int32 int16 int8"
    kinds += " uint64 uint32 uint16 uint8 bool"
    state = {k: torch.tensor([0, 1, 3, 100, 0]).to(getattr(torch, k)) for k in kinds.split()}
    torch.save(state, tmp_path / "m.pt")
    with open_source(tmp_path / "m.pt") as source:
        assert {e.dtype for e in source.entries} == set(DTYPES)
        for entry in source.entries:
            assert source.read(entry).tobytes() == bits(state[entry.name]).tobytes()


def test_a_checkpoint_is_flattened_and_the_rest_is_named(checkpoint):
    with open_source(checkpoint) as source:
        names = {e.name for e in source.entries}
        assert {"model.net.first.weight", "model.ema.net.first.bias", "centroids.1"} <= names
        assert not any("exp_avg" in name for name in names)
        assert source.left_out == (
            "epoch: no array but a value of type int",
            "optimizer: an optimiser's state",
            "scheduler: holds no array",
            "note: no array but a value of type str",
        )


@pytest.mark.parametrize(
    ("key", "first"), [("model.net", "first.weight"), ("model.ema.net", "first.bias")]
)
def test_key_picks_one_state_dict(checkpoint, key, first):
    with open_source(checkpoint, key=key) as source:
        assert source.entries[0].name == first


def test_key_may_name_a_single_tensor(checkpoint):
    with open_source(checkpoint, key="model.net.first.bias") as source:
        assert [(e.name, e.shape) for e in source.entries] == [("model.net.first.bias", (8,))]


@pytest.mark.parametrize("key", ["nope", "epoch", "model.net.first", ""])
def test_a_key_that_leads_nowhere(checkpoint, key):
    with pytest.raises(UsageError, match="no state dict under the key") as caught:
        open_source(checkpoint, key=key)
    assert "'model'" in caught.value.hint


def test_tied_tensors_are_one(gpt2_bin_folder):
    with open_source(gpt2_bin_folder) as source:
        index = {e.name: i for i, e in enumerate(source.entries)}
        tied = source.entries[index["lm_head.weight"]]
        assert tied.same == index["transformer.wte.weight"]
        expected = tiny_gpt2().state_dict()["lm_head.weight"]
        assert source.read(tied).tobytes() == bits(expected).tobytes()


def test_views_are_read_in_their_own_order(tmp_path):
    base = torch.arange(12, dtype=torch.float32)
    state = {
        "all": base,
        "turned": base.view(3, 4).T,
        "part": base[4:8],
        "spread": base[:1].expand(5),
    }
    torch.save(state, tmp_path / "m.pt")
    with open_source(tmp_path / "m.pt") as source:
        for entry in source.entries:
            assert entry.same is None
            found = source.read(entry)
            assert found.flags.c_contiguous
            assert found.tobytes() == bits(state[entry.name]).tobytes()


@pytest.mark.filterwarnings("ignore:.*quantize_per_tensor")
def test_tensors_of_no_known_form_are_named(tmp_path):
    state = {
        "w": torch.ones(3),
        "spectrum": torch.ones(2, dtype=torch.complex64),
        "sparse": torch.eye(3).to_sparse(),
        "kept": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
        "hollow": torch.empty(2, device="meta"),
    }
    torch.save(state, tmp_path / "m.pt")
    with open_source(tmp_path / "m.pt") as source:
        assert [e.name for e in source.entries] == ["w"]
        assert source.left_out == (
            "spectrum: a tensor of the dtype complex64",
            "sparse: a tensor of the layout sparse_coo",
            "kept: a quantised tensor",
            "hollow: a tensor without values",
        )


@pytest.mark.parametrize(
    ("saved", "names"),
    [(torch.ones(2), ["tensor"]), ([torch.ones(2)] * 2, ["tensor.0", "tensor.1"])],
)
def test_a_file_that_is_no_mapping(tmp_path, saved, names):
    torch.save(saved, tmp_path / "m.pt")
    with open_source(tmp_path / "m.pt") as source:
        assert [e.name for e in source.entries] == names


# ------------------------------------------------------------------- refused


class Evil:
    """Unpickled by an ordinary unpickler, this makes a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (os.mkdir, (str(self.target),))


def as_zip(value, path):
    torch.save(value, path)


def as_legacy(value, path):
    torch.save(value, path, _use_new_zipfile_serialization=False)


def as_plain_pickle(value, path):
    path.write_bytes(pickle.dumps(value, protocol=2))


def as_new_pickle(value, path):
    path.write_bytes(pickle.dumps(value, protocol=5))


@pytest.mark.parametrize("save", [as_zip, as_legacy, as_plain_pickle, as_new_pickle])
@pytest.mark.parametrize("name", ["evil.pt", "evil.pth", "evil.bin", "evil.safetensors", "evil"])
def test_code_is_refused_and_never_run(tmp_path, save, name):
    target = tmp_path / "touched"
    save({"w": torch.zeros(2), "x": Evil(target)}, tmp_path / name)
    with pytest.raises(RefusedError, match="refused") as caught:
        open_source(tmp_path / name)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert not target.exists()


def test_the_trap_of_these_tests_is_live(tmp_path):
    target = tmp_path / "touched"
    torch.load(io.BytesIO(_saved({"x": Evil(target)})), weights_only=False)
    assert target.exists()


def _saved(value) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def test_a_whole_module_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "m.pt")
    with pytest.raises(RefusedError, match=r"torch.nn.modules.linear.Linear") as caught:
        open_source(tmp_path / "m.pt")
    assert "state_dict" in caught.value.hint


@pytest.mark.filterwarnings("ignore")
def test_torchscript_is_refused(tmp_path):
    torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)).save(str(tmp_path / "m.pt"))
    with pytest.raises(RefusedError, match="TorchScript"):
        open_source(tmp_path / "m.pt")


def test_a_compressed_member_is_refused(tmp_path):
    torch.save({"w": torch.zeros(1000)}, tmp_path / "m.pt")
    with (
        zipfile.ZipFile(tmp_path / "m.pt") as old,
        zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    with pytest.raises(MalformedError, match="compressed member"):
        open_source(tmp_path / "packed.pt")


def test_a_tensor_that_states_more_than_its_file(tmp_path):
    torch.save({"w": torch.zeros(1).expand(1 << 20, 1 << 10)}, tmp_path / "m.pt")
    with pytest.raises(LimitError, match="more than its file"):
        open_source(tmp_path / "m.pt")


def test_references_that_multiply(tmp_path):
    tree = {"w": torch.zeros(1)}
    for _ in range(30):
        tree = {"a": tree, "b": tree}
    torch.save(tree, tmp_path / "m.pt")
    with pytest.raises(LimitError):
        open_source(tmp_path / "m.pt")


@pytest.mark.parametrize(
    ("tree", "kind", "words"),
    [
        ({"a.b": torch.zeros(1), "a": {"b": torch.zeros(1)}}, MalformedError, "twice"),
        ({"W": torch.zeros(1), "w": torch.zeros(1)}, MalformedError, "twice"),
        ({"e\u0301": torch.zeros(1)}, MalformedError, "normal form"),
        ({"a\x07": torch.zeros(1)}, MalformedError, "control"),
        ({"n" * 600: torch.zeros(1)}, LimitError, "512"),
        ({(1, 2): torch.zeros(1)}, MalformedError, "key of type tuple"),
        ({"w": torch.zeros((1,) * 9)}, LimitError, "dimensions"),
        ({"epoch": 3}, MalformedError, "no tensor"),
        (OrderedDict(), MalformedError, "no tensor"),
    ],
)
def test_trees_that_no_table_can_hold(tmp_path, tree, kind, words):
    torch.save(tree, tmp_path / "m.pt")
    with pytest.raises(kind, match=words) as caught:
        open_source(tmp_path / "m.pt")
    assert caught.value.message.startswith(f"{tmp_path / 'm.pt'}: ")


@pytest.mark.parametrize("zipped", [True, False])
def test_damage_never_shows_a_traceback(tmp_path, zipped):
    path = tmp_path / "m.pt"
    torch.save(
        {"w": torch.ones(20), "b": torch.ones(3)}, path, _use_new_zipfile_serialization=zipped
    )
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    said = []
    for at in rng.integers(0, len(whole), 150):
        for data in (whole[:at], whole[:at] + rng.bytes(1) + whole[at + 1 :]):
            path.write_bytes(data)
            try:
                with open_source(path) as source:
                    for entry in source.entries:
                        source.read(entry)
            except SeedError as error:
                said.append(error.message)
    assert len(said) > 150
    assert not any("\n" in message for message in said)
