"""Which engine Essaim talks to: a real one where there is one, else practice engines on workers.

ESSAIM_ENGINE says what to take: ``auto`` (the default), ``docker`` (a real engine or nothing) or
``practice``. A real one is looked for where the docker command looks
(``core.engine.contexts``): what somebody has chosen is taken, whether it answers or not; else the
first socket where an engine does;
else, with ``auto``, it is practice: workers start, and hold a cluster for each learner.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import docker
import urllib3
from docker.tls import TLSConfig

from core.cluster.failures import daemon_errors
from core.engine import contexts, keys, practice, ssh
from core.engine.client import Api, Client
from core.engine.practice import Call, Machine, NoAnswer
from core.engine.way import Way
from core.engine.wish import workers_wanted
from core.engine.worker import Hint, PracticeCluster, Told
from core.engine.workers import Workers
from core.errors import EngineRejected, EngineUnreachable, InvalidValue, NoRoom, Worded
from core.i18n import later as _
from core.threads.turns import Turns

T = TypeVar("T")

#: Seconds until a question that got no answer counts as unanswered; a long action gets more.
QUESTION_TIMEOUT = 5
ACTION_TIMEOUT = 120
#: The same for a question that ssh carries: it may have to find its dialer first.
SSH_TIMEOUT = ssh.FIND + QUESTION_TIMEOUT
#: The machine whose engine a page asks.
FIRST = "node1"
#: Two classes of thirty; ESSAIM_CLUSTERS says another number.
MOST_CLUSTERS = 60

_UNKEPT = _(
    "What is done on the practice machines now is not kept: their files cannot be written ({why})."
)


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

    address: a DOCKER_HOST value; '' where the engine is that of a machine of a practice cluster of
    ours, which may come to lie elsewhere. search: how it was found. fault: why it cannot even be
    asked. dialer: how to reach an ``ssh://`` address.
    """

    address: str = ""
    cluster: PracticeCluster | None = None
    machine: str = FIRST
    search: Search | None = None
    tls: contexts.Tls | None = None
    fault: Worded | None = None
    dialer: ssh.Dialer | None = None

    @property
    def base_url(self) -> str:
        """Where the engine is now, a DOCKER_HOST value."""
        return self.cluster.host(self.machine) if self.cluster else self.address

    @property
    def practice(self) -> bool:
        """Whether it is a practice cluster of ours: there may be other practice engines."""
        return self.cluster is not None

    @property
    def way(self) -> Way:
        """The way of a plain HTTP request. Raises ValueError where there is none."""
        return Way.to(self.base_url, self._secret)

    @property
    def anew(self) -> bool:
        """Whether it is a practice cluster of ours that has just begun."""
        return self.cluster is not None and self.cluster.begun == "new"

    @property
    def named(self) -> Worded | str:
        """What names the engine, and its address, as far as they are known."""
        chosen = self.search.chosen if self.search else None
        if chosen is None or not self.base_url:
            return chosen or self.base_url
        return Worded(_("{where} ({host})"), where=chosen, host=self.base_url)

    def at(self, machine: Machine) -> Connection:
        """The same for the engine of another machine of a practice cluster."""
        if self.cluster:
            return replace(self, machine=machine.name)
        return Connection(machine.host)

    def api(self) -> docker.APIClient:
        """A client for short questions; raises as docker-py does when nobody answers."""
        return self._open(SSH_TIMEOUT if self.dialer else QUESTION_TIMEOUT)

    def client(self) -> docker.DockerClient:
        """A client for an action, which may take its time."""
        return Client(self._open(ACTION_TIMEOUT))

    def send(self, call: Call[T], timeout: float = QUESTION_TIMEOUT) -> T:
        """Make a call that only a practice engine answers.

        Raises EngineRejected and EngineUnreachable.
        """
        return practice.send(self.base_url, call, timeout, self._secret)

    def lines(self, call: Call[Any]) -> tuple[str, str]:
        """What makes the same call at a shell's prompt, and in Python."""
        return practice.lines(self.base_url, call, self._secret)

    def listen(self, hint: Hint, told: Told) -> None:
        """Let a practice cluster of ours say what changed, and what became of it.

        ``hint("tasks", ...)`` is called after each change, ``told`` after the cluster's worker was
        lost; both on a thread of the worker's.
        """
        if self.cluster:
            self.cluster.listen(hint, told)

    @property
    def most_machines(self) -> int | None:
        """How many machines the practice cluster may have; None where that is not known here."""
        return self.cluster.most_machines if self.cluster else None

    def untouched(self, age: float = 0.0) -> bool:
        """Whether it is a practice cluster of ours in which nothing was done.

        age: seconds that the last answer of its worker may be old.
        """
        try:
            return self.cluster is not None and self.cluster.untouched(age)
        except NoAnswer:
            return False

    @property
    def unkept(self) -> Worded | None:
        """That its worker cannot write what is done there now, and why; None where it can."""
        why = self.cluster.worker.problem if self.cluster else ""
        return Worded(_UNKEPT, why=why) if why else None

    @property
    def _secret(self) -> str:
        return self.cluster.secret if self.cluster else ""

    def _open(self, timeout: int) -> docker.APIClient:
        """Raises EngineUnreachable where there is a fault in what Essaim was told."""
        # The files of TLS are read each time: whoever mends them need not start Essaim again.
        fault = self.fault or (self.tls.fault() if self.tls else None)
        if fault:
            raise EngineUnreachable(_("{where}: {why}."), where=self.named, why=fault)
        options = {"tls": _for_docker_py(self.tls)} if self.tls else {}
        sent = self.way.headers if self._secret else {}
        # No proxy leads to a worker; to look for one costs a third.
        return Api(self.base_url, timeout, self.dialer, not self.practice, sent, **options)


