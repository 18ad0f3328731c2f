"""A fault of Essaim's own ends one line of the console, and no line after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.commands.nodes import ListNodes
from core.console.answer import Answer
from core.console.grant import Grant
from core.console.session import Session
from core.control.access import Access
from core.control.control import Control
from core.control.rights import NONE
from core.engine.connection import Connection
from tests.cluster.test_collector import until

PATIENCE = 30


def _broken() -> tuple[tuple[str, str], ...]:
    raise KeyError("files")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Of a cluster where docker node ls answers at once, whatever the engine is."""
    monkeypatch.setattr(Control, "submit", lambda *_given: "the nodes")
    control = Control(Connection("tcp://127.0.0.1:9"), Access({}))
    session = Session(control)
    yield session
    session.close()
    control.stop()


def typed(session: Session, text: str) -> list[Answer]:
    """What was answered to each line, once the last of them is done."""
    session.give(text, "en", Grant(session.control, "learner", lambda: NONE, _broken))
    until(lambda: session._settled == session._count, PATIENCE)
    return list(session._answers.values())


def test_a_fault_around_a_command_is_answered_and_the_next_line_runs(session: Session) -> None:
    build, nodes = typed(session, "docker build -t web .\ndocker node ls")
    assert (build.kind, build.text) == ("refused", "Essaim itself failed here: KeyError: 'files'")
    assert (nodes.kind, nodes.text) == ("done", "the nodes")
    (_build, _nodes, again) = typed(session, "docker node ls")
    assert again.kind == "done"


def test_the_end_of_a_sessions_thread_refuses_what_waits_and_takes_later_lines(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = threading.Event()

    def leave(*_given: object) -> str:
        assert given.wait(PATIENCE)
        raise SystemExit("a library has enough")

    monkeypatch.setattr(Control, "submit", leave)
    threading.Timer(0.05, given.set).start()
    first, second = typed(session, "docker node ls\ndocker node ls")
    assert {first.kind, second.kind} == {"refused"}
    assert "a library has enough" in first.text
    monkeypatch.setattr(Control, "submit", lambda *_given: "the nodes")
    assert typed(session, "docker node ls")[-1].text == "the nodes"


def test_a_fault_leaves_no_command_going(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ListNodes, "goes_on", True)
    assert [each.kind for each in typed(session, "docker build .\ndocker node ls")][1] == "done"
    assert session._going is None
