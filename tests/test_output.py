"""Targets of every kind: what is replaced, what is kept, what is refused, and its names."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from seedtool import output
from seedtool.errors import FileError, RefusedError, SeedError

OWNED = ("config.json", "vocab.txt")


@pytest.fixture
def umask():
    """A umask that no other test has, for as long as the test runs."""
    old = os.umask(0o027)
    yield
    os.umask(old)


def put(path: Path, content: bytes = b"new", *, force: bool = False) -> None:
    with output.replacing(path, force=force) as out:
        out.write(content)


def put_folder(path: Path, *, force: bool = False) -> None:
    with output.replacing_folder(path, force=force, owned=OWNED) as folder:
        (folder / "config.json").write_bytes(b"new")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_umask_is_respected(tmp_path, umask):
    put(tmp_path / "a")
    put_folder(tmp_path / "b")
    assert [mode(tmp_path / n) for n in ("a", "b", "b/config.json")] == [0o640, 0o750, 0o640]


@pytest.mark.parametrize("bits", [0o600, 0o444, 0o755, 0o666])
def test_the_mode_of_what_is_replaced_is_kept(tmp_path, umask, bits):
    file, folder = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"old")
    file.chmod(bits)
    put(file, force=True)
    assert (file.read_bytes(), mode(file)) == (b"new", bits)
    put_folder(folder)
    folder.chmod(bits | 0o700)
    put_folder(folder, force=True)
    assert mode(folder) == bits | 0o700


def test_nobody_reads_what_the_old_mode_hides(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")
    target.chmod(0o600)
    with output.replacing(target, force=True):
        assert [mode(p) for p in tmp_path.iterdir()] == [0o600, 0o600]


def test_what_a_link_points_to_is_replaced_and_the_link_kept(tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    for name in ("file", "folder", "nothing"):
        (tmp_path / name).symlink_to(there / name)
    (there / "file").write_bytes(b"old")
    put_folder(there / "folder")
    put(tmp_path / "file", force=True)
    put(tmp_path / "nothing")
    put_folder(tmp_path / "folder", force=True)
    assert all((tmp_path / name).is_symlink() for name in ("file", "folder", "nothing"))
    assert (there / "file").read_bytes() == (there / "nothing").read_bytes() == b"new"
    assert names(there) == ["file", "folder", "nothing"]
    assert names(tmp_path) == ["file", "folder", "nothing", "there"]


def test_links_in_a_circle_are_told(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for force in (False, True):
        with pytest.raises(OSError, match=re.escape(str(tmp_path / "a"))):
            put(tmp_path / "a", force=force)
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "a\nb",
        "-a",
        "--force",
        "a" * 255,
        "é" * 127,
        "🌱" * 63,
        os.fsdecode(b"\xff\xfe"),
        "~",
    ],
    ids=lambda name: ascii(name)[:12],
)
def test_any_name_will_do(tmp_path, name):
    put(tmp_path / name)
    put(tmp_path / name, b"newer", force=True)
    assert (tmp_path / name).read_bytes() == b"newer"
    (tmp_path / name).unlink()
    put_folder(tmp_path / name)
    put_folder(tmp_path / name, force=True)
    assert names(tmp_path) == [name]


def test_names_are_shown_on_one_line(tmp_path):
    (tmp_path / "-a\nb.seed").write_bytes(b"old")
    argv = [sys.executable, "-m", "seedtool", "extract", "x", "-o", "-a\nb.seed"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = "seed: -a\\nb.seed exists already (--force replaces it)\n"
    assert (done.returncode, done.stdout, done.stderr) == (7, "", said)


@pytest.mark.parametrize("write", [put, put_folder])
@pytest.mark.parametrize("where", ["nowhere/a", "nowhere/deeper/a", "file/a"])
def test_a_folder_that_is_not_there_is_named(tmp_path, write, where):
    (tmp_path / "file").touch()
    path = tmp_path / where
    with pytest.raises(FileError) as caught:
        write(path)
    assert caught.value.message == f"{path}: there is no folder {path.parent}"
    assert names(tmp_path) == ["file"]


def test_what_is_there_is_not_replaced_unasked(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    put(file)
    put_folder(folder)
    for write, path in ((put, file), (put_folder, folder), (put_folder, file), (put, folder)):
        with pytest.raises(RefusedError, match=re.escape(str(path))):
            write(path)
    for write, path in ((put_folder, file), (put, folder)):
        with pytest.raises(RefusedError, match=re.escape(str(path))):
            write(path, force=True)
    assert names(tmp_path) == ["file", "folder"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path):
    target = tmp_path / "a"
    with pytest.raises(RefusedError, match="exists already"), output.replacing(target):
        target.write_bytes(b"another's")
    assert target.read_bytes() == b"another's"
    assert names(tmp_path) == ["a"]


def spoil_file(where: Path, error: BaseException, force: bool) -> None:
    with output.replacing(where / "file", force=force) as out:
        out.write(b"newer")
        raise error


def spoil_folder(where: Path, error: BaseException, force: bool) -> None:
    with output.replacing_folder(where / "folder", force=force, owned=OWNED) as folder:
        (folder / "config.json").write_bytes(b"newer")
        raise error


@pytest.mark.parametrize("error", [SeedError("x"), KeyboardInterrupt(), SystemExit(143)])
@pytest.mark.parametrize("force", [False, True])
def test_an_error_leaves_what_was(tmp_path, error, force):
    if force:
        put(tmp_path / "file")
        put_folder(tmp_path / "folder")
    old = names(tmp_path)
    for spoil in (spoil_file, spoil_folder):
        with pytest.raises(type(error)):
            spoil(tmp_path, error, force)
    assert names(tmp_path) == old
    assert {p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} <= {b"new"}


def test_devices_are_written_and_stay():
    put(Path("/dev/null"))
    put(Path("/dev/null"), force=True)
    assert Path("/dev/null").is_char_device()


def test_a_terminal_is_refused():
    leader, follower = os.openpty()
    try:
        with pytest.raises(RefusedError, match="is a terminal"):
            put(Path(os.ttyname(follower)))
        with pytest.raises(RefusedError, match="is a terminal"):
            put(Path(f"/dev/fd/{follower}"))
    finally:
        os.close(leader)
        os.close(follower)


def test_a_stream_of_the_shell_is_appended_to(tmp_path):
    with (tmp_path / "a").open("ab") as shell:
        shell.write(b"before ")
        shell.flush()
        put(Path(f"/dev/fd/{shell.fileno()}"))
    assert (tmp_path / "a").read_bytes() == b"before new"


def test_an_empty_folder_is_free(tmp_path):
    (tmp_path / "a").mkdir(0o700)
    put_folder(tmp_path / "a")
    assert names(tmp_path / "a") == ["config.json"]
    assert mode(tmp_path / "a") == 0o700


@pytest.mark.parametrize("foreign", ["notes.txt", ".git/config", "config.json/mine"])
def test_a_folder_with_anything_else_in_it_is_not_replaced(tmp_path, foreign):
    path = tmp_path / "a" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(RefusedError, match=foreign.partition("/")[0]):
        put_folder(tmp_path / "a", force=True)
    assert path.read_text() == "mine"
    assert names(tmp_path) == ["a"]


def test_what_is_put_in_a_folder_meanwhile_is_not_deleted(tmp_path):
    folder = tmp_path / "a"
    put_folder(folder)
    with (
        pytest.raises(RefusedError, match=r"notes\.txt"),
        output.replacing_folder(folder, force=True, owned=OWNED),
    ):
        (folder / "notes.txt").write_text("mine")
    assert names(tmp_path) == ["a"]
    assert names(folder) == ["config.json", "notes.txt"]


def test_nothing_behind_a_link_is_deleted(tmp_path):
    """A folder of the hub's cache is of links to files elsewhere."""
    for there in ("file", "folder/inner"):
        (tmp_path / "there" / there).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "there" / there).write_text("kept")
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "config.json").symlink_to(tmp_path / "there" / "file")
    (folder / "vocab.txt").symlink_to(tmp_path / "there" / "folder")
    put_folder(folder, force=True)
    assert names(folder) == ["config.json"]
    assert not (folder / "config.json").is_symlink()
    for there in ("file", "folder/inner"):
        assert (tmp_path / "there" / there).read_text() == "kept"


def test_the_folder_one_is_in_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedError, match="the folder you are in"):
        put_folder(Path())
    assert names(tmp_path) == []
