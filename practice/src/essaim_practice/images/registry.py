"""The registry as the engines reach it: its rate, and the daemon's errors when it fails.

A pull under way is not affected by later changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from essaim_practice.images import catalogue, hints
from essaim_practice.images.catalogue import Published
from essaim_practice.images.reference import Reference
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Engine, Registry
from essaim_practice.store.store import Store

_HUB = "https://registry-1.docker.io/v2/"


@dataclass(frozen=True, slots=True)
class PullFailure:
    """Why a pull cannot begin, in the daemon's words, and after how many seconds it says so."""

    words: str
    after: float


_DOWN = PullFailure("received unexpected HTTP status: 503 Service Unavailable", 0.4)
_CUT = PullFailure(
    f'Get "{_HUB}": net/http: request canceled while waiting for connection '
    "(Client.Timeout exceeded while awaiting headers)",
    15.0,
)
_NO_SPACE = "failed to extract layer: no space left on device"


def state(store: Store) -> Registry:
    return store.get(Registry, "") or Registry()


def pull_failure(store: Store, engine: str) -> PullFailure | None:
    """The reason that an engine cannot pull; None if it can."""
    machine = store.get(Engine, engine)
    if machine is not None and machine.cut:
        return _CUT
    return None if state(store).up else _DOWN


def full(store: Store, engine: str) -> bool:
    """Whether the disk of an engine is full."""
    machine = store.get(Engine, engine)
    return machine is not None and machine.full


def no_image(store: Store, engine: str, name: str) -> str:
    """Why a task on an engine has no container of the image that it wants."""
    failed = pull_failure(store, engine)
    words = _NO_SPACE if full(store, engine) else failed.words if failed else ""
    return store.edition.no_image(name, words)


async def require(store: Store, engine: str, reference: Reference, platform: str = "") -> Published:
    """The published image that an engine asks for.

    Raises ApiError in the daemon's words: 404 without one; 500 if the registry cannot be reached,
    at once or after the daemon's timeout.
    """
    if found := pull_failure(store, engine):
        await store.clock.sleep(found.after)
        raise ApiError(500, found.words)
    published = find(store, reference, platform)
    if published is None:
        raise ApiError(404, f"{_missing(store, reference)}\n{hints.of(reference)}")
    return published


def find(store: Store, reference: Reference, platform: str = "") -> Published | None:
    """The published image of a reference: one that a user declared, or of the catalogue."""
    for table in state(store).images:
        if table["name"] != reference.repository:
            continue
        text = json.dumps(table)
        tags = str(table["tags"]).split() if reference.digest else [reference.tag]
        for tag in tags:
            found = catalogue.declared(text, tag, platform)
            if found is not None and reference.digest in ("", found.digest):
                return found
        return None
    return catalogue.look_up(reference, platform)


def _missing(store: Store, reference: Reference) -> str:
    name = reference.repository
    if not catalogue.has_repository(name) and all(t["name"] != name for t in state(store).images):
        return (
            f"pull access denied for {name}, repository does not exist or may require "
            "'docker login': denied: requested access to the resource is denied"
        )
    version = f"@{reference.digest}" if reference.digest else f":{reference.tag}"
    return f"manifest for {name}{version} not found: manifest unknown: manifest unknown"
