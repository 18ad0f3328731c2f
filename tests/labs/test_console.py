"""Each lab's solution, typed into the dashboard's console, turns it green."""

from __future__ import annotations

from contextlib import closing

import pytest

from core.commands.registry import parse
from core.labs.catalogue import LABS
from core.labs.lab import Lab

from .playing import play, practice
from .prompt import Prompt


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_typed_into_the_console_it_turns_green(lab: Lab) -> None:
    with practice(lab) as control:
        prompt = Prompt(control)
        with closing(prompt.session):
            assert play(control, lab, prompt.do) == []
        assert len(control.labs.progress(lab.name).done) == len(lab.steps)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_what_its_texts_say_to_type_is_understood(lab: Lab) -> None:
    for step in lab.steps:
        for line in step.look:
            if line.startswith("docker") and "<" not in line:
                parse(line)
