"""The traffic of one cluster: at most one run at a time, to a port that the cluster publishes."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

from core.cluster.snapshot import ClusterSnapshot, Service
from core.engine.connection import Connection
from core.engine.practice import calls
from core.errors import InvalidCommand
from core.i18n import later as _
from core.traffic import endpoints
from core.traffic.endpoints import Endpoint
from core.traffic.plan import Plan
from core.traffic.run import Run
from core.traffic.status import Status

#: Seconds after a run's last status in which its charts are drawn once more.
STILL = 3.0
#: Earlier runs that are kept for comparison.
PAST = 4


class Traffic:
    """The runs of one cluster. snapshot, watched, changed: see ``core.traffic.run.Run``."""

    def __init__(
        self,
        connection: Connection,
        snapshot: Callable[[], ClusterSnapshot],
        watched: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._watched = watched
        self._changed = changed
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._past: deque[Status] = deque(maxlen=PAST)

    @property
    def run(self) -> Run | None:
        """The run that is on, or the last one."""
        return self._run

    @property
    def status(self) -> Status | None:
        return self._run.status if self._run else None

    @property
    def past(self) -> tuple[Status, ...]:
        """The last statuses of earlier runs, the oldest first."""
        return tuple(self._past)

    @property
    def moving(self) -> bool:
        """Whether a run is on, or ended so lately that its charts may be out of date."""
        if self._run is None:
            return False
        return not self._run.ended or time.time() - self._run.status.now < STILL

    def endpoints(self, service: Service, published: int) -> tuple[Endpoint, ...]:
        """Where the port answers on each node.

        Raises InvalidCommand, EngineRejected and EngineUnreachable.
        """
        snapshot, base = self._snapshot(), self._connection.base_url
        port = next((p for p in endpoints.open_ports(service) if p.published == published), None)
        if port is None:
            sentence = _("{service} does not publish port {port}.")
            raise InvalidCommand(sentence, service=service.name, port=published)
        if snapshot.engine is None or not snapshot.engine.practice:
            return endpoints.real(snapshot, service, port, base)
        openings = self._connection.send(calls.ports())
        return endpoints.practice(snapshot, service, port, self._connection.way, openings)

    def prepare(self, plan: Plan) -> Run:
        """A run that has not begun. Raises InvalidCommand where the cluster has no such port."""
        service = self._snapshot().service(plan.service)
        if service is None:
            raise InvalidCommand(_("There is no such service."))
        found = self.endpoints(service, plan.port)
        if plan.entry:
            found = tuple(each for each in found if each.node == plan.entry)
        if not found:
            sentence = _("Port {port} answers on no node that was asked for.")
            raise InvalidCommand(sentence, port=plan.port)
        return Run(
            secrets.token_hex(4),
            plan,
            service.name,
            found,
            snapshot=self._snapshot,
            logs=self._connection.api,
            watched=self._watched,
            changed=self._changed,
        )

    def start(self, run: Run) -> None:
        """Begin. Raises InvalidCommand while another run is on."""
        with self._lock:
            if self._run is not None and not self._run.ended:
                raise InvalidCommand(_("One run at a time: stop the one that is on."))
            if self._run is not None:
                self._past.append(self._run.status)
            self._run = run
        run.start()

    def pause(self) -> None:
        if self._run:
            self._run.pause()

    def resume(self) -> None:
        if self._run:
            self._run.resume()

    def stop(self) -> None:
        if self._run:
            self._run.stop()
