"""The way to a server of ours at a DOCKER_HOST value: a connection for each request."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from essaim_practice.client.exceptions import EngineUnreachable, RequestRefused

T = TypeVar("T")


class Way:
    """Asks at one address. Any thread may.

    host: ``tcp://127.0.0.1:2375``, ``http://...`` or ``unix:///path``; a path after the port leads
    that of each request. timeout: real seconds for each answer. secret: shown with each request.
    server: what it is, for the texts of errors: an engine. Raises ValueError for another kind of
    host.
    """

    def __init__(self, host: str, timeout: float, secret: str, server: str) -> None:
        place = urlsplit(host)
        there = place.path if place.scheme == "unix" else place.hostname
        if place.scheme not in ("tcp", "http", "unix") or not there:
            raise ValueError(f"{host!r} is no tcp://, http:// or unix:// address of {server}")
        self.host = host
        self.timeout = timeout
        self.prefix = "" if place.scheme == "unix" else place.path.rstrip("/")
        self._server = server
        self._place = place
        self._port = place.port or (2375 if place.scheme == "tcp" else 80)
        self._headers: dict[str, str | bytes] = {}
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}".encode()

    def ask(
        self, method: str, path: str, read: Callable[[Any], T], body: Mapping[str, Any] | None
    ) -> T:
        """What ``read`` makes of the answer's JSON. Raises RequestRefused and EngineUnreachable."""
        connection, answer = self.begin(method, path, body)
        try:
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self.unreachable(error) from error
        finally:
            connection.close()
        try:
            return read(json.loads(content) if content else None)
        except (ValueError, LookupError, TypeError) as error:
            shown = content[:80].decode(errors="replace")
            kind = self._server.replace("an engine", "a practice engine")
            why = f"{self.host} does not answer as {kind} does: {shown!r}"
            raise EngineUnreachable(why) from error

    def begin(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """The connection, and the answer whose body is not read yet. Raises as ``ask`` does."""
        content = json.dumps(dict(body)) if body else None
        headers = self._headers | ({"Content-Type": "application/json"} if content else {})
        connection = self._connection()
        try:
            connection.request(method, f"{self.prefix}{path}", content, headers)
            answer = connection.getresponse()
            refused = answer.read() if answer.status >= 300 else b""
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self.unreachable(error) from error
        if answer.status >= 300:
            connection.close()
            raise RequestRefused(answer.status, _words(refused) or answer.reason)
        return connection, answer

    def unreachable(self, error: Exception) -> EngineUnreachable:
        return EngineUnreachable(f"{self.host} does not answer: {error}")

    def _connection(self) -> http.client.HTTPConnection:
        if self._place.scheme == "unix":
            return _UnixConnection(self._place.path, self.timeout)
        there = self._place.hostname or ""
        return http.client.HTTPConnection(there, self._port, timeout=self.timeout)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _words(content: bytes) -> str:
    """The engine's words of a refusal, where they are in Docker's shape; else all that it said."""
    text = content.decode(errors="replace").strip()
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text
