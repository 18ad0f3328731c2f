"""A fault of Essaim's own never looks like success, in a lesson or in a solution that is played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.commands.nodes import ListNodes
from core.control.access import Access
from core.control.control import Control
from core.control.rights import NONE
from core.engine.connection import Connection
from core.lessons.lesson import Lesson
from core.lessons.solutions import Play

FAULTS = [
    (KeyError("spec"), "KeyError: 'spec'"),
    (TimeoutError("a socket"), "TimeoutError: a socket"),
    (SystemExit("a library has enough"), "SystemExit: a library has enough"),
]


@pytest.fixture
def control() -> Iterator[Control]:
    control = Control(Connection("tcp://127.0.0.1:9"), Access({}))
    yield control
    control.stop()


@pytest.mark.parametrize(("error", "words"), FAULTS)
def test_a_played_solution_ends_as_failed(
    control: Control, monkeypatch: pytest.MonkeyPatch, error: BaseException, words: str
) -> None:
    _failing(monkeypatch, error)
    play = Play(control, [ListNodes()], "somebody", NONE)
    play.wait(30)
    assert not play.running
    assert str(play.error) == f"Essaim itself failed here: {words}"


@pytest.mark.parametrize(("error", "words"), FAULTS)
def test_a_lesson_ends_as_failed(
    control: Control, monkeypatch: pytest.MonkeyPatch, error: BaseException, words: str
) -> None:
    _failing(monkeypatch, error)
    lesson = Lesson("rebalance", control, "id-web", "node2", "somebody", NONE)
    assert lesson.wait(30)
    assert not lesson.running
    assert not lesson.stuck
    assert str(lesson.error) == f"Essaim itself failed here: {words}"


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def still(*_given: object) -> None:
        raise error

    monkeypatch.setattr(Control, "still", still)
