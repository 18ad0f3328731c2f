"""A file system that copies on write: a container's layer lies over the shared tree of its image.

Every failure is an OSError whose ``strerror`` has the words that Unix tools print. Paths are
absolute; callers join them with the folder they are in.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from posixpath import dirname, join

from essaim_practice.files.layers import (
    ADDED,
    DELETED,
    LIMIT,
    LONGEST_PATH,
    MODIFIED,
    Layers,
    fail,
)
from essaim_practice.store.file_tree import (
    EMPTY,
    NAME_COST,
    Device,
    File,
    Folder,
    Inode,
    Link,
    Tree,
)

__all__ = [  # what one needs to work with files
    "ADDED",
    "DELETED",
    "EMPTY",
    "LIMIT",
    "MODIFIED",
    "NAME_COST",
    "Device",
    "File",
    "FileSystem",
    "Folder",
    "Inode",
    "Link",
    "Tree",
]


class FileSystem(Layers):
    """A writable layer over a tree, with other file systems mounted into it.

    limit: bytes that may be written (ENOSPC beyond). mounts: by absolute path, each with whether it
    may only be read; one whose root is a File stands for that file.
    """

    def __init__(
        self,
        lower: Tree,
        now: Callable[[], float],
        limit: int = LIMIT,
        mounts: Mapping[str, tuple[FileSystem, bool]] | None = None,
        read_only: bool = False,
    ) -> None:
        super().__init__(lower, now, limit)
        for path, mount in sorted((mounts or {}).items()):
            self.mount(path, *mount)
        self.read_only = read_only

    # Looking

    def entry(self, path: str, follow: bool = True) -> Inode:
        """The inode at a path; follows a link there. Raises OSError: ENOENT, ENOTDIR, ELOOP."""
        found = self._get(self.resolve(path, follow))
        return found if found is not None else fail(errno.ENOENT, path)

    def at(self, path: str) -> Inode:
        """As ``entry``, faster, for a path without links, as from ``walk``."""
        return self._there(path, path)

    def lacks(self, path: str) -> bool:
        """Whether a quick look tells that nothing is there; False where it is not known."""
        return self._get(path) is None and isinstance(self._get(dirname(path)), Folder)

    def exists(self, path: str) -> bool:
        try:
            self.entry(path)
        except OSError:
            return False
        return True

    def is_folder(self, path: str) -> bool:
        try:
            return isinstance(self.entry(path), Folder)
        except OSError:
            return False

    def is_read_only(self, path: str) -> bool:
        """Whether the mount of a path is read-only."""
        return self._place(self.resolve(path))[2]

    def mount_point(self, path: str) -> str:
        """The mount point of the file system of a path; "/" for this one itself."""
        place = self.resolve(path)
        while place != "/" and place not in self._mounts:
            place = dirname(place)
        return place

    def held(self, path: str) -> int:
        """Bytes that were written into the file system of a path."""
        return self._place(path)[0].size

    def read(self, path: str) -> bytes:
        entry = self.entry(path)
        if isinstance(entry, Folder):
            fail(errno.EISDIR, path)
        return entry.data if isinstance(entry, File) else b""

    def listing(self, path: str) -> list[str]:
        """The names in a folder, sorted."""
        place = self.resolve(path)
        self._folder(place, path)
        return self._children(place)

    def walk(self, path: str) -> Iterator[str]:
        """Every path below a folder, each folder before its content; links are not followed."""
        here = path.rstrip("/") + "/"
        left = [here + name for name in reversed(self._children(path))]
        while left:
            child = left.pop()
            yield child
            if isinstance(self._get(child), Folder):
                here = child + "/"
                left += [here + name for name in reversed(self._children(child))]

    # Changing

    def write(self, path: str, data: bytes, append: bool = False, mode: int = 0o644) -> None:
        """Make or replace a file's content; ``mode`` is that of a new file."""
        place = self.resolve(path)
        old = self._get(place)
        match old:
            case Folder():
                fail(errno.EISDIR, path)
            case Device(major=1, minor=7) if data:  # /dev/full
                fail(errno.ENOSPC, path)
            case Device():
                return
            case File():
                whole = old.data + data if append else data
                self._set(place, replace(old, data=whole, mtime=self.now()))
            case _:
                if path.endswith("/"):
                    fail(errno.EISDIR, path)
                self._enter(place, path, File(mode, self.now(), data=data))

    def append(self, path: str, data: bytes) -> None:
        """Append to a file, for a path without links; fast for files of any length."""
        system, place, read_only = self._place(path)
        if read_only or not (system.adds_to(place, data) or system.begins_to_add(place, data)):
            self.write(path, data, append=True)

    def make_folder(self, path: str, parents: bool = False, mode: int = 0o755) -> None:
        """Make a folder; with ``parents`` as mkdir -p."""
        if not parents:
            place = self.resolve(path.rstrip("/") or "/", follow=False)
            if self._get(place) is not None:
                fail(errno.EEXIST, path)
            self._enter(place, path, Folder(mode, self.now()))
            return
        if len(path) > LONGEST_PATH:
            fail(errno.ENAMETOOLONG, path)
        if "//" not in path and "/." not in path and self._make_below(path, mode):
            return
        at = "/"
        for name in path.split("/"):
            child = dirname(at) if name == ".." else at if name in ("", ".") else join(at, name)
            entry = self._get(child)
            if entry is None:
                self._enter(child, path, Folder(mode, self.now()))
            at = self.resolve(child) if isinstance(entry, Link) else child
            if not isinstance(self._get(at), Folder):  # a file, or a link that leads nowhere
                last = child == self._try(path, follow=False)
                fail(errno.EEXIST if last else errno.ENOTDIR, path)

    def _make_below(self, path: str, mode: int) -> bool:
        """Make what is missing of a path below a folder that is no link; False where none is."""
        at, missing = path.rstrip("/"), deque[str]()
        while at and self._get(at) is None:
            at, _, name = at.rpartition("/")
            missing.appendleft(name)
        if not isinstance(self._get(at or "/"), Folder):
            return False
        for name in missing:
            at = f"{at}/{name}"
            self._enter(at, path, Folder(mode, self.now()))
        return True

    def remove(self, path: str) -> None:
        """Remove a file, device or link (not the target of the link)."""
        place = self.resolve(path, follow=False)
        if isinstance(self._there(place, path), Folder):
            fail(errno.EISDIR, path)
        self._leave(place)

    def remove_folder(self, path: str) -> None:
        place = self.resolve(path, follow=False)
        self._there(place, path)
        self._folder(place, path)
        if self._children(place):
            fail(errno.ENOTEMPTY, path)
        self._leave(place)

    def remove_tree(self, path: str) -> None:
        """Remove an inode of any kind, and everything below it."""
        deque(self.removing(path), maxlen=0)

    def removing(self, path: str) -> Iterator[str]:
        """As ``remove_tree``, entry by entry, each told when it is found and again when gone."""
        place = self.resolve(path, follow=False)
        self._there(place, path)
        self._check_removable(place)
        found: list[str] = []
        for below in self.walk(place):
            found.append(below)
            yield below
        for below in reversed(found):
            if self._get(below) is not None:  # else another removed it meanwhile
                self._set(below, None)
            yield below
        if self._get(place) is not None:
            self._leave(place)

    def rename(self, old: str, new: str) -> None:
        """Move a path; it may replace one of its kind, and an empty folder."""
        deque(self.renaming(old, new), maxlen=0)

    def renaming(self, old: str, new: str) -> Iterator[str]:
        """As ``rename``, entry by entry, each told when it is found, and again when it moves."""
        source = self.resolve(old, follow=False)
        target = self.resolve(new, follow=False)
        entry, there = self._there(source, old), self._get(target)
        if source == target:
            return
        if target.startswith(source.rstrip("/") + "/"):
            fail(errno.EINVAL, new)
        if isinstance(there, Folder):
            if not isinstance(entry, Folder):
                fail(errno.EISDIR, new)
            if self._children(target):
                fail(errno.ENOTEMPTY, new)
        elif there is not None and isinstance(entry, Folder):
            fail(errno.ENOTDIR, new)
        self._check_removable(source)
        moved: list[tuple[str, Inode]] = []
        for path in self.walk(source):
            moved.append((path, self._there(path, path)))
            yield path
        if not moved:
            self._leave(source)
            self._enter(target, new, entry)
            return
        self._enter(target, new, entry)
        for path, held in moved:  # out, then in: moving needs no room of its own
            if self._get(path) is held:  # else another has changed it meanwhile
                self._set(path, None)
                self._set(target + path[len(source) :], held)
            yield path
        for path, _ in reversed(moved):
            yield path
        self._leave(source)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link at ``path``."""
        place = self.resolve(path, follow=False)
        if self._get(place) is not None:
            fail(errno.EEXIST, path)
        self._enter(place, path, Link(0o777, self.now(), target=target))

    def change_mode(self, path: str, mode: int) -> None:
        place = self.resolve(path)
        self._set(place, replace(self._there(place, path), mode=mode & 0o7777))

    def change_owner(self, path: str, uid: int, gid: int, follow: bool = True) -> None:
        place = self.resolve(path, follow)
        self._set(place, replace(self._there(place, path), uid=uid, gid=gid))

    def touch(self, path: str, mtime: float | None = None) -> None:
        """Make an empty file, or set the time of an existing path (default: now)."""
        place = self.resolve(path)
        at, old = (self.now() if mtime is None else mtime), self._get(place)
        if old is None:
            self._enter(place, path, File(0o644, at))
        else:
            self._set(place, replace(old, mtime=at))

    def put(self, path: str, entry: Inode) -> None:
        """Set the inode of a path; a folder keeps its content."""
        place = self.resolve(path.rstrip("/") or "/", follow=False)
        there = self._get(place)
        if isinstance(there, Folder) and not isinstance(entry, Folder):
            fail(errno.EISDIR, path)
        if there is None:
            self._enter(place, path, entry)
        else:
            self._set(place, entry)

    def _enter(self, path: str, asked: str, entry: Inode) -> None:
        """Set an entry that is new in its folder."""
        self._folder(dirname(path), asked)
        self._set(path, entry)
        self._touch_folder(dirname(path))

    def _leave(self, path: str) -> None:
        self._check_removable(path)
        self._set(path, None)
        self._names.pop(path, None)
        self._touch_folder(dirname(path))

    def _touch_folder(self, path: str) -> None:
        folder = self._there(path, path)
        if isinstance(folder, Folder):
            # As overlayfs tells it of a folder that is partly the image's.
            links = 1 if self._merged(path) else folder.links
            self._set(path, replace(folder, mtime=self.now(), links=links))

    def _check_removable(self, path: str) -> None:
        """Raises OSError EBUSY if something is mounted at or below the path."""
        below = path.rstrip("/") + "/"
        if path == "/" or any(p == path or p.startswith(below) for p in self._mounts):
            fail(errno.EBUSY, path)

    def mount(
        self, path: str, system: FileSystem, read_only: bool = False, root: str = "/"
    ) -> None:
        """Mount ``root`` of a file system over a path, which is made if missing."""
        if isinstance(system._own(root), Folder):
            self.make_folder(path, parents=True)
        else:
            self.make_folder(dirname(path), parents=True)
            if not self.exists(path):
                self.touch(path)
        mounts = {**self._mounts, self.resolve(path): (system, read_only, root)}
        self._mounts = {point: mounts[point] for point in sorted(mounts, key=len, reverse=True)}
