"""ls."""

from __future__ import annotations

import time
from posixpath import join

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.store.file_tree import Device, File, Folder, Inode, Link, size_of
from essaim_practice.utilities.base import (
    ENTRY,
    Doing,
    Options,
    gnu,
    options,
    out,
    place,
    reason,
    tool,
    users,
)

_WIDTH = 80  # columns of a terminal that tells none
_HALF_YEAR = 15_768_000  # seconds: older times show the year
_BLOCK = 4096
_TOGETHER = 256  # rows that are written at once


def mode_text(entry: Inode) -> str:
    """``drwxr-xr-x``."""
    kind = "d" if isinstance(entry, Folder) else "l" if isinstance(entry, Link) else "-"
    kind = "c" if isinstance(entry, Device) else kind
    text = kind + "".join(
        letter if entry.mode >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx")
    )
    for bit, at, letter in ((0o4000, 3, "s"), (0o2000, 6, "s"), (0o1000, 9, "t")):
        if entry.mode & bit:
            small = letter if text[at] == "x" else letter.upper()
            text = text[:at] + small + text[at + 1 :]
    return text


def blocks_of(entry: Inode) -> int:
    """Kilobytes on the disk; a folder of less than a block is in memory, or made up."""
    blocks = size_of(entry) // _BLOCK if isinstance(entry, Folder) else -(-size_of(entry) // _BLOCK)
    return blocks * 4 if isinstance(entry, File | Folder) else 0


def human(size: float) -> str:
    """A size as -h shows it."""
    if size < 1024:
        return str(int(size))
    units = iter("KMGT")
    unit = ""
    while size >= 1024:
        size, unit = size / 1024, next(units)
    return f"{size:.1f}{unit}"


# ls


@tool("ls", usage="[-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...")
def ls(argv: list[str], context: Context) -> Steps:
    asked = options(
        argv,
        "1AaCxdLHRFplinshrSXvctuGgokq",
        "wT",
        {"all": "a", "color": "G", "full-time": "e", "human-readable": "h", "recursive": "R"},
    )
    names = asked.words or ["."]
    files: list[tuple[str, Inode]] = []
    folders: list[str] = []
    code = 0
    for name in names:
        yield ENTRY
        try:
            path = place(context, name)
            follow = "d" not in asked and not ({"l", "F"} & asked.given.keys())
            if gnu(context) and follow:
                try:
                    entry = context.fs.entry(path)
                except OSError:
                    entry = context.fs.entry(path, follow=False)
            else:
                entry = context.fs.entry(path, follow or name.endswith("/"))
        except OSError as error:
            said = f"cannot access '{name}'" if gnu(context) else name
            yield line(f"ls: {said}: {reason(error)}", 2)
            code = 2 if gnu(context) else 1
            continue
        if isinstance(entry, Folder) and "d" not in asked:
            folders.append(name)
        else:
            files.append((name, entry))
    show = _Listing(context, asked)
    if files:
        yield from show.rows(files)
    for number, name in enumerate(show.ordered_names(folders)):
        headed = len(names) > 1 or "R" in asked
        yield from show.folder(name, headed, first=not files and number == 0)
    return code


