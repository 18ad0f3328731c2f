"""The HTTP front door: what every client meets whatever it asks."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from contextlib import suppress
from dataclasses import replace

import docker
import pytest

from essaim_practice.api import routing
from essaim_practice.api.routing import Request, route
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.protocol.answers import Response
from essaim_practice.store.objects import Engine

from .conftest import Call


def talk(server: PracticeServer, sent: bytes, node: int = 1) -> bytes:
    """Send bytes on a fresh connection, close our half, and read all that comes back."""
    port = int(server.urls[node - 1].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.edition("28.5")
def test_ping_says_who_answers(call: Call) -> None:
    answer = call("GET", "/_ping")
    assert (answer.status, answer.body) == (200, b"OK")
    assert answer.headers["Api-Version"] == "1.51"
    assert answer.headers["Ostype"] == "linux"
    assert answer.headers["Swarm"] == "active/manager"
    assert answer.headers["Server"] == "Docker/28.5.2 (linux)"
    assert call("GET", "/_ping", node=2).headers["Swarm"] == "active/worker"


@pytest.mark.edition("28.5")
def test_head_has_headers_and_no_body(call: Call) -> None:
    answer = call("HEAD", "/_ping")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Api-Version"] == "1.51"


@pytest.mark.edition("28.5")
@pytest.mark.parametrize("path", ["/info", "/v1.24/info", "/v1.51/info"])
def test_every_route_exists_with_and_without_a_version(call: Call, path: str) -> None:
    answer = call("GET", path)
    assert answer.json()["Name"] == "node1"
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.edition("28.5")
def test_versions_out_of_range_are_refused_in_the_daemons_words(call: Call) -> None:
    old = call("GET", "/v1.23/info")
    assert old.status == 400
    assert old.body.decode().strip() == (
        "client version 1.23 is too old. Minimum supported API version is 1.24, "
        "please upgrade your client to a newer version"
    )
    new = call("GET", "/v1.52/info")
    assert new.status == 400
    assert new.message == ("client version 1.52 is too new. Maximum supported API version is 1.51")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nope"), ("POST", "/version"), ("GET", "/v1.x/info"), ("GET", "/")],
)
def test_what_is_no_route_is_not_found(call: Call, method: str, path: str) -> None:
    answer = call(method, path)
    assert (answer.status, answer.message) == (404, "page not found")


@pytest.mark.edition("28.5")
def test_a_simulation_can_be_told(engine: docker.DockerClient) -> None:
    info = engine.info()
    assert "essaim.engine=practice" in info["Labels"]
    assert info["OperatingSystem"] == "Essaim practice engine (simulation)"
    assert engine.version()["Version"] == "28.5.2"


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /info HTTP/1.1\r\n\r\n",  # no Host
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: minus\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /" + b"a" * 2_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_bad_request(practice: PracticeServer, sent: bytes) -> None:
    answer = talk(practice, sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
    assert b'{"message":"malformed request' in answer


def test_a_client_that_leaves_in_the_middle_harms_nobody(
    practice: PracticeServer, call: Call
) -> None:
    head = b"POST /containers/create HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"
    talk(practice, head)
    assert call("GET", "/_ping").status == 200


def test_one_connection_carries_many_requests(practice: PracticeServer) -> None:
    request = b"GET /_ping HTTP/1.1\r\nHost: a\r\n\r\n"
    assert talk(practice, request * 3).count(b"HTTP/1.1 200 OK") == 3


def test_a_body_may_come_in_chunks_and_ask_first(practice: PracticeServer) -> None:
    head = b"POST /volumes/create HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    body = b'9\r\n{"Name":"\r\n6\r\ndata"}\r\n0\r\n\r\n'
    assert b'"Name":"data"' in talk(practice, head + b"\r\n" + body)
    asked = talk(practice, head + b"Expect: 100-continue\r\n\r\n" + body)
    assert b"HTTP/1.1 201 Created" in asked


def test_json_that_is_none_is_refused(call: Call) -> None:
    answer = call("POST", "/containers/create", b"{")
    assert answer.status == 400
    assert answer.message.startswith("invalid JSON: ")
    assert call("POST", "/containers/create", []).status == 400


def test_a_fault_of_ours_looks_like_a_daemons_error(
    call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(routing, "ROUTES", list(routing.ROUTES))

    @route("GET", "/broken")
    def broken(request: Request) -> Response:
        raise RuntimeError("not today")

    answer = call("GET", "/broken")
    assert (answer.status, answer.message) == (500, "RuntimeError: not today")
    assert "GET /broken failed" in caplog.text
    assert call("GET", "/_ping").status == 200


def test_a_machine_that_is_down_refuses_connections(practice: PracticeServer, call: Call) -> None:
    def power(up: bool) -> None:
        def switch(cluster: object) -> None:
            node2 = practice.cluster.store.get(Engine, "node2")
            assert node2 is not None
            practice.cluster.store.put(replace(node2, up=up))

        practice.call(switch)

    port = int(practice.urls[1].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as open_before:
        open_before.sendall(b"GET /_ping HTTP/1.1\r\nHost: node2\r\n\r\n")
        assert open_before.recv(65536).startswith(b"HTTP/1.1 200")  # so it has been accepted
        power(False)
        with suppress(ConnectionResetError):
            while open_before.recv(65536):
                pass
    with pytest.raises(ConnectionRefusedError):
        call("GET", "/_ping", node=2)
    assert call("GET", "/_ping", node=1).status == 200
    power(True)
    for _ in range(100):
        with suppress(ConnectionRefusedError):
            assert call("GET", "/_ping", node=2).status == 200
            return
        time.sleep(0.02)
    pytest.fail("node2 does not answer again")


def test_stopping_leaves_nothing_behind_and_may_be_repeated() -> None:
    server = PracticeServer.start(nodes=2, bind_ports=False)
    port = int(server.urls[1].rpartition(":")[2])
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_taken_port_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="address already in use"):
            PracticeServer.start(nodes=1, port=port, bind_ports=False)


@pytest.mark.parametrize("port", [-1, 65534, 70000])
def test_ports_that_are_none_are_refused(port: int) -> None:
    with pytest.raises(ValueError, match=f"3 nodes from port {port} on"):
        PracticeServer.start(nodes=3, port=port, bind_ports=False)


def test_it_listens_at_an_address_of_version_6() -> None:
    try:
        started = PracticeServer.start(address="::1", bind_ports=False)
    except OSError:
        pytest.skip("this computer has no such address")
    with started as server:
        assert server.urls[0].startswith("tcp://[::1]:")
        assert server.machines()[0].host == server.urls[0]
        assert server.client.ping()


def test_a_machine_of_the_same_name_has_a_client_of_its_own(practice: PracticeServer) -> None:
    for _ in range(2):
        assert practice.add_machine().name == "node4"
        assert practice.client_of("node4").ping()
        practice.remove_machine("node4")
        practice.reset()


def test_an_embedded_engine_lives_beside_the_programs_own_loop() -> None:
    async def main() -> int:
        server = await asyncio.to_thread(PracticeServer.start, bind_ports=False)
        try:
            return len(server.urls)
        finally:
            await asyncio.to_thread(server.stop)

    assert asyncio.run(main()) == 3


def test_a_server_that_stops_leaves_no_connection_open(recwarn: pytest.WarningsRecorder) -> None:
    for _ in range(10):
        server = PracticeServer.start(nodes=1, bind_ports=False)
        address = ("127.0.0.1", int(server.urls[0].rpartition(":")[2]))
        knocking = [socket.create_connection(address, timeout=5) for _ in range(20)]
        server.stop()
        for connection in knocking:
            with suppress(ConnectionError):
                assert connection.recv(1) == b""
            connection.close()
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
