"""The routes to a machine's files: who may come, by which paths, and how much."""

from __future__ import annotations

import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from core.control.access import READ_ONLY, Access
from core.engine.connection import Connection
from core.engine.way import Way
from core.errors import EngineRejected, EngineUnreachable, EssaimError, NotAllowed, NotBegun
from core.machines import routes as machine_routes
from core.machines.files import MachineFiles
from core.machines.routes import routes
from tests.cluster.test_collector import until
from tests.machines.engine import FakeEngine

PATIENCE = 30


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE)


class Door:
    """The routes, and whom they let in."""

    def __init__(self) -> None:
        self.address = self.engine = ""
        self.refusal: EssaimError | None = None
        self.machines: list[str] = []  # that were asked for

    def way(self, request: HTTPConnection, machine: str) -> Way:
        self.machines.append(machine)
        if self.refusal:
            raise self.refusal
        return Connection(self.engine).way.below(f"/{machine}")

    def ask(
        self, method: str, part: str, machine: str = "node1", **options: Any
    ) -> requests.Response:
        """A request of the browser's; options: those of requests."""
        url = f"{self.address}/machines/{machine}/{part}"
        return requests.request(method, url, timeout=PATIENCE, **options)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def door(engine: FakeEngine) -> Iterator[Door]:
    door = Door()
    app = Starlette(routes=routes(door.way, Access({}).origin_allowed))
    with served(engine.app()) as door.engine, served(app) as door.address:
        yield door


def file(path: str) -> dict[str, Any]:
    return {"params": {"path": path}}


def test_a_file_is_written_read_renamed_and_removed(door: Door, engine: FakeEngine) -> None:
    path = "/root/é & co.py"
    written = door.ask("PUT", "file", **file(path), data="print('ü')\n".encode())
    assert written.status_code == 200
    read = door.ask("GET", "file", **file(path))
    assert read.content == "print('ü')\n".encode()
    assert read.headers["ETag"] == written.headers["ETag"]
    listed = door.ask("GET", "files", **file("/root")).json()
    assert [each["name"] for each in listed["entries"]] == ["é & co.py"]
    assert door.ask("POST", "files", json={"path": "/root/app"}).status_code == 200
    named = {"from": path, "to": "/root/app/a.py"}
    assert door.ask("POST", "rename", json=named).status_code == 200
    assert engine.files == {"/root": None, "/root/app": None, "/root/app/a.py": read.content}
    assert door.ask("DELETE", "file", **file("/root/app")).status_code == 200
    assert engine.files == {"/root": None}


def test_nothing_is_written_over_what_has_changed_meanwhile(door: Door, engine: FakeEngine) -> None:
    engine.files["/root/a"] = b"one"
    seen = door.ask("GET", "file", **file("/root/a")).headers["ETag"]
    engine.files["/root/a"] = b"another's"
    late = door.ask("PUT", "file", **file("/root/a"), data=b"mine", headers={"If-Match": seen})
    assert late.status_code == 412
    there = {"If-None-Match": "*"}
    assert door.ask("PUT", "file", **file("/root/a"), data=b"", headers=there).status_code == 412
    assert engine.files["/root/a"] == b"another's"


def test_what_a_file_holds_is_never_a_page_of_ours(door: Door, engine: FakeEngine) -> None:
    engine.files["/root/evil.html"] = b"<script>alert(1)</script>"
    answer = door.ask("GET", "file", **file("/root/evil.html"))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''evil.html"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_adds_no_header(door: Door, engine: FakeEngine) -> None:
    path = '/root/a"\r\nSet-Cookie: x=y'
    engine.files[path] = b""
    answer = door.ask("GET", "file", **file(path))
    assert "Set-Cookie" not in answer.headers
    assert "%0D%0A" in answer.headers["Content-Disposition"]


def test_a_folder_comes_as_a_tar(door: Door, engine: FakeEngine) -> None:
    engine.files |= {"/root/app": None, "/root/app/a.py": b"1", "/root/apple": b"2"}
    answer = door.ask("GET", "archive", **file("/root/app"))
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''app.tar"
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        assert tar.getnames() == ["app", "app/a.py"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize(
    ("method", "part"),
    [("GET", "files"), ("GET", "file"), ("PUT", "file"), ("DELETE", "file"), ("POST", "rename")],
)
def test_a_page_of_another_site_may_not(
    door: Door, engine: FakeEngine, origin: str, method: str, part: str
) -> None:
    """Nor one that a container shows: it is sandboxed, and its origin is null."""
    answer = door.ask(method, part, **file("/root"), headers={"Origin": origin})
    assert answer.status_code == 403
    assert (door.machines, engine.heard) == ([], [])
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotAllowed(READ_ONLY), 403),
        (NotBegun("There is no practice cluster yet."), 503),
        (EngineUnreachable("The engine does not answer in time."), 503),
    ],
)
def test_who_has_no_right_gets_one_sentence(
    door: Door, engine: FakeEngine, refusal: EssaimError, status: int
) -> None:
    door.refusal = refusal
    answer = door.ask("PUT", "file", **file("/root/a"), data=b"x")
    assert (answer.status_code, answer.json()) == (status, {"message": refusal.said(str)})
    assert engine.heard == []


