"""Output that is old or new, never torn: written beside the target, synced, renamed."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from seedtool.errors import RefusedError

RENAME_EXCHANGE = 2


@contextlib.contextmanager
def replacing(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content becomes ``path`` when the block ends without an error.

    RefusedError if the path is taken and ``force`` is not set. Pipes and
    devices are written directly.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open("wb") as out:
            yield out
        return
    path = path.resolve()
    check_free(path, force=force)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
        if force:
            temporary.replace(path)
        else:
            _rename_new(temporary, path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(
    path: Path, *, force: bool = False, owned: Collection[str] = ()
) -> Iterator[Path]:
    """A folder whose content becomes the folder ``path``, at once, when the block ends.

    With ``force`` an existing folder is replaced only if all its files are
    among ``owned``: what a model folder may hold. RefusedError otherwise.
    """
    path = path.resolve()
    taken = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if taken:
        check_free(path, force=force, folder=True)
        foreign = sorted(p.name for p in path.iterdir() if p.name not in owned)
        if foreign:
            raise RefusedError(
                f"{path.name} holds {foreign[0]!a}, which no model folder holds: not replaced",
                hint="choose another folder, or move it away yourself",
            )
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        for file in temporary.iterdir():
            with file.open("rb") as f:
                os.fsync(f.fileno())
        _sync_folder(temporary)
        if taken:
            _exchange(temporary, path)
        else:
            temporary.rename(path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_free(path: Path, *, force: bool, folder: bool = False) -> None:
    """RefusedError if something is at ``path`` that must not be replaced."""
    if not path.exists():
        return
    if path.is_dir() and not folder:
        raise RefusedError(f"{path.name} is a folder", hint="name a file")
    if not path.is_dir() and folder:
        raise RefusedError(f"{path.name} is a file", hint="name a folder")
    if not force:
        raise RefusedError(f"{path.name} exists already", hint="--force replaces it")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _rename_new(temporary: Path, path: Path) -> None:
    """Rename without ever replacing a file that appeared meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise RefusedError(f"{path.name} exists already", hint="--force replaces it") from None
    except OSError as e:
        if e.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        temporary.replace(path)  # a file system without hard links


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders in one step where the system can, else in two."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here = -100  # AT_FDCWD
    if rename and rename(here, bytes(new), here, bytes(old), RENAME_EXCHANGE) == 0:
        return
    away = new.with_name(new.name + ".old")
    old.rename(away)
    try:
        new.rename(old)
    except OSError:
        away.rename(old)
        raise
    away.rename(new)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
