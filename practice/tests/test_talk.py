"""Programs that speak a protocol of their own, over published ports and between containers."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from essaim_practice import PracticeServer
from essaim_practice.network.net import ContainerNet
from essaim_practice.programs import base
from essaim_practice.programs.base import Context, Program
from essaim_practice.programs.steps import FOREVER, Steps
from essaim_practice.programs.talk import Talk

from .ports import free_ports


class Parrot(Talk):
    """Says each line again, to whom it is told; ends at ``bye``."""

    def __init__(self, caller: str) -> None:
        self._greeting = f"hello {caller}\n".encode()
        self._line = b""

    def hear(self, data: bytes) -> bytes:
        said, self._greeting = self._greeting, b""
        self._line += data
        while b"\n" in self._line:
            line, _, self._line = self._line.partition(b"\n")
            self.closed = self.closed or line == b"bye"
            said += line + b"\n"
        return said


def parrot(argv: list[str], context: Context) -> Program:
    opened: list[Talk] = []

    def steps() -> Steps:
        try:
            yield FOREVER
        finally:
            for talk in opened:
                talk.closed = True
                if talk.listener is not None:
                    talk.listener()
        return 0

    def open_(caller: str) -> Talk:
        opened.append(Parrot(caller))
        return opened[-1]

    return Program(steps(), term_code=0, talks={7: open_})


@pytest.fixture
def cage(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PracticeServer, int]]:
    """A cluster with a parrot called polly, and the port where it listens."""
    monkeypatch.setitem(base._EXECUTABLES, ("whoami", "whoami"), parrot)
    port = free_ports(1)
    with PracticeServer.start(nodes=1, speed=50, seed=1, bind_ports=True) as server:
        server.client.containers.run(
            "traefik/whoami", name="polly", detach=True, ports={"7/tcp": port}
        )
        yield server, port


def _said(connection: socket.socket, words: int) -> bytes:
    """So many lines, or fewer where the connection ends."""
    heard = b""
    while heard.count(b"\n") < words and (more := connection.recv(4096)):
        heard += more
    return heard


def test_a_published_port_carries_bytes(cage: tuple[PracticeServer, int]) -> None:
    _, port = cage
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        assert _said(connection, 1) == b"hello 172.17.0.1\n"
        connection.sendall(b"one\nt")
        connection.sendall(b"wo\nbye\n")
        assert _said(connection, 9) == b"one\ntwo\nbye\n"


def test_a_connection_ends_with_its_container(cage: tuple[PracticeServer, int]) -> None:
    server, port = cage
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        assert _said(connection, 1)
        server.client.containers.get("polly").kill()
        assert connection.recv(1) == b""


def test_a_container_converses_with_another(cage: tuple[PracticeServer, int]) -> None:
    server, _ = cage
    client = server.client
    client.networks.create("aviary").connect("polly")
    other = client.containers.create("traefik/whoami", network="aviary")
    other.start()

    def conversation(cluster: object) -> bytes:
        store, mesh = server.cluster.store, server.cluster.mesh
        net = ContainerNet(store, mesh, str(other.id))
        with pytest.raises(ConnectionRefusedError):
            net.converse("polly", 8)
        talk = net.converse("polly", 7)
        return talk.hear(b"") + talk.hear(b"word\n")

    said = server.call(conversation)
    other.reload()
    address = other.attrs["NetworkSettings"]["Networks"]["aviary"]["IPAddress"]
    assert said == f"hello {address}\nword\n".encode()
