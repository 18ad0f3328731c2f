"""Moves made at a prompt: docker lines typed into the dashboard's console, without a browser."""

from __future__ import annotations

from collections.abc import Sequence

from core.commands.build import BuildImage
from core.commands.command import Command
from core.console.grant import Grant
from core.console.session import Session
from core.control.control import Control
from core.control.rights import NONE, Right
from core.labs.moves import Move
from core.lessons.solutions import Play
from tests.cluster.test_collector import until

from . import playing


class Prompt:
    """A viewer's console."""

    def __init__(self, control: Control, right: Right = NONE) -> None:
        self.control = control
        self.right = right
        self.files: tuple[tuple[str, str], ...] = ()
        self.session = Session(control)
        self.grant = Grant(control, "learner", lambda: right, lambda: self.files)

    def type(self, line: str) -> None:
        before = len(self.control.journal.records())
        self.session.give(line, "fr", self.grant)
        until(lambda: len(self.control.journal.records()) > before, 4 * playing.PATIENCE)
        entry = self.control.journal.records()[-1]
        assert entry.outcome == "ok", f"{line}: {entry.error}"

    def do(self, _control: Control, moves: Sequence[Move]) -> None:
        for move in moves:
            if isinstance(move, Command):
                if isinstance(move, BuildImage):
                    self.files = move.files  # as the learner left them on the Build page
                self.type(move.line())
                continue
            # What is no docker line on this node: a machine's join, requests, an accident.
            played = Play(self.control, (move,), "learner", self.right, 0.05)
            played.wait(playing.PATIENCE)
            assert not played.error
