"""The files of the images that have a recipe: a base's, and what the recipe adds to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary, WeakValueDictionary

from essaim_practice.files import bases, recipe, rootfs
from essaim_practice.files.bases import Base
from essaim_practice.files.recipe import Recipe, numbers
from essaim_practice.files.versions import DEBIAN, UBUNTU, Version, version
from essaim_practice.store.file_tree import File, Folder, Inode, Link, Tree

#: How the file of a program begins that only its recipe plays: see ``programs.declared``.
DECLARED = b"\x7fELF (declared)\n"
HEALTH = "/usr/local/bin/healthy"  # the health check of an image that a user declares


@dataclass(frozen=True, slots=True)
class Made:
    """One image of a recipe."""

    recipe: Recipe  # as its variant has it
    version: Version
    base: Base
    tag: str  # by which it was found

    @property
    def lasting_tag(self) -> str:
        """A tag that finds this image again: that of its version, where it has one of its own."""
        own = self.version.name
        again = find(self.recipe.repository, own)
        return own if again is not None and again.version.name == own else self.tag

    def spelled(self, text: str) -> str:
        """A text of the recipe, with this version in it."""
        value = self.version.number.removeprefix("v")
        parts = value.split(".")
        named = {"version": value, "major": parts[0], "minor": ".".join(parts[:2])}
        for name, part in named.items():
            text = text.replace(f"{{{name}}}", part)
        return text

    def program(self) -> str:
        """Its main program, as its configuration names it."""
        return next(iter((*self.recipe.entrypoint, *self.recipe.cmd)), "")

    def tree(self) -> Tree:
        """Its files."""
        below = self.base.tree()
        layer = _layer(self, below)
        if not layer:
            return below
        tree = below.under(layer)
        tree.weight = 0  # all clusters have it in common
        return tree


def find(repository: str, tag: str) -> Made | None:
    """The image of a tag; None where there is none."""
    known = recipe.find(repository)
    try:
        return made(known, tag) if known else None
    except ValueError:  # a number between those of a base's releases
        return None


def made(known: Recipe, tag: str) -> Made | None:
    """As ``find``, of a recipe at hand. Raises ValueError if it names an unknown base."""
    found = version(known, tag)
    if found is None:
        return None
    own = known.variant(found.words, found.number)
    base = bases.parse(own.base)
    for word in found.words:
        if base.name == "debian" and word in DEBIAN:
            slim = "-slim" if base.release.endswith("-slim") else ""
            base = Base("debian", word + slim)
        elif base.name == "ubuntu" and word in UBUNTU:
            base = Base("ubuntu", word)
        elif base.name == "alpine" and word.startswith("alpine") and word != "alpine":
            base = bases.parse(f"alpine {word.removeprefix('alpine')}")
    if not own.size and own.behaviour == base.name:  # a base itself: its version is its release
        base = _itself(base, found)
    return Made(own, found, base, tag)


def _itself(base: Base, found: Version) -> Base:
    if base.name == "debian":
        number = found.number.partition(".")[0]
        slim = "-slim" if "slim" in found.words else ""
        word = next((each for each in found.words if each in DEBIAN), "")
        return Base("debian", (word or bases.debian(number)) + slim)
    counted = len(numbers(found.number)) > 1  # else it is named by a day
    if base.name in ("alpine", "ubuntu") and counted:
        return bases.parse(f"{base.name} {found.number}")
    return base


def tree_of(made: Made) -> Tree:
    """Its files: one tree for all clusters of this process."""
    key = (made.recipe.repository, made.version.name)
    if (tree := _TREES.get(key)) is None:
        tree = _TREES[key] = made.tree()
        _NAMES[tree] = f"recipe {made.recipe.repository} {made.lasting_tag}"
    return tree


def name_of(tree: Tree) -> str:
    """The name of a tree that a recipe, or a base, made; "" of another one."""
    base = bases.of(tree)
    return f"base {base.name} {base.release}" if base else _NAMES.get(tree, "")


def named(name: str) -> Tree:
    """The tree of that name. Raises LookupError where no recipe makes it any more."""
    kind, repository, tag = name.split(" ")
    if kind == "base":
        return Base(repository, tag).tree()
    found = find(repository, tag)
    if found is None:
        raise LookupError(name)
    return tree_of(found)


_TREES: WeakValueDictionary[tuple[str, str], Tree] = WeakValueDictionary()
_NAMES: WeakKeyDictionary[Tree, str] = WeakKeyDictionary()


def _layer(made: Made, below: Tree) -> dict[str, Inode | None]:
    own = made.recipe
    maker = rootfs.Maker(bases.AUGUST)
    maker.folders(" ".join((own.folders, *own.volumes, own.workdir)))
    if own.behaviour == "nginx":
        rootfs.nginx(maker)
    elif own.behaviour == "python":
        rootfs.python(maker, made.spelled("{minor}"))
    _enter_programs(made, maker)
    for path, text in own.files.items():
        maker.file(path, made.spelled(text), 0o755 if text.startswith("#!") else 0o644)
    for path, target in own.links.items():
        maker.link(path, target)
    if own.users:
        _enter_users(own, maker, below)
    layer: dict[str, Inode | None] = {}
    for path, entry in maker.entries.items():
        place = _real(path, below)
        if not (isinstance(entry, Folder) and (place == "/" or place in below)):
            layer[place] = entry
    return layer


def _real(path: str, below: Tree) -> str:
    """Where a path is: /bin/x lies in /usr/bin where /bin is a link there."""
    first, slash, rest = path[1:].partition("/")
    link = below.get(f"/{first}")
    return f"/{link.target}/{rest}" if slash and isinstance(link, Link) else path


def _enter_programs(made: Made, maker: rootfs.Maker) -> None:
    own, main = made.recipe, made.program().rpartition("/")[2]
    folder = "/usr/local/bin"
    said = {made.spelled(line): made.spelled(text) for line, text in own.answers.items()}
    for word in own.programs.split():
        if word.endswith(":"):
            folder = word[:-1]
            continue
        answers = {k: v for k, v in said.items() if k.split(" ")[0] == word}
        known: dict[str, object] = {"image": own.repository, "answers": answers}
        if word == main or word == next(iter(own.cmd), "").rpartition("/")[2]:
            known |= {
                "main": True,
                "log": [made.spelled(line) for line in own.log],
                "ports": [int(port) for port in own.ports if port.isdigit()],
                "exit_code": own.exit_code,
                "serves": own.serves,
            }
        content = DECLARED + json.dumps(known, separators=(",", ":")).encode()
        maker.file(f"{'' if folder == '/' else folder}/{word}", content, 0o755)

    if own.healthy is not None:
        known = {"image": own.repository, "code": 0 if own.healthy else 1}
        content = DECLARED + json.dumps(known, separators=(",", ":")).encode()
        maker.file(HEALTH, content, 0o755)


def _enter_users(own: Recipe, maker: rootfs.Maker, below: Tree) -> None:
    texts = {}
    for path in ("/etc/passwd", "/etc/group"):
        entry = below.get(path)
        texts[path] = entry.data.decode() if isinstance(entry, File) else ""
    for user in own.users:
        name, uid, gid, home = user.split(":")
        texts["/etc/passwd"] += f"{name}:x:{uid}:{gid}::{home}:/bin/sh\n"
        texts["/etc/group"] += f"{name}:x:{gid}:\n"
        if home not in below:
            maker.folders(home)
            entry = maker.entries[home]
            maker.entries[home] = replace(entry, uid=int(uid), gid=int(gid))
    for path, text in texts.items():
        maker.file(path, text)
