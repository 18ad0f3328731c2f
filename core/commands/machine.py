"""What a docker line reaches from a practice machine: the engines, and the machine's own files.

The process that does the line opens no connection and no file. Whoever asked for the line hands it
a socket for each connection to an engine, and the machine's files are asked of its engine.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

import docker
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool

from core.commands import frames
from core.commands.command import Client
from core.commands.frames import Connection
from core.commands.line import Line
from core.commands.machine_folder import MachineFolder
from core.errors import DockerRefused

#: Seconds for an answer that is no stream: docker itself waits for ever.
_PATIENCE = 24 * 3600
_LOCAL = "unix:///var/run/docker.sock"


class Door:
    """Where sockets to engines come from. Any thread may ask."""

    def __init__(self, connection: Connection, opened: Callable[[], bytes]) -> None:
        self._connection, self._opened = connection, opened
        self._asking = threading.Lock()

    def open(self, host: str) -> socket.socket:
        """One to the engine at a DOCKER_HOST; '' is the machine's own. Raises DockerRefused."""
        with self._asking:
            self._connection.send_json(frames.OPEN, {"host": host})
            if not self._opened():
                return self._connection.sockets.popleft()
        raise DockerRefused(
            f"Cannot connect to the Docker daemon at {host or _LOCAL}. "
            "Is the docker daemon running?"
        )


class _HTTP(UnixHTTPConnection):  # type: ignore[misc]  # docker-py has no types
    def __init__(self, door: Door, host: str) -> None:
        super().__init__("localhost", "", _PATIENCE)
        self._door, self._engine = door, host

    def connect(self) -> None:
        self.sock = self._door.open(self._engine)
        self.sock.settimeout(self.timeout)


class _Pool(UnixHTTPConnectionPool):  # type: ignore[misc]
    def __init__(self, door: Door, host: str) -> None:
        super().__init__("localhost", "", _PATIENCE)
        self._door, self._engine = door, host

    def _new_conn(self) -> _HTTP:
        return _HTTP(self._door, self._engine)


class _Adapter(UnixHTTPAdapter):  # type: ignore[misc]
    def __init__(self, door: Door, host: str) -> None:
        super().__init__("http+unix://", _PATIENCE)
        self._pool = _Pool(door, host)

    def get_connection(self, url: str, proxies: object = None) -> _Pool:
        return self._pool


def client(door: Door, host: str, version: str) -> Client:
    """docker-py's client of the engine at a host, in a version of the API. It asks nothing yet."""
    made = docker.DockerClient(base_url="unix:///engine", version=version, timeout=_PATIENCE)
    made.api.trust_env = False
    made.api.mount("http+docker://", _Adapter(door, host))
    return made


class Reach:
    """All that the commands of a line reach."""

    def __init__(self, connection: Connection, asked: Mapping[str, Any]) -> None:
        self._clients: dict[str, Client] = {}
        self._version = str(asked["api"])
        self._host = str(asked["env"].get("DOCKER_HOST", ""))
        self.line = Line(connection, asked, MachineFolder(self.own, asked.get("cwd", "/")))
        self._door = Door(connection, self.line.opened.get)

    def own(self) -> Client:
        """The client of the machine's own engine."""
        return self._at("")

    def client(self, host: str) -> Client:
        """The one of -H, or else of the machine's DOCKER_HOST."""
        return self._at(host or self._host)

    def _at(self, host: str) -> Client:
        if host not in self._clients:
            self._clients[host] = client(self._door, host, self._version)
        return self._clients[host]
