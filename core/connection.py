"""Which engine Essaim talks to: a real one where there is one, else the embedded practice engine.

ESSAIM_ENGINE says what to take: ``auto`` (the default), ``docker`` (a real engine or nothing) or
``practice``. With ``auto``, DOCKER_HOST is obeyed when it is set; else the local socket is taken if
an engine answers there; else the practice engine starts in this process, with a cluster for each
learner. This is the only module that imports ``core.practice``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
from docker.utils import kwargs_from_env

from core.cluster.failures import daemon_errors
from core.errors import EngineRejected, EngineUnreachable, InvalidValue, NoRoom, Worded
from core.i18n import later as _

if TYPE_CHECKING:
    from core.practice.embed import PracticeServer

LOCAL_SOCKET = Path("/var/run/docker.sock")
#: Seconds until a question that got no answer counts as unanswered; a long action gets more.
QUESTION_TIMEOUT = 5
ACTION_TIMEOUT = 120
#: Two classes of thirty; ESSAIM_CLUSTERS says another number.
MOST_CLUSTERS = 60


#: Which parts of a snapshot a change of a kind of the practice engine's records touches.
_TOLD_BY = {
    "Engine": ("engine", "nodes"),
    "Swarm": ("engine", "nodes", "services", "tasks"),
    "Node": ("engine", "nodes", "tasks"),
    "Service": ("services", "tasks"),
    "Task": ("tasks",),
    "Container": ("containers",),
    "Image": ("images",),
}


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
    though one was expected, for a person.
    """

    base_url: str
    practice: PracticeServer | None = None
    note: Worded | None = None
    options: Mapping[str, Any] = field(default_factory=dict)  # TLS, as docker-py takes it

    def api(self) -> docker.APIClient:
        """A client for short questions; raises as docker-py does when nobody answers."""
        made = _Api(
            base_url=self.base_url,
            version="auto",
            timeout=QUESTION_TIMEOUT,
            use_ssh_client=self.base_url.startswith("ssh://"),
            **self.options,
        )
        if self.practice:
            made.trust_env = False  # no proxy leads to this process; to look costs a third
        return made

    def listen(self, hint: Callable[..., None]) -> bool:
        """Let an engine of this process say which parts of a snapshot have changed.

        Whether it does: ``hint("tasks", ...)`` is called after each change, on its own thread.
        """
        if self.practice is None:
            return False
        self.practice.watch(lambda kind: hint(*_TOLD_BY[kind]))
        return True

    def client(self) -> docker.DockerClient:
        """A client for an action, which may take its time."""
        return docker.DockerClient(
            base_url=self.base_url,
            version="auto",
            timeout=ACTION_TIMEOUT,
            use_ssh_client=self.base_url.startswith("ssh://"),
            **self.options,
        )

    @property
    def most_machines(self) -> int | None:
        """How many machines the practice cluster may have; None where that is not known here."""
        return self.practice.cluster.store.limits.engines if self.practice else None

    @property
    def writes(self) -> int:
        """How often anything in a practice cluster of this process was written; else 0."""
        return self.practice.call(lambda cluster: cluster.store.writes) if self.practice else 0

    def close(self) -> None:
        """End the practice engine, where it is ours."""
        if self.practice:
            self.practice.stop()


class Practice:
    """The practice engine of this process: a cluster of its own for each key.

    most: how many clusters there may be at a time. note: see Connection. formed: each begins as
    one Swarm; else as empty instances.
    """

    def __init__(
        self, most: int = MOST_CLUSTERS, note: Worded | None = None, formed: bool = True
    ) -> None:
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
                _(
                    "This server holds at most {most} practice clusters, and there are as many: "
                    "share a neighbour's, or come back when somebody has gone."
                ),
                most=self.most,
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

    Raises InvalidValue when ESSAIM_ENGINE, _CLUSTERS or _SWARM is nothing that it may be.
    """
    wish = environ.get("ESSAIM_ENGINE", "").strip().lower() or "auto"
    if wish not in ("auto", "docker", "practice"):
        raise InvalidValue(
            _("ESSAIM_ENGINE is {word!r}: write auto, docker or practice"), word=wish
        )
    most = environ.get("ESSAIM_CLUSTERS", "").strip() or str(MOST_CLUSTERS)
    if not (most.isascii() and most.isdigit() and int(most)):
        sentence = _("ESSAIM_CLUSTERS is {word!r}: write how many practice clusters there may be")
        raise InvalidValue(sentence, word=most)
    swarm = environ.get("ESSAIM_SWARM", "").strip().lower() or "formed"
    if swarm not in ("formed", "empty"):
        raise InvalidValue(_("ESSAIM_SWARM is {word!r}: write formed or empty"), word=swarm)

    def practice(note: Worded | None = None) -> Practice:
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
    return practice(Worded(_("{where}: {why}"), where=socket, why=why)) if why else local


def _unanswered(connection: Connection) -> Worded | None:
    """Why an engine does not answer, or None when it does."""
    try:
        with daemon_errors():
            connection.api().close()
    except (EngineUnreachable, EngineRejected) as error:
        return error.kept()
    return None
