"""Whose machine a request to the file routes reaches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.requests import HTTPConnection

from core.control.access import READ_ONLY, Access
from core.control.classroom import Classroom
from core.control.control import Control
from core.engine import keys
from core.engine.connection import Connection, Practice
from core.errors import InvalidCommand, NotAllowed, NotBegun
from core.web.server import machine
from essaim_practice.hosting.server import PracticeServer
from tests.practising import Lent

ADA, BOB = "adaadaad", "bcbbcbbb"


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Classroom]:
    room = Classroom(Practice(most=3, workers=Lent()), Access({}))
    monkeypatch.setattr("core.control.classroom._current", room)
    yield room
    room.stop()


def asked(own: str, shown: str, visited: str = "") -> HTTPConnection:
    """The request of a page that shows a cluster. own: the browser's own key, '' for no cookie."""
    cookies = f"{keys.OWN}={keys.signed(own)}" if own else ""
    cookies += f"; {keys.VISITED}={visited}" if visited else ""
    return HTTPConnection(
        {
            "type": "http",
            "path": "/machines/node1/files",
            "query_string": f"cluster={shown}".encode(),
            "headers": [(b"cookie", cookies.encode())],
        }
    )


def test_a_page_reaches_the_machines_of_its_own_cluster(room: Classroom) -> None:
    ada, bob = room.control(ADA).connection, room.control(BOB).connection
    way = machine(asked(ADA, ADA), "node2")
    assert way.url.endswith("/engines/node2") or way.socket.endswith("node2.sock")
    assert way != machine(asked(BOB, BOB), "node2")
    assert machine(asked(ADA, ADA), "node1") == ada.way != bob.way


def test_a_neighbour_who_got_the_key_writes_there_too(room: Classroom) -> None:
    ada = room.control(ADA).connection
    room.control(BOB)
    assert machine(asked(BOB, ADA, visited=ADA), "node1") == ada.way


def test_a_page_of_a_cluster_that_is_gone_writes_nowhere_else(room: Classroom) -> None:
    """The cookies alone would lead to the browser's own one."""
    room.control(BOB)
    for shown in (ADA, "", "nonsense", "everybody"):
        with pytest.raises(NotBegun, match="gone"):
            machine(asked(BOB, shown), "node1")


def test_another_tab_that_went_elsewhere_moves_no_file(room: Classroom) -> None:
    ada, bob = room.control(ADA).connection, room.control(BOB).connection
    assert machine(asked(BOB, BOB, visited=ADA), "node1") == bob.way != ada.way


def test_a_browser_without_a_cluster_gets_none(room: Classroom) -> None:
    with pytest.raises(NotBegun):
        machine(asked(ADA, ADA), "node1")
    assert not room.known(ADA)


def test_who_looks_on_gets_no_file(room: Classroom) -> None:
    room.control(ADA)
    code = room.viewing_code(ADA)
    with pytest.raises(NotAllowed, match=READ_ONLY[:20]):
        machine(asked(BOB, code, visited=code), "node1")


def test_a_real_engine_has_no_files_here(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.control(ADA)
    monkeypatch.setattr(Control, "practice", property(lambda self: False))
    with pytest.raises(NotAllowed, match="practice instance"):
        machine(asked(ADA, ADA), "node1")


def test_a_practice_engine_elsewhere_has_none_either(monkeypatch: pytest.MonkeyPatch) -> None:
    with PracticeServer.start(bind_ports=False) as elsewhere:
        room = Classroom(Connection(elsewhere.urls[0]), Access({}))
        monkeypatch.setattr("core.control.classroom._current", room)
        room.start()
        try:
            with pytest.raises(NotAllowed, match="practice instance"):
                machine(asked("", "everybody"), "node2")
        finally:
            room.stop()


def test_a_machine_that_is_not_there_is_refused_before_a_body_is_taken(room: Classroom) -> None:
    room.control(ADA)
    with pytest.raises(InvalidCommand, match="no machine node77"):
        machine(asked(ADA, ADA), "node77")
