"""One HTTP request to a container, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from essaim_practice.programs.steps import Write


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request as it reaches a container."""

    method: str
    target: str  # path and query, quoted
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    source: str  # the address it seems to come from inside the container
    replica: str  # who answers: web.3, or a container's name
    address: str  # of the container
    now: float

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The answer to a request, and the lines that the server logs about it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    log: tuple[Write, ...] = ()
