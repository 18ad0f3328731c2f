"""touch, mkdir, rmdir, rm, readlink, realpath, mktemp and truncate."""

from __future__ import annotations

import calendar
import re
import time
from posixpath import basename, dirname, join, normpath

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Folder, Link
from essaim_practice.utilities.base import (
    ENTRY,
    by_and_by,
    gnu,
    options,
    place,
    reason,
    tool,
    wanted,
)
from essaim_practice.utilities.modes import new_mode


@tool("touch", usage="[-cham] [-d DATE] [-t DATE] [-r FILE] FILE...")
def touch(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "cham", "dtr", {"date": "d", "no-create": "c", "reference": "r"})
    code, moment = 0, None
    if "d" in asked:
        moment = moment_of(asked.get("d"), context.now())
    elif "r" in asked:
        moment = context.fs.entry(place(context, asked.get("r"))).mtime
    for name in wanted(asked, context):
        yield ENTRY
        try:
            path = place(context, name)
            if "c" not in asked or context.fs.exists(path):
                context.fs.touch(path, moment)
        except OSError as error:
            said = f"cannot touch '{name}'" if gnu(context) else name
            yield line(f"{argv[0]}: {said}: {reason(error)}", 2)
            code = 1
    return code


def moment_of(text: str, now: float) -> float:
    """Seconds since 1970 of a date as -d takes it. Raises Complaint."""
    if text.startswith("@") and re.fullmatch(r"@[0-9]{1,10}(\.[0-9]+)?", text):
        return float(text[1:])
    if text in ("now", ""):
        return now
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%H:%M"):
        try:
            parsed = time.strptime(text, form)
        except ValueError:
            continue
        if form == "%H:%M":
            day = time.gmtime(now)
            return float(calendar.timegm((*day[:3], parsed.tm_hour, parsed.tm_min, 0, 0, 0, 0)))
        return float(calendar.timegm(parsed))
    raise Complaint(f"invalid date '{text}'", 1)


@tool("mkdir", usage="[-m MODE] [-p] DIRECTORY...")
def mkdir(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "pv", "m", {"parents": "p", "mode": "m", "verbose": "v"})
    code = 0
    for name in wanted(asked, context):
        yield ENTRY
        try:
            path = place(context, name)
            context.fs.make_folder(path, parents="p" in asked)
            if "m" in asked:
                context.fs.change_mode(path, new_mode(asked.get("m"), 0o755, True))
            if "v" in asked:
                start = "mkdir: created directory" if gnu(context) else "created directory:"
                yield line(f"{start} '{name}'")
        except OSError as error:
            said = "cannot" if gnu(context) else "can't"
            yield line(f"mkdir: {said} create directory '{name}': {reason(error)}", 2)
            code = 1
    return code


@tool("rmdir", usage="[-p] DIRECTORY...")
def rmdir(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "pv", "", {"parents": "p", "ignore-fail-on-non-empty": "p"})
    code = 0
    for name in wanted(asked, context):
        yield ENTRY
        try:
            context.fs.remove_folder(place(context, name))
            above = dirname(normpath(name))
            while "p" in asked and above not in ("", "/", "."):
                context.fs.remove_folder(place(context, above))
                above = dirname(above)
        except OSError as error:
            said = f"failed to remove '{name}'" if gnu(context) else f"'{name}'"
            yield line(f"rmdir: {said}: {reason(error)}", 2)
            code = 1
    return code


@tool("rm", usage="[-irf] FILE...")
def rm(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "irfRvd", "", {"recursive": "r", "force": "f", "verbose": "v"})
    recursive, force = bool({"r", "R"} & asked.given.keys()), "f" in asked
    if force and not asked.words:
        return 0
    code = 0
    for name in wanted(asked, context):
        yield ENTRY
        try:
            if basename(name.rstrip("/")) in (".", ".."):
                yield line(
                    f"rm: refusing to remove '.' or '..' directory: skipping '{name}'"
                    if gnu(context)
                    else "rm: can't remove '.' or '..'",
                    2,
                )
                code = 1
                continue
            path = place(context, name)
            entry = context.fs.entry(path, follow=False)
            if isinstance(entry, Folder) and not recursive:
                said = f"cannot remove '{name}': Is a directory"
                said = said if gnu(context) else f"'{name}' is a directory"
                yield line(f"rm: {said}", 2)
                code = 1
                continue
            yield from by_and_by(context.fs.removing(path))
            if "v" in asked:
                yield line(f"removed '{name}'")
        except OSError as error:
            if not (force and error.errno in (2, 20)):
                said = "cannot" if gnu(context) else "can't"
                yield line(f"rm: {said} remove '{name}': {reason(error)}", 2)
                code = 1
    return code


@tool("readlink", usage="[-fnv] FILE")
def readlink(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "fnvqem", "", {"canonicalize": "f"})
    for name in wanted(asked, context):
        yield ENTRY
        try:
            path = place(context, name)
            if {"f", "e", "m"} & asked.given.keys():
                yield line(context.fs.resolve(path))
                continue
            entry = context.fs.entry(path, follow=False)
        except OSError:
            return 1
        if not isinstance(entry, Link):
            return 1
        yield line(entry.target)
    return 0


@tool("realpath", usage="FILE...")
def realpath(argv: list[str], context: Context) -> Steps:
    asked, code = options(argv, "qesm"), 0
    for name in wanted(asked, context):
        yield ENTRY
        try:
            path = place(context, name)
            context.fs.entry(path)
            yield line(context.fs.resolve(path))
        except OSError as error:
            yield line(f"realpath: {name}: {reason(error)}", 2)
            code = 1
    return code


@tool("mktemp", usage="[-dt] [-p DIR] [TEMPLATE]")
def mktemp(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "dtqu", "p")
    number = int(context.now() * 1e6)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"
    while True:
        made = "".join(letters[number >> 5 * place & 31] for place in range(6))
        template = (asked.words or [join(asked.get("p", "/tmp"), "tmp.XXXXXX")])[0]  # noqa: S108
        path = re.sub("X{6}$", made, template)
        if not context.fs.exists(place(context, path)):
            break
        number += 1
    if "d" in asked:
        context.fs.make_folder(place(context, path))
        context.fs.change_mode(place(context, path), 0o700)
    else:
        context.fs.write(place(context, path), b"", mode=0o600)
    yield line(path)
    return 0


@tool("truncate", usage="[-c] -s SIZE FILE...")
def truncate(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "c", "s", {"size": "s"})
    size = asked.number("s", 0)
    for name in wanted(asked, context):
        path = place(context, name)
        data = context.fs.read(path) if context.fs.exists(path) else b""
        if size > 2**30:
            raise OSError(28, "No space left on device", name)
        context.fs.write(path, data[:size].ljust(size, b"\0"))
    return 0
    yield
