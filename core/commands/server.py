"""``python -m core.commands.server``: does the docker lines that are typed on practice machines.

A worker of practice clusters starts it with a socket as its standard input. For each line the
worker sends one byte over it, and beside that a socket: the connection of the line. The server has
all of docker loaded, and forks a child for each line, which speaks the frames of ``frames`` and
ends with its connection.

A line begins with ``{"argv", "cwd", "env", "tty": {"in", "out"}, "size": [rows, columns], "api"}``:
the words after ``docker``, where it is typed, the shell's environment, where a person sits, and the
version of the engines' API. Words that may follow are asked for with ``{"words", "prefix", "env",
"api"}``, ``docker`` the first of them.
"""

from __future__ import annotations

import gc
import itertools
import json
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from core.cluster.failures import unforeseen
from core.commands import (
    completion,
    confined,
    engine_names,
    frames,
    program,
    reference,
    registry,
)
from core.commands.frames import Connection
from core.commands.line import leave
from core.commands.machine import Reach

_MOST = 200  # lines at a time, whoever asks
_ROUND = 5.0  # seconds between two looks at what the children may take
_FAILED = 1
_CHOICES = 200


@dataclass(frozen=True, slots=True)
class _Child:
    connection: int  # ours of its connection: tells that the other end is gone
    since: float


class Server:
    """control: where the connections come from, to its end."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, _Child] = {}  # by pid
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        ended, self._told = socket.socketpair()  # hears of children that have ended
        self._ended = ended
        for each in (ended, self._told):
            each.setblocking(False)
        self._poll.register(ended, select.POLLIN)

    def run(self) -> None:
        """Serve until the control connection ends."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        look = time.monotonic() + _ROUND
        while True:
            wait = max(0.0, look - time.monotonic()) * 1000 if self._children else None
            for number, _ in self._poll.poll(wait):
                if number == self._control.fileno():
                    if not self._accept():
                        self._end_all()
                        return
                elif number == self._ended.fileno():
                    with suppress(BlockingIOError):
                        self._ended.recv(4096)
                else:
                    self._end(number)
            self._reap()
            if time.monotonic() >= look:
                look = time.monotonic() + _ROUND
                for pid, child in self._children.items():
                    with suppress(OSError):
                        confined.grant(pid, time.monotonic() - child.since)

    def _accept(self) -> bool:
        """Begin a line. False at the end of the control connection."""
        data, numbers, _, _ = socket.recv_fds(self._control, 1, 1)
        if not numbers:
            return bool(data)
        number = numbers[0]
        try:
            pid = os.fork() if len(self._children) < _MOST else -1
        except OSError:
            pid = -1
        if pid == 0:
            self._become_child(number)
        if pid < 0:
            os.close(number)
            return True
        self._children[pid] = _Child(number, time.monotonic())
        self._poll.register(number, 0)  # only that it is cut
        return True

    def _become_child(self, number: int) -> None:
        """Forget what is the server's, do the line, and end."""
        code = _FAILED
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (self._control, self._ended, self._told):
                each.close()
            for child in self._children.values():
                os.close(child.connection)
            serve(socket.socket(fileno=number))
            code = 0
        except BaseException:
            logging.exception("a docker line broke")
        finally:
            os._exit(code)

    def _end(self, number: int) -> None:
        """Its other end is gone: the line ends, whatever it does."""
        for pid, child in self._children.items():
            if child.connection == number:
                os.kill(pid, signal.SIGKILL)
        self._poll.unregister(number)

    def _reap(self) -> None:
        while self._children:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            child = self._children.pop(pid, None)
            if child is not None:
                with suppress(KeyError):
                    self._poll.unregister(child.connection)
                os.close(child.connection)

    def _end_all(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)


def serve(connected: socket.socket) -> None:
    """Do the line of a connection, in a process that is for it alone."""
    confined.confine()
    gc.enable()
    connection = Connection(connected)
    kind, payload = next(connection.frames(), (b"", b""))
    if not kind:
        return
    asked: Mapping[str, Any] = json.loads(payload)
    reach = Reach(connection, asked)
    reach.line.start()
    code = _FAILED
    try:
        if kind == frames.COMPLETE:
            connection.send_json(frames.WORDS, completed(asked["words"], asked["prefix"], reach))
        else:
            code = program.play(asked["argv"], reach.line, reach.client)
    except Exception as error:
        reach.line.warn(str(unforeseen(error)))
    leave(connection, code)


def completed(words: list[str], prefix: str, reach: Reach) -> list[str]:
    """The words that may follow and begin so, in order."""
    host = next((b for a, b in itertools.pairwise(words) if a in ("-H", "--host")), "")
    names = engine_names.names(reach.client(host))
    found = (choice.word for choice in completion.choices(words, prefix, names, str))
    return sorted({word for word in found if word.startswith(prefix)})[:_CHOICES]


def load() -> None:
    """Have all in memory that a line may need: a child reads no file, and shares what is there."""
    reference.entries()
    reference.top_text()
    for kind in registry.COMMANDS:
        with suppress(Exception):
            program.read([*kind.verb, "--help"])


def main() -> int:
    control = socket.socket(fileno=os.dup(0))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.environ.clear()
    os.environ["HOME"] = os.devnull  # nobody's settings
    load()
    gc.collect()
    gc.disable()
    gc.freeze()
    Server(control).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
