"""A running practice engine for tests that speak to it as any client does."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from hypothesis import HealthCheck, settings

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import ENGINE

# The same examples each time, however slow the machine: a run judges the change, not the luck.
settings.register_profile(
    "practice",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("practice")

PACKAGE = Path(__file__).parents[1]


def environ() -> dict[str, str]:
    """For another Python that shall find the same sources, installed or not."""
    return {**os.environ, "PYTHONPATH": str(PACKAGE / "src")}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The words of a refusal."""
        return str(self.json()["message"])


Call = Callable[..., Answer]


class PreciseResponse(http.client.HTTPResponse):
    """Reads the head of an answer and no byte more.

    docker-py reads the output of an exec from the bare socket. It misses output that the reader of
    the head has in its buffer, on a busy machine; so here that buffer is of one byte.
    """

    def __init__(self, sock: socket.socket, *given: Any, **named: Any) -> None:
        super().__init__(sock, *given, **named)
        self.fp.close()
        self.fp = sock.makefile("rb", 1)


@pytest.fixture(autouse=True)
def _precise_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "response_class", PreciseResponse)


def edition(request: pytest.FixtureRequest) -> str:
    """The engine that a test wants to be played: ``@pytest.mark.edition("28.5")``, or the usual."""
    marker = request.node.get_closest_marker("edition")
    return str(marker.args[0]) if marker else ENGINE


@pytest.fixture
def practice(request: pytest.FixtureRequest) -> Iterator[PracticeServer]:
    """Three nodes in one Swarm, fifty times as fast as real ones."""
    played = edition(request)
    server = PracticeServer.start(speed=50.0, seed=1, bind_ports=False, engine=played)
    yield server
    server.stop()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[PracticeServer]:
    """The same, within the LIMITS of the test's module."""
    limits, played = request.module.LIMITS, edition(request)
    with PracticeServer.start(
        speed=50.0, seed=1, bind_ports=False, limits=limits, engine=played
    ) as server:
        yield server


@pytest.fixture
def api(server: PracticeServer) -> Iterator[docker.APIClient]:
    """A docker-py client of its node1, which has nginx."""
    client = docker.APIClient(base_url=server.urls[0])
    client.pull("nginx", tag="latest")
    yield client
    client.close()


@pytest.fixture
def engine(practice: PracticeServer) -> Iterator[docker.DockerClient]:
    """A docker-py client of node1."""
    client = docker.DockerClient(base_url=practice.urls[0])
    yield client
    client.close()


@pytest.fixture
def call(practice: PracticeServer) -> Call:
    return calling(practice)


def calling(practice: PracticeServer) -> Call:
    """Calls a node's API on a connection of its own: ``call("GET", "/info", node=2)``."""

    def one(
        method: str,
        path: str,
        body: Any = None,
        node: int = 1,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        port = int(practice.urls[node - 1].rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            given = dict(headers or {})
            if body is not None and not isinstance(body, bytes):
                body = json.dumps(body).encode()
                given["Content-Type"] = "application/json"
            connection.request(method, path, body, given)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    return one
