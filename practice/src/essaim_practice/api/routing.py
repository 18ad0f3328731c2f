"""The table of API routes, and the request that a handler gets.

A handler is an ordinary function of a Request, found by method and path; it reads and writes the
store and never sees a socket.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from essaim_practice.engine.cluster import Cluster
from essaim_practice.protocol import shapes
from essaim_practice.protocol.answers import Answer
from essaim_practice.store import quotas
from essaim_practice.store.edition import Edition, Version
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import VALUE

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API of one engine."""

    cluster: Cluster
    engine: str  # the hostname whose address was called
    method: str
    path: str  # without the version prefix
    params: Mapping[str, str]  # what the route's {placeholders} matched
    query: Mapping[str, str]  # first value of each, as Go has it
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    version: Version  # of the API, as the client asked for it
    target: str = ""  # the path and query as they were sent
    repeated: Mapping[str, list[str]] = field(default_factory=dict)  # every value of each
    base: str = ""  # what preceded the path, where one server answers for many engines

    @property
    def edition(self) -> Edition:
        """Which engine is played."""
        return self.cluster.store.edition

    def json(self, shape: shapes.Struct | None = None) -> dict[str, Any]:
        """The body, validated against the shape; any object without one.

        Raises ApiError 400 in the daemon's words for a wrong body, 413 for one over MAX_JSON, 409
        where the cluster has no memory for what it asks.
        """
        if len(self.body) > shapes.MAX_JSON:
            raise ApiError(413, f"request body is larger than {shapes.MAX_JSON} bytes")
        text = self.body.decode(errors="replace") or "{}"
        try:
            self.cluster.store.memory.admit(len(text) + VALUE * shapes.values_in(text))
            value = shapes.parse(text)
            return shapes.fit(value, shape) if shape else shapes.any_object(value)
        except shapes.Mismatch as error:
            said = "" if str(error) == shapes.TRAILING else "invalid JSON: "
            raise ApiError(400, f"{said}{error}") from None

    def integer(self, name: str, default: int = 0) -> int:
        """An integer of the query. Raises ApiError 400 (the daemon: 500, in the same words)."""
        text = self.query.get(name, "")
        if text and not _INTEGER.fullmatch(text):
            raise ApiError(400, f'strconv.Atoi: parsing "{text}": invalid syntax')
        return int(text) if text else default

    def amount(self, name: str) -> int | None:
        """A count such as ``tail``; None for all, also if it is no number, as for the daemon."""
        text = self.query.get(name, "")
        return int(text) if _INTEGER.fullmatch(text) and int(text) >= 0 else None

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean of the query as Docker reads it: all but '', 0, no, false and none are true."""
        if name not in self.query:
            return default
        return self.query[name].strip().lower() not in ("", "0", "no", "false", "none")

    def filters(self, known: Collection[str] | None) -> dict[str, list[str]]:
        """The ``filters`` query: both ``{"name": ["a"]}`` and ``{"name": {"a": true}}``.

        known: those that the route has; None: any may be asked for. Raises ApiError 400 in the
        daemon's words for unknown filters.
        """
        try:
            value = shapes.parse(self.query.get("filters") or "{}")
        except shapes.Mismatch:
            raise ApiError(400, "invalid filter") from None
        if not isinstance(value, dict):
            raise ApiError(400, "invalid filter")
        read: dict[str, list[str]] = {}
        for name, items in value.items():
            if not isinstance(items, list | dict) or not all(isinstance(i, str) for i in items):
                raise ApiError(400, "invalid filter")
            if known is not None and name not in known:
                raise ApiError(400, f"invalid filter '{shapes.clean(name)}'")
            if items:
                read[shapes.clean(name)] = [shapes.clean(item) for item in items]
        return read


Handler = Callable[[Request], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint of the API, and the function that answers it."""

    method: str
    pattern: str  # /containers/{id}/json
    regex: re.Pattern[str]
    handler: Handler
    quota: quotas.Kind | None = None  # of what it makes one more
    streams: bool = False  # its answer may go on without an end
    since: Version = (1, 24)  # the version of the API that brought it


ROUTES: list[Route] = []


def route(
    method: str,
    pattern: str,
    *,
    quota: quotas.Kind | None = None,
    streams: bool = False,
    since: Version = (1, 24),
) -> Callable[[Handler], Handler]:
    """Register a handler. ``{name:path}`` also matches slashes, as in names of images.

    quota: the kind of object that the route creates; beyond its limit the request is refused.
    streams: the answer may go on without an end; a cluster has only so many of those.
    since: the version of the API that brought it.
    """
    regex = re.sub(r"\\{(\w+):path\\}", r"(?P<\1>.+)", re.escape(pattern))
    regex = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", regex)

    def enter(handler: Handler) -> Handler:
        found = re.compile(regex + r"\Z")
        ROUTES.append(Route(method, pattern, found, handler, quota, streams, since))
        return handler

    return enter


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for candidate in ROUTES:
        if candidate.method == method and (match := candidate.regex.match(path)):
            return candidate, match.groupdict()
    return None
