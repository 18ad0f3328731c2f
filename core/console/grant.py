"""The grant of a console: a cluster, and the right to act on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.commands.command import Command
from core.control.control import Control
from core.control.rights import Right
from core.errors import InvalidCommand
from core.i18n import later as _


def _nowhere(host: str, command: Command) -> str:
    raise InvalidCommand(_("Nobody here is called {host}."), host=host)


@dataclass(frozen=True, slots=True)
class Grant:
    """A browser's grant, made by the page's script. Its callables answer as of now."""

    control: Control
    who: str
    right: Callable[[], Right]
    #: Names and texts of the files that the viewer has edited to build from.
    files: Callable[[], tuple[tuple[str, str], ...]] = tuple
    #: Runs a command on the instance of this name. Raises InvalidCommand, EngineRejected.
    elsewhere: Callable[[str, Command], str] = _nowhere
    browser: str = ""  # its mark in core.web.sessions
