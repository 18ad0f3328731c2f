"""Which engine Essaim talks to: a real one where there is one, else the embedded practice engine.

ESSAIM_ENGINE says what to take: ``auto`` (the default), ``docker`` (a real engine or nothing) or
``practice``. A real one is looked for where the docker command looks
(``core.engine.contexts``): what somebody has chosen is taken, whether it answers or not; else the
first socket where an engine does;
else, with ``auto``, the practice engine starts in this process, with a cluster for each learner.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import docker
import urllib3
from docker.tls import TLSConfig

from core.cluster.failures import daemon_errors
from core.engine import contexts, ssh
from core.engine.practice import Call, TooManyClusters, clusters, send
from core.errors import EngineRejected, EngineUnreachable, InvalidValue, NoRoom, Worded
from core.i18n import later as _

if TYPE_CHECKING:
    from core.engine.practice import PracticeServer

T = TypeVar("T")

#: Seconds until a question that got no answer counts as unanswered; a long action gets more.
QUESTION_TIMEOUT = 5
ACTION_TIMEOUT = 120
#: The same for a question that ssh carries: it may have to find its dialer first.
SSH_TIMEOUT = ssh.FIND + QUESTION_TIMEOUT
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
    """docker-py's client, which leaves no socket open where its first question finds no answer.

    dialer: how to reach an ``ssh://`` address. trusting: whether a proxy of the environment may be
    used.
    """

    def __init__(
        self, base_url: str, timeout: int, dialer: ssh.Dialer | None, trusting: bool, **options: Any
    ) -> None:
        self._dialer, self._trusting = dialer, trusting
        # Any socket: it is not asked before the dialer is mounted, see below.
        url = f"unix://{contexts.SOCKET}" if dialer else base_url
        super().__init__(base_url=url, version="auto", timeout=timeout, **options)

    def _retrieve_server_version(self) -> str:
        self.trust_env = self._trusting
        try:
            if self._dialer:
                self._custom_adapter = self._dialer.adapter(self.timeout)
                self.mount("http+docker://", self._custom_adapter)
            return str(super()._retrieve_server_version())
        except BaseException:
            self.close()
            raise

    def merge_environment_settings(self, *asked: Any) -> dict[str, Any]:
        settings: dict[str, Any] = super().merge_environment_settings(*asked)
        if self.verify is not True:  # else REQUESTS_CA_BUNDLE would count more than the engine's CA
            settings["verify"] = self.verify
        return settings


class _Client(docker.DockerClient):  # type: ignore[misc]  # docker-py has no types
    """docker-py's other client, around one that is made already."""

    def __init__(self, api: docker.APIClient) -> None:
        self.api = api


@dataclass(frozen=True, slots=True)
class Tried:
    """An endpoint that was not taken, and why. there: whether something is there, which failed."""

    endpoint: contexts.Endpoint
    why: Worded | str
    there: bool


@dataclass(frozen=True, slots=True)
class Search:
    """How an engine was found, for a person.

    chosen: what of a person's doing names it; None where nobody chose. tried: where it was looked
    for before, in vain.
    """

    chosen: Worded | str | None = None
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """An engine's address, and how to open docker-py clients on it.

    practice: the practice engine, where it runs in this process. search: how it was found. fault:
    why it cannot even be asked. dialer: how to reach an ``ssh://`` address.
    """

    base_url: str
    practice: PracticeServer | None = None
    search: Search | None = None
    tls: contexts.Tls | None = None
    fault: Worded | None = None
    dialer: ssh.Dialer | None = None

    @property
    def named(self) -> Worded | str:
        """What names the engine, and its address, as far as they are known."""
        chosen = self.search.chosen if self.search else None
        if chosen is None or not self.base_url:
            return chosen or self.base_url
        return Worded(_("{where} ({host})"), where=chosen, host=self.base_url)

    def api(self) -> docker.APIClient:
        """A client for short questions; raises as docker-py does when nobody answers."""
        return self._open(SSH_TIMEOUT if self.dialer else QUESTION_TIMEOUT)

    def listen(self, hint: Callable[..., None]) -> bool:
        """Let an engine of this process say which parts of a snapshot have changed.

        Whether it does: ``hint("tasks", ...)`` is called after each change, on its own thread.
        """
        if self.practice is None:
            return False
        self.practice.watch(lambda kind: hint(*_TOLD_BY[kind]))
        return True

    def send(self, call: Call[T], timeout: float = QUESTION_TIMEOUT) -> T:
        """Make a call that only a practice engine answers.

        Raises EngineRejected and EngineUnreachable.
        """
        return send(self.base_url, call, timeout)

    def client(self) -> docker.DockerClient:
        """A client for an action, which may take its time."""
        return _Client(self._open(ACTION_TIMEOUT))

    def _open(self, timeout: int) -> docker.APIClient:
        """Raises EngineUnreachable where there is a fault in what Essaim was told."""
        # The files of TLS are read each time: whoever mends them need not start Essaim again.
        fault = self.fault or (self.tls.fault() if self.tls else None)
        if fault:
            raise EngineUnreachable(_("{where}: {why}."), where=self.named, why=fault)
        options = {"tls": _for_docker_py(self.tls)} if self.tls else {}
        # No proxy leads to this process; to look costs a third.
        return _Api(self.base_url, timeout, self.dialer, self.practice is None, **options)

    @property
    def most_machines(self) -> int | None:
        """How many machines the practice cluster may have; None where that is not known here."""
        return self.practice.settings.limits.engines if self.practice else None

    @property
    def writes(self) -> int:
        """How often anything in a practice cluster of this process was written; else 0."""
        return self.practice.writes if self.practice else 0

    def close(self) -> None:
        """End the practice engine, where it is ours."""
        if self.practice:
            self.practice.stop()


