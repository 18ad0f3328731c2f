"""The docker lines that were typed on machines, as commands for the journal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.commands import program
from core.commands.command import HEADER, Command
from core.commands.source import comment
from core.engine.practice import Call
from core.errors import EngineRejected
from core.i18n import later as _

#: Exit codes of the docker command itself, where else it passes on a program's.
_OWN = (125, 126, 127)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A docker line that has ended. number: it counts the lines of its machine."""

    number: int
    argv: tuple[str, ...]  # with docker in front
    code: int


def typed_since(number: int) -> Call[tuple[TypedLine, ...]]:
    """The call for the last lines with higher numbers, of the machine whose engine answers."""
    return Call("GET", f"machine/lines?since={number}", lambda told: tuple(map(_line, told)))


def _line(told: Mapping[str, Any]) -> TypedLine:
    return TypedLine(int(told["number"]), tuple(map(str, told["argv"])), int(told["code"]))


def command_of(line: TypedLine) -> Command | None:
    """The command that it was; None for one that only asks for help, or that docker refused."""
    return program.read(line.argv[1:]).command


def host_of(line: TypedLine) -> str:
    """What -H said; '' where the machine's own engine answered."""
    return program.read(line.argv[1:]).host


def refusal(line: TypedLine, command: Command | None) -> EngineRejected | None:
    """How it failed. A program's own exit code, which docker passes on, is no failure."""
    passes = command is not None and (command.at_keyboard or command.goes_on)
    if line.code == 0 or (passes and line.code not in _OWN):
        return None
    return EngineRejected(_("it ended with exit code {code}"), code=line.code)


def faces(line: TypedLine, masked: Command | None) -> tuple[str, str]:
    """Its docker line and its Python text. masked: the command without its secrets.

    Of a line that docker could not read, only the words before the first option are shown: the rest
    may hold a secret.
    """
    if masked is not None:
        return masked.line(), masked.python()
    words = list(line.argv)
    for at, word in enumerate(words):
        if at > 3 or word.startswith("-"):
            words[at:] = ["…"]
            break
    text = shlex.join(words).replace("'…'", "…")
    return text, f"{HEADER}{comment(f'docker could not read this line: {text}')}\n"
