"""What a file system holds: files, folders, links and devices, and trees of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname


@dataclass(frozen=True, slots=True)
class Entry:
    """What a path is. ``mode`` are the permission bits; ``mtime`` in seconds since 1970."""

    mode: int
    mtime: float
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class File(Entry):
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Folder(Entry):
    links: int = 2  # 1 where what a container wrote was merged with its image's folder
    size: int = 4096  # 0 in what the kernel makes up


@dataclass(frozen=True, slots=True)
class Link(Entry):
    """A symbolic link."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Device(Entry):
    """A character device: reads as empty, swallows what is written."""

    major: int = 0
    minor: int = 0


def size_of(entry: Entry) -> int:
    """In bytes, as stat tells it."""
    match entry:
        case File():
            return len(entry.data)
        case Link():
            return len(entry.target.encode())
        case Folder():
            return entry.size
    return 0


class Tree(Mapping[str, Entry]):
    """Entries by absolute normal path, every one's folders among them; never changed once made.

    One tree serves all the containers of an image, so its index of folders is made once. Trees are
    the same only when they are one.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, path: str) -> Entry:
        return self._entries[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def names(self, folder: str) -> tuple[str, ...]:
        return self._folders.get(folder, ())

    @cached_property
    def _folders(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path in self._entries:
            if path != "/":
                found.setdefault(dirname(path), []).append(basename(path))
        return {folder: tuple(sorted(names)) for folder, names in found.items()}


EMPTY = Tree({"/": Folder(0o755, 0.0)})
