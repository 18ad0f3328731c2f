"""A cluster under control in this process, and page scripts run against it without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.control.access import Access
from core.control.classroom import Classroom
from core.control.control import Control
from core.engine.connection import Connection
from tests.cluster.test_collector import until
from tests.practising import practice_cluster

PAGES = Path(__file__).parents[2] / "pages"
PASSWORD = "a password for tests"

Open = Callable[..., AppTest]


def under_control(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Control:
    classroom = Classroom(connection, Access({"ESSAIM_PASSWORD": PASSWORD}))
    monkeypatch.setattr("core.control.classroom._current", classroom)
    return classroom.control()


@contextmanager
def practising(monkeypatch: pytest.MonkeyPatch, formed: bool = True) -> Iterator[Control]:
    with practice_cluster(formed=formed, speed=50.0, seed=1) as connection:
        control = under_control(connection, monkeypatch)
        until(lambda: control.snapshot.engine is not None)
        yield control
        control.stop()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """A practice Swarm of three nodes, fifty times as fast as a real one."""
    with practising(monkeypatch) as control:
        yield control


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """Practice engines that are no Swarm yet."""
    with practising(monkeypatch, formed=False) as control:
        yield control


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """An address where nobody answers."""
    control = under_control(Connection("tcp://127.0.0.1:9"), monkeypatch)
    until(lambda: control.snapshot.outage is not None)
    yield control
    control.stop()


@pytest.fixture
def real(cluster: Control, monkeypatch: pytest.MonkeyPatch) -> Control:
    """The same cluster, held for a real one: it asks for the password."""
    monkeypatch.setattr(Control, "practice", property(lambda self: False))
    return cluster


@pytest.fixture
def visit() -> Open:
    """Open a page: ``visit("nodes", language="fr")``. It must not fail."""

    def visit(page: str, language: str = "en", **state: object) -> AppTest:
        app = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=30)
        app.session_state["choices"] = {"lang": language, "role": "operate"}
        for key, value in state.items():
            app.session_state[key] = value
        return app.run()

    return visit


def fine(app: AppTest) -> AppTest:
    """The same app, after a look that nothing went wrong in it."""
    assert [each.value for each in app.exception] == []
    assert [each.value for each in app.error] == []
    return app
