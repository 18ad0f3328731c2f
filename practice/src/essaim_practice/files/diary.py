"""What changed in file systems since they were last asked, so that only that is written to disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

from essaim_practice.store.file_tree import NAME_COST, File, Inode, Tree


class Gone(Enum):
    """Of a path: it was on top only, and is no more."""

    GONE = 0


GONE: Final = Gone.GONE
Entry = Inode | None | Gone  # None: what lies below it is deleted


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """All that was written into one file system, over a tree. weight: bytes of it in memory."""

    tree: Tree
    entries: Mapping[str, Inode | None]
    weight: int

    @classmethod
    def of(cls, tree: Tree, entries: Mapping[str, Inode | None]) -> SavedFiles:
        """Weigh what was written."""
        files = (entry for entry in entries.values() if isinstance(entry, File))
        weight = sum(len(file.data) for file in files) + NAME_COST * len(entries)
        return cls(tree, entries, weight)


@dataclass(frozen=True, slots=True)
class FilesPart:
    """What changed in one file system. ``name``: its kind and id, ``container/4f5e``.

    tree: with it, the entries are all that there is. appended: by path, what comes at the end of
    the file, and its time. dropped: the file system is no more.
    """

    name: str
    tree: Tree | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    appended: Mapping[str, tuple[bytes, float]] = field(default_factory=dict)
    dropped: bool = False


class Noted(Protocol):
    """A file system that notes its changes."""

    diary: Diary | None

    @property
    def lower(self) -> Tree:
        """The tree that it lies on."""
        ...

    def written(self) -> dict[str, Inode | None]:
        """All that was written over the tree."""
        ...

    def tell_added(self) -> None:
        """Note what was appended and is not yet put there."""
        ...


class Diary:
    """The notes on one file system. fresh: nothing of it was ever written to disk."""

    __slots__ = ("_appended", "_entries", "_heard", "_touched", "fresh", "name", "system")

    def __init__(self, name: str, system: Noted, fresh: bool, heard: Callable[[str], None]) -> None:
        self.name, self.system, self.fresh = name, system, fresh
        self._heard = heard
        self._touched = False
        self._entries: dict[str, Entry] = {}
        self._appended: dict[str, tuple[bytearray, float]] = {}
        system.diary = self
        if fresh:
            self.touch()

    def touch(self) -> None:
        """There is something to tell."""
        if not self._touched:
            self._touched = True
            self._heard(self.name)

    def note(self, path: str, entry: Entry) -> None:
        """A path has another inode now."""
        self._entries[path] = entry
        if self._appended:
            self._appended.pop(path, None)
        self.touch()

    def append(self, path: str, data: bytes, time: float) -> None:
        """A file grew at its end."""
        before = self._appended.get(path)
        tail = before[0] if before else bytearray()
        tail += data
        self._appended[path] = (tail, time)
        self.touch()

    def take(self, whole: bool = False) -> FilesPart:
        """What there is to tell, once. whole: all that is in the file system."""
        self.system.tell_added()
        self._touched = False
        entries, self._entries = self._entries, {}
        appended, self._appended = self._appended, {}
        if self.fresh or whole:
            self.fresh = False
            return FilesPart(self.name, self.system.lower, self.system.written())
        whole_tails = {path: (bytes(tail), time) for path, (tail, time) in appended.items()}
        return FilesPart(self.name, None, entries, whole_tails)


class Diaries:
    """The diaries of all file systems of a cluster; ``heard`` is told when one has news."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard
        self._diaries: dict[str, Diary] = {}
        self._news: dict[str, None] = {}  # names

    def open(self, name: str, system: Noted, fresh: bool = True) -> None:
        """Keep a diary of a file system from now on."""
        self._diaries[name] = Diary(name, system, fresh, self._touch)

    def drop(self, name: str) -> None:
        """A file system is no more, with all that is told of it."""
        if (diary := self._diaries.pop(name, None)) is not None:
            diary.system.diary = None
        self._touch(name)

    def take(self, whole: bool = False) -> list[FilesPart]:
        """What changed in each since it was last asked."""
        names = list(self._diaries) if whole else list(self._news)
        self._news = {}
        found = [(name, self._diaries.get(name)) for name in names]
        return [
            diary.take(whole) if diary else FilesPart(name, dropped=True) for name, diary in found
        ]

    def _touch(self, name: str) -> None:
        self._news[name] = None
        self._heard()
