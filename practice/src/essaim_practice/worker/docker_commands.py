"""The docker lines of the machines of each cluster: how many at a time, and what they reach."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from essaim_practice.engine.machines import Machine
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.programs.docker_lines import COMPLETE, ERROR, EXIT, NoDocker
from essaim_practice.store.objects import Engine
from essaim_practice.wire.server import EngineServer
from essaim_practice.worker.docker_server import DockerServer

OPEN, OPENED = b"n", b"e"  # a wish for a connection to an engine, and the answer

_MOST_OF_ONE = 8  # lines of one cluster that go on at a time
_MOST = 100  # of all
_PATIENCE = 10.0  # seconds that one waits for its turn
_WORDS = 3.0  # real seconds after which nobody waits for words to complete
_HEAD = struct.Struct(">Ic")
_READ = 65536
_ROOM = 256 * 1024  # bytes of output that wait for the machine's program
_SENT = 2**20  # bytes that wait for the docker command, which has ended or hangs if there are more
_LOCAL = ("", "unix:///var/run/docker.sock", "unix:///run/docker.sock")
_PORT = 2375  # of an engine, for other machines
_REFUSED = 125  # docker's exit code of what it cannot do


class DockerCommands:
    """The docker command of a worker, for all its clusters."""

    def __init__(self, words: Sequence[str]) -> None:
        self.server = DockerServer(words)
        self.waiting: deque[Line] = deque()  # lines whose turn has not come
        self.going: dict[PracticeServer, int] = {}  # how many go on

    def of(self, cluster: PracticeServer) -> Callable[[Machine], MachineDocker]:
        """The docker command of each machine of a cluster, which begins when a shell does."""

        def made(machine: Machine) -> MachineDocker:
            self.server.start()
            return MachineDocker(self, cluster, machine)

        return made

    def take_turns(self) -> None:
        """Begin the lines whose turn has come."""
        for line in list(self.waiting):
            mine = self.going.get(line.cluster, 0)
            if mine < _MOST_OF_ONE and sum(self.going.values()) < _MOST:
                self.waiting.remove(line)
                self.going[line.cluster] = mine + 1
                line.begin()

    def leave(self, cluster: PracticeServer) -> None:
        """A line has ended."""
        self.going[cluster] -= 1
        if not self.going[cluster]:
            del self.going[cluster]
        self.take_turns()


class MachineDocker:
    """The docker command of one machine (a ``Docker``)."""

    def __init__(self, commands: DockerCommands, cluster: PracticeServer, machine: Machine) -> None:
        self._commands, self._cluster, self._machine = commands, cluster, machine

    def begin(self, kind: bytes, asked: Mapping[str, Any]) -> Line:
        line = Line(self._commands, self._cluster, self._machine, kind, asked)
        self._commands.waiting.append(line)
        self._commands.take_turns()
        return line

    def tell(self, argv: Sequence[str], cwd: str, code: int) -> None:
        self._cluster.cluster.machines.tell(self._machine, argv, cwd, code)


class Line:
    """One docker line, from its wait for a turn to its end (a ``Line`` of programs)."""

    def __init__(
        self,
        commands: DockerCommands,
        cluster: PracticeServer,
        machine: Machine,
        kind: bytes,
        asked: Mapping[str, Any],
    ) -> None:
        self.cluster = cluster
        self.listener: Callable[[], None] | None = None
        self._commands, self._machine = commands, machine
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._held = 0  # bytes in them
        self._unsent: deque[tuple[bytes, socket.socket | None]] = deque()
        self._over = self._paused = False
        self._serving: set[asyncio.Task[None]] = set()
        api = cluster.cluster.store.edition.api
        self._first = (kind, json.dumps({**asked, "api": api}).encode())
        self._impatient = self._loop.call_later(_PATIENCE, self._give_up)

    # As the machine's program sees it

    @property
    def ready(self) -> bool:
        return bool(self._frames) or self._over

    def take(self) -> tuple[bytes, bytes] | None:
        if not self._frames:
            return (EXIT, b"") if self._over else None
        frame = self._frames.popleft()
        self._held -= len(frame[1])
        if self._paused and self._held < _ROOM and self._socket is not None:
            self._paused = False
            self._loop.add_reader(self._socket, self._receive)
        return frame

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        self._send(kind, payload)

    def close(self) -> None:
        self._impatient.cancel()
        if self._over:
            return
        self._over = True
        if self._socket is None:  # its turn had not come
            if self in self._commands.waiting:
                self._commands.waiting.remove(self)
            return
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        self._socket = None
        for _, handed in self._unsent:
            if handed is not None:
                handed.close()
        self._unsent.clear()
        self._commands.leave(self.cluster)

    # Its turn

    def begin(self) -> None:
        """Go on from now."""
        self._impatient.cancel()
        try:
            self._socket = self._commands.server.open()
        except NoDocker as none:
            self._refuse(str(none), 127)
            self._loop.call_soon(self._commands.leave, self.cluster)
            return
        self._loop.add_reader(self._socket, self._receive)
        self._send(*self._first)
        if self._first[0] == COMPLETE:
            self._impatient = self._loop.call_later(_WORDS, self._cut)

    def _cut(self) -> None:
        self.close()
        self._tell()

    def _give_up(self) -> None:
        self._commands.waiting.remove(self)
        self._refuse(f"{_MOST_OF_ONE} docker commands go on already: end one first", _REFUSED)

    def _refuse(self, why: str, code: int) -> None:
        self._over = True
        self._frames.append((ERROR, f"docker: {why}\n".encode()))
        self._frames.append((EXIT, json.dumps({"code": code}).encode()))
        self._tell()

    # Frames

    def _tell(self) -> None:
        if self.listener is not None:
            self.listener()

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._cut()
            return
        self._received += data
        while self._socket is not None and len(self._received) >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._received)
            end = _HEAD.size + length
            if len(self._received) < end:
                break
            payload = bytes(self._received[_HEAD.size : end])
            del self._received[:end]
            if kind == OPEN:
                self._open(str(json.loads(payload)["host"]))
            else:
                self._frames.append((kind, payload))
                self._held += length
        if self._held >= _ROOM and self._socket is not None:
            self._paused = True
            self._loop.remove_reader(self._socket)
        if self._frames:
            self._tell()

    def _send(self, kind: bytes, payload: bytes, handed: socket.socket | None = None) -> None:
        if self._socket is None:
            return
        self._unsent.append((_HEAD.pack(len(payload), kind) + payload, handed))
        self._flush()

    def _flush(self) -> None:
        while self._unsent and self._socket is not None:
            data, handed = self._unsent.popleft()
            try:
                if handed is not None:
                    with handed:
                        sent = socket.send_fds(self._socket, [data], [handed.fileno()])
                else:
                    sent = self._socket.send(data)
            except BlockingIOError:
                self._unsent.appendleft((data, handed))
                break
            except OSError:  # it has ended: so does its connection
                return
            if sent < len(data):
                self._unsent.appendleft((data[sent:], None))
        if self._socket is None:
            return
        if sum(len(data) for data, _ in self._unsent) > _SENT:
            self._cut()
        elif self._unsent:
            self._loop.add_writer(self._socket, self._flush)
        else:
            self._loop.remove_writer(self._socket)

    # Engines

    def _open(self, host: str) -> None:
        """Hand over a connection to the engine at a DOCKER_HOST, if it can be reached."""
        engine = self._engine(host)
        if engine is None:
            self._send(OPENED, b"unreachable")
            return
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        task = self._loop.create_task(engine.serve(ours))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._send(OPENED, b"", theirs)

    def _engine(self, host: str) -> EngineServer | None:
        own = self._machine.engine
        found = (
            own if host in ("", "unix:///var/run/docker.sock", "unix:///run/docker.sock") else ""
        )
        engines = {engine.id: engine for engine in self.cluster.cluster.engines}
        if not found:
            found = _named(host, own, engines)
        if found not in engines or not engines[found].up:
            return None
        if found != own and (engines[found].cut or engines[own].cut):
            return None
        return self.cluster.at(found)


def _named(host: str, own: str, engines: Mapping[str, Engine]) -> str:
    """The name of the machine of a cluster that an address of TCP means, '' for none."""
    try:
        place = urlsplit(host if "://" in host else f"tcp://{host}")
        port = place.port or _PORT
    except ValueError:
        return ""
    if place.scheme not in ("tcp", "http") or port != _PORT or place.path not in ("", "/"):
        return ""
    if place.hostname in ("localhost", "127.0.0.1", "::1"):
        return own
    return next((name for name, e in engines.items() if place.hostname in (name, e.address)), "")
