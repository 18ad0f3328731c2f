"""Ports that programs open while they run, by the container that they are open in."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from errno import EADDRINUSE

from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.talk import Talks

Site = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Socket:
    """What answers at a port: HTTP, or a protocol of its own."""

    site: Site | None = None
    talks: Talks | None = None


class Sockets:
    """The open ports of containers, by their ids."""

    def __init__(self) -> None:
        self._open: dict[str, dict[int, Socket]] = {}

    def of(self, container_id: str) -> dict[int, Socket]:
        return self._open.get(container_id, {})

    def listen(self, container_id: str, port: int, socket: Socket) -> Callable[[], None]:
        """Open a port; call what is returned to close it. Raises OSError where it is taken."""
        ports = self._open.setdefault(container_id, {})
        if port in ports:
            raise OSError(EADDRINUSE, os.strerror(EADDRINUSE))
        ports[port] = socket

        def close() -> None:
            if ports.get(port) is socket:
                del ports[port]

        return close

    def end(self, container_id: str) -> None:
        """The container has ended."""
        self._open.pop(container_id, None)
