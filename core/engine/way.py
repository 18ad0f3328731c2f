"""The way of an HTTP request to an engine: over TCP, or through a unix socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlsplit

import requests
from docker.transport import UnixHTTPAdapter

#: What a shell and a Python text take a worker's secret from, so that neither shows it.
SECRET = "ESSAIM_WORKER_SECRET"  # noqa: S105  (a name)


@dataclass(frozen=True, slots=True)
class Way:
    """Where a request goes.

    host, port: where to connect over TCP; else socket: the path of a unix socket. prefix: the
    beginning of every path. secret: of the worker that answers, '' for none.
    """

    host: str
    port: int
    prefix: str = ""
    socket: str = ""
    secret: str = field(default="", repr=False)

    @classmethod
    def to(cls, engine: str, secret: str = "") -> Self:
        """engine: a DOCKER_HOST value. Raises ValueError where it names no plain address."""
        place = urlsplit(engine)
        if place.scheme == "unix" and place.path:
            return cls("localhost", 80, socket=place.path, secret=secret)
        if place.scheme not in ("tcp", "http") or not place.hostname:
            raise ValueError(f"{engine!r} is no tcp://, http:// or unix:// address")
        return cls(place.hostname, place.port or 80, place.path.rstrip("/"), secret=secret)

    def below(self, path: str) -> Self:
        """The same way, with a longer prefix."""
        return replace(self, prefix=f"{self.prefix}{path}")

    @property
    def authority(self) -> str:
        """For the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.socket else f"{host}:{self.port}"

    @property
    def address(self) -> str:
        """Without scheme; through a socket it begins with ``localhost``."""
        return f"{self.authority}{self.prefix}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request must have."""
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}

    @property
    def curl(self) -> str:
        """The options with which curl goes this way; each has a space behind it."""
        socket = f"--unix-socket {self.socket} " if self.socket else ""
        return socket + (f'-H "Authorization: Bearer ${SECRET}" ' if self.secret else "")

    def session(self, timeout: float) -> requests.Session:
        """A session whose requests go this way. timeout: in seconds, for the socket."""
        session = requests.Session()
        session.trust_env = False  # no proxy leads there
        session.headers.update(self.headers)
        if self.socket:
            session.mount(
                "http://localhost/", UnixHTTPAdapter(f"http+unix://{self.socket}", timeout)
            )
        return session
