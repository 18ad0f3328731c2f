"""Files as one process sees them: what its rights forbid fails as Linux makes it fail."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace
from posixpath import dirname

from essaim_practice.files.filesystem import Device, FileSystem, Inode
from essaim_practice.files.layers import fail
from essaim_practice.files.rights import Rights

_READ, _WRITE, _SEARCH = 4, 2, 1
_STICKY = 0o1000


class Guarded(FileSystem):
    """A view of a file system: the same layers and mounts, asked with the rights of a process.

    What it makes belongs to the process's user. Links are followed without a check of the folders
    on the way: only those of the place where they lead count.
    """

    __slots__ = ("_open", "_rights")

    def __init__(self, system: FileSystem, rights: Rights) -> None:
        self.__dict__ = system.__dict__  # one file system: what one view changes, all see
        self._open = system
        self._rights = rights

    # Looking

    def resolve(self, path: str, follow: bool = True) -> str:
        place = super().resolve(path, follow)
        at = place
        while at != "/":
            at = dirname(at)
            self._require(at, path, _SEARCH)
        return place

    def read(self, path: str) -> bytes:
        self._require(self.resolve(path), path, _READ)
        return self._open.read(path)

    def listing(self, path: str) -> list[str]:
        self._require(self.resolve(path), path, _READ)
        return self._open.listing(path)

    # Changing

    def write(self, path: str, data: bytes, append: bool = False, mode: int = 0o644) -> None:
        self._require(self.resolve(path), path, _WRITE)
        super().write(path, data, append, mode)

    def append(self, path: str, data: bytes) -> None:
        place = self.resolve(path)
        if self._get(place) is None:
            self.write(path, data, append=True)
        else:
            self._require(place, path, _WRITE)
            self._open.append(place, data)

    def touch(self, path: str, mtime: float | None = None) -> None:
        place = self.resolve(path)
        entry = self._get(place)
        if entry is not None and not self._owns(entry):
            self._require(place, path, _WRITE)
        super().touch(path, mtime)

    def change_mode(self, path: str, mode: int) -> None:
        entry = self.entry(path)
        if not self.is_read_only(path) and not self._owns(entry):
            fail(errno.EPERM, path)
        self._open.change_mode(path, mode)

    def change_owner(self, path: str, uid: int, gid: int, follow: bool = True) -> None:
        entry, rights = self.entry(path, follow), self._rights
        own = rights.uid == entry.uid == uid and gid in (entry.gid, rights.gid, *rights.groups)
        if not (own or rights.can("CHOWN") or self.is_read_only(path)):
            fail(errno.EPERM, path)
        self._open.change_owner(path, uid, gid, follow)

    def put(self, path: str, entry: Inode) -> None:
        there = self._get(self.resolve(path.rstrip("/") or "/", follow=False))
        if there is not None and not self._owns(there):
            fail(errno.EPERM, path)
        super().put(path, entry)

    def renaming(self, old: str, new: str) -> Iterator[str]:
        source = self.resolve(old, follow=False)
        target = self.resolve(new, follow=False)
        for place, asked in ((source, old), (target, new)):
            self._require_change(place, asked)
        yield from self._open.renaming(old, new)

    def removing(self, path: str) -> Iterator[str]:
        place = self.resolve(path, follow=False)
        self._require_change(place, path)
        for below in self.walk(place):
            self._require_change(below, below)
            yield below
        yield from self._open.removing(path)

    def _enter(self, path: str, asked: str, entry: Inode) -> None:
        self._folder(dirname(path), asked)
        self._require(dirname(path), asked, _WRITE | _SEARCH)
        rights = self._rights
        if not rights.can("CHOWN") or (entry.uid, entry.gid) == (0, 0):
            entry = replace(entry, uid=rights.uid, gid=rights.gid)
        self._open._enter(path, asked, entry)

    def _leave(self, path: str) -> None:
        self._require_change(path, path)
        self._open._leave(path)

    # What it may

    def _owns(self, entry: Inode) -> bool:
        return entry.uid == self._rights.uid or self._rights.can("FOWNER")

    def _require_change(self, place: str, asked: str) -> None:
        """Raises OSError if it may not take the name of a place away from its folder."""
        folder, entry = self._get(dirname(place)), self._get(place)
        self._require(dirname(place), asked, _WRITE | _SEARCH)
        if folder is None or entry is None or not folder.mode & _STICKY:
            return
        if self._rights.uid not in (folder.uid, entry.uid) and not self._rights.can("FOWNER"):
            fail(errno.EPERM, asked)

    def _require(self, place: str, asked: str, wanted: int) -> None:
        """Raises OSError EACCES if a place is there, and gives not all that is wanted.

        EROFS goes first, as in Linux.
        """
        entry, rights = self._get(place), self._rights
        if wanted & _WRITE and self._place(place)[2] and not isinstance(entry, Device):
            fail(errno.EROFS, asked)
        if entry is None or rights.can("DAC_OVERRIDE"):
            return
        if isinstance(entry, Device) and place.startswith("/proc/"):  # its own streams
            return
        if entry.uid == rights.uid:
            given = entry.mode >> 6
        elif entry.gid == rights.gid or entry.gid in rights.groups:
            given = entry.mode >> 3
        else:
            given = entry.mode
        if wanted & ~given:
            fail(errno.EACCES, asked)
