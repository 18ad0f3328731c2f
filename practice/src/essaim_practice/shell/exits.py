"""Exceptions that end a shell's commands early."""

from __future__ import annotations


class Exit(Exception):
    """Ends the shell with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Return(Exit):
    """Ends a function or a sourced file."""


class Leave(Exception):
    """``break`` or ``continue`` of so many loops."""

    def __init__(self, loops: int, again: bool) -> None:
        super().__init__(loops)
        self.loops = loops
        self.again = again


class Failure(Exception):
    """A command cannot go on; a shell that is not interactive ends with it."""

    def __init__(self, text: str, code: int = 2, command: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.command = command
