"""Redirections (``>``, ``<``, ``2>&1``, here-documents)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from posixpath import join

from essaim_practice.files.filesystem import File, Folder
from essaim_practice.shell import expansion
from essaim_practice.shell.pipes import Descriptors, Doing, Held, OnFile, Stream
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import Redirection
from essaim_practice.shell.variables import LONGEST
from essaim_practice.text.encoding import encoded

_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/1": 1, "/dev/fd/2": 2}


class Refused(Exception):
    """A redirection is impossible: the command does not run."""


def within(
    shell: Shell, given: Iterable[Redirection], action: Callable[[], Doing[int]]
) -> Doing[int]:
    """Run an action with redirections; if one is refused, complain and return 1 (dash: 2)."""
    before = shell.descriptors
    try:
        shell.descriptors = yield from opened(shell, given)
    except Refused as refused:
        shell.descriptors = before
        yield from shell.complain(str(refused))
        return 2 if shell.dialect.name == "dash" else 1
    try:
        return (yield from action())
    finally:
        shell.descriptors = before


def opened(shell: Shell, given: Iterable[Redirection]) -> Doing[Descriptors]:
    """The descriptors after these redirections. Raises Refused."""
    found = dict(shell.descriptors)
    for redirection in given:
        text = yield from expansion.single(shell, redirection.target)
        number, operator = redirection.descriptor, redirection.operator
        if operator == "<<":
            found[number] = Held(bytearray(encoded(text)), LONGEST)
        elif operator == "&":
            _duplicate(shell, found, number, text)
        elif operator.startswith("&"):
            found[1] = found[2] = _open(shell, found, text, operator[1:])
        else:
            found[number] = _open(shell, found, text, operator)
    return found


def _duplicate(shell: Shell, found: dict[int, Stream], number: int, text: str) -> None:
    if text == "-":
        found.pop(number, None)
    elif not text.isdigit():
        if shell.dialect.name == "dash":
            raise Refused("Syntax error: Bad fd number")
        found[1] = found[2] = _open(shell, found, text, ">")
    elif (stream := found.get(int(text) if len(text) < 4 else -1)) is None:
        raise Refused(f"{text}: Bad file descriptor")
    else:
        found[number] = stream


def _open(shell: Shell, found: dict[int, Stream], name: str, operator: str) -> Stream:
    path = join(shell.cwd, name)
    if (standard := found.get(_STANDARD.get(path, -1))) is not None:
        return standard
    fs, dialect = shell.context.fs, shell.dialect
    try:
        if not name:
            raise FileNotFoundError(2, "No such file or directory")
        if operator == "<":
            if isinstance(fs.entry(path), Folder):
                return Held()
            return OnFile(fs, fs.resolve(path))
        kept = operator == ">" and "C" in shell.options and fs.exists(path)
        if kept and isinstance(fs.entry(path), File):
            raise Refused(dialect.cannot_create(name, "File exists"))
        if operator == ">":
            fs.write(path, b"", mode=0o666 & ~shell.umask)
        elif not fs.exists(path) or isinstance(fs.entry(path), Folder):
            fs.write(path, b"", append=True, mode=0o666 & ~shell.umask)
    except OSError as error:
        reason = error.strerror or "I/O error"
        words = dialect.cannot_open if operator == "<" else dialect.cannot_create
        raise Refused(words(name, reason)) from None
    return OnFile(fs, path)
