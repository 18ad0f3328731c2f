"""How much one practice cluster may hold, so that no learner can exhaust the machine."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one cluster, all its machines together. One too many is refused with HTTP status 409.

    Raises ValueError for what is no whole number, or less than 0.

    >>> from essaim_practice import Limits
    >>> Limits(containers=20).services
    100
    """

    engines: int = 10  # a machine is added up to this; a cluster may begin with more
    containers: int = 200  # plain ones: those of tasks count as tasks
    images: int = 500
    volumes: int = 200
    networks: int = 100  # beside those that every machine has
    services: int = 100
    secrets: int = 100
    configs: int = 100
    tasks: int = 1000  # with a node; more of them stay pending
    replicas: int = 20_000  # that all services together may ask for
    history: int = 20  # tasks that a slot remembers, whatever the Swarm's own limit is
    connections: int = 500  # open at a time, to all its engines
    streams: int = 200  # of those, how many may follow logs or events, attach, or run a command
    memory_bytes: int = 64 * 2**20  # of files, logs, settings, programs and requests, all together
    log_bytes: int = 512 * 1024  # of one container; the oldest lines go
    all_log_bytes: int = 8 * 2**20
    file_bytes: int = 32 * 2**20  # that one container or volume may write
    all_file_bytes: int = 48 * 2**20  # what containers and volumes wrote, and images hold
    request_bytes: int = 40 * 2**20  # of one request's body, such as a build context

    def __post_init__(self) -> None:
        for each in fields(self):
            limit = getattr(self, each.name)
            if not is_whole(limit) or limit < 0:
                raise ValueError(f"{each.name} is {limit!r}: write a whole number, 0 or more")


def is_whole(value: object) -> bool:
    """It is a whole number, and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


STANDARD = Limits()
