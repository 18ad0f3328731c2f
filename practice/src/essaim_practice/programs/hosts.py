"""The network as programs may see it: names, and what answers at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from essaim_practice.programs.http import HttpResponse


class NoSuchHost(Exception):
    """Nothing in the practice network has this name."""


class Net(Protocol):
    """The network that a program sees from inside its container."""

    def resolve(self, host: str) -> str:
        """The IP address of a service, a container or an address. Raises NoSuchHost."""
        ...

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        """What answers there. Raises NoSuchHost; OSError with the errno of a failed connection."""
        ...


class _NoNet:
    """The network of a build step, or of a container with none."""

    def resolve(self, host: str) -> str:
        raise NoSuchHost(host)

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        raise NoSuchHost(url)


NO_NET: Net = _NoNet()
