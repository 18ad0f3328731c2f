"""Files that are made when somebody looks at them, and what of a container they are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from essaim_practice.files.filesystem import EMPTY, FileSystem
from essaim_practice.files.rights import Bounds
from essaim_practice.store.file_tree import Device, File, Folder, Inode, Link
from essaim_practice.store.objects import Json

#: A folder, the bytes of a file, a link or a device; or what makes one of them.
Node: TypeAlias = "Mapping[str, Node] | bytes | Link | Device | Callable[[], Node]"

KB = 2268  # of one process


@dataclass(frozen=True, slots=True)
class Seen:
    """One process, as /proc shows it."""

    pid: int
    parent: int
    name: str
    argv: tuple[str, ...]
    uid: int
    gid: int
    groups: tuple[int, ...]
    program: str  # the path of what it executes
    started: float


@dataclass(frozen=True, slots=True)
class Nic:
    """A network interface besides lo, as /sys shows it."""

    name: str
    number: int
    mac: str
    mtu: int


class Facts(Protocol):
    """What the engine knows of a container, as it is now."""

    def processes(self) -> Sequence[Seen]: ...

    def interfaces(self) -> Sequence[Nic]: ...

    def environment(self) -> Mapping[str, str]: ...

    def hostname(self) -> str: ...

    def host_config(self) -> Json: ...

    def bounds(self) -> Bounds: ...

    def mounts(self) -> str:
        """As /proc/mounts has them."""
        ...

    def working_folder(self) -> str: ...

    def now(self) -> float: ...

    def booted(self) -> float:
        """When the engine's machine came up, in seconds since 1970."""
        ...


class MadeFiles(FileSystem):
    """A file system whose files are made at each look. reader: the pid of who looks."""

    def __init__(self, root: Callable[[int], Node], at: float, reader: Callable[[], int]) -> None:
        super().__init__(EMPTY, lambda: at)
        self._root = root
        self._reader = reader
        self._at = at

    def _node(self, path: str) -> Node | None:
        node: Node | None = self._root(self._reader())
        for name in path.split("/"):
            while callable(node):
                node = node()
            if name:
                node = node.get(name) if isinstance(node, Mapping) else None
        while callable(node):
            node = node()
        return node

    def _own(self, path: str) -> Inode | None:
        if path == "/":  # asked for while it is mounted, when nothing is known yet
            return Folder(0o555, self._at, links=100, size=0)
        node = self._node(path)
        if isinstance(node, Mapping):
            return Folder(0o555, self._at, links=2 + len(node), size=0)
        if isinstance(node, bytes):
            return File(0o444, self._at, data=node)
        return node if isinstance(node, Inode) else None

    def _listed(self, path: str) -> list[str]:
        node = self._node(path)
        return sorted(node) if isinstance(node, Mapping) else []


def text(value: object) -> bytes:
    return f"{value}\n".encode()


def link(target: str) -> Link:
    return Link(0o777, 0.0, target=target)


def empty(names: str) -> dict[str, Node]:
    return dict.fromkeys(names.split(), b"")
