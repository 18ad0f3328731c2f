"""The network as a program sees it: names, and HTTP requests to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from errno import EACCES, ENETUNREACH
from typing import Protocol

from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.sockets import Socket
from essaim_practice.programs.talk import Talk


class NoSuchHost(Exception):
    """The name is unknown in the practice network."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: ``eth0``, its address, and how many bits of that are the network's."""

    name: str
    address: str
    bits: int
    peer: int = 0  # the number of its other end, of one that is a pair
    number: int = 0
    mac: str = ""
    mtu: int = 1500
    address6: str = ""  # of IPv6; "" without one
    bits6: int = 0
    gateway: str = ""  # where the default route leads to, of the interface that it goes by
    gateway6: str = ""


class Net(Protocol):
    """The network that a program sees from inside its container, or on its machine."""

    def resolve(self, host: str) -> str:
        """The IP address of a service, a container or an address. Raises NoSuchHost."""
        ...

    def resolve_all(self, host: str) -> list[str]:
        """Every address of a name that has several, as ``tasks.web`` has. Raises NoSuchHost."""
        ...

    def look_up(self, host: str) -> list[str]:
        """As ``resolve_all`` by the name service alone, which knows no /etc/hosts."""
        ...

    def name_of(self, address: str) -> str:
        """The name that belongs to an address: ``web.back``. Raises NoSuchHost."""
        ...

    def listening(self) -> list[tuple[str, int]]:
        """Address and port of every TCP socket that listens, in order."""
        ...

    def listen(self, port: int, socket: Socket) -> Callable[[], None]:
        """Open a port; returns what closes it. Raises OSError with the errno of why not."""
        ...

    def interfaces(self) -> list[Interface]:
        """The network interfaces besides lo, in order."""
        ...

    def reach(self, address: str) -> None:
        """Do as a ping does. Raises OSError with the errno of one that does not come back."""
        ...

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        address: str = "",
    ) -> HttpResponse:
        """Send a request. Raises NoSuchHost; OSError with the errno of a failed connection.

        address: that of the host, where it was looked up before.
        """
        ...

    def converse(self, host: str, port: int) -> Talk:
        """Open a connection. Raises NoSuchHost; OSError with the errno of one that failed."""
        ...


class _NoNet:
    """No network: that of a build step, or of a container without one."""

    def resolve(self, host: str) -> str:
        raise NoSuchHost(host)

    def resolve_all(self, host: str) -> list[str]:
        raise NoSuchHost(host)

    def look_up(self, host: str) -> list[str]:
        raise NoSuchHost(host)

    def name_of(self, address: str) -> str:
        raise NoSuchHost(address)

    def listening(self) -> list[tuple[str, int]]:
        return []

    def listen(self, port: int, socket: Socket) -> Callable[[], None]:
        raise OSError(EACCES, os.strerror(EACCES))

    def interfaces(self) -> list[Interface]:
        return []

    def reach(self, address: str) -> None:
        raise OSError(ENETUNREACH, os.strerror(ENETUNREACH))

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        address: str = "",
    ) -> HttpResponse:
        raise NoSuchHost(url)

    def converse(self, host: str, port: int) -> Talk:
        raise NoSuchHost(host)


NO_NET: Net = _NoNet()
