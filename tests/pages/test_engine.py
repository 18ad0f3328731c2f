"""Behind the engine's line: how it was found, what was tried, and why it was not taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.control.classroom import classroom
from core.control.control import Control
from core.control.keeping import Keeping
from core.engine.connection import _UNKEPT, Connection, choose
from core.engine.contexts import Endpoint
from core.errors import Worded
from core.storage.storage import Storage
from essaim_practice.hosting.server import PracticeServer
from tests.cluster.test_collector import until

from .conftest import Open, under_control

FULL = Worded(_UNKEPT, why="database or disk is full")


def told(page: object) -> str:
    """All that is written on the page, behind its signs too."""
    return "\n".join(element.value for element in page.markdown)  # type: ignore[attr-defined]


@pytest.fixture
def practising(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """Practice, because a file is no socket, and another is not there."""
    (tmp_path / "file").write_text("")
    sockets = [Endpoint(who, f"unix://{tmp_path / who}") for who in ("file", "none")]
    found = choose({}, tmp_path, sockets)
    assert not isinstance(found, Connection)
    connection = found.open("a" * 22)
    control = under_control(connection, monkeypatch)
    until(lambda: control.snapshot.engine is not None)
    yield control
    control.stop()
    found.close()


def test_practice_says_what_was_tried(practising: Control, visit: Open, tmp_path: Path) -> None:
    page = visit("nodes")
    assert f"- `{tmp_path}/file` (file): The engine does not answer" in told(page)
    assert f"- `{tmp_path}/none` (none): there is no such file" in told(page)
    assert "So this is practice" in told(page)
    # What was there and failed is said aloud, what was not there is not.
    assert "/file` (file): The engine does not answer" in page.caption[0].value
    assert "/none" not in page.caption[0].value


def test_it_says_so_in_french(practising: Control, visit: Open, tmp_path: Path) -> None:
    assert f"- `{tmp_path}/none` (none)\N{NO-BREAK SPACE}: ce fichier n’existe pas" in told(
        visit("nodes", "fr")
    )


def chosen(
    environ: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Control]:
    connection = choose(environ, home)
    assert isinstance(connection, Connection)
    control = under_control(connection, monkeypatch)
    until(lambda: control.snapshot.engine or control.snapshot.outage)
    yield control
    control.stop()


@pytest.fixture
def lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    yield from chosen({"DOCKER_CONTEXT": "gone"}, tmp_path, monkeypatch)


@pytest.fixture
def missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    yield from chosen({"DOCKER_HOST": "unix:///none"}, tmp_path, monkeypatch)


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    with PracticeServer.start(speed=50.0, seed=1, bind_ports=False) as server:
        yield from chosen({"DOCKER_HOST": server.urls[0]}, tmp_path, monkeypatch)


def test_a_context_that_is_not_there_is_said(lost: Control, visit: Open) -> None:
    page = visit("cluster")
    assert "The context gone of DOCKER\\_CONTEXT: there is no such context" in plain(page)
    assert "start Essaim again" in page.warning[0].value


def plain(page: object) -> str:
    return page.warning[0].value.replace("\\:", ":")  # type: ignore[attr-defined,no-any-return]


def test_why_the_chosen_one_is_not_there_is_said(missing: Control, visit: Open) -> None:
    page = visit("cluster")
    assert "No engine answers at `unix:///none` yet" in page.warning[0].value
    assert "No such file or directory" in page.warning[0].value
    assert "DOCKER\\_HOST" in told(page)


def test_what_named_the_engine_is_said(answering: Control, visit: Open) -> None:
    page = visit("cluster")
    said = told(page).replace("\\", "")
    assert f"Chosen by: DOCKER_HOST ({answering.connection.base_url})" in said


def test_in_memory_alone_it_says_so_where_the_engine_is_named(
    practising: Control, visit: Open
) -> None:
    page = visit("nodes")
    assert "ESSAIM_DATA is empty: once Essaim ends, all that was done is gone." in told(page)
    assert not any("kept" in each.value for each in page.caption)


def test_what_cannot_be_kept_or_read_is_said(
    practising: Control, visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.storage.RETRY", 600.0)
    (tmp_path / "essaim.db").write_bytes(b"cut")
    storage = Storage(tmp_path)
    monkeypatch.setattr(classroom(), "storage", storage)
    monkeypatch.setattr(practising, "keeping", Keeping(storage, ""))
    try:
        page = visit("nodes")
        assert any("it was put aside as" in each.value for each in page.caption)
        assert "ESSAIM_DATA" not in told(page)
        storage._failed(sqlite3.OperationalError("database or disk is full"))
        captions = [each.value for each in visit("nodes", "fr").caption]
        assert any("n’est pas conservé" in each and "disk is full" in each for each in captions)
        monkeypatch.setattr(Connection, "unkept", property(lambda self: FULL))
        captions = [each.value for each in visit("nodes", "fr").caption]
        assert any("les machines d’entraînement n’est pas conservé" in each for each in captions)
        monkeypatch.undo()
        assert not any("conservé" in each.value for each in visit("nodes", "fr").caption)
    finally:
        storage.close()
