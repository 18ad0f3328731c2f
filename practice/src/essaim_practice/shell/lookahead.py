"""Finds the server that a shell's text starts last: its container answers at its ports."""

from __future__ import annotations

from dataclasses import replace

from essaim_practice.programs.base import Program
from essaim_practice.shell import launch
from essaim_practice.shell.dialect import SyntaxProblem
from essaim_practice.shell.launch import Missing
from essaim_practice.shell.parser import Parser, finished
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import Command, Either, Sequence, Simple, Text, Word

_LONGEST = 1024  # characters of a text that is looked into


_DEEPEST = 3  # shells in shells that are looked into
_depth = 0


def server(shell: Shell, text: str) -> Program | None:
    """The program of the last command of a text; None if it is not known before the text runs."""
    global _depth
    if len(text) > _LONGEST or _depth >= _DEEPEST:
        return None
    _depth += 1
    try:
        return _server(shell, text)
    finally:
        _depth -= 1


def _server(shell: Shell, text: str) -> Program | None:
    last: Command | None = None
    parser = Parser(text)
    try:
        while (command := finished(parser.next_line())) is not None:
            last = command
    except SyntaxProblem:
        return None
    while isinstance(last, Sequence | Either):
        last = last.right if isinstance(last, Either) else last.items[-1][0]
    if not isinstance(last, Simple) or last.assignments:
        return None
    argv = [_plain(shell, word) for word in last.words]
    argv = argv[1:] if argv[:1] == ["exec"] else argv
    if not argv or not argv[0] or launch.builtin_of(shell, argv[0]):
        return None
    try:
        program = launch.program_of(shell, argv)
    except Missing:
        return None
    program.steps.close()
    return replace(program, hears=frozenset())  # what it hears, the shell does once it becomes it


def _plain(shell: Shell, word: Word) -> str:
    """A word as far as it is known before anything runs."""
    parts = []
    for part in word:
        if isinstance(part, Text):
            parts.append(part.text)
        elif name := getattr(part, "name", ""):
            parts.append(" ".join(shell.parameter(name) or [""]))
    return "".join(parts)
