"""Docker lines done by the docker command server, as a worker asks it to: for tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.commands import frames
from core.commands.frames import Connection

API = "1.51"


@dataclass
class Typed:
    """One line that goes on."""

    connection: Connection
    own: socket.socket
    out: bytearray = field(default_factory=bytearray)
    error: bytearray = field(default_factory=bytearray)
    wanted: list[bytes] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    code: int | None = None
    news: threading.Condition = field(default_factory=threading.Condition)

    def hang_up(self) -> None:
        self.own.shutdown(socket.SHUT_RDWR)

    def until(self, said: Callable[[Typed], object], seconds: float = 30) -> None:
        with self.news:
            assert self.news.wait_for(lambda: said(self), seconds), (self.out, self.error)

    def ended(self) -> tuple[int | None, str, str]:
        """Its exit code, output and errors, once it has ended."""
        self.until(lambda line: line.code is not None)
        return self.code, self.out.decode(), self.error.decode()


class Commands:
    """A docker command server of its own, and the way to the engines for its lines.

    engines: the address of each by what -H says; '' is the machine's own. before: Python that the
    server does first.
    """

    def __init__(
        self, engines: Mapping[str, Callable[[], socket.socket]], before: str = ""
    ) -> None:
        self._engines = engines
        self._control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", f"{before}\nfrom core.commands.server import main\nmain()"],
                stdin=theirs.fileno(),
                env={"PYTHONPATH": os.pathsep.join(sys.path), "MALLOC_ARENA_MAX": "1"},
            )

    def stop(self) -> None:
        self._control.close()
        assert self.process.wait(30) == 0

    def children(self) -> list[int]:
        """The processes of the lines that go on."""
        pid = self.process.pid
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def complete(self, *words: str, prefix: str = "") -> list[str]:
        """The words that may follow."""
        line = self.begin(kind=frames.COMPLETE, words=words, prefix=prefix)
        line.ended()
        return line.words

    def begin(self, *argv: str, kind: bytes = frames.START, **more: Any) -> Typed:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"l"], [theirs.fileno()])
        line = Typed(Connection(ours), ours)
        asked = {"argv": argv, "cwd": "/root", "env": {}, "size": [24, 80], "api": API}
        asked["tty"] = {"in": False, "out": False}
        line.connection.send_json(kind, asked | more)
        threading.Thread(target=self._hear, args=(line, ours), daemon=True).start()
        return line

    def type(self, *argv: str, given: bytes = b"", **more: Any) -> tuple[int | None, str, str]:
        """Type a line, with this as all of its input: exit code, output, errors."""
        line = self.begin(*argv, **more)
        left = [given, b""]
        while line.code is None:
            line.until(lambda line: line.wanted or line.code is not None)
            if line.wanted and line.code is None:
                line.wanted.clear()
                line.connection.send(frames.INPUT, left.pop(0) if left else b"")
        return line.ended()

    def _hear(self, line: Typed, ours: socket.socket) -> None:
        for kind, payload in line.connection.frames():
            if kind == frames.OPEN:
                self._open(json.loads(payload)["host"], ours)
                continue
            with line.news:
                if kind == frames.OUTPUT:
                    line.out += payload
                elif kind == frames.ERROR:
                    line.error += payload
                elif kind == frames.WANT and payload:
                    line.wanted.append(payload)
                elif kind == frames.WORDS:
                    line.words = json.loads(payload)
                elif kind == frames.EXIT:
                    line.code = json.loads(payload)["code"]
                line.news.notify_all()
        with line.news:
            line.code = -1 if line.code is None else line.code
            line.news.notify_all()
        line.connection.close()

    def _open(self, host: str, ours: socket.socket) -> None:
        found = self._engines.get(host)
        if found is None:
            ours.sendall((1).to_bytes(4, "big") + frames.OPENED + b"x")
            return
        with found() as opened:
            socket.send_fds(ours, [(0).to_bytes(4, "big") + frames.OPENED], [opened.fileno()])


@contextmanager
def commands(
    engines: Mapping[str, Callable[[], socket.socket]], before: str = ""
) -> Iterator[Commands]:
    made = Commands(engines, before)
    yield made
    made.stop()


def at(host: str) -> Callable[[], socket.socket]:
    """The way to an engine at a DOCKER_HOST of TCP."""
    place, _, port = host.removeprefix("tcp://").rpartition(":")
    return lambda: socket.create_connection((place, int(port)))
