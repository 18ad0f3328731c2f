"""Questions of checks to the engine, for facts that no snapshot holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import unquote

import docker

from core.cluster.failures import daemon_errors
from core.cluster.parse import timestamp


class EngineQueries:
    """Short questions, each over a connection of its own.

    All raise EngineUnreachable, NotAManager or EngineRejected.
    """

    def __init__(self, connect: Callable[[], docker.APIClient]) -> None:
        self._connect = connect

    @contextmanager
    def _client(self) -> Iterator[docker.APIClient]:
        with daemon_errors(), closing(self._connect()) as client:
            yield client

    def files(self, container: str) -> frozenset[str]:
        """The paths that a container has written or changed since it was made."""
        with self._client() as client:
            return frozenset(change["Path"] for change in client.diff(container) or ())

    def started(self, container: str) -> float:
        """When it was last started, in seconds since the epoch; 0 for never."""
        with self._client() as client:
            return timestamp(client.inspect_container(container)["State"]["StartedAt"])

    def secrets(self) -> frozenset[str]:
        """The names of the Swarm's secrets."""
        with self._client() as client:
            return frozenset(secret["Spec"]["Name"] for secret in client.secrets())

    def answered(self, service: str) -> frozenset[str]:
        """Ids of the tasks that have answered a GET, by the log of their web server."""
        with self._client() as client:
            chunks = client.service_logs(service, details=True, stdout=True, tail=300)
            lines = b"".join(chunks).decode(errors="replace").split("\n")
        found = set()
        for line in lines:
            details, _, text = line.partition(" ")
            if '"GET /' in text:
                keys = dict(unquote(d).split("=", 1) for d in details.split(",") if "=" in d)
                found.add(keys.get("com.docker.swarm.task.id", ""))
        return frozenset(found)
