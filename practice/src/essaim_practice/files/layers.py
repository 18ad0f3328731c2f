"""A writable layer over a tree, and the mounts in it: finds the place of each path."""

from __future__ import annotations

import errno
import io
import os
from collections import deque
from collections.abc import Callable, Container, Mapping
from copy import copy
from dataclasses import replace
from posixpath import basename, dirname, join
from typing import Any, NoReturn, Self

from essaim_practice.files.diary import GONE, Diary
from essaim_practice.store.file_tree import NAME_COST, File, Folder, Inode, Link, Tree
from essaim_practice.store.memory import UNBOUNDED, Budget, require_ram
from essaim_practice.store.time_slices import Sliced, finished

LIMIT = 64 * 2**20  # bytes that may be written on top
MOST_NAMES = 10_000  # that may be added to a folder: whoever lists it sorts them all at once
_MOST_LINKS = 40  # on one path, as in Linux
LONGEST_PATH, LONGEST_NAME = 4095, 255

_NEVER = object()  # in no layer
MODIFIED, ADDED, DELETED = 0, 1, 2  # kinds of change, as the API numbers them


class Layers:
    """A layer on top of a tree, and the mount points of other layers.

    limit: bytes that may lie on top (ENOSPC beyond).
    """

    def __init__(self, lower: Tree, now: Callable[[], float], limit: int) -> None:
        self.size = 0  # bytes written on top
        self.version = 0  # one more with each change
        self.now = now
        self.read_only = False
        self.in_memory = False  # what is written counts against its container's memory limit
        self.reader = 1  # the pid of the process that looks at it now
        self._lower = lower
        self.limit = limit
        self.disk = UNBOUNDED  # that it shares with others
        self._upper: dict[str, Inode | None] = {}  # None: deleted from the tree below
        # To which file, and what was not yet put there; it gives what it holds without a copy.
        self._adding, self._added = "", io.BytesIO()
        self._added_at, self._told = 0.0, 0  # when, and how much of it the diary has
        self.diary: Diary | None = None
        self._sealed: dict[str, Inode | None] = {}
        self._names: dict[str, set[str]] = {}  # of what is on top, by folder
        # By where they are, the deepest first: what, whether read only, and from which path.
        self._mounts: dict[str, tuple[Layers, bool, str]] = {}
        #: What was found in it, by what was looked for; None where it may yet change.
        self.known: dict[tuple[str, ...], Any] | None = None

    def resolve(self, path: str, follow: bool = True) -> str:
        """The path without links and dots. Only its last part may be missing."""
        if len(path) > LONGEST_PATH:
            fail(errno.ENAMETOOLONG, path)
        at, hops = "/", 0
        parts = deque(path.split("/"))
        if "//" not in path and "/." not in path and not path.endswith("/"):
            # What is known by its path has no link above it: quick for a folder of many files.
            entry = self._get(path)
            if entry is not None and not (follow and isinstance(entry, Link)):
                return path
            if isinstance(self._get(dirname(path)), Folder):
                at, parts = dirname(path), deque([basename(path)])
        while parts:
            name = parts.popleft()
            if not name:
                continue
            self._folder(at, path)
            if name in (".", ".."):
                at = dirname(at) if name == ".." else at
                continue
            if len(name) > LONGEST_NAME:
                fail(errno.ENAMETOOLONG, path)
            at = join(at, name)
            entry = self._get(at)
            if isinstance(entry, Link) and (parts or follow):
                hops += 1
                if hops > _MOST_LINKS:
                    fail(errno.ELOOP, path)
                parts.extendleft(reversed(entry.target.split("/")))
                at = "/" if entry.target.startswith("/") else dirname(at)
        if path.endswith("/") and not isinstance(self._get(at), Folder | None):
            fail(errno.ENOTDIR, path)
        return at

    # The layer itself

    def changes(self) -> list[tuple[int, str]]:
        """Differences from the tree below, by path: (0 modified, 1 added, 2 deleted; path).

        A folder with changes counts as modified. Of a removed folder only the folder is listed.
        Mounts are no changes.
        """
        return finished(self.changing())

    def changing(self) -> Sliced[list[tuple[int, str]]]:
        """As ``changes``, entry by entry."""
        found: dict[str, int] = {}
        for path, entry in self.layer().items():
            yield
            below = self._lower.get(path)
            if entry is None:
                if self._own(dirname(path)) is None:
                    continue
                found[path] = DELETED
            elif below is None:
                found[path] = ADDED
            elif _differs(entry, below):
                found[path] = MODIFIED
            else:
                continue
            while (path := dirname(path)) != "/" and path not in found:
                found[path] = MODIFIED
        found.pop("/", None)
        return [(kind, path) for path, kind in sorted(found.items())]

    def lay(self, layer: Mapping[str, Inode | None], time: float) -> None:
        """Put another layer on top, with this time for every inode."""
        for path, entry in layer.items():
            self._lay(path, replace(entry, mtime=time) if entry is not None else None)

    def start_from(self, layer: Mapping[str, Inode]) -> None:
        """Put a layer on top as the initial state; see ``seal``."""
        for path, entry in layer.items():
            self._put(path, entry)
        self.seal()

    def seal(self) -> None:
        """Treat the present layer as the initial state: it is no change and has no size."""
        self._put_there()
        self._sealed = dict(self._upper)
        self.size = 0

    def layer(self) -> dict[str, Inode | None]:
        """The inodes of the layer, by path; None for deleted paths of the tree."""
        self._put_there()
        sealed = self._sealed
        upper = self._upper.items()
        return {path: entry for path, entry in upper if sealed.get(path, _NEVER) is not entry}

    @property
    def lower(self) -> Tree:
        """The tree that it lies on."""
        return self._lower

    def written(self) -> dict[str, Inode | None]:
        """What ``take_up`` needs to make the layer again; None for what is not there any more.

        It is ``layer``, and what was removed of the initial state.
        """
        return {**self.layer(), **dict.fromkeys(p for p in self._sealed if p not in self._upper)}

    def take_up(self, written: Mapping[str, Inode | None]) -> None:
        """Put there what another had ``written``, whatever the limit is now."""
        for path, entry in written.items():
            self._put(path, entry)
        self.disk.grow(self.weight)

    def tell_added(self) -> None:
        """Let the diary have what was appended and is not yet put there."""
        if self.diary is not None and self._added.tell() > self._told:
            with self._added.getbuffer() as added:
                self.diary.append(self._adding, bytes(added[self._told :]), self._added_at)
            self._told = self._added.tell()

    def unmounted(self, points: Container[str]) -> Self:
        """A read-only copy without the mounts at these paths."""
        self._put_there()
        view = copy(self)
        view.diary = None
        view._mounts = {path: m for path, m in self._mounts.items() if path not in points}
        return view

    def alone(self) -> Self:
        """A read-only copy without any mount."""
        return self.unmounted(self._mounts)

    def keep(self) -> None:
        """Freeze it and its mounts, so that results of lookups may be cached."""
        self.known = {}

    def flatten(self) -> Tree:
        """The tree with the layer applied, without mounts."""
        self._put_there()
        return self._lower.under(self._upper)

    def write_to(self, disk: Budget) -> None:
        """Share a disk with others from now on (ENOSPC when it is full)."""
        self.disk = disk
        disk.join(self)

    @property
    def weight(self) -> int:
        """Bytes that it uses on its disk."""
        return self.size + len(self._upper) * NAME_COST

    # At the end of a file

    def begins_to_add(self, path: str, data: bytes) -> bool:
        """Append to a file, and buffer what follows until somebody reads it.

        False where there is no such file in the layer. Raises OSError on a full disk.
        """
        if path != self._adding:
            self._put_there()
            entry = self._upper.get(path)
            if not isinstance(entry, File) or self._sealed.get(path) is entry:
                return False
            self._adding = path
        return self.adds_to(path, data) or fail(errno.ENOSPC, path)

    def adds_to(self, path: str, data: bytes) -> bool:
        """Append to the buffered file; False for another file, or on a full disk."""
        if path != self._adding or not self._has_room(len(data), len(self._upper)):
            return False
        self.size += len(data)
        self.version += 1
        self._added.write(data)
        self._added_at = self.now()
        if self.diary is not None:
            self.diary.touch()
        return True

    def _put_there(self) -> None:
        if not self._adding:
            return
        self.tell_added()
        path, added = self._adding, self._added.getvalue()
        self._adding, self._added, self._told = "", io.BytesIO(), 0
        entry = self._upper.get(path)
        if added and isinstance(entry, File):
            data = entry.data + added if entry.data else added
            self._upper[path] = replace(entry, data=data, mtime=self._added_at)

    def _has_room(self, growth: int, names: int) -> bool:
        cost = growth + NAME_COST * (names - len(self._upper))
        if self.in_memory and growth > 0:
            require_ram(self.size + growth)
        if self.size + growth + names * NAME_COST > self.limit:
            return False
        return self.disk.take(cost)

    # By path without links

    def _place(self, path: str) -> tuple[Layers, str, bool]:
        """The file system that a path lies in, its path there, and whether it is read only."""
        for point, (system, read_only, root) in self._mounts.items():
            if path.startswith(point) and (len(path) == len(point) or path[len(point)] == "/"):
                return system, join(root, path[len(point) + 1 :]).rstrip("/") or "/", read_only
        return self, path, self.read_only

    def _merged(self, path: str) -> bool:
        """Whether the path is in the tree below, too."""
        system, place, _ = self._place(path)
        return place in system._lower

    def _own(self, path: str) -> Inode | None:
        if path == self._adding:
            self._put_there()
        return self._upper[path] if path in self._upper else self._lower.get(path)

    def _get(self, path: str) -> Inode | None:
        system, place, _ = self._place(path)
        return system._own(place)

    def _there(self, path: str, asked: str) -> Inode:
        entry = self._get(path)
        return entry if entry is not None else fail(errno.ENOENT, asked)

    def _folder(self, path: str, asked: str) -> None:
        if not isinstance(self._there(path, asked), Folder):
            fail(errno.ENOTDIR, asked)

    def _try(self, path: str, follow: bool = True) -> str | None:
        try:
            return self.resolve(path, follow)
        except OSError:
            return None

    def _children(self, path: str) -> list[str]:
        return self._place(path)[0]._listed(self._place(path)[1])

    def _listed(self, path: str) -> list[str]:
        here, upper = path.rstrip("/") + "/", self._upper
        below = [name for name in self._lower.names(path) if here + name not in upper]
        return sorted({*below, *self._names.get(path, ())})

    def _set(self, path: str, entry: Inode | None) -> None:
        system, place, read_only = self._place(path)
        if read_only:
            fail(errno.EROFS, path)
        system._lay(place, entry)

    def _lay(self, path: str, entry: Inode | None) -> None:
        if path == self._adding:
            self._put_there()
        growth = _bytes(entry) - _bytes(self._upper.get(path))
        names = len(self._upper) + (path not in self._upper)
        grows = entry is not None and (growth > 0 or path not in self._upper)
        if grows and not self._has_room(growth, names):
            fail(errno.ENOSPC, path)
        folder, name = dirname(path), basename(path)
        beside = self._names.get(folder, ())
        if entry is not None and len(beside) >= MOST_NAMES and name not in beside:
            fail(errno.ENOSPC, path)
        self._put(path, entry)
        if self.diary is not None:
            gone = entry is None and path not in self._lower and path not in self._sealed
            self.diary.note(path, GONE if gone else entry)

    def _put(self, path: str, entry: Inode | None) -> None:
        self.version += 1
        self.size += _bytes(entry) - _bytes(self._upper.get(path))
        folder, name = dirname(path), basename(path)
        if entry is None:
            self._names.get(folder, set()).discard(name)
            if path in self._lower:
                self._upper[path] = None
            else:
                self._upper.pop(path, None)
        else:
            self._upper[path] = entry
            if name:
                self._names.setdefault(folder, set()).add(name)


def _differs(entry: Inode, below: Inode) -> bool:
    """Whether two inodes differ for the daemon: times and links of folders do not count."""
    if isinstance(entry, Folder) and isinstance(below, Folder):
        return replace(entry, mtime=below.mtime, links=below.links) != below
    return entry != below


def _bytes(entry: Inode | None) -> int:
    if isinstance(entry, Link):
        return len(entry.target)
    return len(entry.data) if isinstance(entry, File) else 0


def fail(number: int, path: str) -> NoReturn:
    raise OSError(number, os.strerror(number), path)
