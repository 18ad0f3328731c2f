"""With which right, and on which cluster, a browser comes to its console."""

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
    """With which right a browser came; made by the page's script, kept up to date by it."""

    control: Control
    who: str
    right: Callable[[], Right]
    #: Names and texts of the files that the viewer has edited to build from.
    files: Callable[[], tuple[tuple[str, str], ...]] = tuple
    #: Says a command to another machine, which is named first. Raises one of core.errors.
    elsewhere: Callable[[str, Command], str] = _nowhere
    browser: str = ""  # what tells it from others: see core.web.sessions
