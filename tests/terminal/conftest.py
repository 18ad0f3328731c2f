"""The console's and the terminals' routes, served for real, with a practice cluster behind them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.sync.client import ClientConnection, connect

from core.console.consoles import Consoles
from core.console.grant import Grant
from core.console.routes import routes as console_routes
from core.control.control import Control
from core.control.rights import NONE
from core.terminal.routes import routes as terminal_routes
from tests.cluster.test_collector import until
from tests.pages.conftest import practising

#: Seconds that a slow machine may take.
PATIENCE = 60


class Served:
    """Routes on a port of this machine, and visits to them."""

    def __init__(self, port: int, consoles: Consoles, control: Control) -> None:
        self.address = f"ws://127.0.0.1:{port}"
        self.consoles = consoles
        self.control = control
        self.right = NONE

    def ticket(self) -> str:
        return self.consoles.grants.issue(Grant(self.control, "tester", lambda: self.right))

    @contextmanager
    def console(self, session: str | None = None) -> Iterator[Console]:
        with connect(f"{self.address}/console/socket") as socket:
            hello = {"ticket": self.ticket(), "session": session, "language": "en"}
            socket.send(json.dumps(hello))
            yield Console(socket)

    @contextmanager
    def sit(self, ticket: str) -> Iterator[Keyboard]:
        with connect(f"{self.address}/terminal/socket") as socket:
            socket.send(json.dumps({"ticket": ticket}))
            yield Keyboard(socket)


class Console:
    """A browser's side of the console."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.told: dict[Any, dict[str, Any]] = {}  # the latest by topic, entries by number

    def until(self, true: Callable[[], Any]) -> Any:
        """Hear until this is true."""
        while not (answer := true()):
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            self.told[message.get("number", message["topic"])] = message
        return answer

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def run(self, typed: str) -> dict[str, Any]:
        """Type one line, and wait for its entry."""
        self.until(lambda: self.told.get("scripts"))
        number = max([0, *(key for key in self.told if isinstance(key, int))]) + 1
        self.say(do="run", text=typed)
        moving = ("waiting", "running", "going")
        self.until(lambda: self.told.get(number, {"kind": "waiting"})["kind"] not in moving)
        return self.told[number]

    def seat(self, terminal: str) -> str:
        """A ticket for this terminal."""
        self.told.pop("seat", None)
        self.say(do="seat", terminal=terminal)
        self.until(lambda: self.told.get("seat"))
        return str(self.told["seat"]["ticket"])

    def session(self) -> str:
        self.until(lambda: self.told.get("session"))
        return str(self.told["session"]["key"])


class Keyboard:
    """A browser's side of a terminal."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.screen = ""
        self.end: dict[str, Any] | None = None

    def until(self, true: Callable[[], Any]) -> None:
        while not true():
            news = self.socket.recv(timeout=PATIENCE)
            if isinstance(news, bytes):
                self.screen += news.decode()
            else:
                self.end = json.loads(news).get("end", self.end)

    def prompt(self) -> None:
        self.until(lambda: self.screen.replace("\x1b[6n", "").endswith("# "))

    def type(self, line: str) -> str:
        """Type a line at a prompt; what the screen shows from there to the next prompt."""
        self.prompt()
        seen = len(self.screen)
        self.socket.send(f"{line}\r".encode())
        self.until(lambda: "\n" in self.screen[seen:])
        self.prompt()
        return self.screen[seen:].replace("\r", "")

    def leave(self) -> dict[str, Any]:
        """Type exit; how it ended."""
        self.prompt()
        self.socket.send(b"exit\r")
        self.until(lambda: self.end)
        assert self.end is not None
        return self.end


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    with practising(monkeypatch) as control:
        yield control


@pytest.fixture
def served(control: Control) -> Iterator[Served]:
    consoles = Consoles()
    app = Starlette(
        routes=[
            *console_routes(lambda: consoles, control.access.origin_allowed),
            *terminal_routes(lambda: consoles.seats, control.access.origin_allowed),
        ]
    )
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(port, consoles, control)
    server.should_exit = True
    consoles.close()
    thread.join(PATIENCE)
