"""What comes out computes what went in: model folders, ONNX, and the differences reported."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import seedtool
from seedtool import parity
from seedtool.errors import NoGraphError, UsageError

torch = pytest.importorskip("torch")


def test_a_model_folder_opens_with_transformers(bert_folder: Path, tmp_path: Path) -> None:
    from transformers import AutoModel

    seedtool.extract(bert_folder, with_graph=False).save(tmp_path / "bert.seed")
    seedtool.load(tmp_path / "bert.seed").assemble(tmp_path / "again")
    ids = torch.arange(6).reshape(1, 6)
    before, after = (
        AutoModel.from_pretrained(folder).eval()(ids).last_hidden_state
        for folder in (bert_folder, tmp_path / "again")
    )
    assert torch.equal(before, after)


def test_a_model_folder_keeps_all_that_sentence_encoders_need(
    bert_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "sentences"
    shutil.copytree(bert_folder, folder)
    (folder / "modules.json").write_text("[]")
    (folder / "labels_en.txt").write_text("yes\nno\n")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text("{}")
    seedtool.extract(folder, with_graph=False).save(tmp_path / "m.seed")
    for _ in range(2):  # into nothing, and over itself
        seedtool.load(tmp_path / "m.seed").assemble(tmp_path / "again", force=True)
        for name in ("config.json", "modules.json", "labels_en.txt", "1_Pooling/config.json"):
            assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_minilm_comes_back_byte_for_byte_from_at_most_82_percent(
    minilm_folder: Path, tmp_path: Path
) -> None:
    plain = minilm_folder / "model.safetensors"
    written = seedtool.extract(plain).save(tmp_path / "m.seed")
    assert written <= 0.82 * plain.stat().st_size
    seedtool.load(tmp_path / "m.seed").assemble(tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == plain.read_bytes()


def test_the_uncoded_control_stands_beside_a_coded_models_difference(bert_folder: Path) -> None:
    coded, plain = parity.compare_seed(seedtool.extract(bert_folder, codec="quant", bits=3))
    assert plain.max_rel < 1e-5
    assert coded.max_rel > 100 * plain.max_rel


def test_check_reports_both_differences(bert_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "seedtool", "extract", str(bert_folder), "-o", "x.seed"]
    done = subprocess.run(
        [*command, "--check", "--json"], cwd=tmp_path, capture_output=True, check=True
    )
    check = json.loads(done.stdout)["check"]
    assert check["coded"]["max_rel"] == check["plain"]["max_rel"] < 1e-5

    made = ["assemble", "x.seed", "-o", "x.onnx", "--check", str(bert_folder), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "seedtool", *made], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["check"]["max_rel"] < 1e-5


def test_bare_tensors_cannot_be_run(tmp_path: Path) -> None:
    seed = seedtool.extract({"a": np.zeros((2, 2), np.float32)})
    with pytest.raises(NoGraphError, match="bare tensors"):
        parity.compare_seed(seed)
    seed.save(tmp_path / "a.seed")
    with pytest.raises(UsageError, match="just extracted"):
        parity.compare_seed(seedtool.load(tmp_path / "a.seed"))
