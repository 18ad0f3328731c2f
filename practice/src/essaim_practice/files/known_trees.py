"""The trees that every version of this package has, by names that it understands for ever."""

from __future__ import annotations

from essaim_practice.files import image_trees, machine_tree, rootfs
from essaim_practice.store.file_tree import EMPTY, Tree

_NAMED = {"empty": EMPTY, "machine": machine_tree.MACHINE}

#: The base of each behaviour whose images were once kept without theirs.
BASES = {
    "alpine": "alpine",
    "busybox": "busybox",
    "faulty": "busybox",
    "nginx": "debian",
    "python": "debian",
}


def name_of(tree: Tree) -> str:
    """The name by which ``named`` finds a tree again; "" of one that is somebody's own."""
    if made := rootfs.MADE.get(tree):
        behaviour, created = made
        return f"{behaviour} {created!r}"
    if name := image_trees.name_of(tree):
        return name
    return next((name for name, known in _NAMED.items() if known is tree), "")


def named(name: str) -> Tree:
    """The tree of that name, as it is in this version. Raises ValueError for another one."""
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith(("base ", "recipe ")):
        return image_trees.named(name)
    behaviour, _, created = name.partition(" ")
    return rootfs.tree(behaviour, float(created))
