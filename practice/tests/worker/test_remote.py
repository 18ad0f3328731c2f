"""A worker at a TCP port: whom it lets in, and engines that are paths of it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit
from uuid import uuid4

import docker
import pytest

from essaim_practice import EngineUnreachable, PracticeClient, RequestRefused, WorkerClient

from ..test_websocket import ACCEPT, KEY, message
from .conftest import SECRET, Started


@pytest.fixture
def id(remote: Started) -> Iterator[str]:
    """Of a cluster of three machines, fifty times as fast as real ones."""
    made = uuid4().hex
    remote.client.open(made, speed=50)
    yield made
    remote.client.end(made)


@pytest.fixture
def practice(remote: Started, id: str) -> PracticeClient:
    return PracticeClient(remote.client.engine(id), secret=SECRET)


@pytest.fixture
def engine(remote: Started, id: str) -> Iterator[docker.DockerClient]:
    client = docker.DockerClient(base_url=remote.client.engine(id), version="1.51")
    client.api.headers["Authorization"] = f"Bearer {SECRET}"
    yield client
    client.close()


class Line:
    """A connection to the worker's port, byte by byte."""

    def __init__(self, worker: Started) -> None:
        there = urlsplit(worker.client.host)
        self._socket = socket.create_connection((there.hostname, there.port), timeout=20)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, target: str, *headers: str, method: str = "GET") -> None:
        lines = [f"{method} {target} HTTP/1.1", "Host: a:1", f"Authorization: Bearer {SECRET}"]
        self.send("\r\n".join([*lines, *headers, "", ""]).encode())

    def head(self) -> bytes:
        """The head of an answer; b"" where the connection has ended."""
        return b"".join(iter(self._file.readline, b"\r\n"))

    def line(self) -> bytes:
        return self._file.readline()

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def read_to_end(self) -> None:
        with suppress(ConnectionResetError):
            while self._file.read(1):
                pass

    def body(self, head: bytes) -> bytes:
        found = re.search(rb"\r\ncontent-length: ([0-9]+)\r\n", head, re.IGNORECASE)
        assert found is not None, head
        return self._file.read(int(found[1]))


@pytest.fixture
def line(remote: Started) -> Iterator[Line]:
    with Line(remote) as made:
        yield made


# Who is let in


def test_without_the_secret_nobody_is_let_in(remote: Started, id: str) -> None:
    for secret in ("", "between", "betweenus", "between us too", "entre nous", "é"):
        stranger = WorkerClient(remote.client.host, secret)
        engine = PracticeClient(remote.client.engine(id), secret=secret)
        acts = (stranger.status, stranger.changes, partial(stranger.open, "x"), engine.machines)
        for act in acts:
            with pytest.raises(RequestRefused, match="Authorization: Bearer SECRET") as refused:
                act()
            assert refused.value.status == 401


@pytest.mark.parametrize(
    "shown", [SECRET, f"Basic {SECRET}", f"Bearer{SECRET}", f"Bearer {SECRET}, Bearer x"]
)
def test_the_secret_is_shown_in_one_way(remote: Started, line: Line, shown: str) -> None:
    line.send(f"GET /worker HTTP/1.1\r\nHost: a\r\nAuthorization: {shown}\r\n\r\n".encode())
    assert line.head().startswith(b"HTTP/1.1 401 ")


def test_a_stranger_is_refused_before_the_worker_reads_on(line: Line) -> None:
    """The body of a request is kept in memory: not that of anybody who knocks."""
    line.send(b"POST /worker HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabc")
    assert line.head().startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("more", ["", "Content-Length: 999999999999\r\n"])
def test_a_stranger_that_asks_for_a_head_gets_no_body(line: Line, more: str) -> None:
    """The docker command begins with HEAD /_ping."""
    line.send(f"HEAD /clusters/a/engines/node1/_ping HTTP/1.1\r\nHost: a\r\n{more}\r\n".encode())
    assert line.head().startswith(b"HTTP/1.1 401 ")
    assert line.line() == b""


def test_no_program_of_a_learner_sees_the_secret(
    engine: docker.DockerClient, practice: PracticeClient, line: Line, id: str
) -> None:
    engine.containers.run("traefik/whoami", ports={"80/tcp": 8080}, detach=True)
    line.ask(f"/clusters/{id}/engines/node1/_practice/open/node1/8080/a?b=c", "X-Mine: seen")
    head = line.head()
    assert head.startswith(b"HTTP/1.1 200 ")
    shown = line.body(head)
    assert b"GET /a?b=c" in shown
    assert b"X-Mine: seen" in shown
    assert SECRET.encode() not in head + shown
    assert b"uthorization" not in shown


# Engines that are paths


