"""Runs the text of a script in a shell, line by line, with the traps that it sets."""

from __future__ import annotations

from collections.abc import Callable

from essaim_practice.programs.steps import Interrupted, Work
from essaim_practice.shell.dialect import SyntaxProblem
from essaim_practice.shell.exits import Exit, Failure, Leave
from essaim_practice.shell.parser import Parser
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import Command

_LETTER = 4  # microseconds that a character costs to be parsed
_LONGEST_OPEN = 32 * 1024  # characters of a text that is not whole yet: each line reads it anew
_SIGNALS = {"INT": 2, "TERM": 15}


def run_text(shell: Shell, text: str, last: bool = False) -> Doing[int]:
    """Run a text in this shell, line by line. Raises what its commands raise.

    last: nothing is run after it, so that the shell may become its last program.
    """
    shell.code = 0
    parser = Parser(text, True, shell.aliases)
    while True:
        try:
            command = yield from next_line(parser)
        except SyntaxProblem as problem:
            shell.line = problem.line
            raise Failure(shell.dialect.syntax(problem)) from None
        if command is None:
            return shell.code
        if "n" not in shell.options:
            ends = last and not parser.text[parser.at :].strip()
            shell.leaves = ends and not shell.traps and "trap" not in text
            yield from shell.run(command)


def first_command(shell: Shell, text: str, ended: bool) -> Doing[tuple[Command | None, str] | None]:
    """The commands of a text's first line, and the rest; None where more lines are to come.

    ended: none come. Raises Failure for what is no command.
    """
    if not text.strip(" \t\n"):
        return None, ""
    yield Work(len(text) // 20)
    parser = Parser(text, ended, shell.aliases)
    try:
        command = yield from next_line(parser)
    except SyntaxProblem as problem:
        if problem.incomplete and not ended and len(text) < _LONGEST_OPEN:
            return None
        shell.line = problem.line
        raise Failure(shell.dialect.syntax(problem)) from None
    if not ended and parser.at >= len(parser.text) and not _closed(parser.text):
        return None
    return command, parser.text[parser.at :]


def _closed(text: str) -> bool:
    """Whether a text ends with the end of a line, and no backslash before that."""
    line = text.removesuffix("\n")
    return line != text and (len(line) - len(line.rstrip("\\"))) % 2 == 0


def next_line(parser: Parser) -> Doing[Command | None]:
    """The commands of the next line, parsed with others between. Raises SyntaxProblem."""
    begun, parsing = parser.at, parser.next_line()
    while True:
        try:
            next(parsing)
        except StopIteration as end:
            command: Command | None = end.value
            yield Work(abs(parser.at - begun) * _LETTER)
            return command
        yield Work(abs(parser.at - begun) * _LETTER)
        begun = parser.at


def guarded(shell: Shell, steps: Callable[[], Doing[int]]) -> Doing[int]:
    """Run something as the whole of a shell: exits, traps and failures end it."""
    try:
        code = yield from steps()
    except Exit as end:
        code = end.code
    except Leave:
        code = shell.code
    except Failure as failure:
        yield from shell.complain(failure.text, failure.command)
        code = failure.code
    except Interrupted as signal:
        name = next((n for n, number in _SIGNALS.items() if number == signal.signal), "")
        if name not in shell.traps:
            raise
        code = yield from guarded(shell, lambda: run_text(shell, shell.traps.pop(name)))
    if action := shell.traps.pop("EXIT", ""):
        shell.code = code
        ended = yield from guarded(shell, lambda: run_text(shell, action))
        code = code if ended == 0 else ended
    return code


def run_whole(shell: Shell, text: str, last: bool = False) -> Doing[int]:
    """Run a text as the whole of a shell. last: see ``run_text``."""
    return (yield from guarded(shell, lambda: run_text(shell, text, last)))
