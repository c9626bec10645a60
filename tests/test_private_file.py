"""Small private files are replaced whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from invoicetui import private_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_folders_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.toml"
    private_file.replace(path, b"x")
    assert private_file.read(path) == private_file.Content(b"x", is_exposed=False)
    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)
    assert os.listdir(path.parent) == ["c.toml"]


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_file.replace(tmp_path / "c", b"x")
    assert mode(tmp_path) == 0o755


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles" / "c.toml", tmp_path / "c.toml"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(target)
    private_file.replace(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert os.listdir(target.parent) == ["c.toml"]


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert private_file.read(tmp_path / "no") is None
    assert private_file.read(tmp_path / "no" / "no") is None


def test_a_folder_or_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(OSError, match=r"not a regular file|directory"):
            private_file.read(path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(private_file.TooLarge):
        private_file.read(path)


@pytest.mark.parametrize(("bits", "is_exposed"), [(0o600, False), (0o644, False), (0o664, True), (0o602, True)])
def test_a_file_that_others_can_write_is_exposed(tmp_path: Path, bits: int, is_exposed: bool) -> None:
    path = tmp_path / "c"
    path.write_bytes(b"")
    path.chmod(bits)
    content = private_file.read(path)
    assert content is not None
    assert content.is_exposed is is_exposed


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_another_users_file_is_exposed_and_stays_his(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_bytes(b"old")
    os.chown(path, 12345, 12345)
    content = private_file.read(path)
    assert content is not None
    assert content.is_exposed
    private_file.replace(path, b"new")
    assert (path.read_bytes(), path.stat().st_uid, mode(path)) == (b"new", 12345, 0o600)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="large") as caught:
            private_file.replace(path, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.errno == errno.EFBIG
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["c"]


def test_the_lock_waits_for_another_process_and_gives_up_after_a_while(tmp_path: Path) -> None:
    code = (
        "import fcntl, os, sys; h = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(h, fcntl.LOCK_EX); print(); input()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        pauses: list[float] = []
        with pytest.raises(TimeoutError), private_file.locked(tmp_path / "c", sleep=pauses.append):
            pytest.fail("the lock was given twice")
        assert sum(pauses) == pytest.approx(2, abs=0.1)

        def release(_: float) -> None:
            assert other.stdin
            other.stdin.close()
            other.wait()

        with private_file.locked(tmp_path / "c", sleep=release):
            assert not is_free(tmp_path)
    assert is_free(tmp_path)
    assert os.listdir(tmp_path) == []


def is_free(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