def test_machines_and_ports_tell_the_ways_by_which_they_were_asked_for(
    remote: Started, engine: docker.DockerClient, practice: PracticeClient, id: str, line: Line
) -> None:
    assert [machine.host for machine in practice.machines()] == [
        remote.client.engine(id, name) for name in ("node1", "node2", "node3")
    ]
    assert practice.add_machine().host == remote.client.engine(id, "node4")
    engine.containers.run("nginx", ports={"80/tcp": 8080}, detach=True)
    [port] = practice.ports()
    assert port.url.startswith(remote.client.host.replace("tcp", "http"))
    line.ask(urlsplit(port.url).path)
    head = line.head()
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"Welcome to nginx!" in line.body(head)


def test_one_connection_may_ask_several_engines(line: Line, remote: Started, id: str) -> None:
    for name in ("node2", "node1", "node3"):
        line.ask(f"/v1.51/clusters/{id}/engines/{name}/info")
        head = line.head()
        assert head.startswith(b"HTTP/1.1 404 ")  # the version belongs to the engine's own path
        line.body(head)
        line.ask(f"/clusters/{id}/engines/{name}/v1.51/info")
        head = line.head()
        assert f'"Name":"{name}"'.encode() in line.body(head)
        line.ask("/worker")
        assert b'"pid"' in line.body(line.head())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("engines/node9/info", b"there is no machine node9"),
        ("engines//info", b"there is no machine "),
        ("engines/..%2fnode1/info", b"there is no machine ..%2fnode1"),
        ("engines/node1/nope", b"page not found"),
        ("engines/node1", b"page not found"),
        ("engines/node1?a=b", b"page not found"),
        ("nodes/node1/info", b"page not found"),
        ("", b"page not found"),
    ],
)
def test_what_is_not_there_is_not_found(line: Line, id: str, path: str, words: bytes) -> None:
    line.ask(f"/clusters/{id}/{path}")
    head = line.head()
    assert head.startswith(b"HTTP/1.1 404 ")
    assert words in line.body(head)


def test_an_exec_goes_both_ways(engine: docker.DockerClient) -> None:
    box = engine.containers.run("alpine", "sleep 9999", detach=True)
    made = engine.api.exec_create(box.id, "cat", stdin=True, tty=True)
    stream = engine.api.exec_start(made["Id"], socket=True, tty=True)
    stream._sock.settimeout(20)
    stream._sock.sendall(b"hello\n")
    said = b""
    while b"hello\r\nhello" not in said:
        said += stream._sock.recv(100)
    stream._sock.close()
    stream.close()


def test_a_websocket_goes_both_ways(engine: docker.DockerClient, line: Line, id: str) -> None:
    engine.containers.run("alpine", "cat", name="cat", stdin_open=True, detach=True)
    line.ask(
        f"/clusters/{id}/engines/node1/containers/cat/attach/ws?stream=1&stdin=1&stdout=1",
        *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        f"Sec-WebSocket-Key: {KEY.decode()}",
    )
    head = line.head()
    assert head.startswith(b"HTTP/1.1 101 ")
    assert ACCEPT in head
    line.send(message(b"hello\n"))
    assert line.read(8) == b"\x82\x06hello\n"


# Machines that fail


def test_a_machine_that_dies_takes_its_streams_with_it_and_no_others(
    remote: Started, practice: PracticeClient, id: str
) -> None:
    with Line(remote) as dying, Line(remote) as staying, Line(remote) as idle:
        for each, name in ((dying, "node2"), (staying, "node1")):
            each.ask(f"/clusters/{id}/engines/{name}/events")
            assert each.head().startswith(b"HTTP/1.1 200 ")
        idle.ask(f"/clusters/{id}/engines/node2/_ping")
        idle.body(idle.head())
        practice.faults.kill("node2")
        for each in (dying, idle):
            each.read_to_end()
        with pytest.raises(EngineUnreachable):
            PracticeClient(remote.client.engine(id, "node2"), secret=SECRET).machines()
        assert [machine.up for machine in practice.machines()] == [True, False, True]
        practice.faults.start("node2")
        PracticeClient(remote.client.engine(id, "node2"), secret=SECRET).machines()


def test_a_reset_ends_the_streams_of_its_cluster_alone(
    remote: Started, practice: PracticeClient, id: str
) -> None:
    other = uuid4().hex
    remote.client.open(other, nodes=1)
    with Line(remote) as ours, Line(remote) as theirs:
        for each, cluster in ((ours, id), (theirs, other)):
            each.ask(f"/clusters/{cluster}/engines/node1/events")
            assert each.head().startswith(b"HTTP/1.1 200 ")
        practice.reset(nodes=2)
        ours.read_to_end()
        assert len(practice.machines()) == 2
        asked = docker.APIClient(base_url=remote.client.engine(other), version="1.51")
        asked.headers["Authorization"] = f"Bearer {SECRET}"
        asked.create_volume("mine")
        asked.close()
        assert theirs.line()  # the length of its first event
    remote.client.end(other)
    with pytest.raises(RequestRefused, match=f"there is no cluster {other}"):
        PracticeClient(remote.client.engine(other), secret=SECRET).machines()
