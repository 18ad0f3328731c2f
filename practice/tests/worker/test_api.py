"""The API of a worker: its clusters, what is refused, what changes."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker
import pytest

from essaim_practice import (
    Changed,
    EngineUnreachable,
    Heartbeat,
    PracticeClient,
    RequestRefused,
)

from .conftest import Start, Started


@pytest.fixture
def id() -> str:
    """Of a cluster that no other test has."""
    return uuid4().hex


def ask(worker: Started, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(30)
    connection.sock.connect(worker.client.host.removeprefix("unix://"))
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None
    finally:
        connection.close()


def test_a_worker_tells_how_it_fares(worker: Started) -> None:
    status = worker.client.status()
    assert status.pid == worker.process.pid
    assert (status.most, status.kept) == (100, False)
    assert 0 <= status.load < 2
    assert 10e6 < status.memory < 500e6


def test_a_cluster_is_opened_found_again_and_ended(worker: Started, id: str) -> None:
    before = worker.client.status().clusters
    first = worker.client.open(id, nodes=2)
    assert (first.begun, first.lost, first.cluster.machines) == ("new", None, 2)
    assert first.cluster.most_machines == 10
    again = worker.client.open(id, nodes=5)
    assert (again.begun, again.cluster.machines) == ("there", 2)
    assert [each.id for each in worker.client.clusters()].count(id) == 1
    assert worker.client.status().clusters == before + 1
    worker.client.end(id)
    worker.client.end(id)
    assert worker.client.status().clusters == before
    assert id not in [each.id for each in worker.client.clusters()]


def test_its_engines_answer_any_docker_client(worker: Started, id: str) -> None:
    worker.client.open(id, speed=50, seed=1)
    client = docker.DockerClient(base_url=worker.client.engine(id))
    assert client.nodes.list()
    assert not worker.client.clusters()[-1].touched  # only looked at
    web = client.services.create("nginx", name="web")
    assert worker.client.clusters()[-1].touched
    PracticeClient(worker.client.engine(id)).clock.step(30)
    assert [task["Status"]["State"] for task in web.tasks()] == ["running"]
    other = docker.DockerClient(base_url=worker.client.engine(id, "node2"))
    assert other.info()["Name"] == "node2"
    for each in (client, other):
        each.close()
    worker.client.end(id)
    with pytest.raises(EngineUnreachable):
        PracticeClient(worker.client.engine(id)).machines()


def test_only_its_user_may_open_the_sockets(worker: Started, folder: Path, id: str) -> None:
    worker.client.open(id)
    sockets = [folder / "shared.sock", *(folder / id).iterdir()]
    assert len(sockets) == 4
    assert {path.stat().st_mode & 0o777 for path in sockets} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder / id)} == {0o700}
    worker.client.end(id)
    assert not (folder / id).exists()


def test_machines_that_come_and_go_take_their_sockets_with_them(
    worker: Started, folder: Path, id: str
) -> None:
    worker.client.open(id)
    practice = PracticeClient(worker.client.engine(id))
    added = practice.add_machine()
    assert added.host == worker.client.engine(id, "node4")
    PracticeClient(added.host).machines()
    practice.remove_machine("node4")
    assert not (folder / id / "node4.sock").exists()
    practice.faults.kill("node2")
    with socket.socket(socket.AF_UNIX) as knock, pytest.raises(ConnectionRefusedError):
        knock.connect(str(folder / id / "node2.sock"))
    practice.faults.start("node2")
    PracticeClient(worker.client.engine(id, "node2")).reset(nodes=1)
    assert [path.name for path in (folder / id).iterdir()] == ["node1.sock"]
    worker.client.end(id)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/", None, 404, "page not found"),
        ("GET", "/info", None, 404, "page not found"),
        ("POST", "/worker", None, 404, "page not found"),
        ("PUT", "/worker/clusters/", None, 400, "the ID of a cluster"),
        ("PUT", "/worker/clusters/Ada", None, 400, "the ID of a cluster"),
        ("PUT", "/worker/clusters/..", None, 400, "the ID of a cluster"),
        ("PUT", "/worker/clusters/%2e%2e", None, 400, "the ID of a cluster"),
        ("PUT", "/worker/clusters/a/b", None, 404, "page not found"),
        ("PUT", "/worker/clusters/a%2fb", None, 400, "the ID of a cluster"),
        ("PUT", "/worker/clusters/" + "a" * 65, None, 400, "the ID of a cluster"),
        ("DELETE", "/worker/clusters/..", None, 400, "the ID of a cluster"),
        ("PUT", "/worker/clusters/a", b"{", 400, "invalid JSON"),
        ("PUT", "/worker/clusters/a", b"[1]", 400, "invalid JSON"),
        ("PUT", "/worker/clusters/a", b"[" * 9999, 400, "invalid JSON"),
        ("PUT", "/worker/clusters/a", b"\xff\xfe", 400, "invalid JSON"),
        ("PUT", "/worker/clusters/a", b'{"nodes": 0}', 400, "nodes is 0: write a whole number"),
        ("PUT", "/worker/clusters/a", b'{"nodes": "3"}', 400, "nodes is '3'"),
        ("PUT", "/worker/clusters/a", b'{"nodes": 1e999}', 400, "nodes is inf"),
        ("PUT", "/worker/clusters/a", b'{"speed": NaN}', 400, ""),
        ("PUT", "/worker/clusters/a", b'{"formed": 1}', 400, "formed is 1"),
        ("PUT", "/worker/clusters/a", b'{"seed": "x"}', 400, "seed is 'x'"),
        ("PUT", "/worker/clusters/a", b'{"limits": {}}', 400, 'there is no setting "limits"'),
        ("PUT", "/worker/clusters/a", b" " * 70_000, 413, "larger than 65536 bytes"),
        ("GET", "/clusters/nobody/engines/node1/info", None, 404, "there is no cluster nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    worker: Started, method: str, path: str, body: bytes | None, status: int, words: str
) -> None:
    answered, said = ask(worker, method, path, body)
    assert answered == status
    assert words in said["message"]
    assert "a" not in [each.id for each in worker.client.clusters()]


def test_a_worker_holds_only_so_many(start: Start, folder: Path) -> None:
    worker = start("--listen", f"unix://{folder}/few.sock", "--most", "2")
    for id in ("one", "two"):
        worker.client.open(id, nodes=1)
    with pytest.raises(RequestRefused, match="at most 2 practice clusters") as refused:
        worker.client.open("three")
    assert refused.value.status == 409
    assert worker.client.open("two").begun == "there"
    worker.client.end("one")
    assert worker.client.open("three").begun == "new"


# What changes


def until(heard: Any, holds: Callable[[Changed], bool]) -> None:
    """Read on until there is such a change."""
    assert any(isinstance(each, Changed) and holds(each) for each in heard)


def test_changes_are_told_while_they_happen_and_a_heartbeat_between(
    worker: Started, id: str
) -> None:
    worker.client.open(id, speed=50)
    with worker.client.changes() as heard:
        first = next(heard)
        assert isinstance(first, Heartbeat)
        assert first.clusters == worker.client.status().clusters
        client = docker.APIClient(base_url=worker.client.engine(id))
        client.create_service({"ContainerSpec": {"Image": "nginx"}}, name="web")
        until(heard, lambda change: change.cluster == id and "Service" in change.kinds)
        until(heard, lambda change: "Container" in change.kinds)
        assert any(isinstance(each, Heartbeat) for each in heard)
        client.close()
    assert list(heard) == []
    worker.client.end(id)


def test_a_reset_tells_all_kinds(worker: Started, id: str) -> None:
    worker.client.open(id, speed=0)
    with worker.client.changes() as heard:
        next(heard)
        PracticeClient(worker.client.engine(id)).reset()
        until(heard, lambda change: {"Engine", "Node", "Service", "Task"} <= set(change.kinds))
    worker.client.end(id)
