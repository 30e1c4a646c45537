"""Whatever system call fails or dies: the target is old or new, and one line says why.

Every call of the command that touches the target's folder is counted in a run
that nothing disturbs; then it is run once for each of them and each fault.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.injector import Call, Injector, Run, available
from tests.faults.models import save_models

pytestmark = pytest.mark.skipif(not available(), reason="no strace, or it may not trace")

Files = dict[str, bytes]
TAKES_SPACE = {"openat", "write", "fsync", "mkdir", "link", "rename", "renameat2"}
COMMITS = {"link", "linkat", "rename", "renameat", "renameat2"}


@dataclass(frozen=True)
class Job:
    """A command that writes ``target``, and what the files of its folder are then."""

    argv: list[str]
    target: Path
    good: Files


@pytest.fixture(scope="module")
def jobs(tmp_path_factory) -> Iterator[tuple[Injector, dict[str, Job]]]:
    base = tmp_path_factory.mktemp("faults")
    model, out = base / "model", base / "out"
    save_models(model)
    hf, onnx = str(base / "hf.seed"), str(base / "onnx.seed")
    argvs = {
        "seed": ["extract", str(model / "hf"), "-o", "a.seed", "--codec", "raw", "--no-graph"],
        "safetensors": ["assemble", hf, "-o", "a.safetensors"],
        "onnx": ["assemble", onnx, "-o", "a.onnx"],
        "hf": ["assemble", hf, "-o", "a"],
    }
    first = [
        ["extract", str(model / "hf"), "-o", hf, "--codec", "raw", "--no-graph", "-q"],
        ["extract", str(model / "m.onnx"), "-o", onnx, "--codec", "raw", "-q"],
    ]
    for argv in argvs.values():
        argv[3] = str(out / argv[3])
        argv.append("-q")
    out.mkdir()
    injector = Injector(base, [*first, *argvs.values()])
    made = {}
    injector.run(["--version"])  # by now it is warm, and all targets stand
    good = contents(out)
    for kind, argv in argvs.items():
        target = Path(argv[3])
        files = {k: v for k, v in good.items() if Path(k).parts[0] == target.name}
        assert files, kind
        made[kind] = Job(argv, target, files)
    yield injector, made
    injector.close()


def contents(folder: Path) -> Files:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def before(job: Job, *, force: bool) -> Files:
    """Make the job's folder as it is before a run: empty, or with something old in it."""
    shutil.rmtree(job.target.parent)
    job.target.parent.mkdir()
    if force and job.argv[0] == "assemble" and not job.target.suffix:
        job.target.mkdir()
        (job.target / "config.json").write_text("old")
    elif force:
        job.target.write_text("old")
    return contents(job.target.parent)


def run(injector: Injector, job: Job, fault: str = "", *, force: bool) -> tuple[Run, Files, Files]:
    """The run, and the files before and after it."""
    old = before(job, force=force)
    done = injector.run([*job.argv, *(["--force"] if force else [])], fault)
    return done, old, contents(job.target.parent)


def points(injector: Injector, job: Job, *, force: bool) -> tuple[list[Call], Call]:
    """The calls of an undisturbed run that have to do with the target, and the one commit."""
    done, _, files = run(injector, job, force=force)
    assert (done.code, done.stderr, files) == (0, "", job.good)
    calls = [c for c in done.calls if str(job.target.parent) in c.text]
    (commit,) = (c for c in calls if c.name in COMMITS)
    return calls, commit


KINDS = pytest.mark.parametrize("kind", ["seed", "safetensors", "onnx", "hf"])
FORCE = pytest.mark.parametrize("force", [False, True], ids=["fresh", "force"])


@KINDS
@FORCE
def test_a_call_that_fails_leaves_old_or_new_and_one_line(jobs, kind, force):
    injector, job = jobs[0], jobs[1][kind]
    calls, commit = points(injector, job, force=force)
    for at, call in enumerate(calls):
        for error in ("EIO", "ENOSPC") if call.name in TAKES_SPACE else ("EIO",):
            fault = f"{call.name}:error={error}:when={call.nth}"
            done, old, files = run(injector, job, fault, force=force)
            if call.name == "close" and done.code == 0:  # of a folder that was read: no harm
                assert (done.stderr, files) == ("", job.good), call
                continue
            message = {"EIO": "Input/output error", "ENOSPC": "No space left on device"}[error]
            assert done.stderr == f"seed: {job.target}: {message}\n", call
            assert done.code == 1, call
            assert files == (old if at <= calls.index(commit) else job.good), call


