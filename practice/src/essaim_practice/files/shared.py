"""A folder of this computer that is shown to containers, read only, as it is at each look.

Whoever looks decides only about names. Each part of a path is opened from the folder before it, and
no link is followed: what a link says is looked up where it is seen, in a container's own files. So
nothing outside of the folder is opened, whatever changes meanwhile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from essaim_practice.files.filesystem import EMPTY, File, FileSystem, Folder, Inode, Link
from essaim_practice.files.layers import MOST_NAMES

MOST_BYTES = 2**20  # of a file: it is read whole, at each look
_NO_LINK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class SharedFiles(FileSystem):
    """A folder, and what it holds of files up to MOST_BYTES, folders and links.

    Anything else, what this process may not read, and names that are no UTF-8 are not shown; of a
    folder MOST_NAMES names are.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(EMPTY, lambda: 0.0, read_only=True)
        self.folder = os.path.abspath(folder)

    def below(self, path: str) -> str | None:
        """Where a machine's path lies in here; None where it does not."""
        if path != self.folder and not path.startswith(f"{self.folder}/"):
            return None
        return path[len(self.folder) :] or "/"

    def _own(self, path: str) -> Inode | None:
        if path == "/":
            with suppress(OSError), self._opened(()) as there:
                return _folder(os.fstat(there))
            return Folder(0o555, 0.0)  # it was removed: an empty one
        parts = path.strip("/").split("/")
        with suppress(OSError, ValueError), self._opened(parts[:-1]) as folder:
            return _inode(folder, parts[-1])
        return None

    def _listed(self, path: str) -> list[str]:
        parts = [part for part in path.split("/") if part]
        with (
            suppress(OSError, ValueError),
            self._opened(parts) as folder,
            os.scandir(folder) as row,
        ):
            names = [each.name for each in islice(row, MOST_NAMES)]
            return sorted(name for name in names if _is_shown(folder, name))
        return []

    @contextmanager
    def _opened(self, parts: list[str] | tuple[()]) -> Iterator[int]:
        """The descriptor of a folder. Raises OSError, and ValueError for a name with a NUL."""
        at = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts:
                if part in ("", ".", ".."):
                    raise FileNotFoundError(part)
                below = os.open(part, _NO_LINK | os.O_DIRECTORY, dir_fd=at)
                os.close(at)
                at = below
            yield at
        finally:
            os.close(at)


def _is_shown(folder: int, name: str) -> bool:
    with suppress(OSError, ValueError):
        name.encode()
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            return found.st_size <= MOST_BYTES and os.access(name, os.R_OK, dir_fd=folder)
        return stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode)
    return False


def _inode(folder: int, name: str) -> Inode | None:
    """What has a name in an open folder. Raises OSError and ValueError."""
    if name in (".", "..") or not _is_shown(folder, name):
        return None
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        target = os.fsencode(os.readlink(name, dir_fd=folder)).decode(errors="replace")
        return Link(0o777, found.st_mtime, found.st_uid, found.st_gid, target)
    if stat.S_ISDIR(found.st_mode):
        return _folder(found)
    with open(os.open(name, _NO_LINK, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())  # it may be another by now
        if not stat.S_ISREG(found.st_mode):
            return None
        data = file.read(MOST_BYTES + 1)
    mode = stat.S_IMODE(found.st_mode)
    file_ = File(mode, found.st_mtime, found.st_uid, found.st_gid, data)
    return file_ if len(data) <= MOST_BYTES else None


def _folder(found: os.stat_result) -> Folder:
    mode = stat.S_IMODE(found.st_mode)
    return Folder(mode, found.st_mtime, found.st_uid, found.st_gid, links=found.st_nlink)
