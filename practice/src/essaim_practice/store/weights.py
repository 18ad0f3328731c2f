"""What the records of a store weigh: above all the settings in them, which learners write."""

from __future__ import annotations

from typing import Any

from essaim_practice.store.file_tree import Tree
from essaim_practice.store.memory import Budget, weigh
from essaim_practice.store.objects import (
    Config,
    Container,
    Image,
    Network,
    Node,
    Secret,
    Service,
    Swarm,
    Task,
    Volume,
)

RECORD = 1024  # bytes of a record without them
#: The fields that hold settings, by kind. Several records may share the same.
_SETTINGS: dict[type, tuple[str, ...]] = {
    Config: ("spec",),
    Container: ("config", "host_config", "endpoints", "mounts"),
    Image: ("config", "history", "made_from"),
    Network: ("labels", "options", "pool"),
    Node: ("spec",),
    Secret: ("spec",),
    Service: ("spec", "previous_spec"),
    Swarm: ("spec",),
    Task: ("spec",),
    Volume: ("labels", "options"),
}


class Weights:
    """The bytes of all records together; settings that several share count once."""

    def __init__(self, memory: Budget) -> None:
        self.weight = 0
        self._memory = memory
        self._settings: dict[int, tuple[int, int]] = {}  # by id(): how many have them, bytes
        memory.join(self)

    def change(self, kind: type, old: object, new: object) -> None:
        """A record replaces another; None: there is none."""
        grown = RECORD * ((new is not None) - (old is not None))
        for name in _SETTINGS.get(kind, ()):
            before = getattr(old, name) if old is not None else None
            after = getattr(new, name) if new is not None else None
            if before is not after:
                grown += sum(map(self._add, _parts(name, after, new)))
                grown -= sum(map(self._remove, _parts(name, before, old)))
        self.weight += grown
        if grown > 0:
            self._memory.grow(grown)

    def _add(self, settings: object) -> int:
        count, weight = self._settings.get(id(settings), (0, 0))
        self._settings[id(settings)] = (count + 1, weight or weigh(settings))
        return 0 if count else self._settings[id(settings)][1]

    def _remove(self, settings: object) -> int:
        count, weight = self._settings.pop(id(settings))
        if count > 1:
            self._settings[id(settings)] = (count - 1, weight)
            return 0
        return weight


class Trees:
    """The bytes of the files that images hold; those of the catalogue cost nothing."""

    def __init__(self, disk: Budget) -> None:
        self.weight = 0
        self._users: dict[Tree, int] = {}
        disk.join(self)

    def change(self, kind: type, old: object, new: object) -> None:
        """As ``Weights.change``."""
        before, after = _tree(old), _tree(new)
        if before is not after:
            self._add(after)
            self._remove(before)

    def _add(self, tree: Tree | None) -> None:
        while tree is not None and tree.below is not None:
            users = self._users[tree] = self._users.get(tree, 0) + 1
            if users > 1:
                return
            self.weight += tree.weight
            tree = tree.below

    def _remove(self, tree: Tree | None) -> None:
        while tree is not None and tree.below is not None:
            self._users[tree] -= 1
            if self._users[tree]:
                return
            del self._users[tree]
            self.weight -= tree.weight
            tree = tree.below


def _tree(record: object) -> Tree | None:
    return record.files if isinstance(record, Image) else None


def _parts(name: str, value: Any, record: Any) -> list[Any]:
    """The values of a field that are counted one by one."""
    if not value:
        return []
    if name == "mounts":  # what secrets and configs hold
        return [mount.data for mount in value if mount.data]
    if name == "history" and record.parent:  # the other steps are those of its parent
        return [value[0]]
    return [value]
