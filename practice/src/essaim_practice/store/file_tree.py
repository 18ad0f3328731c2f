"""Files, folders, links and devices of a file system, and immutable trees of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Inode:
    """Metadata of a path. ``mode``: permission bits; ``mtime``: seconds since 1970."""

    mode: int
    mtime: float
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class File(Inode):
    """A regular file."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Folder(Inode):
    """A folder, without its entries."""

    links: int = 2  # 1 where what a container wrote was merged with its image's folder
    size: int = 4096  # 0 in what the kernel makes up


@dataclass(frozen=True, slots=True)
class Link(Inode):
    """A symbolic link."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Device(Inode):
    """A character device: reads are empty, writes are discarded."""

    major: int = 0
    minor: int = 0


def size_of(entry: Inode) -> int:
    """The size in bytes, as stat reports it."""
    match entry:
        case File():
            return len(entry.data)
        case Link():
            return len(entry.target.encode())
    return int(getattr(entry, "size", 0))


NAME_COST = 512  # bytes that an entry counts for besides its content: names fill memory too
_ENTRY = 128  # bytes of an entry in a tree's own index


class Tree(Mapping[str, Inode]):
    """Inodes by absolute normal path, with every parent folder; immutable.

    All containers of an image share one tree, so its index of folders is made once. Trees compare
    by identity.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, entries: Mapping[str, Inode], below: Tree | None = None) -> None:
        self._entries = entries
        self.below = below  # the one that it was made from, and holds much of
        #: Bytes that the tree holds beyond those of the tree below it.
        self.weight = 0

    def under(self, layer: Mapping[str, Inode | None]) -> Tree:
        """A tree with a layer on top of this one; None in the layer deletes a path."""
        entries = dict(self._entries)
        for path, entry in layer.items():
            if entry is None:
                entries.pop(path, None)
            else:
                entries[path] = entry
        tree = Tree(entries, self)
        files = sum(len(each.data) for each in layer.values() if isinstance(each, File))
        tree.weight = files + NAME_COST * len(layer) + _ENTRY * len(entries)
        return tree

    def __getitem__(self, path: str) -> Inode:
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
                folder, _, name = path.rpartition("/")
                found.setdefault(folder or "/", []).append(name)
        return {folder: tuple(sorted(names)) for folder, names in found.items()}


EMPTY = Tree({"/": Folder(0o755, 0.0)})
