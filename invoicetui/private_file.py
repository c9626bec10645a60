"""Small private files: read whole, replaced whole, readable by their owner only.

A file is replaced through a temporary one in the same folder, so that it is always the old or the new, whatever
happens in between: a full disk, a crash, a power cut.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from invoicetui.tuples import NamedTuple

MAX_BYTES = 1 << 20
_LOCK_TRIES = 40
_LOCK_PAUSE = 0.05


class Content(NamedTuple):
    """A file as it was read. `is_exposed`: somebody other than its owner can write it, or it belongs to a stranger."""

    data: bytes
    is_exposed: bool


class TooLarge(OSError):
    """The file is larger than MAX_BYTES: it is not one of ours."""


def read(path: Path) -> Content | None:
    """The file's content, or None when there is no such file. Raises OSError, TooLarge among them."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        # A named pipe or a device would keep the program waiting.
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLarge(0, "larger than 1 MiB")
    return Content(data, _is_exposed(status))


def replace(path: Path, data: bytes) -> None:
    """Put `data` in the file's place, 0600; a symbolic link stays and its target is replaced. Raises OSError.

    Missing folders are made 0700. A file of another user (sudo) keeps its owner.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    make_folder(target.parent)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            _keep_owner(handle, target)
            file.flush()
            os.fsync(handle)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, 0700; one that exists is left as it is. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)


@contextmanager
def locked(path: Path, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Keep other invoicetui processes from replacing `path` meanwhile. Raises TimeoutError after two seconds.

    The lock is on the folder: it leaves no file behind and the kernel drops it with its process. Where folders cannot
    be locked (Windows, some network file systems) there is none, and the caller's comparison has to do.
    """
    folder = Path(os.path.realpath(path)).parent
    make_folder(folder)
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, PermissionError):
        yield
        return
    try:
        for attempt in range(_LOCK_TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == _LOCK_TRIES - 1:
                    raise TimeoutError("another program is writing") from None
                sleep(_LOCK_PAUSE)
            except OSError:
                break
        yield
    finally:
        os.close(handle)


def _is_exposed(status: os.stat_result) -> bool:
    if os.name != "posix":
        return False
    # Root's files are fine: a system's configuration management owns the files it links into a home.
    return bool(status.st_mode & 0o022) or status.st_uid not in (os.getuid(), 0)


def _keep_owner(handle: int, target: Path) -> None:
    if os.name != "posix":
        return
    with suppress(FileNotFoundError):
        old = os.stat(target)
        if old.st_uid != os.getuid():
            os.fchown(handle, old.st_uid, old.st_gid)


def _sync_folder(folder: Path) -> None:
    """Without it the new name may not survive a power cut; not every system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
