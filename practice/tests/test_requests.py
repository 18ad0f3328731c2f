"""Requests of one cluster keep nobody waiting who works on another, and each has only so many."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.protocol.answers import Response
from essaim_practice.store.limits import Limits
from essaim_practice.wire import http as wire
from essaim_practice.wire.places import Place, Port, UnixSocket

from .test_swarm_api import until

LIMITS = Limits(memory_bytes=2**21, connections=8, streams=3)


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=1, speed=50.0, bind_ports=False, limits=LIMITS) as server:
        yield server


@contextmanager
def line(server: PracticeServer) -> Iterator[http.client.HTTPConnection]:
    there = urlsplit(server.urls[0])
    one = http.client.HTTPConnection(there.hostname or "", there.port, timeout=30)
    try:
        yield one
    finally:
        one.close()


def ask(server: PracticeServer, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    with line(server) as one:
        one.request(method, path, body, {"Content-Type": "application/json"})
        answer = one.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


# Turns


@pytest.mark.parametrize("kind", ["port", "socket"])
def test_many_connections_are_accepted_a_few_at_a_time(kind: str, tmp_path: Path) -> None:
    now, accepted = 0, Counter[int]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted[now] += 1
        writer.close()

    async def run() -> None:
        nonlocal now
        place: Place = Port() if kind == "port" else UnixSocket(tmp_path / "a.sock")
        listener = await place.open(accept)
        assert listener is not None
        address: Any = str(tmp_path / "a.sock")
        if kind == "port":
            address = listener.sockets[0].getsockname()
        with ExitStack() as stack:
            for _ in range(100):  # they wait: nobody is refused
                family = socket.AF_INET if kind == "port" else socket.AF_UNIX
                one = stack.enter_context(socket.socket(family))
                one.settimeout(30)
                one.connect(address)
            while accepted.total() < 100:
                now += 1
                await asyncio.sleep(0)
            listener.close()

    asyncio.run(run())
    assert max(accepted.values()) <= 8


def turns_while(sent: bytes, most: int = 10**7) -> tuple[int, bytes]:
    """How often others had the loop while a connection was served, and what was answered."""
    written = bytearray()

    class Writer:
        def write(self, data: bytes) -> None:
            written.extend(data)

        async def drain(self) -> None: ...

        def close(self) -> None: ...

    async def run() -> int:
        async def handle(call: wire.Call) -> wire.Reply:
            return wire.Reply(Response({"length": len(call.body)}), {})

        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        serving = asyncio.ensure_future(wire.serve(reader, Writer(), handle, most))  # type: ignore[arg-type]
        turns = 0
        while not serving.done():
            turns += 1
            await asyncio.sleep(0)
        await serving
        return turns

    return asyncio.run(run()), bytes(written)


def test_requests_that_come_together_are_answered_in_turns() -> None:
    turns, answered = turns_while(b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
    assert answered.count(b"200 OK") == 200
    assert turns >= 200


def test_a_body_of_tiny_chunks_lets_others_have_their_turn() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    turns, answered = turns_while(head + b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n")
    assert b'{"length":50000}' in answered
    assert turns >= 10


def test_a_head_of_very_many_lines_is_refused() -> None:
    _, answered = turns_while(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a:b\r\n" * 5000 + b"\r\n")
    assert answered.startswith(b"HTTP/1.1 431 ")
    assert b"a request has at most 500 headers" in answered
    body = b"\n" * 60_000
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b'{"length":60000}' in turns_while(head + body)[1]


def test_a_query_of_very_many_values_is_refused(server: PracticeServer) -> None:
    status, said = ask(server, "GET", "/containers/json?" + "a=1&" * 2000)
    assert (status, said["message"]) == (400, "a request has at most 1000 values in its query")


def test_a_body_of_very_many_values_is_refused(server: PracticeServer) -> None:
    body = b'{"Image": "alpine", "Cmd": [' + b'"a",' * 20_000 + b'"a"]}'
    status, said = ask(server, "POST", "/containers/create", body)
    assert status == 400
    assert "at most 10000 values at once" in said["message"]
    status, said = ask(server, "POST", "/containers/create", b"[" + b"[]," * 300_000 + b"[]]")
    assert status == 400  # nobody asks whether there is memory for it
    assert "at most 10000 values at once" in said["message"]


def test_a_large_body_is_not_copied_at_its_end() -> None:
    body, come = bytes(16 * 2**20), []
    here, there = socket.socketpair()

    async def handle(call: wire.Call) -> wire.Reply:
        come.append(len(call.body))
        return wire.Reply(Response(None), {})

    async def play() -> None:
        reader, writer = await asyncio.open_connection(sock=here)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        there.sendall(head)
        sending = asyncio.to_thread(there.sendall, body)
        serving = asyncio.ensure_future(wire.serve(reader, writer, handle))
        await sending
        there.shutdown(socket.SHUT_WR)
        await serving

    tracemalloc.start()
    try:
        asyncio.run(play())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        there.close()
    assert come == [len(body)]
    assert peak < 1.5 * len(body)


def test_a_large_answer_is_not_copied_while_its_client_reads_nothing() -> None:
    body, read = bytes(16 * 2**20), 0
    here, there = socket.socketpair()

    async def handle(call: wire.Call) -> wire.Reply:
        return wire.Reply(Response(body, headers={"Content-Type": "x/y"}), {})

    async def play() -> None:
        reader, writer = await asyncio.open_connection(sock=here)
        there.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        serving = asyncio.ensure_future(wire.serve(reader, writer, handle))
        for _ in range(100):
            await asyncio.sleep(0)
        await asyncio.to_thread(read_all)
        await serving

    def read_all() -> None:
        nonlocal read
        while data := there.recv(65536):
            read += len(data)

    tracemalloc.start()
    try:
        asyncio.run(play())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        there.close()
    assert read > len(body)
    assert peak < len(body) / 4


# Room


def test_bodies_count_while_they_come(server: PracticeServer) -> None:
    status, said = ask(server, "POST", "/images/load", bytes(2**21 + 1))
    assert status == 409
    assert "this practice cluster holds at most 2 MiB in memory" in said["message"]
    assert ask(server, "POST", "/images/load", bytes(2**20))[0] == 200  # there is room again


def test_bodies_that_never_end_share_the_room(server: PracticeServer) -> None:
    there = urlsplit(server.urls[0])
    memory = server.cluster.store.memory
    before = memory.weight
    head = b"POST /build HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(3):
            one = socket.create_connection((there.hostname or "", there.port or 0), 30)
            stack.enter_context(one)
            one.sendall(head + bytes(600_000))
        until(lambda: memory.weight > before + 1_800_000)
        assert ask(server, "POST", "/images/load", bytes(2**20))[0] == 409
        assert ask(server, "GET", "/_practice/clock")[0] == 200
    until(lambda: memory.weight < before + 100_000)


def test_streams_have_a_bound_and_say_so(server: PracticeServer) -> None:
    with ExitStack() as stack:
        for _ in range(LIMITS.streams):
            one = stack.enter_context(line(server))
            one.request("GET", "/events")
            assert one.getresponse().status == 200
        status, said = ask(server, "GET", "/events")
        text = "this practice cluster has at most 3 open streams: close some logs, events or"
        assert (status, said["message"]) == (429, f"{text} terminals first")
        assert ask(server, "GET", "/containers/json")[0] == 200
    until(lambda: server.cluster.connections.streams == 0)
    with line(server) as one:
        one.request("GET", "/events")
        assert one.getresponse().status == 200


def test_connections_have_a_bound_and_say_so(server: PracticeServer) -> None:
    with ExitStack() as stack:
        for _ in range(LIMITS.connections):
            one = stack.enter_context(line(server))
            one.request("GET", "/_ping")
            assert one.getresponse().read() == b"OK"
        status, said = ask(server, "GET", "/containers/json")
        text = "this practice cluster has at most 8 open connections: close some first"
        assert (status, said["message"]) == (429, text)
    until(lambda: server.cluster.connections.open == 0)
    assert ask(server, "GET", "/containers/json")[0] == 200


# Long answers


@pytest.mark.parametrize(
    ("many", "lazy"),
    [
        (0, lambda items: iter(items)),
        (3, lambda items: iter(items)),
        (9000, lambda items: iter(items)),
        (9000, lambda items: {"Items": iter(items), "Warnings": None, "Raw": iter([b'{"a":1}'])}),
    ],
)
def test_a_list_is_made_as_it_is_sent(many: int, lazy: Callable[[list[Any]], Any]) -> None:
    items = [{"number": number, "text": "é" * 30} for number in range(many)]
    made = 0

    async def run() -> list[bytes]:
        def each() -> Iterator[Any]:
            nonlocal made
            for item in items:
                made += 1
                yield item

        async def handle(call: wire.Call) -> wire.Reply:
            return wire.Reply(Response(lazy(each())), {})  # type: ignore[arg-type]

        written: list[bytes] = []
        ahead: list[int] = []

        class Writer:
            def write(self, data: bytes) -> None:
                written.append(data)
                ahead.append(made)

            async def drain(self) -> None: ...

            def close(self) -> None: ...

        reader = asyncio.StreamReader()
        reader.feed_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        serving = asyncio.ensure_future(wire.serve(reader, Writer(), handle))  # type: ignore[arg-type]
        until_end = b"0\r\n\r\n" if many == 9000 else b"\r\n\r\n"
        while not b"".join(written).endswith(until_end) and many == 9000:
            await asyncio.sleep(0)
        while not written:
            await asyncio.sleep(0)
        reader.feed_eof()
        await serving
        if many == 9000:
            assert ahead[0] < many  # the first bytes went before the last item was made
        return written

    sent = b"".join(asyncio.run(run()))
    head, _, body = sent.partition(b"\r\n\r\n")
    if many == 9000:
        assert b"transfer-encoding: chunked" in head.lower()
        body = unchunked(body)
    else:
        assert f"content-length: {len(body)}".encode() in head.lower()
    said = json.loads(body)
    if isinstance(said, dict):
        assert (said["Warnings"], said["Raw"]) == (None, [{"a": 1}])
        said = said["Items"]
    assert said == items


def unchunked(body: bytes) -> bytes:
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return found
