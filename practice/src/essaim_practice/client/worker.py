"""A client of a worker, the process that holds many practice clusters."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

from essaim_practice.client.way import Way

T = TypeVar("T")

#: Real seconds without a line of ``changes`` until a worker counts as lost; it beats each second.
SILENCE = 5.0


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """How a worker fares."""

    version: str  # of its essaim_practice
    pid: int
    clusters: int  # that it holds
    most: int  # that it may hold
    load: float  # the share of one core that it used over the last seconds: 0 to about 1
    memory: int  # bytes
    kept: bool  # its clusters are on disk, too
    problem: str  # why some of them cannot be written now: a full disk; '' where all is well


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """A cluster that a worker holds, or keeps.

    open: it is there. Of one that is only kept on disk nothing more is known: the numbers are 0,
    and it counts as touched.
    """

    id: str
    open: bool
    touched: bool  # somebody asked for more than a look at it, ever since it began
    machines: int
    most_machines: int  # that may be there by adding more
    idle: float  # real seconds since somebody asked something of it; 0 while a stream is open


@dataclass(frozen=True, slots=True)
class Opened:
    """A cluster that a worker has opened.

    begun: ``new``; ``there``, as it was open already; or ``restored`` from disk, as after a power
    cut. lost: why what was kept of it could not be restored and was put aside: its file is damaged,
    or was written by a later version.
    """

    cluster: ClusterStatus
    begun: Literal["new", "there", "restored"]
    lost: Literal["damaged", "future"] | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Records of a cluster have changed, of these kinds: ``Task``, ``Node``."""

    cluster: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The worker lives. load, clusters and problem: see WorkerStatus."""

    load: float
    clusters: int
    problem: str


class WorkerClient:
    """Directs a worker: ``python -m essaim_practice.worker``. Any thread may.

    host: where it listens, ``unix:///FOLDER/worker0.sock`` or ``tcp://10.0.0.5:7070``. secret: what
    a worker at a TCP port wants to be shown. timeout: real seconds for each answer. Raises
    ValueError for another kind of host. Each method raises EngineUnreachable when the worker does
    not answer, and RequestRefused.

    >>> from essaim_practice import WorkerClient
    >>> worker = WorkerClient("unix:///run/essaim/worker0.sock")
    >>> worker.engine("ada", "node2")
    'unix:///run/essaim/ada/node2.sock'
    """

    def __init__(self, host: str, secret: str = "", timeout: float = 30.0) -> None:
        self._way = Way(host, timeout, secret, "a worker")
        self.host = host
        self.secret = secret
        self.timeout = timeout

    def status(self) -> WorkerStatus:
        """How it fares."""
        return self._way.ask("GET", "/worker", lambda said: _made(WorkerStatus, said), None)

    def clusters(self) -> tuple[ClusterStatus, ...]:
        """The clusters that it holds, oldest first; then those that it only keeps."""
        return self._way.ask(
            "GET",
            "/worker/clusters",
            lambda said: tuple(_made(ClusterStatus, each) for each in said),
            None,
        )

    def open(
        self,
        id: str,
        nodes: int | None = None,
        formed: bool | None = None,
        speed: float | None = None,
        seed: int | None = None,
        engine: str | None = None,
    ) -> Opened:
        """Open a cluster, unless it is open; its engines listen when this returns.

        id: 1 to 64 of the signs a to z and 0 to 9. The others: see Settings; they count for a new
        cluster only. Refused with 409 when the worker holds as many as it may.
        """
        given = {
            "nodes": nodes, "formed": formed, "speed": speed, "seed": seed, "engine": engine
        }  # fmt: skip
        body = {name: value for name, value in given.items() if value is not None}
        return self._way.ask("PUT", _path(id), _opened, body)

    def end(self, id: str) -> None:
        """Forget a cluster and what is kept of it; one that is not there, too."""
        self._way.ask("DELETE", _path(id), lambda said: None, None)

    def changes(self, silence: float = SILENCE) -> Changes:
        """What changes from now on. silence: real seconds without a line until it raises."""
        return Changes(self._way, silence)

    def engine(self, id: str, name: str = "node1") -> str:
        """The DOCKER_HOST of an engine of a cluster, by its machine's name.

        Of a worker with a secret, docker clients have to show it, too, as the header
        ``Authorization: Bearer SECRET``.
        """
        place = urlsplit(self.host)
        if place.scheme == "unix":
            return f"unix://{place.path.rpartition('/')[0]}/{id}/{name}.sock"
        return f"{self.host.rstrip('/')}/clusters/{id}/engines/{name}"


#: What reading raises: AttributeError where another thread closes what http.client reads.
_BROKEN = (
    *(OSError, http.client.HTTPException),
    *(ValueError, LookupError, TypeError, AttributeError),
)


class Changes:
    """An iterator of what changes in a worker's clusters: Changed, and a Heartbeat each second.

    The first is a Heartbeat. It ends after ``close``, which any thread may call, and raises
    EngineUnreachable when the worker has ended or was silent for too long.
    """

    def __init__(self, way: Way, silence: float) -> None:
        self._way = way
        self._closed = False
        self._connection, self._answer = way.begin("GET", "/worker/changes")
        # Kept: http.client lets go of the socket of an answer that ends with its connection.
        self._socket: socket.socket | None = self._connection.sock
        if self._socket is not None:
            self._socket.settimeout(silence)

    def __enter__(self) -> Changes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Changed | Heartbeat]:
        return self

    def __next__(self) -> Changed | Heartbeat:
        if self._closed:
            raise StopIteration
        try:
            line = self._answer.readline()
            if not line.endswith(b"\n"):
                raise ConnectionResetError("it has ended")
            return _read(json.loads(line))
        except _BROKEN as error:
            if self._closed:
                raise StopIteration from None
            self.close()
            raise self._way.unreachable(error) from error

    def close(self) -> None:
        """Listen no more. Closing twice does no harm."""
        self._closed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes whoever reads
        self._answer.close()
        self._connection.close()


def _path(id: str) -> str:
    return f"/worker/clusters/{quote(id, safe='')}"


def _made(kind: type[T], said: Mapping[str, Any]) -> T:
    return kind(**{each.name: said[each.name] for each in fields(kind)})  # type: ignore[arg-type]


def _opened(said: Mapping[str, Any]) -> Opened:
    return Opened(_made(ClusterStatus, said), said["begun"], said["lost"])


def _read(said: Mapping[str, Any]) -> Changed | Heartbeat:
    if "cluster" in said:
        return Changed(said["cluster"], tuple(said["kinds"]))
    return Heartbeat(said["load"], said["clusters"], said["problem"])
