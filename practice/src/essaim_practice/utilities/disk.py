"""stat, du, df and find: what files are, how large, and where."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from posixpath import basename, join

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.patterns import matches, plain
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Device, File, Folder, Inode, Link, size_of
from essaim_practice.text.expressions import TooLarge
from essaim_practice.utilities.base import (
    ENTRY,
    Misuse,
    by_and_by,
    gnu,
    options,
    place,
    reason,
    tool,
    users,
)
from essaim_practice.utilities.listing import blocks_of, human, mode_text
from essaim_practice.utilities.running import run

# stat, du, df


def _kind(entry: Inode) -> str:
    match entry:
        case Folder():
            return "directory"
        case Link():
            return "symbolic link"
        case Device():
            return "character special file"
        case File(data=b""):
            return "regular empty file"
    return "regular file"


@tool("stat", usage="[-ltf] [-c FMT] FILE...")
def stat(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "Lltf", "c", {"format": "c", "dereference": "L"})
    if not asked.words:
        raise Misuse("missing operand" if gnu(context) else "")
    names, groups, code = users(context.fs), users(context.fs, "/etc/group"), 0
    for name in asked.words:
        yield ENTRY
        try:
            path = place(context, name)
            entry = context.fs.entry(path, follow="L" in asked)
        except OSError as error:
            said = f"cannot statx '{name}'" if gnu(context) else f"can't stat '{name}'"
            yield line(f"stat: {said}: {reason(error)}", 2)
            code = 1
            continue
        then = time.strftime("%Y-%m-%d %H:%M:%S.000000000 +0000", time.gmtime(entry.mtime))
        user, group = names.get(str(entry.uid), "UNKNOWN"), groups.get(str(entry.gid), "UNKNOWN")
        size, blocks = size_of(entry), blocks_of(entry) * 2
        if "c" in asked:
            values = {"n": name, "s": size, "a": f"{entry.mode:o}", "A": mode_text(entry)}
            values |= {"U": user, "G": group, "u": entry.uid, "g": entry.gid, "F": _kind(entry)}
            values |= {"Y": int(entry.mtime), "y": then, "b": blocks, "B": 512, "h": 1, "%": "%"}
            quoted = f"'{name}'" if gnu(context) or isinstance(entry, Link) else name
            if isinstance(entry, Link):
                quoted += f" -> '{entry.target}'"
            values |= {"N": quoted}
            yield line(_filled(asked.get("c"), values))
            continue
        shown = f"'{name}' -> '{entry.target}'" if isinstance(entry, Link) else name
        yield line(
            f"  File: {shown}\n"
            f"  Size: {size:<10}\tBlocks: {blocks:<10} IO Block: 4096   {_kind(entry)}\n"
            f"Device: 2fh/47d\tInode: 1000000     Links: {2 if isinstance(entry, Folder) else 1}\n"
            f"Access: ({entry.mode:04o}/{mode_text(entry)})  Uid: ({entry.uid:5}/{user:>8})   "
            f"Gid: ({entry.gid:5}/{group:>8})\n"
            f"Access: {then}\nModify: {then}\nChange: {then}"
        )
    return code


def _filled(form: str, values: dict[str, object]) -> str:
    text, at = "", 0
    while at < len(form):
        if form[at] == "%" and at + 1 < len(form):
            text += str(values.get(form[at + 1], "?"))
            at += 2
        else:
            text += form[at]
            at += 1
    return text


@tool("du", usage="[-aHLdclsxhmk] [FILE]...")
def du(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "aHLclsxhmkb", "d", {"max-depth": "d", "summarize": "s"})
    deepest = 0 if "s" in asked else asked.number("d", 10**6)
    code = 0
    for name in asked.words or ["."]:
        yield ENTRY
        try:
            context.fs.entry(place(context, name), follow=False)
        except OSError as error:
            said = f"cannot access '{name}'" if gnu(context) else name
            yield line(f"du: {said}: {reason(error)}", 2)
            code = 1
            continue
        for depth, path, size, folder in _sizes(context, name, 0):
            yield ENTRY
            if depth == 0 or (depth <= deepest and (folder or "a" in asked)):
                shown = (
                    human(size * 1024)
                    if "h" in asked
                    else str(size // (1024 if "m" in asked else 1))
                )
                yield line(f"{shown}\t{path}")
    return code


def _sizes(context: Context, name: str, depth: int) -> Iterator[tuple[int, str, int, bool]]:
    """Depth, path, kilobytes and whether it is a folder: what is inside before what holds it."""
    path = place(context, name)
    entry = context.fs.entry(path, follow=False)
    total = blocks_of(entry)
    if isinstance(entry, Folder) and depth < 50:
        for child in context.fs.listing(path):
            for found in _sizes(context, join(name, child), depth + 1):
                if found[0] == depth + 1:
                    total += found[2]
                yield found
    yield depth, name, total, isinstance(entry, Folder)


# find


@tool("find", usage="[-HL] [PATH]... [OPTIONS] [ACTIONS]")
def find(argv: list[str], context: Context) -> Steps:
    words = deque(argv[1:])
    roots: list[str] = []
    while words and not words[0].startswith(("-", "(", "!")):
        roots.append(words.popleft())
    tests, action = _tests(list(words))
    code = 0
    for root in roots or ["."]:
        try:
            context.fs.entry(place(context, root), follow=False)
        except OSError as error:
            said = f"'{root}'" if gnu(context) else root
            yield line(f"find: {said}: {reason(error)}", 2)
            code = 1
            continue
        for depth, path, entry in _walk(context, root, 0, int(tests.get("-maxdepth", "50"))):
            yield ENTRY
            if not _passes(tests, context, depth, path, entry):
                continue
            if action == ["-delete"]:
                yield from by_and_by(context.fs.removing(place(context, path)))
            elif action:
                yield from run([path if w == "{}" else w for w in action], context)
            else:
                yield line(path)
    return code


def _tests(words: list[str]) -> tuple[dict[str, str], list[str]]:
    tests: dict[str, str] = {}
    action: list[str] = []
    while words:
        word = words.pop(0)
        if word in (
            "-name",
            "-iname",
            "-type",
            "-maxdepth",
            "-mindepth",
            "-path",
            "-newer",
            "-size",
        ):
            if not words:
                raise Complaint(f"missing argument to '{word}'", 1)
            tests[word] = words.pop(0)
            if word.endswith("depth") and not tests[word].isdecimal():
                raise Complaint(f"invalid number '{tests[word]}'", 1)
        elif word == "-exec" and (";" in words or "+" in words):
            end = words.index(";") if ";" in words else words.index("+")
            action, words = words[:end], words[end + 1 :]
        elif word == "-delete":
            action = [word]
        elif word == "-empty":
            tests[word] = ""
        elif word not in ("-print", "-follow", "-xdev"):
            raise Complaint(f"unrecognized: {word}", 1)
    return tests, action


def _walk(context: Context, name: str, depth: int, most: int) -> Iterator[tuple[int, str, Inode]]:
    path = place(context, name)
    entry = context.fs.entry(path, follow=False)
    yield depth, name, entry
    if isinstance(entry, Folder) and depth < min(most, 50) and context.fs.is_folder(path):
        for child in context.fs.listing(path):
            yield from _walk(context, join(name, child), depth + 1, most)


def _passes(tests: dict[str, str], context: Context, depth: int, path: str, entry: Inode) -> bool:
    name = basename(path) or path
    kinds = {"f": File, "d": Folder, "l": Link, "c": Device}
    for test, wanted in tests.items():
        if test == "-name" and not _like(name, wanted):
            return False
        if test == "-iname" and not _like(name.lower(), wanted.lower()):
            return False
        if test == "-path" and not _like(path, wanted):
            return False
        if test == "-type" and not isinstance(entry, kinds.get(wanted[:1], type(None))):
            return False
        if test == "-mindepth" and depth < int(wanted):
            return False
        if test == "-newer" and entry.mtime <= context.fs.entry(place(context, wanted)).mtime:
            return False
        if test == "-empty":
            held = isinstance(entry, Folder) and context.fs.listing(place(context, path))
            if held or (isinstance(entry, File) and entry.data):
                return False
    return True


def _like(name: str, wanted: str) -> bool:
    try:
        return matches(plain(wanted), name)
    except TooLarge:
        raise Complaint("out of memory", 1) from None
