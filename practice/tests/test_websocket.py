"""A container's streams in the messages of a websocket, byte by byte."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import docker
import pytest

from essaim_practice.hosting.server import PracticeServer

from .conftest import Call

#: The client's key and the server's answer to it in RFC 6455's own example.
KEY, ACCEPT = b"dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
MASK = b"\1\2\3\4"


def message(data: bytes, kind: int = 1) -> bytes:
    """A client's frame."""
    masked = bytes(byte ^ MASK[at % 4] for at, byte in enumerate(data))
    return bytes((0x80 | kind, 0x80 | len(data))) + MASK + masked


class Talk:
    """A websocket to a container's attach."""

    def __init__(self, practice: PracticeServer, name: str, query: str) -> None:
        port = int(practice.urls[0].rpartition(":")[2])
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        head = f"GET /containers/{name}/attach/ws?{query} HTTP/1.1\r\nHost: a\r\n".encode()
        wish = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        self.connection.sendall(head + wish + b"Sec-WebSocket-Key: " + KEY + b"\r\n\r\n")
        self.file = self.connection.makefile("rb")
        self.head = b"".join(iter(self.file.readline, b"\r\n"))

    def next(self) -> tuple[int, bytes]:
        """The next short frame: its kind, and what it holds."""
        first, size = self.file.read(2)
        return first & 15, self.file.read(size)

    def close(self) -> None:
        self.file.close()
        self.connection.close()


@pytest.fixture
def talk(practice: PracticeServer, engine: docker.DockerClient) -> Iterator[Talk]:
    """Attached to a container that says what it is told."""
    engine.containers.run("alpine", "cat", name="cat", stdin_open=True, detach=True)
    made = Talk(practice, "cat", "stream=1&stdin=1&stdout=1&stderr=1")
    yield made
    made.close()


def test_what_is_typed_is_answered(talk: Talk) -> None:
    assert talk.head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n" in talk.head
    talk.connection.sendall(message(b"hello\n"))
    assert talk.next() == (2, b"hello\n")


def test_a_ping_is_answered_and_an_end_ends(talk: Talk) -> None:
    talk.connection.sendall(message(b"there?", kind=9))
    assert talk.next() == (10, b"there?")
    talk.connection.sendall(message(b"\x03\xe8", kind=8))
    assert talk.next() == (8, b"\x03\xe8")
    assert talk.file.read() == b""


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(b"\x81\x01a", 1002), (b"\x82\xff" + b"\xff" * 8, 1009)],  # without a mask, and far too long
)
def test_what_is_no_message_closes(talk: Talk, sent: bytes, reason: int) -> None:
    talk.connection.sendall(sent)
    assert talk.next() == (8, reason.to_bytes(2, "big"))


def test_what_was_said_before_is_told_in_whole(
    practice: PracticeServer, engine: docker.DockerClient
) -> None:
    engine.containers.run("alpine", ["echo", "hi there"], name="said", detach=True).wait()
    talk = Talk(practice, "said", "logs=1&stdout=1")
    assert talk.next() == (2, b"hi there\n")
    assert talk.next() == (8, b"")
    talk.close()


def test_a_plain_request_is_no_websocket(engine: docker.DockerClient, call: Call) -> None:
    engine.containers.run("alpine", "cat", name="cat", stdin_open=True, detach=True)
    refused = call("GET", "/containers/cat/attach/ws")
    assert (refused.status, refused.message) == (400, "not websocket protocol")
    wish = {"Upgrade": "websocket", "Sec-WebSocket-Key": "a", "Sec-WebSocket-Version": "8"}
    assert call("GET", "/containers/cat/attach/ws", headers=wish).status == 400
    assert call("GET", "/containers/nothing/attach/ws").status == 404
