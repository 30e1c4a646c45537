"""Growing in processes of its own: killed and gone on with, and shared by two."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

BEGUN = """
import os, signal, sys
import numpy as np
import torch
import seedtool
from seedtool.examples.labelled import Examples
from seedtool.growing import checkpoint
from seedtool.recipes.schema import Data, Recipe, Step, Training

rng = np.random.default_rng(0)
labels = rng.integers(0, 3, 301)
images = np.minimum(rng.integers(0, 120, (301, 6, 6)) + 60 * labels[:, None, None], 255)
data = Examples(images.astype(np.uint8), labels)
recipe = Recipe("made", "image-classification", data=Data("given"), preprocess=(
    Step("scale", (0.5, 0.2)), Step("shift", (1,)), Step("noise", (0.1,)),
), training=Training(steps=30, rate=1e-2))
torch.manual_seed(0)
module = torch.nn.Sequential(
    torch.nn.Flatten(), torch.nn.Linear(36, 16), torch.nn.Dropout(DROPPED), torch.nn.Linear(16, 3)
)
seed = seedtool.extract(module)
"""
KILLED = """
def stage(name, length):
    done = 0.0
    def advance(more, told="", /):
        nonlocal done
        done += more
        if done == 17 and len(sys.argv) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    return advance

checkpoint.SAVE_SECONDS = 0.0
given = {"data": data, "module": module, "grower": "hybrid"}
made = seed.grow(recipe, checkpoint=sys.argv[1], stage=stage, **given)
made.assemble(sys.argv[2])
seed.grow(recipe, **given).assemble(sys.argv[3])
"""
SHARED = """
made = seed.grow(recipe, data=data, module=module, grower="hybrid")
made.assemble(sys.argv[1])
if made.main:
    print(made.processes, made.scores.before, made.scores.after, made.course.history[-1].loss)
"""
SOME, NONE = BEGUN.replace("DROPPED", "0.2"), BEGUN.replace("DROPPED", "0.0")


def start(program: str, *arguments: object, **more: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=Path(__file__).parents[1],
        env=environment | {key: str(value) for key, value in more.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What it printed."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


def test_a_kill_changes_nothing(tmp_path):
    state, again, whole = (tmp_path / name for name in ("state", "a.safetensors", "w.safetensors"))
    killed = start(SOME + KILLED, state)
    _, err = killed.communicate()
    assert killed.returncode == -signal.SIGKILL, err
    assert state.exists()
    ended(start(SOME + KILLED, state, again, whole))
    assert not state.exists()
    assert again.read_bytes() == whole.read_bytes()


def test_two_processes_do_the_work_of_one(tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        where = {"MASTER_ADDR": "localhost", "MASTER_PORT": free.getsockname()[1]}
    pair = [
        start(
            NONE + SHARED, tmp_path / "two.safetensors", RANK=r, LOCAL_RANK=r, WORLD_SIZE=2, **where
        )
        for r in (0, 1)
    ]
    told = [ended(process) for process in pair]
    assert told[1] == ""
    one = ended(start(NONE + SHARED, tmp_path / "one.safetensors"))
    alone, shared = (list(map(float, text.split())) for text in (one, told[0]))
    assert (alone[0], shared[0]) == (1, 2)
    assert alone[2] > alone[1]
    assert np.allclose(alone[1:], shared[1:], atol=0.02)
    first, second = (load_file(tmp_path / f"{n}.safetensors") for n in ("one", "two"))
    assert first.keys() == second.keys()
    assert all(np.allclose(first[name], second[name], atol=1e-3) for name in first)
