"""Which engine Essaim talks to: a real one where there is one, else the embedded practice engine.

ESSAIM_ENGINE says what to take: ``auto`` (the default), ``docker`` (a real engine or nothing) or
``practice``. With ``auto``, DOCKER_HOST is obeyed when it is set; else the local socket is taken if
an engine answers there; else the practice engine starts in this process, with a cluster for each
learner. This is the only module that imports ``core.practice``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
from docker.utils import kwargs_from_env

from core.cluster.failures import daemon_errors
from core.errors import EngineRejected, EngineUnreachable, NoRoom

if TYPE_CHECKING:
    from core.practice.embed import PracticeServer

LOCAL_SOCKET = Path("/var/run/docker.sock")
#: Seconds until a question that got no answer counts as unanswered; a long action gets more.
QUESTION_TIMEOUT = 5
ACTION_TIMEOUT = 120
#: Two classes of thirty; ESSAIM_CLUSTERS says another number.
MOST_CLUSTERS = 60


class _Api(docker.APIClient):  # type: ignore[misc]  # docker-py has no types
    """docker-py's client, which leaves no socket open where its first question finds no answer."""

    def _retrieve_server_version(self) -> str:
        try:
            return str(super()._retrieve_server_version())
        except BaseException:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class Connection:
    """An engine's address, and how to open docker-py clients on it.

    practice: the practice engine, where it runs in this process. note: where no engine answered,
    though one was expected, as a text for a person.
    """

    base_url: str
    practice: PracticeServer | None = None
    note: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # TLS, as docker-py takes it

    def api(self) -> docker.APIClient:
        """A client for short questions; raises as docker-py does when nobody answers."""
        return _Api(
            base_url=self.base_url,
            version="auto",
            timeout=QUESTION_TIMEOUT,
            use_ssh_client=self.base_url.startswith("ssh://"),
            **self.options,
        )

    def client(self) -> docker.DockerClient:
        """A client for an action, which may take its time."""
        return docker.DockerClient(
            base_url=self.base_url,
            version="auto",
            timeout=ACTION_TIMEOUT,
            use_ssh_client=self.base_url.startswith("ssh://"),
            **self.options,
        )

    def close(self) -> None:
        """End the practice engine, where it is ours."""
        if self.practice:
            self.practice.stop()


class Practice:
    """The practice engine of this process: a cluster of its own for each key.

    most: how many clusters there may be at a time. note: see Connection. formed: each begins as
    one Swarm; else as empty instances.
    """

    def __init__(self, most: int = MOST_CLUSTERS, note: str = "", formed: bool = True) -> None:
        from core.practice.clusters import Clusters
        from core.practice.embed import Settings

        settings = Settings(formed=formed, bind_ports=False)  # they would all want port 80
        # Whoever holds these clusters knows better than they do whether somebody looks at one.
        self._clusters = Clusters(settings, most=most, idle_after=None)
        self._note = note
        self.most = most

    def open(self, key: str) -> Connection:
        """The cluster of this key, made when it is not there. Raises NoRoom."""
        from core.practice.clusters import TooManyClusters

        try:
            server = self._clusters.get(key)
        except TooManyClusters:
            raise NoRoom(
                f"This server holds at most {self.most} practice clusters, and there are as many: "
                "share a neighbour's, or come back when somebody has gone."
            ) from None
        return Connection(server.urls[0], practice=server, note=self._note)

    def end(self, key: str) -> None:
        """Forget the cluster of this key, where there is one."""
        self._clusters.end(key)

    def close(self) -> None:
        """End every cluster. Closing twice does no harm."""
        self._clusters.stop()


def choose(
    environ: Mapping[str, str] = os.environ, socket: Path = LOCAL_SOCKET
) -> Connection | Practice:
    """The engine to use, by environment and by what answers; or a practice cluster for each.

    Raises ValueError when ESSAIM_ENGINE, _CLUSTERS or _SWARM is nothing that it may be.
    """
    wish = environ.get("ESSAIM_ENGINE", "").strip().lower() or "auto"
    if wish not in ("auto", "docker", "practice"):
        raise ValueError(f"ESSAIM_ENGINE is {wish!r}: write auto, docker or practice")
    most = environ.get("ESSAIM_CLUSTERS", "").strip() or str(MOST_CLUSTERS)
    if not (most.isascii() and most.isdigit() and int(most)):
        raise ValueError(
            f"ESSAIM_CLUSTERS is {most!r}: write how many practice clusters there may be"
        )
    swarm = environ.get("ESSAIM_SWARM", "").strip().lower() or "formed"
    if swarm not in ("formed", "empty"):
        raise ValueError(f"ESSAIM_SWARM is {swarm!r}: write formed or empty")

    def practice(note: str = "") -> Practice:
        return Practice(int(most), note, swarm == "formed")

    if wish == "practice":
        return practice()
    if environ.get("DOCKER_HOST"):
        options = kwargs_from_env(environment=dict(environ))
        return Connection(options.pop("base_url"), options=options)
    local = Connection(f"unix://{socket}")
    if wish == "docker":
        return local
    if not socket.exists():
        return practice()
    why = _unanswered(local)
    return practice(f"{socket}: {why}") if why else local


def _unanswered(connection: Connection) -> str:
    """Why an engine does not answer, or '' when it does."""
    try:
        with daemon_errors():
            connection.api().close()
    except (EngineUnreachable, EngineRejected) as error:
        return str(error)
    return ""
