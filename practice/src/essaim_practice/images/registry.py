"""The registry as the engines reach it: its rate, and the daemon's errors when it fails.

A pull under way is not affected by later changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from essaim_practice.images.catalogue import Published, has_repository, look_up
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


async def require(store: Store, engine: str, reference: Reference) -> Published:
    """The published image that an engine asks for.

    Raises ApiError in the daemon's words: 404 without one; 500 if the registry cannot be reached,
    at once or after the daemon's timeout.
    """
    if found := pull_failure(store, engine):
        await store.clock.sleep(found.after)
        raise ApiError(500, found.words)
    published = look_up(reference)
    if published is not None:
        return published
    if not has_repository(reference.repository):
        raise ApiError(
            404,
            f"pull access denied for {reference.repository}, repository does not exist or may "
            "require 'docker login': denied: requested access to the resource is denied",
        )
    version = reference.digest or reference.tag
    name = f"{reference.repository}{'@' if reference.digest else ':'}{version}"
    raise ApiError(404, f"manifest for {name} not found: manifest unknown: manifest unknown")