def _for_docker_py(tls: contexts.Tls) -> TLSConfig:
    if not tls.verify:  # as somebody wanted it: to say so at each question helps nobody
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    pair = (str(tls.cert), str(tls.key)) if tls.cert and tls.key else None
    return TLSConfig(pair, str(tls.ca) if tls.ca else None, tls.verify)


#: The versions of Docker's engine that practice clusters can play.
_PLAYED = ("29.8", "28.5")


class Practice:
    """Practice clusters on workers, one for each key.

    most: how many there may be at a time. search: see Connection. formed: each begins as one Swarm;
    else as empty instances. workers: else there is one. engine: the version of Docker's engine that
    they play, "28.5"; '' for the usual one.
    """

    def __init__(
        self,
        most: int = MOST_CLUSTERS,
        search: Search | None = None,
        formed: bool = True,
        workers: Workers | None = None,
        engine: str = "",
    ) -> None:
        self.most = most
        self._search, self._settings = search, {"formed": formed, "engine": engine or None}
        self._workers = workers or Workers(1, most=most)
        self._clusters: dict[str, PracticeCluster] = {}  # by key
        self._coming: set[str] = set()  # keys of those that a worker is asked for
        self._lock = Lock()  # of these two; nobody holds it while a worker is asked
        self._turns = Turns()

    def start(self) -> None:
        """Start the workers, and wait for none."""
        self._workers.start()

    def open(self, key: str) -> Connection:
        """The cluster of this key, made when it is not there. Raises NoRoom and NoWorker."""
        with self._turns.of(key):
            cluster = self._clusters.get(key) or self._new(key)
        return Connection(cluster=cluster, search=self._search)

    def _new(self, key: str) -> PracticeCluster:
        with self._lock:
            if len(self._clusters) + len(self._coming) >= self.most:
                raise no_room(self.most)
            self._coming.add(key)
        try:
            cluster = self._workers.open(keys.cluster_id(key), self._settings)
            self._clusters[key] = cluster
            return cluster
        finally:
            self._coming.discard(key)

    def end(self, key: str) -> None:
        """Forget the cluster of this key, and what is kept of it, whether it was opened or not."""
        with self._turns.of(key):
            cluster = self._clusters.pop(key, None)
            self._workers.end(cluster.id if cluster else keys.cluster_id(key))

    def close(self) -> None:
        """End the workers; what they keep stays. Closing twice does no harm."""
        self._workers.stop()


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
    data: Path | None = None,
) -> Connection | Practice:
    """The engine to use, by environment and by what answers; or a practice cluster for each.

    home: where ``.docker`` is; else this user's. sockets: those to try; else the usual ones. data:
    the folder where our own workers keep clusters; None for memory alone.
    Raises InvalidValue when ESSAIM_ENGINE, _CLUSTERS, _SWARM, _WORKERS or _PRACTICE_ENGINE is
    nothing that it may be.
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
    played = environ.get("ESSAIM_PRACTICE_ENGINE", "").strip()
    if played not in ("", *_PLAYED):
        sentence = _("ESSAIM_PRACTICE_ENGINE is {word!r}: write 29.8 or 28.5")
        raise InvalidValue(sentence, word=played)

    workers = workers_wanted(environ, int(most), data)
    if wish == "practice":
        named = Search("ESSAIM_ENGINE=practice")
        return Practice(int(most), named, swarm == "formed", workers, played)
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
    return Practice(int(most), search, swarm == "formed", workers, played)


def _connection(endpoint: contexts.Endpoint, search: Search) -> Connection:
    dialer = ssh.Dialer(ssh.command(endpoint.host)) if endpoint.host.startswith("ssh://") else None
    return Connection(
        endpoint.host,
        search=search,
        tls=endpoint.tls,
        fault=endpoint.fault,
        dialer=dialer,
    )


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
