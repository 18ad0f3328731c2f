"""What a hostile learner does to an engine: ``python -m bench.players NAME SOCKET``.

It has a process of its own, and so shares neither Python's lock nor its priority with who measures.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from practice.tests.hostile import HOSTILE, App, Build, Hostile, Requests, Run, Service, tar_of

_READY = "ready"
_PORT = 8080  # of an app


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine of one machine, asked as the docker command asks: one connection a command."""

    socket: str

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 60) -> Any:
        line = _Connection(self.socket, timeout=timeout)
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        if isinstance(body, bytes) and body[:1] == b"{":
            kind = "application/json"
        sent = body if isinstance(body, bytes | None) else json.dumps(body)
        try:
            line.request(method, path, sent, {"Content-Type": kind, "Host": "docker"})
            with line.getresponse() as answer:
                text = answer.read()
        finally:
            line.close()
        try:
            return json.loads(text)
        except ValueError:
            return text


@contextmanager
def played(hostile: Hostile, engine: Engine) -> Iterator[None]:
    """Do what a hostile learner does, until the block ends."""
    line = [sys.executable, "-m", "bench.players", hostile.name, engine.socket]
    player = subprocess.Popen(line, stdin=-1, stdout=-1, text=True)
    try:
        assert player.stdout is not None
        if player.stdout.readline().strip() != _READY:
            raise RuntimeError(f"nobody plays {hostile.name}")
        yield
    finally:
        player.kill()
        player.communicate()


def _main(name: str, where: str) -> None:
    _stand_back()
    engine = Engine(where)
    hostile = next((each for each in HOSTILE if each.name == name), Run(name, "sleep 9999"))
    if not isinstance(hostile, App):
        _ready()
    with suppress(OSError, http.client.HTTPException):  # the cluster has ended
        match hostile:
            case Run():
                _run(hostile, engine)
            case Service():
                _scale(hostile, engine)
            case Build():
                _build(hostile, engine)
            case Requests():
                _ask(hostile, engine)
            case App():
                _look(hostile, engine)
    while True:
        time.sleep(60)  # what runs goes on


def _stand_back() -> None:
    """Let who measures come first, on any core."""
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def _ready() -> None:
    print(_READY, flush=True)


def _run(hostile: Run, engine: Engine) -> None:
    names = [f"hostile{number}" for number in range(hostile.copies)]
    for name in names:
        body = {"Image": hostile.image, "Cmd": ["sh", "-c", hostile.line]}
        engine.ask("POST", f"/containers/create?name={name}", body)
        engine.ask("POST", f"/containers/{name}/start")


def _scale(hostile: Service, engine: Engine) -> None:
    name = "hostile"
    mode = {"Replicated": {"Replicas": hostile.replicas[0]}}
    engine.ask("POST", "/services/create", {**hostile.spec, "Name": name, "Mode": mode})
    turn = 0
    while True:
        time.sleep(0.2)
        turn += 1
        there = engine.ask("GET", f"/services/{name}")
        spec, version = there["Spec"], there["Version"]["Index"]
        spec["Mode"]["Replicated"]["Replicas"] = hostile.replicas[turn % len(hostile.replicas)]
        engine.ask("POST", f"/services/{name}/update?version={version}", spec)


def _build(hostile: Build, engine: Engine) -> None:
    context = tar_of({"Dockerfile": hostile.dockerfile.encode(), **hostile.files()})
    while True:
        with suppress(TimeoutError):  # that long it takes
            engine.ask("POST", "/build?nocache=1&t=hostile", context, timeout=3)


def _ask(hostile: Requests, engine: Engine) -> None:
    for method, path, body in hostile.before:
        engine.ask(method, path, body)
    calls = hostile.calls()

    def ask(number: int) -> None:
        engine.ask(*calls[number % len(calls)], timeout=30)

    _by_many(hostile.parallel, ask)


def _look(hostile: App, engine: Engine) -> None:
    """Build and run the app as the course does; browsers load its page again and again."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import unix_connect
    from websockets.typing import Subprotocol

    from core.commands import folder

    files = {"Dockerfile": folder.read("Dockerfile"), "app.py": hostile.script.encode()}
    engine.ask("POST", "/_practice/clock", {"factor": 100})
    engine.ask("POST", "/build?t=app", tar_of(files))
    ports = {"PortBindings": {f"{_PORT}/tcp": [{"HostPort": str(_PORT)}]}}
    engine.ask("POST", "/containers/create?name=app", {"Image": "app", "HostConfig": ports})
    engine.ask("POST", "/containers/app/start")
    time.sleep(0.2)
    engine.ask("POST", "/_practice/clock", {"factor": 1})
    page = f"/_practice/open/node1/{_PORT}"
    asked = BackMsg()
    asked.rerun_script.query_string = ""

    def load(number: int) -> None:
        engine.ask("GET", f"{page}/")
        address = f"ws://docker{page}/_stcore/stream"
        kind = [Subprotocol("streamlit")]
        with (
            suppress(WebSocketException, TimeoutError),  # it is not run, or its process has ended
            unix_connect(engine.socket, address, subprotocols=kind, max_size=None) as line,
        ):
            line.send(asked.SerializeToString())
            message = ForwardMsg()
            while message.WhichOneof("type") != "script_finished":
                received = line.recv(timeout=30)
                assert isinstance(received, bytes)
                message.ParseFromString(received)

    load(0)
    _ready()
    _by_many(hostile.viewers, load)


def _by_many(count: int, act: Callable[[int], None]) -> None:
    """Act again and again, so many at a time; each is told a number that grows."""

    def run(first: int) -> None:
        number = first
        while True:
            try:
                act(number)
            except (OSError, http.client.HTTPException):  # this many connections are refused
                time.sleep(0.2)
            number += count

    for first in range(count):
        threading.Thread(target=run, args=(first,), daemon=True).start()


if __name__ == "__main__":
    _main(*sys.argv[1:])