@KINDS
@FORCE
def test_a_process_that_is_killed_leaves_old_or_new(jobs, kind, force):
    injector, job = jobs[0], jobs[1][kind]
    calls, _ = points(injector, job, force=force)
    for call in calls:
        if call.name == "close":  # the same as at the next call
            continue
        done, old, files = run(
            injector, job, f"{call.name}:signal=KILL:when={call.nth}", force=force
        )
        assert done.code == -9, call
        hidden = {k for k in files if k.startswith(f".{job.target.name}.") and ".part" in k}
        assert {k: v for k, v in files.items() if k not in hidden} in (old, job.good), call


@KINDS
@FORCE
def test_a_process_that_is_told_to_stop_cleans_up(jobs, kind, force):
    injector, job = jobs[0], jobs[1][kind]
    calls, commit = points(injector, job, force=force)
    for at, call in enumerate(calls):
        if call.name == "close":
            continue
        signal, code = (("TERM", 143), ("INT", 130))[at % 2]
        done, old, files = run(
            injector, job, f"{call.name}:signal={signal}:when={call.nth}", force=force
        )
        assert (done.code, done.stderr) == (code, ""), call
        assert files == (old if at < calls.index(commit) else job.good), call


@KINDS
def test_a_source_that_can_not_be_read_is_named(jobs, kind):
    injector, job = jobs[0], jobs[1][kind]
    source = job.argv[1]
    done, _, _ = run(injector, job, force=False)
    calls = [c for c in done.calls if f"<{source}" in c.text and c.name != "close"]
    assert any(c.name == "read" for c in calls)
    for call in calls:
        fault = f"{call.name}:error=EIO:when={call.nth}"
        done, old, files = run(injector, job, fault, force=False)
        assert done.code == 1, call
        assert files in (old, job.good), call  # new: the report reads the assets once more
        assert re.fullmatch(rf"seed: {source}[^\n]*: Input/output error\n", done.stderr), call


@KINDS
@FORCE
@pytest.mark.parametrize(
    ("error", "message"),
    [("EACCES", "Permission denied"), ("EROFS", "Read-only file system"), ("EDQUOT", ".*quota.*")],
)
def test_a_folder_that_may_not_be_written_is_told(jobs, kind, force, error, message):
    """As root reads and writes everything, a mode would not do."""
    injector, job = jobs[0], jobs[1][kind]
    calls, _ = points(injector, job, force=force)
    first = next(c for c in calls if "O_EXCL" in c.text or c.name.startswith("mkdir"))
    fault = f"{first.name}:error={error}:when={first.nth}"
    done, old, files = run(injector, job, fault, force=force)
    assert (done.code, files) == (1, old)
    assert re.fullmatch(rf"seed: {job.target}: {message}\n", done.stderr)


@FORCE
@pytest.mark.parametrize("kind", ["safetensors", "hf"])
def test_a_system_without_links_or_exchange_will_do(jobs, kind, force):
    injector, job = jobs[0], jobs[1][kind]
    for fault in ("link:error=EPERM", "linkat:error=EPERM", "renameat2:error=EINVAL"):
        done, _, files = run(injector, job, fault, force=force)
        assert (done.code, done.stderr, files) == (0, "", job.good)


@KINDS
@FORCE
def test_an_interrupted_call_is_made_again(jobs, kind, force):
    injector, job = jobs[0], jobs[1][kind]
    calls, _ = points(injector, job, force=force)
    for call in (c for c in calls if c.name in {"write", "fsync"} or "O_EXCL" in c.text):
        fault = f"{call.name}:error=EINTR:when={call.nth}"
        done, _, files = run(injector, job, fault, force=force)
        assert (done.code, done.stderr, files) == (0, "", job.good), call


@KINDS
@FORCE
def test_content_is_on_the_disk_before_its_name_is(jobs, kind, force):
    injector, job = jobs[0], jobs[1][kind]
    calls, commit = points(injector, job, force=force)
    at = calls.index(commit)
    for written in {fd(c) for c in calls if c.name == "write"}:
        last = max(i for i, c in enumerate(calls) if c.name == "write" and fd(c) == written)
        assert any(c.name == "fsync" and fd(c) == written for c in calls[last:at])
    after = [fd(c) for c in calls[at:] if c.name == "fsync"]
    assert after == [str(job.target.parent)]
    if kind == "hf" and force:
        assert commit.name == "renameat2"
        assert "RENAME_EXCHANGE" in commit.text


def fd(call: Call) -> str:
    """The path behind the first argument of a call on a descriptor."""
    return call.text.partition("<")[2].partition(">")[0]
