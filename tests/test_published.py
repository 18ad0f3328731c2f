"""The way to a published port leads nowhere else: the engine itself listens at the same address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from starlette.applications import Starlette

from core.access import Access
from core.commands.services import CreateService
from core.connection import Connection
from core.control import Control
from core.practice.embed import PracticeServer
from core.published import routes
from tests.cluster.test_collector import until


@pytest.fixture
def cluster() -> Iterator[Control]:
    server = PracticeServer.start(bind_ports=False, factor=50.0)
    control = Control(Connection(server.urls[0], practice=server), Access({}))
    control.start()
    yield control
    control.stop()


def ask(cluster: Control, path: str, method: str = "GET") -> int:
    """The status of a request; path: as the server hands it over, with nothing encoded."""
    app = Starlette(routes=routes(lambda _: cluster))
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


def test_a_published_port_answers_and_no_path_leads_out_of_it(cluster: Control) -> None:
    client: docker.DockerClient = cluster.connection.client()
    CreateService(name="web", replicas=3, image="nginx:latest", publish=("80:80",)).run(client)
    client.close()
    until(lambda: ask(cluster, "/open/node1/80/") == 200, 30)
    assert ask(cluster, "/open/node1/80/a page?") == 404  # nginx says so
    for path in (
        "/open/node1/80/../../../../nodes",
        "/open/node1/80/x/../../../../../nodes",
        "/open/node1/80/..",
        "/open/../80/",
        "/open/some/../80/",
    ):
        assert ask(cluster, path) == 404, path
    out = "/open/node1/80/../../../../_practice/reset"
    assert ask(cluster, out, "POST") == 404
    assert cluster.collector.refresh(30)
    assert [service.name for service in cluster.snapshot.services] == ["web"]
