"""The workers that hold the practice clusters: started or reached, placed on, watched, replaced.

``core.engine.wish`` says how many are processes of our own, or where workers of others listen. A
cluster of our own workers stays with its worker, which is replaced when it is lost: both keep their
files in one folder, and the engines' sockets stay the same. A lost worker elsewhere may come back
with its clusters, at another address, too; if it does not, they are begun anew on other ones.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.engine.practice import NoAnswer, RequestRefused
from core.engine.processes import Processes
from core.engine.sockets import SocketFolder
from core.engine.worker import RETURNING, PracticeCluster, Worker
from core.errors import NoRoom, NoWorker
from core.i18n import later as _
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

#: Seconds that whoever opens a cluster waits for a worker.
PATIENCE = 10.0
#: Seconds between two looks at who has the name of a worker.
RESOLVE = 5.0
#: The same while clusters wait for a lost worker.
HURRY = 1.0
#: Seconds that they wait. Swarm has a task that ended back within 6 s, where its health is asked
#: each 5 s (measured on Docker 28).
GRACE = 15.0
#: A worker that uses a whole core counts as if it held so many clusters more.
BUSY = 10
#: How often a cluster is given to a worker that does not survive it.
TRIES = 3

_REFUSED = _("The server's practice machines refuse: {words}")
_FULL = _("The server's practice machines hold as many clusters as they may.")
_NOBODY = _("The server's practice machines do not answer yet: try again in a moment.")


class Workers:
    """All workers, from ``start()`` until ``stop()``.

    count: how many processes of our own, each told most: how many clusters it may hold, and data:
    the folder to keep them in, if any. addresses: of workers elsewhere, ``tcp://name:7070``, where
    a name may have several addresses; secret: what all of those want to hear.
    """

    def __init__(
        self,
        count: int = 0,
        addresses: Sequence[str] = (),
        secret: str = "",
        most: int = 100,
        data: Path | None = None,
    ) -> None:
        self._addresses, self._secret = tuple(addresses), secret
        self._count = count
        self._processes = Processes(most, data)
        self._workers: dict[str, Worker] = {}  # by host
        self._found: dict[str, Worker] = {}  # by cluster: held already when the worker was reached
        #: Of workers elsewhere that were lost, and until when they wait for them.
        self._homeless: dict[str, tuple[PracticeCluster, float]] = {}
        #: Clusters that are to be forgotten, by workers that have not answered yet.
        self._ended: dict[str, Worker] = {}
        self._news = threading.Condition()
        self._folder: SocketFolder | None = None
        self._started = self._stopped = False
        self._looked = not addresses  # who has the names of workers
        self._unknown = set[str]()  # addresses that named nobody at the last look
        self._resolver = SupervisedThread("workers", self._resolve_for_ever)

    def start(self) -> None:
        """Start them, and wait for none. Starting twice does no harm."""
        with self._news:
            if self._started:
                return
            self._started = True
            if self._count:
                self._folder = folder = SocketFolder()
                for number in range(self._count):
                    host = f"unix://{folder.path}/worker{number}.sock"
                    self._add(Worker(host, "", self, partial(self._processes.at, host)))
        if self._addresses:
            self._resolver.start()

    def stop(self) -> None:
        """End those that are ours; what they keep is written. Stopping twice does no harm."""
        self._resolver.stop()
        with self._news:
            self._stopped = True
            workers = list(self._workers.values())
            self._news.notify_all()
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()
        self._processes.stop()
        if self._folder:
            self._folder.leave()

    @property
    def workers(self) -> tuple[Worker, ...]:
        return tuple(self._workers.values())

    def open(self, id: str, settings: Mapping[str, Any]) -> PracticeCluster:
        """The cluster of this id: where it is already, else on the least loaded worker.

        Raises NoRoom where all are full, and NoWorker where none answers in time.
        """
        self.start()
        end, full = time.monotonic() + PATIENCE, set[Worker]()
        cluster: PracticeCluster | None = None
        while True:
            cluster = self._place(id, settings, cluster, full, end)
            worker = cluster.worker
            try:
                if worker.ours or self._ended.get(id) is worker:
                    self._forget(id, worker)
                cluster.open(worker)
                return cluster
            except NoAnswer:
                worker.clusters.pop(id, None)
                with self._news:
                    self._news.wait(0.1)
            except RequestRefused as refusal:
                worker.clusters.pop(id, None)
                if refusal.status != 409:
                    raise NoWorker(_REFUSED, words=refusal.message) from refusal
                full.add(worker)

    def end(self, id: str) -> None:
        """Forget a cluster, and what is kept of it, whether it is open or not."""
        with self._news:
            self._homeless.pop(id, None)
            there = self._found.pop(id, None)
            for worker in self._workers.values():
                if worker.clusters.pop(id, None) or (there is None and worker.ours):
                    there = worker  # those of our own keep all in one folder
            if there is None:
                return
            self._ended[id] = there
        with suppress(NoAnswer):  # it forgets it when it is back
            self._forget(id, there)

    def _forget(self, id: str, worker: Worker) -> None:
        """Have a worker forget the cluster, if it has ended. Raises NoAnswer."""
        if id in self._ended:
            try:
                worker.client.end(id)
            except RequestRefused as refusal:
                log.warning("a cluster is not ended: %s", refusal.message)
            self._ended.pop(id, None)

    def _place(
        self,
        id: str,
        settings: Mapping[str, Any],
        tried: PracticeCluster | None,
        full: set[Worker],
        end: float,
    ) -> PracticeCluster:
        """A cluster for a worker that has room; it is among that worker's clusters already.

        tried: the same cluster before, which its worker's thread may open yet.
        """
        with self._news:
            while True:
                ready = [each for each in self._workers.values() if each.ready]
                able = [each for each in ready if each not in full]
                late = time.monotonic() >= end
                if (late or self._all_heard(id)) and (chosen := self._choose(id, able)):
                    break
                if ready and not able:
                    raise NoRoom(_FULL)
                if self._stopped or late:
                    raise NoWorker(_NOBODY)
                self._news.wait(end - time.monotonic())
            cluster = tried or PracticeCluster(id, settings, chosen)
            cluster.worker = chosen
            chosen.clusters[id] = cluster
            return cluster

    def _all_heard(self, id: str) -> bool:
        """Whether each worker has come, or did not, since the start.

        One may still tell that it keeps this cluster; and the first of all must not get everybody.
        """
        tried = all(each.ready or each.tried for each in self._workers.values())
        return (self._looked and tried) or id in self._found

    def _choose(self, id: str, able: Collection[Worker]) -> Worker | None:
        there = self._found.get(id)
        if there and there in able:
            return there
        return min(able, key=lambda each: len(each.clusters) + BUSY * each.load, default=None)

    # From the workers' threads

    def came(self, worker: Worker, there: Callable[[], bool]) -> None:
        """It answers now: have it hold its clusters again, while it is there.

        Raises NoAnswer and RequestRefused.
        """
        for id in [id for id, its in self._ended.items() if its is worker]:
            self._forget(id, worker)
        clusters = list(worker.clusters.values())
        for cluster in sorted(clusters, key=lambda each: each.failures):
            if there() and cluster.failures < TRIES:
                self._hold(cluster, worker)
        if not worker.ours:
            self._look_round(worker)

    def housed(self, worker: Worker) -> None:
        """It is ready: for newcomers, and for clusters that have no worker."""
        with self._news:
            self._news.notify_all()
        self._house()
        if worker.ours:
            self._processes.prepare()

    def lost(self, worker: Worker) -> None:
        """It does not answer any more. One of ours is replaced, and keeps its clusters."""
        if worker.ours:
            return
        until = time.monotonic() + GRACE
        with self._news:
            self._homeless |= {id: (each, until) for id, each in worker.clusters.items()}
            worker.clusters.clear()
            self._found = {id: there for id, there in self._found.items() if there is not worker}
            self._news.notify_all()

    def _hold(self, cluster: PracticeCluster, worker: Worker) -> None:
        try:
            there = cluster.open(worker, RETURNING)
        except NoAnswer:
            cluster.failures += 1  # it may be what ends the worker
            raise
        except RequestRefused as refusal:
            log.warning("%s does not take a cluster: %s", worker.host, refusal.message)
            return
        cluster.failures = 0
        cluster.came_back(there)

    def _house(self) -> None:
        """Find workers for the clusters that have none."""
        for id, (cluster, until) in list(self._homeless.items()):
            with self._news:
                if id not in self._found and time.monotonic() < until:
                    continue
                able = [each for each in self._workers.values() if each.ready]
                chosen = self._choose(id, able)
                if chosen is None or self._homeless.pop(id, None) is None:
                    continue
                chosen.clusters[id] = cluster
            try:
                there = cluster.open(chosen, RETURNING)
            except (NoAnswer, RequestRefused) as error:
                log.warning("%s does not take a cluster: %s", chosen.host, error)
                with self._news:
                    if chosen.clusters.pop(id, None):
                        self._homeless[id] = cluster, until
            else:
                cluster.came_back(there)

    def _look_round(self, worker: Worker) -> None:
        """Learn what a worker elsewhere holds already, and end there what has moved meanwhile."""
        for each in worker.client.clusters():
            id = each.id
            with self._news:
                moved = any(
                    id in other.clusters for other in self._workers.values() if other is not worker
                )
                # Of one that is only on a disk, several workers may know, and one have it open.
                if not moved and (each.open or id not in self._found):
                    self._found[id] = worker
            if moved and each.open:
                worker.client.end(id)

    # Which there are

    def _add(self, worker: Worker) -> None:
        self._workers[worker.host] = worker
        worker.start()

    def _resolve_for_ever(self) -> None:
        while True:
            found = {address: resolved(address) for address in self._addresses}
            hosts = {host for there in found.values() for host in there}
            unknown = {address for address, there in found.items() if not there}
            for address in sorted(unknown - self._unknown):  # once, however often it is looked up
                log.warning("no address is known for %s: it is looked up again and again", address)
            self._unknown = unknown
            with self._news:
                for host in sorted(hosts - self._workers.keys()):
                    self._add(Worker(host, self._secret, self))
                self._looked = True
                for host in list(self._workers.keys() - hosts):
                    worker = self._workers[host]
                    if not (worker.ours or worker.ready or worker.clusters):
                        worker.stop()
                        del self._workers[host]
                self._news.notify_all()
            self._house()
            if self._resolver.wait(HURRY if self._homeless else RESOLVE):
                return


def resolved(address: str) -> list[str]:
    """The address with each number that its name has now; none where nobody knows the name."""
    place = urlsplit(address)
    try:
        found = socket.getaddrinfo(place.hostname, place.port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    numbers = {family: set[str]() for family in (socket.AF_INET, socket.AF_INET6)}
    for family, _kind, _protocol, _name, where in found:
        numbers[family].add(str(where[0]))
    # A machine may have one of each kind, and is one worker.
    plain, long = numbers.values()
    hosts = sorted(plain) or [f"[{number}]" for number in sorted(long)]
    return [f"tcp://{host}:{place.port}" for host in hosts]
