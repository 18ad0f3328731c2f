"""Each lab's solution, typed into the dashboard's console, turns it green."""

from __future__ import annotations

import pytest

from core.commands.build import BuildImage
from core.commands.registry import parse
from core.console.session import Session, Visit
from core.control import Control
from core.labs.catalogue import LABS
from core.labs.lab import Docker, Lab, Move
from core.playing import Play
from tests.cluster.test_collector import until

from .playing import PATIENCE, practice, turns_green


class Prompt:
    """A viewer's console, without a browser."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.files: tuple[tuple[str, str], ...] = ()
        self.session = Session(control)
        self.visit = Visit(control, "learner", lambda: False, lambda: self.files)

    def type(self, line: str) -> None:
        before = len(self.control.journal.entries())
        self.session.give(line, "fr", self.visit)
        until(lambda: len(self.control.journal.entries()) > before, PATIENCE)
        entry = self.control.journal.entries()[-1]
        assert entry.outcome == "ok", f"{line}: {entry.error}"

    def do(self, move: Move) -> None:
        if isinstance(move, Docker):
            if isinstance(move.command, BuildImage):
                self.files = move.command.files  # as the learner left them on the Build page
            self.type(move.line())
            return
        # What is no docker line on this node: another machine's join, requests, an accident.
        played = Play(self.control, (move,), "learner", False, 0.05)
        played.wait(PATIENCE)
        assert not played.error


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_typed_into_the_console_it_turns_green(lab: Lab) -> None:
    with practice(lab) as control:
        prompt = Prompt(control)
        control.labs.standing(lab.name)
        for step in lab.steps:
            until(lambda step=step: step.moves(control.labs.scene(lab.name)), PATIENCE)
            for move in step.moves(control.labs.scene(lab.name)):
                prompt.do(move)
            turns_green(control, lab, step.name)
        assert control.labs.standing(lab.name).current is None
        prompt.session.close()


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_what_its_texts_say_to_type_is_understood(lab: Lab) -> None:
    for step in lab.steps:
        for line in step.look:
            if line.startswith("docker") and "<" not in line:
                parse(line)
