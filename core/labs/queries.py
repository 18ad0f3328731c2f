"""Questions of checks to the engine, for facts that no snapshot holds."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import unquote

import docker
import docker.errors

from core.cluster.failures import daemon_errors
from core.cluster.parse import timestamp

#: Bytes of a file that no check reads.
LONG = 100_000


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

    def text(self, container: str, path: str) -> str:
        """The content of a file in a container; '' where there is none, or a long one."""
        with self._client() as client:
            try:
                chunks, stat = client.get_archive(container, path)
            except docker.errors.NotFound:
                return ""
            if stat["size"] > LONG:
                return ""
            packed = io.BytesIO(b"".join(chunks))
        with tarfile.open(fileobj=packed) as archive:
            files = [member for member in archive if member.isfile()]
            content = archive.extractfile(files[0]) if files else None
            return content.read().decode(errors="replace") if content else ""

    def started(self, container: str) -> float:
        """When it was last started, in seconds since the epoch; 0 for never."""
        with self._client() as client:
            return timestamp(client.inspect_container(container)["State"]["StartedAt"])

    def secrets(self) -> frozenset[str]:
        """The names of the Swarm's secrets."""
        with self._client() as client:
            return frozenset(secret["Spec"]["Name"] for secret in client.secrets())

    def networks(self) -> dict[str, str]:
        """The drivers of the networks that this engine knows, by their names."""
        with self._client() as client:
            return {network["Name"]: network["Driver"] for network in client.networks()}

    def networks_of(self, service: str) -> frozenset[str]:
        """The names of the networks that a service's tasks are on by its spec."""
        with self._client() as client:
            spec = client.inspect_service(service)["Spec"]
            wanted = spec["TaskTemplate"].get("Networks") or spec.get("Networks") or ()
            ids = {network["Target"] for network in wanted}
            there = client.networks()
        return frozenset(n["Name"] for n in there if ids & {n["Id"], n["Name"]})

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