@pytest.mark.parametrize(
    "machine", ["..", "node1%2F..%2Fnode2", "%2e%2e%2f%2e%2e", "a" * 64, "node1%00", "né"]
)
def test_a_machine_is_named_by_a_name(door: Door, engine: FakeEngine, machine: str) -> None:
    answer = door.ask("GET", "files", machine, **file("/root"))
    assert answer.status_code == 404
    assert (door.machines, engine.heard) == ([], [])


@pytest.mark.parametrize("path", ["", "root/a", "../a", "/root/a\0b", "/" + "é" * 2048])
def test_a_path_is_a_path(door: Door, engine: FakeEngine, path: str) -> None:
    for method, part in (("GET", "files"), ("PUT", "file"), ("DELETE", "file"), ("GET", "archive")):
        assert door.ask(method, part, **file(path), data=b"x").status_code == 400
    for body in ({"path": path}, {"from": "/root/a", "to": path}, {"from": path, "to": "/root/a"}):
        part = "files" if "path" in body else "rename"
        assert door.ask("POST", part, json=body).status_code == 400
    assert engine.heard == []


@pytest.mark.parametrize("path", ["/root/../etc/passwd", "/root/a?path=/b&x=%2e%2e", "/root/#a"])
def test_a_path_reaches_the_machine_as_it_is(door: Door, engine: FakeEngine, path: str) -> None:
    """It is the machine's own file system that reads it, and no address."""
    assert door.ask("GET", "file", **file(path)).status_code == 404
    assert engine.heard == [("GET", path)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"path": 1}', b'{"path": "\\ud800/"}', b"{"])
def test_a_body_that_names_no_path_is_refused(door: Door, engine: FakeEngine, body: bytes) -> None:
    assert door.ask("POST", "files", data=body).status_code in (400, 413)
    assert engine.heard == []


def test_a_file_has_a_size(door: Door, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_routes, "MOST", 1000)
    monkeypatch.setattr(machine_routes, "IN_MEMORY", 100)
    assert door.ask("PUT", "file", **file("/root/a"), data=bytes(1000)).status_code == 200
    said = door.ask("PUT", "file", **file("/root/b"), data=bytes(1001))
    unsaid = door.ask("PUT", "file", **file("/root/b"), data=iter([bytes(600), bytes(600)]))
    assert (said.status_code, unsaid.status_code) == (413, 413)
    assert engine.files == {"/root": None, "/root/a": bytes(1000)}
    many = door.ask("POST", "files", json={"path": "/root", "more": "x" * 30_000})
    assert many.status_code == 413


def test_what_is_sent_slowly_stops_no_other_machine(door: Door, engine: FakeEngine) -> None:
    name, port = door.address.removeprefix("http://").split(":")
    sent = (
        "PUT /machines/node1/file?path=/root/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"
    )
    slow = [socket.create_connection((name, int(port)), PATIENCE) for _ in range(5)]
    for each in slow:
        each.sendall(sent.encode())
    until(lambda: len(door.machines) == len(slow))
    assert door.ask("GET", "files", "node2", **file("/root")).status_code == 200
    assert ("PUT", "/root/a") not in engine.heard
    for each in slow:
        each.close()
    assert door.ask("GET", "files", "node1", **file("/root")).status_code == 200


def test_uploads_fill_no_disk(
    door: Door, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_routes, "IN_MEMORY", 100)
    monkeypatch.setattr(machine_routes, "IN_FILES", 1000)
    for _ in range(3):  # what was sent makes room again, refused or not
        assert door.ask("PUT", "file", **file("/root/a"), data=bytes(900)).status_code == 200
        many = iter([bytes(90), bytes(90), bytes(900)])
        assert door.ask("PUT", "file", **file("/root/b"), data=many).status_code == 503
        assert door.ask("PUT", "file", **file("/root/c"), data=bytes(100)).status_code == 200
    assert sorted(engine.files) == ["/root", "/root/a", "/root/c"]


def test_the_system_words_come_through(door: Door) -> None:
    answer = door.ask("GET", "file", **file("/root/none"))
    assert answer.status_code == 404
    assert answer.json()["message"] == "/root/none: No such file or directory"


def test_an_engine_that_is_gone_is_said(door: Door) -> None:
    door.engine = "tcp://127.0.0.1:9"
    answer = door.ask("GET", "files", **file("/root"))
    assert answer.status_code == 503
    assert answer.json()["message"].startswith("The engine does not answer")


def test_a_folder_is_made_and_a_file_in_it(door: Door, engine: FakeEngine) -> None:
    files = MachineFiles(Connection(door.engine).way)
    assert not files.is_there("/root/demo")
    files.make("/root/demo")
    assert files.is_there("/root/demo")
    files.write("/root/demo/empty", b"")
    files.write("/root/demo/app.py", b"1\n")
    assert engine.files["/root/demo/app.py"] == b"1\n"
    assert engine.files["/root/demo/empty"] == b""
    with pytest.raises(EngineRejected, match="File exists"):
        files.make("/root/demo")
