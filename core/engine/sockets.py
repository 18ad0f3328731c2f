"""The folder of our workers' sockets, and the end of those that killed dashboards have left."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "essaim-"
_NAME = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")


class SocketFolder:
    """A folder for sockets that nobody else may enter, until ``leave()``.

    It is locked for as long as this process lives, however that ends: so the next one can tell a
    folder in use from one that was left.
    """

    def __init__(self) -> None:
        sweep(Path(tempfile.gettempdir()))
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
            with suppress(FileNotFoundError, BlockingIOError):  # it was swept before it was locked
                self._lock = _locked(self.path)
                return

    def leave(self) -> None:
        """Remove it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def sweep(parent: Path) -> None:
    """Remove the folders whose processes have ended: ours, with nothing but sockets in them."""
    for path in parent.iterdir():
        if _NAME.fullmatch(path.name):
            with suppress(OSError):  # another process has it, or removes it
                _sweep(path)


def _sweep(path: Path) -> None:
    known = path.lstat()
    if known.st_uid != os.geteuid() or known.st_mode != stat.S_IFDIR | 0o700:
        return
    lock = _locked(path)
    try:
        there = sorted(path.rglob("*"), reverse=True)  # what is in a folder before the folder
        # A worker lives a little longer than its dashboard, which may have known no lock.
        if not any(map(_answers, path.glob("*.sock"))):
            for each in there:
                if each.is_dir() and not each.is_symlink():
                    each.rmdir()
                elif each.is_socket():
                    each.unlink()
            path.rmdir()  # where anything else is in it, it stays
    finally:
        os.close(lock)


def _locked(folder: Path) -> int:
    """Lock it, and return the descriptor. Raises BlockingIOError where another process has it."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_ino != folder.stat().st_ino:
            raise FileNotFoundError(folder)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as knock:
        knock.settimeout(1)
        return knock.connect_ex(str(place)) == 0
