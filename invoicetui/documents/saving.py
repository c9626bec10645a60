"""Puts bytes under a name: whole or not at all, for their owner only, never over or through what is there already."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from invoicetui import private_file
from invoicetui.documents.naming import relative_path
from invoicetui.errors import DiskFull, NotSaved
from invoicetui.model import Account, Invoice

_MAX_NAMES = 1000
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
_WORDS = {
    errno.ENOSPC: ("the disk is full", "make room, then try again"),
    errno.EDQUOT: ("your disk quota is used up", "make room, then try again"),
    errno.EFBIG: ("the file is larger than this system allows", "raise the limit, then try again"),
    errno.EROFS: ("the file system is read-only", "name another folder"),
    errno.EACCES: ("you may not write there", "name another folder"),
    errno.EPERM: ("you may not write there", "name another folder"),
    errno.ENAMETOOLONG: ("the name is too long there", "shorten document_name"),
}


@dataclass(frozen=True, slots=True)
class Saved:
    """Where the bytes are; `is_new` False when they were there already."""

    path: Path
    is_new: bool


class Folder:
    """The documents folder: files named by a pattern, one for each different content.

    `sync` is what a file is forced to the disk with. Everything blocks.
    """

    def __init__(self, root: Path, pattern: str, *, sync: Callable[[int], None] = os.fsync) -> None:
        self.root, self._pattern, self._sync = root, pattern, sync

    def save(self, invoice: Invoice, account: Account, content: bytes) -> Saved:
        """Write an invoice's PDF, or find it written; a taken name gets " (2)". Raises NotSaved and ConfigError."""
        relative = relative_path(self._pattern, invoice, account)
        folder = self.root
        try:
            private_file.make_folder(folder)
            for part in relative.parent.parts:
                folder /= part
                if folder.is_symlink():
                    raise NotSaved(f"{folder} is a symbolic link", "documents are not written through links")
                private_file.make_folder(folder)
        except OSError as error:
            raise not_saved(folder, error) from None
        return save(folder / relative.name, content, sync=self._sync)


def save(path: Path, content: bytes, *, is_numbered: bool = True, sync: Callable[[int], None] = os.fsync) -> Saved:
    """Write `content` to `path`, 0600, unless it is there. What else is there stays: the next free " (n)" is taken.

    With `is_numbered` False another content, a link or a folder under that name is NotSaved, as is every trouble of
    the disk; then nothing is left behind. The folder must exist. Blocks.
    """
    temporary: Path | None = None
    try:
        for number in range(1, _MAX_NAMES if is_numbered else 2):
            target = path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")
            if _holds(target, content):
                return Saved(target, is_new=False)
            if os.path.lexists(target):
                continue
            temporary = temporary or _written(path.parent, content, sync)
            with suppress(FileExistsError):
                _publish(temporary, target)
                return Saved(target, is_new=True)
    except OSError as error:
        raise not_saved(path, error) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
    if is_numbered:
        raise NotSaved(f"there are too many files named like {path}", "change document_name")
    raise NotSaved(f"{path} is there already, with another content", "name another file; nothing is overwritten")


def replace(path: Path, content: bytes, sync: Callable[[int], None] = os.fsync) -> None:
    """Put one of our own files in the place of its older self; a link under that name is replaced, not followed."""
    try:
        private_file.make_folder(path.parent)
        temporary = _written(path.parent, content, sync)
        try:
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise not_saved(path, error) from None


def not_saved(path: Path, error: OSError) -> NotSaved:
    """What an error of the file system means."""
    what, remedy = _WORDS.get(error.errno or 0, (error.strerror or type(error).__name__, "name another file"))
    kind = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else NotSaved
    return kind(f"{path} was not written: {what}", remedy)


def _written(folder: Path, content: bytes, sync: Callable[[int], None]) -> Path:
    """A new file of an unguessable name, 0600, safely on the disk."""
    handle, name = tempfile.mkstemp(prefix=".part-", suffix=".pdf", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            sync(handle)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    return Path(name)


def _publish(temporary: Path, target: Path) -> None:
    """Give the file its name; raises FileExistsError when something has it, a dangling link included."""
    try:
        os.link(temporary, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # No hard links here (FAT, some network drives): the name is taken first, then filled at once.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(target)
            raise


def _holds(path: Path, content: bytes) -> bool:
    """Whether a plain file of this content is there; links are not looked through."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size != len(content):
            return False
        return sha256(path.read_bytes()).digest() == sha256(content).digest()
    except OSError:
        return False
