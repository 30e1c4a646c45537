"""Hub ids: a real cache, laid out as huggingface_hub does, and no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

OPEN = """
import sys
from seedtool.errors import SeedError
from seedtool.sources import open_source
try:
    with open_source(sys.argv[1]) as source:
        print(len(source.entries), source.meta, [a.name for a in source.assets])
except SeedError as error:
    print(error.message, "|", error.hint)
"""


def open_from_cache(model, home, **more):
    """In a process of its own: huggingface_hub reads its settings once."""
    env = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", **more}
    env.pop("HF_HUB_CACHE", None)
    ran = subprocess.run(
        [sys.executable, "-c", OPEN, model],
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def test_a_hub_id_offline_with_an_empty_cache(tmp_path):
    said = open_from_cache("some-org/some-model", tmp_path)
    assert "HF_HUB_OFFLINE is set" in said
    assert "not in the cache" in said
    assert len(said.splitlines()) == 1


def test_a_hub_id_in_the_cache(tmp_path, bert_folder):
    """The cache as huggingface_hub lays it out: blobs, and revisions of symlinks to them."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    root = tmp_path / "hub" / "models--some-org--some-model"
    (root / "blobs").mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(commit)
    snapshot = root / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(bert_folder.iterdir())):
        shutil.copy(path, root / "blobs" / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    said = open_from_cache("some-org/some-model", tmp_path)
    assert "'family': 'bert'" in said
    assert f"'revision': '{commit}'" in said
    assert "'vocab.txt'" in said
