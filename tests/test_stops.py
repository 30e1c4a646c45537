"""The command stopped from outside: signals, closed pipes, full disks; as real processes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

SEED = [sys.executable, "-m", "seedtool"]
LONG = 60  # seconds after which a run hangs


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """Enough to be at for a second or two."""
    path = tmp_path_factory.mktemp("stops") / "model.npz"
    rng = np.random.default_rng(6)
    np.savez(path, **{f"t{i}": rng.standard_normal(1 << 18).astype("f4") for i in range(4)})
    return path


@pytest.fixture(scope="module")
def seed(model) -> Path:
    path = model.with_name("model.seed")
    subprocess.run([*SEED, "extract", model, "-o", path, "-q", "--codec", "raw"], check=True)
    return path


def start(*argv: object, **options) -> subprocess.Popen[str]:
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([*SEED, *map(str, argv)], text=True, **options)


def wait_for(condition, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    "numbers",
    [
        [signal.SIGTERM],
        [signal.SIGINT],
        [signal.SIGHUP],
        [signal.SIGINT, signal.SIGTERM],
        [signal.SIGTERM] * 3,
    ],
    ids=lambda numbers: "+".join(n.name for n in numbers),
)
def test_a_long_extraction_that_is_stopped_leaves_nothing(model, tmp_path, numbers):
    target = tmp_path / "a.seed"
    process = start("extract", model, "-o", target, "-q")
    wait_for(lambda: any(tmp_path.iterdir()), process)
    for number in numbers:
        process.send_signal(number)
    _, stderr = process.communicate(timeout=LONG)
    assert process.returncode in {128 + n for n in numbers}
    assert stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_stop_at_any_moment_leaves_nothing_or_the_whole(model, tmp_path):
    target = tmp_path / "a.seed"
    subprocess.run([*SEED, "extract", model, "-o", target, "-q"], check=True)
    whole = target.read_bytes()
    for delay in (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6):
        target.unlink(missing_ok=True)
        process = start("extract", model, "-o", target, "-q")
        time.sleep(delay)
        process.terminate()
        _, stderr = process.communicate(timeout=LONG)
        # Before it has read its own code, Python knows no other end than the signal's own;
        # on a quick machine all may be done, or done but for the leaving.
        assert process.returncode in {143, -signal.SIGTERM, 0}
        assert stderr == ""
        assert [f.read_bytes() for f in tmp_path.iterdir()] in ([], [whole])
        assert process.returncode != 0 or target.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_in_a_finaliser_stops_all_the_same(number):
    """Python drops an exception that is raised there, as in the callbacks of an import."""
    program = f"""
import os, time
from seedtool.cli import stopping

class Object:
    def __del__(self):
        os.kill(os.getpid(), {int(number)})
        time.sleep(0.1)

stopping.listen()
for _ in range(3):
    Object()
try:
    time.sleep({LONG})
finally:
    print("cleared up")
"""
    argv = [sys.executable, "-c", program]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (128 + number, "cleared up\n", "")


def test_what_else_is_lost_in_a_finaliser_is_still_told():
    program = """
import os, time
from seedtool.cli import stopping

class Object:
    def __del__(self):
        1 / 0

stopping.listen()
try:
    os.kill(os.getpid(), 15)
    time.sleep(60)
finally:
    Object()
"""
    argv = [sys.executable, "-c", program]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ended.returncode == 143
    assert ended.stderr.startswith("Exception ignored in: <function Object.__del__")
    assert ended.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_a_hangup_that_nohup_ignores_is_ignored(model, tmp_path):
    target = tmp_path / "a.seed"
    process = start(
        *("extract", model, "-o", target, "-q", "--codec", "raw"),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    wait_for(lambda: any(tmp_path.iterdir()), process)
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=LONG) == ("", "")
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("verb", ["extract", "assemble"])
@pytest.mark.parametrize("out", ["-", "/dev/stdout"])
def test_a_reader_that_goes_away_ends_it_silently(model, seed, verb, out):
    options = ["--codec", "raw"] if verb == "extract" else ["--to", "safetensors"]
    process = start(verb, model if verb == "extract" else seed, "-o", out, "-q", *options)
    assert process.stdout
    os.read(process.stdout.fileno(), 10)
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    assert process.wait(LONG) == 141


def test_a_fifo_takes_what_a_file_would(seed, tmp_path):
    fifo = tmp_path / "a.npz"
    os.mkfifo(fifo)
    process = start("assemble", seed, "-o", fifo, "-q")
    with fifo.open("rb") as reader:
        content = reader.read()
    assert process.communicate(timeout=LONG) == ("", "")
    assert process.returncode == 0
    copy = tmp_path / "b.npz"
    copy.write_bytes(content)
    with np.load(copy) as arrays:
        assert len(arrays.files) == 4
    assert fifo.is_fifo()


def test_a_fifo_whose_reader_goes_away_ends_it_silently(seed, tmp_path):
    fifo = tmp_path / "a.safetensors"
    os.mkfifo(fifo)
    process = start("assemble", seed, "-o", fifo, "-q")
    with fifo.open("rb") as reader:
        reader.read(10)
    assert process.communicate(timeout=LONG) == ("", "")
    assert process.returncode == 141


@pytest.mark.parametrize("old", [None, "old"])
def test_a_file_too_large_for_its_limit_is_told_in_one_line(seed, tmp_path, old):
    target = tmp_path / "a.safetensors"
    if old:
        target.write_text(old)
    limit = 1 << 20
    process = start(
        *("assemble", seed, "-o", target, "-q", "--force"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert process.communicate(timeout=LONG) == ("", f"seed: {target}: File too large\n")
    assert process.returncode == 1
    assert [p.read_text() for p in tmp_path.iterdir()] == ([old] if old else [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("out", ["-", "/dev/stdout", "/dev/full"])
@pytest.mark.parametrize("verb", ["extract", "assemble"])
def test_a_full_disk_behind_a_pipe_is_told_in_one_line(model, seed, verb, out):
    source, options = (model, ["--codec", "raw"]) if verb == "extract" else (seed, [])
    with Path("/dev/full").open("wb") as full:
        process = start(verb, source, "-o", out, "-q", *options, stdout=full)
        _, stderr = process.communicate(timeout=LONG)
    name = "<stdout>" if out == "-" else out
    assert (process.returncode, stderr) == (1, f"seed: {name}: No space left on device\n")


def test_two_that_write_one_target_at_once_leave_one_whole(model, seed, tmp_path):
    target = tmp_path / "a.seed"
    argv = ("extract", model, "-o", target, "-q", "--codec", "raw")
    both = [start(*argv), start(*argv)]
    ended = [(p.communicate(timeout=LONG)[1], p.returncode) for p in both]
    assert sorted(code for _, code in ended) == [0, 7]
    (line,) = (stderr for stderr, code in ended if code == 7)
    assert line.endswith(f"{target} exists already (--force replaces it)\n")
    assert line.count("\n") == 1
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == seed.read_bytes()
