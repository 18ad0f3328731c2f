"""What the word at the cursor can become when somebody presses Tab."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from posixpath import basename, join

from essaim_practice.programs import docker
from essaim_practice.programs.steps import Work
from essaim_practice.shell.launch import BUILTINS, builtin_of
from essaim_practice.shell.line_editor import LineEditor
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tokens import KEYWORDS
from essaim_practice.store.file_tree import File

_LOOK = Work(20)  # what it costs to look at a file
_NAME = 10  # microseconds that sixteen names of a folder cost
_MOST = 2000  # words that are looked at
#: Words after which a command is named.
_BEFORE = {"!", "{", "do", "elif", "else", "if", "then", "until", "while"} | {
    "command", "exec", "nohup", "time", "watch", "xargs",
}  # fmt: skip
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_SPECIAL = re.compile(r"([^\w@%+=:,./^~-])", re.ASCII)
_IN_DOUBLE = re.compile(r'([$`"\\])')


@dataclass(slots=True)
class _Typed:
    """The command that is typed: its words before the cursor, and the one at it."""

    words: list[str] = field(default_factory=list)  # of this command, those that are whole
    word: str = ""  # the one at the cursor, without its quotes
    start: int = 0  # where it begins
    slash: int = 0  # where its last part begins: after a slash, or a quote that is open
    quote: str = ""  # the quote that is open
    redirected: bool = False  # it names a file to read or to write
    begun: bool = False  # there is a word at the cursor

    def end(self) -> None:
        if self.begun and not self.redirected:
            self.words.append(self.word)
        self.redirected = self.redirected and not self.begun
        self.word, self.begun = "", False

    def begin(self, at: int) -> None:
        if not self.begun:
            self.begun, self.start, self.slash = True, at, at


def _typed(text: str) -> _Typed:
    found, at = _Typed(start=len(text), slash=len(text)), 0
    while at < len(text):
        sign = text[at]
        at += 1
        if found.quote:
            if sign == found.quote:
                found.quote = ""
                continue
        elif sign in " \t":
            found.end()
            continue
        elif sign in ";|&()`\n":
            found.end()
            found.words, found.redirected = [], False
            continue
        elif sign in "<>":
            found.end()
            found.redirected = True
            continue
        elif sign in "'\"":
            found.begin(at - 1)
            found.quote, found.slash = sign, at
            continue
        found.begin(at - 1)
        if sign == "\\" and found.quote != "'" and at < len(text):
            sign = text[at]
            at += 1
        found.word += sign
        if sign == "/":
            found.slash = at
    if not found.begun:
        found.start = found.slash = len(text)
    while found.words and (found.words[0] in _BEFORE or _ASSIGNMENT.match(found.words[0])):
        del found.words[0]
    return found


def complete(shell: Shell, editor: LineEditor) -> Doing[None]:
    """Let the editor put in what the word at its cursor can become."""
    typed = _typed(editor.text[: editor.at])
    yield Work(len(editor.text))
    folder, slash, name = typed.word.rpartition("/")
    start, variable = typed.slash, _VARIABLE.fullmatch(typed.word)
    if (variable or typed.word == "$") and typed.quote != "'":
        start, name = typed.start, typed.word
        found = [f"${n}" for n in shell.variables if n.startswith(typed.word[1:])]
        editor.complete(start, name, sorted(found), str, typed.quote)
        yield from shell.say(editor.show(), 2)
        return
    found = []
    if typed.words and basename(typed.words[0]) == "docker" and not typed.redirected:
        found = yield from docker.complete(typed.words, typed.word, shell.context)
    if found:
        start, name = typed.start, typed.word
    elif not typed.words and not slash and not typed.redirected:
        found = yield from _commands(shell, name)
    else:  # a docker line may name files, too
        folders = typed.words[:1] in (["cd"], ["rmdir"])
        found = yield from _files(shell, _meant(shell, folder + slash), name, folders)
    editor.complete(start, name, found, _QUOTING[typed.quote], typed.quote)
    yield from shell.say(editor.show(), 2)


def _meant(shell: Shell, folder: str) -> str:
    """The folder that is written so."""
    if folder.startswith("~/"):
        folder = shell.variables.get("HOME", "") + folder[1:]
    return _VARIABLE.sub(lambda m: shell.variables.get(m[1] or m[2], ""), folder)


_QUOTING = {
    "": lambda text: _SPECIAL.sub(r"\\\1", text),
    "'": lambda text: text,
    '"': lambda text: _IN_DOUBLE.sub(r"\\\1", text),
}


def _files(shell: Shell, folder: str, name: str, folders: bool) -> Doing[list[str]]:
    """Names in a folder that begin so; folders have a slash at their end."""
    fs, place = shell.context.fs, join(shell.cwd, folder)
    found = []
    for one in (yield from _names(shell, place, name)):
        if one.startswith(".") and not name.startswith("."):
            continue
        yield _LOOK
        try:
            inside = fs.is_folder(join(place, one))
        except OSError:
            inside = False
        if inside or not folders:
            found.append(one + "/" * inside)
    return found


def _names(shell: Shell, folder: str, begin: str) -> Doing[list[str]]:
    try:
        names = shell.context.fs.listing(folder)
    except OSError:
        return []
    yield Work(_NAME * len(names) // 16)
    return sorted(name for name in names if name.startswith(begin))[:_MOST]


def _commands(shell: Shell, name: str) -> Doing[list[str]]:
    """Builtins, functions, aliases and programs that begin so."""
    known: Iterable[str] = (one for one in BUILTINS if builtin_of(shell, one))
    every = {*known, *shell.functions, *shell.aliases, *KEYWORDS}
    found = {one for one in every if one.startswith(name) and one[0].isalpha()}
    for folder in shell.variables.get("PATH", "").split(":")[:20]:
        place = join(shell.cwd, folder)
        for one in (yield from _names(shell, place, name)):
            yield _LOOK
            try:
                entry = shell.context.fs.entry(join(place, one))
            except OSError:
                continue
            if isinstance(entry, File) and entry.mode & 0o111:
                found.add(one)
    return sorted(found)