class _Listing:
    def __init__(self, context: Context, asked: Options) -> None:
        self._context = context
        self._asked = asked
        self._users = users(context.fs)
        self._groups = users(context.fs, "/etc/group")
        self._gnu = gnu(context)

    def ordered_names(self, names: list[str]) -> list[str]:
        return sorted(names, reverse="r" in self._asked)

    def folder(self, name: str, headed: bool, first: bool) -> Steps:
        fs, asked = self._context.fs, self._asked
        path = place(self._context, name)
        try:
            held = fs.listing(path)
        except OSError as error:
            yield line(f"ls: {name}: {reason(error)}", 2)
            return 1
        if "a" in asked:
            held = [".", "..", *held]
        elif "A" not in asked:
            held = [found for found in held if not found.startswith(".")]
        entries: list[tuple[str, Inode]] = []
        for found in held:
            yield ENTRY
            try:
                entries.append((found, fs.entry(join(path, found), follow=found in (".", ".."))))
            except OSError:
                continue
        if headed:
            yield out(("" if first else "\n") + f"{name}:\n")
        if {"l", "n", "s", "g", "o", "e"} & asked.given.keys():
            total = sum(blocks_of(entry) for _, entry in entries)
            yield out(f"total {human(total * 1024) if 'h' in asked else total}\n")
        if entries:
            yield from self.rows(entries)
        if "R" in asked:
            below = [n for n, e in self._ordered(entries) if isinstance(e, Folder)]
            for found in below:
                if found not in (".", ".."):
                    yield from self.folder(join(name, found), True, first=False)
        return 0

    def _ordered(self, entries: list[tuple[str, Inode]]) -> list[tuple[str, Inode]]:
        ordered = sorted(entries, key=lambda pair: pair[0])
        if "t" in self._asked:
            ordered.sort(key=lambda pair: -pair[1].mtime)
        elif "S" in self._asked:
            ordered.sort(key=lambda pair: -size_of(pair[1]))
        elif "X" in self._asked:
            ordered.sort(key=lambda pair: pair[0].rpartition(".")[2])
        return ordered[::-1] if "r" in self._asked else ordered

    def rows(self, entries: list[tuple[str, Inode]]) -> Doing[None]:
        entries = self._ordered(entries)
        if {"l", "n", "g", "o", "e"} & self._asked.given.keys():
            yield from self._long(entries)
            return
        names = [name + self._mark(entry) for name, entry in entries]
        if self._gnu and self._context.tty:
            names = [f"'{name}'" if " " in name else name for name in names]
        columns = self._context.tty or "C" in self._asked or "x" in self._asked
        if "1" in self._asked or not columns:
            yield out("".join(f"{name}\n" for name in names))
            return
        yield out(_columns(names, self._context.size[1] or _WIDTH))

    def _mark(self, entry: Inode) -> str:
        if isinstance(entry, Folder) and {"F", "p"} & self._asked.given.keys():
            return "/"
        if "F" not in self._asked:
            return ""
        return "@" if isinstance(entry, Link) else "*" if entry.mode & 0o111 else ""

    def _long(self, entries: list[tuple[str, Inode]]) -> Doing[None]:
        made = []
        for name, entry in entries:
            made.append(self._fields(name, entry))
            yield ENTRY
        wide = [0, 4, 8, 8, 7 if "h" in self._asked else 9]
        if self._gnu:
            wide = [max(len(row[column]) for row in made) for column in range(5)]
        for at in range(0, len(made), _TOGETHER):
            rows = (
                f"{mode} {links:>{wide[1]}} {user:<{wide[2]}} {group:<{wide[3]}} "
                f"{size:>{wide[4]}} {stamp} {name}\n"
                for mode, links, user, group, size, stamp, name in made[at : at + _TOGETHER]
            )
            yield out("".join(rows))

    def _fields(self, name: str, entry: Inode) -> tuple[str, str, str, str, str, str, str]:
        size = str(size_of(entry))
        if "h" in self._asked:
            size = human(size_of(entry))
        if isinstance(entry, Device):
            size = f"{entry.major},{entry.minor:4}"
        numeric = "n" in self._asked
        user = str(entry.uid) if numeric else self._users.get(str(entry.uid), str(entry.uid))
        group = str(entry.gid) if numeric else self._groups.get(str(entry.gid), str(entry.gid))
        links = str(entry.links) if isinstance(entry, Folder) else "1"
        shown = name + self._mark(entry)
        if isinstance(entry, Link):
            shown = f"{name} -> {entry.target}"
        return mode_text(entry), links, user, group, size, self._stamp(entry.mtime), shown

    def _stamp(self, moment: float) -> str:
        then = time.gmtime(max(0.0, min(moment, 4e9)))
        if "e" in self._asked:
            return time.strftime("%Y-%m-%d %H:%M:%S +0000", then)
        age = self._context.now() - moment
        recent = -900 < age < _HALF_YEAR
        return time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", then)


def _columns(names: list[str], width: int) -> str:
    """Names in columns, downwards, as on a terminal."""
    wide = max(len(name) for name in names) + 2
    across = max(1, (width + 1) // wide)
    rows = -(-len(names) // across)
    lines = []
    for row in range(rows):
        cells = names[row::rows]
        lines.append("".join(f"{name:<{wide}}" for name in cells[:-1]) + cells[-1])
    return "".join(f"{text}\n" for text in lines)
