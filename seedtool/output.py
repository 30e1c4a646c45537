"""Output that is old or new, never torn: written beside the target, synced, renamed."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import secrets
import stat
from collections.abc import Container, Iterator
from pathlib import Path
from typing import BinaryIO

from seedtool.errors import FileError, RefusedError

AT_FDCWD = -100
RENAME_EXCHANGE = 2
STREAM = re.compile(r"/dev/(?:(stdin|stdout|stderr)|fd/([0-9]+))")
NAME_START = 60  # characters of a target's name in its temporary's: 255 bytes at 4 bytes each
NO_LINKS = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
NO_EXCHANGE = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS)
NO_SYNC = (errno.EACCES, errno.EINVAL, errno.EOPNOTSUPP)


@contextlib.contextmanager
def replacing(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file ``path`` when the block ends without an error.

    RefusedError if the path is taken and ``force`` is not set. What the system
    refuses is an OSError with ``path`` as its filename; so within the block
    a plain OSError must come from nothing but writing. A replaced file's mode
    and a link to it are kept. Pipes and devices are written directly.
    """
    with writing(path):
        if is_stream(path):
            with _open_stream(path) as out:
                yield out
            return
        check_free(path, force=force)
        place = _behind_links(path)
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        temporary = _beside(place)
        first = 0o666 if mode is None else 0o600  # nobody reads what the old mode hides
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, first)
            with os.fdopen(handle, "wb") as out:
                yield out
                out.flush()
                if mode is not None:
                    os.fchmod(out.fileno(), mode)
                os.fsync(out.fileno())
            if force:
                temporary.replace(place)
            else:
                _rename_new(temporary, place, path)
            _sync(place.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def replacing_folder(
    path: Path, *, force: bool = False, owned: Container[str] = ()
) -> Iterator[Path]:
    """A folder of files that becomes the folder ``path``, at once, when the block ends.

    With ``force`` an existing folder is replaced only if it holds no file but
    those called (by path within it) as in ``owned``: what a model folder may hold.
    RefusedError otherwise; OSError as for :func:`replacing`.
    """
    with writing(path):
        check_free(path, force=force, folder=True, owned=owned)
        place = _behind_links(path)
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
        temporary = _beside(place)
        try:
            temporary.mkdir(0o777 if mode is None else 0o700)
            yield temporary
            if mode is not None:
                temporary.chmod(mode)
            for inner in (*_inside(temporary), temporary):
                _sync(inner)
            check_free(path, force=force, folder=True, owned=owned)  # it may have been long
            taken = place.exists() and any(place.iterdir())
            if taken:
                _exchange(temporary, place)
            else:
                temporary.rename(place)
            _sync(place.parent)
            if taken:
                _remove(temporary)  # the old one, by now
        except BaseException:
            with contextlib.suppress(OSError):
                _remove(temporary)
            raise


def check_free(
    path: Path, *, force: bool, folder: bool = False, owned: Container[str] = ()
) -> None:
    """RefusedError if something is at ``path`` that must not be replaced.

    FileError if its folder does not exist. An empty folder is free for a
    folder, a pipe or a character device for a file.
    """
    if is_stream(path) and not folder:
        return
    if not path.parent.is_dir():
        raise FileError(f"{path}: there is no folder {path.parent}", hint="make it first")
    if not path.exists():
        return
    if folder:
        _check_folder(path, force, owned)
        return
    if path.is_dir():
        raise RefusedError(f"{path} is a folder", hint="name a file")
    if not path.is_file():
        raise RefusedError(f"{path} is no file that could be replaced")
    if not force:
        raise RefusedError(f"{path} exists already", hint="--force replaces it")


def is_stream(path: Path) -> bool:
    """Whether ``path`` is a pipe or a character device, written as it is."""
    if STREAM.fullmatch(str(path)):
        return True
    mode = path.stat().st_mode if path.exists() else 0
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


@contextlib.contextmanager
def writing(target: Path | str) -> Iterator[None]:
    """Give every OSError the name that the user knows the target by.

    A closed pipe's is left alone: its reader has gone, and no name helps.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as e:
        raise OSError(e.errno, e.strerror or str(e), str(target)) from None


def _check_folder(path: Path, force: bool, owned: Container[str]) -> None:
    if not path.is_dir():
        raise RefusedError(f"{path} is a file", hint="name a folder")
    if path.samefile(Path.cwd()):
        raise RefusedError(f"{path} is the folder you are in", hint="replace it from outside")
    if any(path.iterdir()) and not force:
        raise RefusedError(f"{path} exists already", hint="--force replaces it")
    for inner in _inside(path):
        name = inner.relative_to(path).as_posix()
        if not _is_folder(inner) and name not in owned:
            raise RefusedError(
                f"{path} holds {name!a}, which no model folder holds: not replaced",
                hint="choose another folder, or move it away yourself",
            )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _inside(folder: Path) -> Iterator[Path]:
    """All that a folder holds, what is in a subfolder before it; links are not followed."""
    for inner in sorted(folder.iterdir()):
        if _is_folder(inner):
            yield from _inside(inner)
        yield inner


def _open_stream(path: Path) -> BinaryIO:
    """A pipe or device to write; RefusedError for a terminal.

    Standard streams are duplicated, since opening /dev/stdout anew would
    truncate a file that the shell opened to append to.
    """
    named = STREAM.fullmatch(str(path))
    if named:
        number = int(named[2]) if named[2] else ("stdin", "stdout", "stderr").index(named[1])
        out: BinaryIO = os.fdopen(os.dup(number), "wb")
    else:
        out = path.open("wb")
    if out.isatty():
        out.close()
        raise RefusedError(f"{path} is a terminal", hint="name a file, or a pipe")
    return out


def _behind_links(path: Path) -> Path:
    place = Path(os.path.realpath(path))  # Path.resolve has another error in each Python
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return place


def _beside(place: Path) -> Path:
    """A name for a temporary, known before it is made, so that no signal can part the two."""
    return place.with_name(f".{place.name[:NAME_START]}.{secrets.token_hex(4)}.part")


def _rename_new(temporary: Path, place: Path, path: Path) -> None:
    """Rename without ever replacing a file that appeared meanwhile."""
    try:
        os.link(temporary, place)
    except FileExistsError:
        raise RefusedError(f"{path} exists already", hint="--force replaces it") from None
    except OSError as e:
        if e.errno not in NO_LINKS:
            raise
        check_free(path, force=False)  # a file system without hard links: the best it can do
        temporary.replace(place)
    else:
        temporary.unlink()


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders in one step where the system can, else in two."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename:
        if rename(AT_FDCWD, bytes(new), AT_FDCWD, bytes(old), RENAME_EXCHANGE) == 0:
            return
        number = ctypes.get_errno()
        if number not in NO_EXCHANGE:
            raise OSError(number, os.strerror(number))
    away = new.with_name(new.name + ".old")
    try:
        old.rename(away)
        new.rename(old)
    finally:
        if away.exists():
            away.rename(new if old.exists() else old)


def _remove(folder: Path) -> None:
    """Delete a folder. shutil.rmtree turns a signal that meets it into an error."""
    for inner in _inside(folder):
        if _is_folder(inner):
            inner.rmdir()
        else:
            inner.unlink()
    folder.rmdir()


def _sync(path: Path) -> None:
    """Have a file or folder on the disk, if the file system can sync it at all."""
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as e:
        if e.errno not in NO_SYNC:
            raise
