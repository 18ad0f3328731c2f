"""chmod, chown and chgrp."""

from __future__ import annotations

import re
from collections.abc import Iterator
from errno import EPERM, EROFS
from posixpath import basename

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Folder
from essaim_practice.utilities.base import ENTRY, gnu, options, place, reason, tool, users, wanted

#: What GNU's tools were about to do when it was forbidden.
_VERBS = {"chmod": "changing permissions of", "chown": "changing ownership of"}
_VERBS["chgrp"] = "changing group of"

# Modes and owners


def new_mode(text: str, old: int, folder: bool) -> int:
    """An octal or symbolic mode applied to an old one. Raises Complaint."""
    if re.fullmatch(r"[0-7]{1,4}", text):
        return int(text, 8)
    mode = old
    for clause in text.split(","):
        match = re.fullmatch(r"([ugoa]*)((?:[-+=][rwxXst]*)+)", clause)
        if match is None:
            raise Complaint(f"invalid mode '{text}'", 1)
        who = match[1].replace("a", "ugo") or "ugo"
        for sign, letters in re.findall(r"([-+=])([rwxXst]*)", match[2]):
            bits = 0
            for letter in letters:
                if letter in "rwx" or (letter == "X" and (folder or old & 0o111)):
                    bit = {"r": 4, "w": 2, "x": 1, "X": 1}[letter]
                    bits |= sum(bit << {"u": 6, "g": 3, "o": 0}[one] for one in set(who))
                bits |= {"t": 0o1000}.get(letter, 0)
                if letter == "s":
                    bits |= ("u" in who) * 0o4000 | ("g" in who) * 0o2000
            whole = sum(7 << {"u": 6, "g": 3, "o": 0}[one] for one in set(who))
            if not match[1] and sign != "-":
                bits &= ~0o022 if "w" in letters else bits
            mode = (
                mode | bits
                if sign == "+"
                else mode & ~bits
                if sign == "-"
                else mode & ~whole | bits
            )
    return mode


def _each(context: Context, name: str, recursive: bool) -> Iterator[str]:
    path = place(context, name)
    context.fs.entry(path, follow=False)
    yield path
    if recursive and context.fs.is_folder(path):
        yield from context.fs.walk(context.fs.resolve(path))


@tool("chmod", usage="[-Rcvf] MODE[,MODE]... FILE...")
def chmod(argv: list[str], context: Context) -> Steps:
    argv = [argv[0], *(f"a{w}" if re.match(r"-[rwxst]+$", w) else w for w in argv[1:])]
    asked, code = options(argv, "Rcvf", "", {"recursive": "R"}), 0
    mode, *names = wanted(asked, context, 2)
    new_mode(mode, 0, False)
    for name in names:
        yield ENTRY
        try:
            for path in _each(context, name, "R" in asked):
                yield ENTRY
                entry = context.fs.entry(path)
                context.fs.change_mode(path, new_mode(mode, entry.mode, isinstance(entry, Folder)))
        except OSError as error:
            verb = _VERBS["chmod"] if error.errno in (EPERM, EROFS) else "cannot access"
            said = f"{verb} '{name}'" if gnu(context) else name
            yield line(f"chmod: {said}: {reason(error)}", 2)
            code = 1
    return code


@tool("chown", "chgrp", usage="[-RhLHPcvf]... USER[:[GRP]] FILE...")
def chown(argv: list[str], context: Context) -> Steps:
    asked, code = options(argv, "RhLHPcvf", "", {"recursive": "R"}), 0
    owner, *names = wanted(asked, context, 2)
    user, _, group = owner.replace(".", ":", 1).partition(":")
    if basename(argv[0]) == "chgrp":
        user, group = "", owner
    uid = _number(context, user, "/etc/passwd", "user")
    gid = _number(context, group, "/etc/group", "group")
    for name in names:
        yield ENTRY
        try:
            for path in _each(context, name, "R" in asked):
                yield ENTRY
                entry = context.fs.entry(path, follow="h" not in asked)
                context.fs.change_owner(
                    path, entry.uid if uid is None else uid, entry.gid if gid is None else gid
                )
        except OSError as error:
            verb = _VERBS[basename(argv[0])] if error.errno in (EPERM, EROFS) else "cannot access"
            said = f"{verb} '{name}'" if gnu(context) else name
            yield line(f"{argv[0]}: {said}: {reason(error)}", 2)
            code = 1
    return code


def _number(context: Context, name: str, path: str, kind: str) -> int | None:
    if not name:
        return None
    if name.isdecimal() and len(name) < 10:
        return int(name)
    number = next((n for n, known in users(context.fs, path).items() if known == name), None)
    if number is None:
        raise Complaint(
            f"invalid {kind}: '{name}'" if gnu(context) else f"unknown {kind} {name}", 1
        )
    return int(number)
