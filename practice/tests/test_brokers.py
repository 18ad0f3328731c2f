"""Memcached, and RabbitMQ and MongoDB as far as they are played, in containers."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from essaim_practice import PracticeServer

from .databases import logged, said
from .ports import free_ports


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(2)


@pytest.fixture(scope="module")
def server(port: int) -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=1, speed=50, seed=1, bind_ports=True) as server:
        run = server.client.containers.run
        run("memcached:1.6", name="cache", detach=True, ports={"11211/tcp": port})
        run("rabbitmq:4.1", name="broker", detach=True, ports={"5672/tcp": port + 1})
        yield server


def test_memcached_keeps_values(server: PracticeServer, port: int) -> None:
    logged(server.client.containers.get("broker"), "startup complete")  # both have started
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:

        def ask(words: bytes, end: bytes) -> bytes:
            connection.sendall(words)
            heard = b""
            while not heard.endswith(end) and (more := connection.recv(4096)):
                heard += more
            return heard

        assert ask(b"set name 7 0 3\r\nA\n", b"") == b""
        assert ask(b"a\r\n", b"\r\n") == b"STORED\r\n"
        assert ask(b"get name none\r\n", b"END\r\n") == b"VALUE name 7 3\r\nA\na\r\nEND\r\n"
        assert ask(b"set n 0 10 2\r\n41\r\nincr n 1\r\n", b"42\r\n") == b"STORED\r\n42\r\n"
        assert ask(b"add n 0 0 1\r\n1\r\n", b"\r\n") == b"NOT_STORED\r\n"
        server.clock.step(11)
        assert ask(b"get n\r\n", b"END\r\n") == b"END\r\n"
        assert ask(b"delete name\r\n", b"\r\n") == b"DELETED\r\n"
        assert ask(b"version\r\n", b"\r\n") == b"VERSION 1.6.45\r\n"
        assert ask(b"what\r\n", b"\r\n") == b"ERROR\r\n"


def test_rabbitmq_says_how_it_is(server: PracticeServer, port: int) -> None:
    broker = server.client.containers.get("broker")
    assert "started TCP listener on [::]:5672" in logged(broker, "Server startup complete")
    assert said(broker, "rabbitmq-diagnostics", "-q", "ping") == "Ping succeeded\n"
    assert "is fully booted and running" in said(broker, "rabbitmq-diagnostics", "check_running")
    assert "guest\t[administrator]" in said(broker, "rabbitmqctl", "list_users")
    refused = said(broker, "rabbitmqctl", "eval", "1.", code=64)
    assert refused == "rabbitmqctl: the practice engine does not play 'eval'\n"


def test_rabbitmq_says_that_it_does_not_play_its_protocol(
    server: PracticeServer, port: int
) -> None:
    broker = server.client.containers.get("broker")
    logged(broker, "Server startup complete")
    with socket.create_connection(("127.0.0.1", port + 1), timeout=30) as connection:
        connection.sendall(b"AMQP\0\0\x09\x01")
        assert connection.recv(8) == b"AMQP\0\0\x09\x01"
        assert connection.recv(1) == b""
    logged(broker, "the practice engine does not play AMQP")


def test_mongo_answers_a_ping_and_says_what_it_does_not_play(server: PracticeServer) -> None:
    mongo = server.client.containers.run("mongo:8.0", detach=True)
    assert '"msg":"Waiting for connections","attr":{"port":27017,' in logged(mongo, "Waiting for")
    eval_ = ("mongosh", "--quiet", "--eval")
    assert said(mongo, *eval_, "db.runCommand({ ping: 1 })") == "{ ok: 1 }\n"
    assert said(mongo, *eval_, "db.adminCommand('ping').ok") == "1\n"
    refused = said(mongo, *eval_, "db.people.find()", code=1)
    assert refused == "(simulated) the practice engine does not play MongoDB's documents\n"
    mongo.stop()
    assert mongo.wait()["StatusCode"] == 0
