"""cp, mv and ln: files in other places."""

from __future__ import annotations

from posixpath import basename, join, normpath

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.store.file_tree import Folder, Link
from essaim_practice.utilities.base import (
    ENTRY,
    Doing,
    Options,
    by_and_by,
    gnu,
    options,
    place,
    reason,
    tool,
    wanted,
)

# Copying and moving


def _pairs(asked: Options, context: Context) -> list[tuple[str, str]]:
    """Sources and where each goes. Raises Misuse."""
    words = list(asked.words)
    into = asked.get("t")
    if into:
        return [(name, join(into, basename(name.rstrip("/")))) for name in words]
    target = words.pop()
    folder = context.fs.is_folder(place(context, target)) and "T" not in asked
    if folder or len(words) > 1 or target.endswith("/"):
        return [(name, join(target, basename(name.rstrip("/")) or name)) for name in words]
    return [(words[0], target)]


@tool("cp", usage="[-arPLHpfinlsTu] SOURCE DEST")
def cp(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "arRPLHdpfinlsTuv", "t", {"recursive": "r", "archive": "a", "force": "f"})
    wanted(asked, context, 1 if "t" in asked else 2)
    recursive = bool({"a", "r", "R"} & asked.given.keys())
    kept = bool({"a", "p"} & asked.given.keys())
    verb, code = "cannot" if gnu(context) else "can't", 0
    for source, target in _pairs(asked, context):
        start, end = place(context, source), place(context, target)
        try:
            entry = context.fs.entry(start, follow=not ({"a", "d", "P"} & asked.given.keys()))
        except OSError as error:
            yield line(f"cp: {verb} stat '{source}': {reason(error)}", 2)
            code = 1
            continue
        if isinstance(entry, Folder) and not recursive:
            said = "-r not specified; omitting" if gnu(context) else "omitting"
            yield line(f"cp: {said} directory '{source}'", 2)
            code = 1
            continue
        if _same(context, start, end):
            yield line(f"cp: '{source}' and '{target}' are the same file", 2)
            code = 1
            continue
        if "n" in asked and context.fs.exists(end):
            continue
        try:
            yield from _copy(context, start, end, kept)
            if "v" in asked:
                yield line(f"'{source}' -> '{target}'")
        except OSError as error:
            kind = "regular file " if gnu(context) else ""
            yield line(f"cp: {verb} create {kind}'{target}': {reason(error)}", 2)
            code = 1
    return code


def _same(context: Context, first: str, second: str) -> bool:
    try:
        return context.fs.resolve(first) == context.fs.resolve(second)
    except OSError:
        return False


def _copy(context: Context, start: str, end: str, kept: bool) -> Doing[None]:
    fs = context.fs
    first, root = start, normpath(end)
    left: list[tuple[str, str, Folder | None]] = [(start, end, None)]
    while left:
        start, end, filled = left.pop()
        yield ENTRY
        if filled is not None:
            fs.put(end, filled)
            continue
        if start != first and normpath(start) == root:  # into itself
            continue
        entry = fs.entry(start, follow=False)
        if isinstance(entry, Folder):
            names = fs.listing(start)
            if not fs.is_folder(end):
                fs.make_folder(end)
            if kept:
                left.append((start, end, entry))
            left += [(f"{start}/{name}", f"{end}/{name}", None) for name in reversed(names)]
        elif isinstance(entry, Link) and kept:
            if fs.exists(end):
                fs.remove(end)
            fs.link(end, entry.target)
        else:
            entry = fs.entry(start)
            fs.write(end, fs.read(start), mode=entry.mode & 0o777)
            if kept:
                fs.put(end, entry)


@tool("mv", usage="[-finT] SOURCE DEST")
def mv(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "finTvu", "t", {"force": "f", "no-clobber": "n", "verbose": "v"})
    wanted(asked, context, 1 if "t" in asked else 2)
    code, fs = 0, context.fs
    for source, target in _pairs(asked, context):
        start, end = place(context, source.rstrip("/") or "/"), place(context, target)
        try:
            fs.entry(start, follow=False)
        except OSError as error:
            said = f"cannot stat '{source}'" if gnu(context) else f"can't rename '{source}'"
            yield line(f"mv: {said}: {reason(error)}", 2)
            code = 1
            continue
        if "n" in asked and fs.exists(end):
            continue
        try:
            yield from by_and_by(fs.renaming(start, end))
            if "v" in asked:
                yield line(f"{'renamed ' if gnu(context) else ''}'{source}' -> '{target}'")
        except OSError as error:
            said = (
                f"cannot move '{source}' to '{target}'"
                if gnu(context)
                else f"can't rename '{source}'"
            )
            yield line(f"mv: {said}: {reason(error)}", 2)
            code = 1
    return code


@tool("ln", usage="[-sfnbtv] [-S SUF] TARGET... LINK|DIR")
def ln(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "sfnbvTr", "St", {"symbolic": "s", "force": "f"})
    words = wanted(asked, context)
    words = [*words, "."] if len(words) == 1 else words
    asked.words = words
    code, fs = 0, context.fs
    for target, name in _pairs(asked, context):
        path = place(context, name)
        try:
            if "f" in asked and name not in (".", "/"):
                try:
                    fs.remove(path)
                except OSError as error:
                    if error.errno != 2:
                        raise
            if "s" in asked:
                fs.link(path, target)
            else:  # one content by two names is not simulated: the copy goes its own way
                entry = fs.entry(place(context, target), follow=False)
                if isinstance(entry, Folder):
                    raise PermissionError(1, "Operation not permitted")
                if fs.exists(path):
                    raise FileExistsError(17, "File exists")
                fs.put(path, entry)
        except OSError as error:
            kind = "symbolic" if "s" in asked else "hard"
            said = target if "s" not in asked and not fs.exists(place(context, target)) else name
            if gnu(context):
                said = f"failed to create {kind} link '{name}'"
            yield line(f"ln: {said}: {reason(error)}", 2)
            code = 1
    return code
