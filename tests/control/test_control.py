"""What holds a cluster under control together, whatever one of its parts does."""

from __future__ import annotations

import asyncio
import json
from unittest.mock import MagicMock

import pytest

from core.cluster.history import History
from core.commands.command import Command
from core.commands.nodes import ListNodes
from core.commands.registry import parse
from core.control.access import Access
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine.connection import Connection
from core.errors import NotAllowed, Worded


def test_who_looks_on_keeps_the_cluster_awake_while_an_answer_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    control = Control(Connection("tcp://127.0.0.1:9"), Access({}))
    seen, watched = control.as_read_only(), list[bool]()

    def answer(_command: object, _client: object) -> str:
        watched.append(control.watched)
        return ""

    monkeypatch.setattr(ListNodes, "run", answer)
    monkeypatch.setattr(Control, "_client", lambda *_: MagicMock())
    seen.look(ListNodes(), NONE)
    assert (watched, control.watched) == ([True], False)
    control.stop()


def test_who_looks_on_sees_what_becomes_of_the_cluster_later() -> None:
    control = Control(Connection("tcp://127.0.0.1:9"), Access({}))
    seen = control.as_read_only()
    control.history = History()
    assert seen.history is control.history
    assert (control.read_only, seen.read_only) == (False, True)
    control.stop()


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("docker ps -a --filter label=password=hunter2", True),
        ("docker service ls --filter name=web --filter label=password=hunter2", True),
        ("docker secret ls --filter label=password=", True),
        ("docker service ps --filter label=password=hunter2 web", True),
        ("docker ps --filter label=password", False),  # names of labels are no secret
        ("docker ps --filter name=hunter2", False),
        ("docker node ls --filter node.label=password=hunter2", True),
        ("docker node ls --filter node.label=password", False),
        ("docker service ls --filter label=com.docker.stack.namespace=shop", False),
    ],
)
def test_no_filter_tells_a_stranger_whether_a_guess_at_a_label_is_right(
    line: str, tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "client", lambda _self: MagicMock())
    monkeypatch.setattr(Command, "run", lambda *_given: "found")
    control = Control(Connection("tcp://127.0.0.1:9"), Access({}))
    command = parse(line)
    assert control.submit(command, "teacher", Right()) == "found"
    if tells:
        with pytest.raises(NotAllowed, match="keeps private"):
            control.submit(command, "stranger", NONE)
    else:
        assert control.submit(command, "stranger", NONE) == "found"
    assert "hunter2" not in repr(control.journal.records()) or not tells
    control.stop()


def test_the_beat_outlives_a_topic_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("core.control.beat.BEAT", 0.01)
    control = Control(Connection("tcp://127.0.0.1:9"), Access({}))  # where nobody answers
    pulses, failing = 0, False

    def pulse(_language: str) -> str:
        nonlocal pulses
        pulses += 1
        if failing:
            raise ValueError("no such pulse")
        return "pulse"

    control.hub.topic("pulse", pulse)
    control.hub.topic("history", lambda _language: f"history after {pulses}")

    async def visit() -> None:
        nonlocal failing
        async with control.hub.follow("en") as feed:
            failing = True
            control.start()
            met = 0
            async for message in feed.messages():
                met += message.startswith("history")
                if met > 3:  # the first one greets a newcomer
                    return

    try:
        asyncio.run(asyncio.wait_for(visit(), 60))
    finally:
        control.stop()
    assert "no such pulse" in caplog.text


def test_viewers_hear_at_once_that_what_they_do_is_not_kept_and_that_it_is_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page is drawn again where the shape of the cluster's message has changed."""
    monkeypatch.setattr("core.control.beat.BEAT", 0.01)
    full = list[Worded]()
    monkeypatch.setattr(Connection, "unkept", property(lambda self: full[0] if full else None))
    control, shapes = Control(Connection("tcp://127.0.0.1:9"), Access({})), list[str]()
    monkeypatch.setattr(control.collector, "start", lambda: None)  # it tells nothing of its own

    async def visit() -> None:
        async with control.hub.follow("en") as feed:
            async for message in feed.messages():
                said = json.loads(message)
                if "cluster" not in (said["topic"], said.get("of")):
                    continue
                shapes.append(message)
                if len(shapes) == 3:
                    return
                full[:] = [] if full else [Worded("The disk is full.")]

    control.start()
    try:
        asyncio.run(asyncio.wait_for(visit(), 60))
    finally:
        control.stop()
    assert len(set(shapes)) == 3


def test_a_lab_is_looked_at_when_the_journal_tells_what_no_snapshot_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    control, looks = Control(Connection("tcp://127.0.0.1:9"), Access({})), list[None]()
    monkeypatch.setattr(control.labs, "feed", lambda: looks.append(None))
    control.journal.note("docker container exec web ls", "", "ada", lambda: None)
    assert looks
    control.stop()
