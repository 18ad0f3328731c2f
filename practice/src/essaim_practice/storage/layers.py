"""The layers of files in a cluster's file: trees of images, and what was written over them.

A tree is kept as its difference to the tree below it, and one of the catalogue by its name. Long
files are in pieces that are shared by all that hold the same; each is counted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from essaim_practice.files import known_trees
from essaim_practice.files.diary import GONE, Entry, FilesPart, SavedFiles
from essaim_practice.storage import entries
from essaim_practice.storage.entries import KeptFile
from essaim_practice.storage.sums import Damaged, checked, sealed
from essaim_practice.store.file_tree import File, Inode, Tree

Pieces = tuple[bytes, ...]


class Layers:
    """Reads and writes the tables ``layer``, ``entry`` and ``piece``."""

    def __init__(self, run: Callable[..., sqlite3.Cursor], rest: Callable[[], None]) -> None:
        """run: executes a statement. rest: see Database."""
        self._run, self._rest = run, rest
        self._trees: WeakKeyDictionary[Tree, int] = WeakKeyDictionary()
        self._systems: dict[str, int] = {}

    def forget(self) -> None:
        """What was written is not there (any more): the next batch is a whole one."""
        self._trees.clear()
        self._systems.clear()

    # Writing

    def tree(self, tree: Tree) -> int:
        """The number of a tree, which is written if it is new."""
        new: list[Tree] = []
        at: Tree | None = tree
        while at is not None and at not in self._trees:
            new.append(at)
            at = None if known_trees.name_of(at) else at.below
        for each in reversed(new):
            self._write_tree(each)
        return self._trees[tree]

    def _write_tree(self, tree: Tree) -> None:
        known, below = known_trees.name_of(tree), tree.below
        if known:
            self._trees[tree] = self._add(None, None, known)
            return
        id = self._trees[tree] = self._add(None, self._trees[below] if below else None, None)
        for path, entry in tree.items():
            if below is None or below.get(path) is not entry:
                self._put(id, path, entry)
        if below is not None:
            for path in below:
                if path not in tree:
                    self._put(id, path, None)

    def write(self, part: FilesPart) -> None:
        """Write what changed in one file system."""
        if part.dropped or part.tree is not None:
            self._drop(part.name)
        if part.dropped:
            return
        if part.tree is not None:
            self._systems[part.name] = self._add(part.name, self.tree(part.tree), None)
        layer = self._systems[part.name]
        for path, entry in part.entries.items():
            if path in part.appended and isinstance(entry, File):
                tail, time = part.appended[path]
                entry = File(entry.mode, time, entry.uid, entry.gid, entry.data + tail)
            self._put(layer, path, entry)
        for path, (tail, time) in part.appended.items():
            if path not in part.entries:
                self._extend(layer, path, tail, time)

    def drop_unused(self, held: set[int]) -> None:
        """Forget the trees that no image holds, and nothing that lies over them."""
        while True:
            used = held | {id for (id,) in self._run("select below from layer")}
            found = self._run("select id from layer where name is null").fetchall()
            unused = [id for (id,) in found if id not in used]
            if not unused:
                return
            for id in unused:
                self._empty(id)
            for tree in [tree for tree, id in self._trees.items() if id in unused]:
                del self._trees[tree]

    def _add(self, name: str | None, below: int | None, known: str | None) -> int:
        row = (name, below, known)
        made = self._run("insert into layer (name, below, known) values (?, ?, ?)", row)
        assert made.lastrowid is not None
        return made.lastrowid

    def _drop(self, name: str) -> None:
        if (id := self._systems.pop(name, None)) is not None:
            self._empty(id)

    def _empty(self, layer: int) -> None:
        for (body,) in self._run("select body from entry where layer = ?", (layer,)).fetchall():
            self._rest()
            self._exchange(_pieces_of(body), ())
        self._run("delete from entry where layer = ?", (layer,))
        self._run("delete from layer where id = ?", (layer,))

    def _put(self, layer: int, path: str, entry: Entry) -> None:
        """Write the inode of a path, None for one that is deleted from below."""
        self._rest()
        key = entries.to_bytes(path)
        before = self._body(layer, key)
        new = list(entries.cut(entry.data)) if isinstance(entry, File) else []
        digests = tuple(entries.digest(piece) for piece in new)
        self._exchange(_pieces_of(before), zip(digests, new, strict=True))
        if entry is GONE:
            self._run("delete from entry where layer = ? and path = ?", (layer, key))
            return
        body = sealed(entries.pack(entry, digests)) if isinstance(entry, Inode) else None
        self._run("insert or replace into entry values (?, ?, ?)", (layer, key, body))

    def _extend(self, layer: int, path: str, tail: bytes, time: float) -> None:
        """Add to the end of a file, at the cost of what is added."""
        key = entries.to_bytes(path)
        body = self._body(layer, key)
        kept = entries.unpack(checked(body))
        if not isinstance(kept, KeptFile):
            raise Damaged("what grew is no file")
        if not kept.pieces:
            self._put(layer, path, File(kept.mode, time, kept.uid, kept.gid, kept.data + tail))
            return
        *first, last = kept.pieces
        grown = self._piece(last) + tail
        new = [grown[at : at + entries.PIECE] for at in range(0, len(grown), entries.PIECE)]
        digests = tuple(entries.digest(piece) for piece in new)
        self._exchange((last,), zip(digests, new, strict=True))
        pieces = (*first, *digests)
        file = File(kept.mode, time, kept.uid, kept.gid)
        self._run(
            "update entry set body = ? where layer = ? and path = ?",
            (sealed(entries.pack(file, pieces)), layer, key),
        )

    def _body(self, layer: int, key: bytes) -> bytes | None:
        asked = "select body from entry where layer = ? and path = ?"
        row = self._run(asked, (layer, key)).fetchone()
        return row[0] if row else None

    def _exchange(self, old: Pieces, new: Iterable[tuple[bytes, bytes]]) -> None:
        """Count the new pieces of a file, and discount its old ones."""
        left = Counter(old)
        for digest, data in new:
            if left[digest] > 0:
                left[digest] -= 1
                continue
            self._rest()
            self._run(
                "insert into piece values (?, 1, ?) on conflict do update set uses = uses + 1",
                (digest, data),
            )
        for digest, number in left.items():
            if number > 0:
                self._run("update piece set uses = uses - ? where digest = ?", (number, digest))
                self._run("delete from piece where digest = ? and uses <= 0", (digest,))

    # Reading

    def read(self) -> tuple[dict[int, Tree], dict[str, SavedFiles]]:
        """All trees by number, and what was written over them by name. Raises Damaged."""
        contents: dict[Pieces, bytes] = {}

        def content(pieces: Pieces) -> bytes:
            if pieces not in contents:
                contents[pieces] = b"".join(map(self._piece, pieces))
            return contents[pieces]

        found: dict[int, dict[str, Inode | None]] = {}
        for layer, path, body in self._run("select layer, path, body from entry"):
            kept = None if body is None else entries.inode(entries.unpack(checked(body)), content)
            found.setdefault(layer, {})[entries.to_text(path)] = kept
        trees: dict[int, Tree] = {}
        files: dict[str, SavedFiles] = {}
        for id, name, below, known in self._run("select * from layer order by id").fetchall():
            entered = found.get(id, {})
            if name is not None:
                files[name] = SavedFiles.of(trees[below], entered)
                self._systems[name] = id
                continue
            if known is not None:
                tree = known_trees.named(known)
            elif below is not None:
                tree = trees[below].under(entered)
            else:
                tree = Tree({path: entry for path, entry in entered.items() if entry is not None})
            trees[id] = tree
            self._trees[tree] = id
        return trees, files

    def _piece(self, digest: bytes) -> bytes:
        row = self._run("select data from piece where digest = ?", (digest,)).fetchone()
        if row is None or entries.digest(row[0]) != digest:
            raise Damaged("a piece of a file is not what was written")
        return bytes(row[0])


def _pieces_of(body: bytes | None) -> Pieces:
    kept = entries.unpack(checked(body)) if body is not None else None
    return kept.pieces if isinstance(kept, KeptFile) else ()
