"""What a docker line reaches from a practice machine: the engines, and the machine's own files.

The process that does the line opens no connection and no file. Whoever asked for the line hands it
a socket for each connection to an engine, and the machine's files are asked of its engine.
"""

from __future__ import annotations

import errno
import os
import posixpath
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import docker
import requests
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool

from core.cluster.failures import daemon_errors
from core.commands import frames
from core.commands.command import Client
from core.commands.frames import Connection
from core.commands.line import Line
from core.commands.streams import Folder
from core.errors import DockerRefused

#: Seconds for an answer that is no stream: docker itself waits for ever.
_PATIENCE = 24 * 3600
_LOCAL = "unix:///var/run/docker.sock"

_BY_WORDS = {os.strerror(number).lower(): number for number in errno.errorcode}
_BY_STATUS = {403: errno.EACCES, 404: errno.ENOENT, 409: errno.EEXIST, 507: errno.ENOSPC}


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


class MachineFolder(Folder):
    """The machine's files, as its engine gives them. here: where the line was typed."""

    def __init__(self, asking: Callable[[], Client], here: str) -> None:
        self._asking, self._here = asking, here

    def read(self, path: str) -> bytes:
        return self._ask("get", "file", path).content

    def write(self, path: str, content: Iterable[bytes]) -> None:
        self._ask("put", "file", path, data=b"".join(content))

    def is_folder(self, path: str) -> bool:
        try:
            self._ask("get", "files", path)
        except OSError:
            return False
        return True

    def archive(self, path: str) -> bytes:
        return self._ask("get", "archive", path).content

    def unpack(self, path: str, tar: bytes) -> None:
        self._ask("put", "archive", path, data=tar)

    def _ask(self, method: str, what: str, path: str, **more: Any) -> requests.Response:
        api = self._asking().api
        url = f"{api.base_url}/_practice/machine/{what}"
        params: Mapping[str, str] = {"path": posixpath.join(self._here, path)}
        with daemon_errors():
            answer: requests.Response = getattr(api, method)(url, params=params, **more)
        if answer.status_code >= 300:
            raise _refusal(answer, path)
        return answer


def _refusal(answer: requests.Response, path: str) -> OSError:
    """The error of the system's that the machine speaks of."""
    try:
        words = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        words = answer.reason
    for said, number in _BY_WORDS.items():
        if words.lower().endswith(said):
            return OSError(number, os.strerror(number), path)
    number = _BY_STATUS.get(answer.status_code, errno.EIO)
    return OSError(number, words, path)


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
