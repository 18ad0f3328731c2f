"""What a check may ask the engine, because no snapshot tells it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from urllib.parse import unquote

import docker

from core.cluster.failures import daemon_errors

#: Docker writes the day of nothing as the first of January of the year 1.
_NEVER = "0001"


class EngineQueries:
    """Short questions, each over a connection of its own. All raise one of core.errors."""

    def __init__(self, connect: Callable[[], docker.APIClient]) -> None:
        self._connect = connect

    def files(self, container: str) -> frozenset[str]:
        """The paths that a container has written or changed since it was made."""
        with daemon_errors(), closing(self._connect()) as client:
            return frozenset(change["Path"] for change in client.diff(container) or ())

    def started(self, container: str) -> float:
        """When it was last started, in seconds since the epoch; 0 for never."""
        with daemon_errors(), closing(self._connect()) as client:
            stamp = client.inspect_container(container)["State"]["StartedAt"]
        return 0.0 if stamp.startswith(_NEVER) else datetime.fromisoformat(stamp).timestamp()

    def secrets(self) -> frozenset[str]:
        """The names of the Swarm's secrets."""
        with daemon_errors(), closing(self._connect()) as client:
            return frozenset(secret["Spec"]["Name"] for secret in client.secrets())

    def answered(self, service: str) -> frozenset[str]:
        """Ids of the tasks that have answered a GET, by the log of their web server."""
        with daemon_errors(), closing(self._connect()) as client:
            chunks = client.service_logs(service, details=True, stdout=True, tail=300)
            lines = b"".join(chunks).decode(errors="replace").split("\n")
        found = set()
        for line in lines:
            details, _, text = line.partition(" ")
            if '"GET /' in text:
                keys = dict(unquote(d).split("=", 1) for d in details.split(",") if "=" in d)
                found.add(keys.get("com.docker.swarm.task.id", ""))
        return frozenset(found)