def _for_docker_py(tls: contexts.Tls) -> TLSConfig:
    if not tls.verify:  # as somebody wanted it: to say so at each question helps nobody
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    pair = (str(tls.cert), str(tls.key)) if tls.cert and tls.key else None
    return TLSConfig(pair, str(tls.ca) if tls.ca else None, tls.verify)


class Practice:
    """The practice engine of this process: a cluster of its own for each key.

    most: how many clusters there may be at a time. search: see Connection. formed: each begins as
    one Swarm; else as empty instances.
    """

    def __init__(
        self, most: int = MOST_CLUSTERS, search: Search | None = None, formed: bool = True
    ) -> None:
        self._clusters = clusters(formed, most)
        self._search = search
        self.most = most

    def open(self, key: str) -> Connection:
        """The cluster of this key, made when it is not there. Raises NoRoom."""
        try:
            server = self._clusters.get(key)
        except TooManyClusters:
            raise no_room(self.most) from None
        return Connection(server.urls[0], practice=server, search=self._search)

    def end(self, key: str) -> None:
        """Forget the cluster of this key, where there is one."""
        self._clusters.end(key)

    def close(self) -> None:
        """End every cluster. Closing twice does no harm."""
        self._clusters.stop()


def no_room(most: int) -> NoRoom:
    return NoRoom(
        _(
            "This server holds at most {most} practice clusters, and there are as many: "
            "share a neighbour's, or come back when somebody has gone."
        ),
        most=most,
    )


def choose(
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
    sockets: Sequence[contexts.Endpoint] | None = None,
) -> Connection | Practice:
    """The engine to use, by environment and by what answers; or a practice cluster for each.

    home: where ``.docker`` is; else this user's. sockets: those to try; else the usual ones.
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

    if wish == "practice":
        return Practice(int(most), Search("ESSAIM_ENGINE=practice"), swarm == "formed")
    home = home or Path.home()
    if endpoint := contexts.chosen(environ, home):
        return _connection(endpoint, Search(endpoint.named))
    tried = list[Tried]()
    for endpoint in contexts.sockets(environ, home) if sockets is None else sockets:
        found = _connection(endpoint, Search(tried=tuple(tried)))
        absent = _absent(endpoint)
        why = absent or _unanswered(found)
        if why is None:
            return found
        tried.append(Tried(endpoint, why, there=absent is None))
    search = Search(tried=tuple(tried))
    if wish == "docker":  # it may come yet
        return Connection(f"unix://{contexts.SOCKET}", search=search)
    return Practice(int(most), search, swarm == "formed")


def _connection(endpoint: contexts.Endpoint, search: Search) -> Connection:
    dialer = ssh.Dialer(ssh.command(endpoint.host)) if endpoint.host.startswith("ssh://") else None
    return Connection(endpoint.host, None, search, endpoint.tls, endpoint.fault, dialer)


def _absent(endpoint: contexts.Endpoint) -> Worded | str | None:
    """Why there is no such socket to be seen, or None where there is one."""
    try:
        os.stat(endpoint.host.removeprefix("unix://"))
    except (FileNotFoundError, NotADirectoryError):
        return Worded(_("there is no such file"))
    except OSError as error:
        return error.strerror or str(error)
    return None


def _unanswered(connection: Connection) -> Worded | None:
    """Why an engine does not answer, or None when it does."""
    try:
        with daemon_errors():
            connection.api().close()
    except (EngineUnreachable, EngineRejected) as error:
        return error.kept()
    return None
