"""Each answer in the shape of the engine that is played, in the version of the API that was asked.

Handlers answer as 28.5 does in 1.51, and know of no other. What 29 answers differently, and what an
older version of the API had, is made of that here, just before the answer is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from essaim_practice.api import edition_29, old_versions
from essaim_practice.api.routing import Request, Route
from essaim_practice.protocol.answers import Answer, Response
from essaim_practice.store.errors import ApiError

Fit = Callable[[Any, Request], Any]


def _each(fit: Fit) -> Fit:
    """The same of each element of a list; one without anything in it is left out."""
    return lambda body, request: filter(None, (fit(shown, request) for shown in body))


#: By route.
_OF_29: dict[str, Fit] = {
    "GET /containers/json": _each(edition_29.listed_container),
    "GET /containers/{id}/json": edition_29.container,
    "GET /images/json": _each(edition_29.listed_image),
    "GET /images/{name:path}/json": edition_29.image,
    "DELETE /images/{name:path}": _each(edition_29.removed),
    "GET /info": edition_29.info,
    "GET /version": edition_29.version,
    "GET /networks": _each(edition_29.listed_network),
    "GET /networks/{id}": edition_29.network,
    "GET /system/df": edition_29.disk_usage,
    "POST /images/prune": edition_29.pruned,
}
_OLDER: dict[str, Fit] = {
    "GET /containers/{id}/json": old_versions.container,
    "GET /images/json": old_versions.listed_images,
    "GET /images/{name:path}/json": old_versions.image,
    "DELETE /images/{name:path}": _each(old_versions.removed),
    "GET /info": old_versions.info,
    "POST /images/prune": old_versions.pruned,
}


def fit(answer: Answer, route: Route, request: Request) -> Answer:
    """The answer as this engine gives it in this version."""
    key = f"{route.method} {route.pattern}"
    fits = [_OF_29[key]] if request.edition.containerd and key in _OF_29 else []
    if key in _OLDER:
        fits.append(_OLDER[key])
    if not fits or not isinstance(answer, Response) or answer.status >= 300:
        return answer

    body = answer.body
    for each in fits:
        body = each(body, request)
    return replace(answer, body=body)


def refusal(error: ApiError, request: Request) -> ApiError:
    """The same in the words of the engine that is played."""
    asked = ""
    if request.path == "/images/create":
        name, tag = request.query.get("fromImage", ""), request.query.get("tag", "")
        joint = "@" if tag.startswith("sha256:") else ":"
        asked = f"{name}{joint}{tag}" if tag else name
    words = request.edition.words(error.message, asked)
    return error if words == error.message else ApiError(error.status, words)


def event(shown: dict[str, Any], request: Request) -> bytes:
    """One message of GET /events, framed as its type of content wants it."""
    if request.version >= (1, 52):
        shown = edition_29.event(shown)
    before = b"\x1e" if event_type(request) == _SEQUENCE else b""
    return before + json.dumps(shown, separators=(",", ":")).encode() + b"\n"


_SEQUENCE = "application/json-seq"  # RFC 7464


def event_type(request: Request) -> str:
    """The type of content of GET /events: what is asked for, since 1.52 knows of several."""
    known = {(1, 52): ("application/x-ndjson", _SEQUENCE), (1, 53): ("application/jsonl",)}
    types = [each for since, some in known.items() if request.version >= since for each in some]
    accepted = request.headers.get("accept", "").split(",")
    asked = (each.partition(";")[0].strip() for each in accepted)
    return next((each for each in asked if each in types), "application/json")


def stats(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """One message of GET /containers/{id}/stats."""
    return {"os_type": "linux", **shown} if request.edition.containerd else shown


def taken(request: Request, route: Route) -> Request:
    """The request as 28.5 would get it in 1.51.

    Raises ApiError for what the version that is asked does not know, or no longer takes.
    """
    if route.since > request.version:
        raise ApiError(404, "page not found")
    if route.pattern == "/containers/create" and request.version >= (1, 52):
        return edition_29.create(request)
    return request
