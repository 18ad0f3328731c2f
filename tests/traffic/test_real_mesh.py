"""The same runs through the routing mesh of a real Swarm, on an unmodified nginx."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from core.cluster.collector import Collector
from core.commands.registry import parse
from core.engine.connection import Connection
from core.engine.way import Way
from core.traffic import client
from core.traffic.plan import Plan
from core.traffic.traffic import Traffic
from practice.tests.ports import answers
from tests.traffic.conftest import collecting, ended, traffic_of, until

pytestmark = pytest.mark.realmesh

#: Ports on our side that have been used, for as long as the module lasts.
BEFORE: list[int] = []

NAME, PORT = "essaim-traffic", 18200
PATIENCE = 240.0
ANSWER = 60  # seconds that a page may take to come


class Mesh:
    """Three replicas of nginx on a real Swarm, behind a published port."""

    def __init__(self, connection: Connection, collector: Collector) -> None:
        self.connection = connection
        self.collector = collector
        self.traffic: Traffic = traffic_of(connection, collector)

    def run(self, line: str) -> None:
        engine = self.connection.client()
        parse(line).run(engine)
        engine.close()

    def steady(self, replicas: int) -> None:
        def settled() -> bool:
            snapshot = self.collector.snapshot
            service = snapshot.service(NAME)
            if service is None or service.running != replicas:
                return False
            return all(task.settled for task in snapshot.tasks_of(service))

        until(settled, PATIENCE)
        host, port = self.address()
        until(lambda: answers(host, port, ANSWER), PATIENCE)

    @property
    def service(self) -> str:
        service = self.collector.snapshot.service(NAME)
        assert service is not None
        return service.id

    def entry(self, index: int = 0) -> tuple[str, str]:
        """A node's id and hostname."""
        service = self.collector.snapshot.service(NAME)
        assert service is not None
        found = self.traffic.endpoints(service, PORT)[index]
        return found.node, found.name

    def address(self) -> tuple[str, int]:
        service = self.collector.snapshot.service(NAME)
        assert service is not None
        found = self.traffic.endpoints(service, PORT)[0]
        return found.way.host, found.way.port


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    connection = Connection(os.environ["ESSAIM_REAL_MESH"])
    with pytest.MonkeyPatch.context() as patch, collecting_slowly(connection, patch) as collector:
        there = Mesh(connection, collector)
        there.run(f"docker service create --name {NAME} -p {PORT}:80 --replicas 3 nginx:latest")
        there.steady(3)
        # Each node learns of the replicas in its own time: first until all of them answer.
        until(lambda: spread_evenly(there), PATIENCE)
        yield there
        there.run(f"docker service rm {NAME}")


@contextmanager
def collecting_slowly(connection: Connection, patch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A Swarm in an emulated machine may take long for an answer."""
    patch.setattr("core.engine.connection.QUESTION_TIMEOUT", PATIENCE)
    patch.setattr("core.traffic.client.TIMEOUT", 60.0)
    patch.setattr("core.traffic.run.LOG_WAIT", 60.0)
    connect = client.Connection.open

    async def noted(way: Way) -> client.Connection:
        made = await connect(way)
        BEFORE.append(made._writer.get_extra_info("sockname")[1])
        return made

    patch.setattr(client.Connection, "open", noted)
    with collecting(connection, PATIENCE) as collector:
        yield collector


def seen_again(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The numbers of later requests whose port on our side had carried another before.

    Docker's mesh (net.ipv4.vs.conn_reuse_mode=0) knows such a connection for minutes, and gives it
    to the replica that it had then, out of turn.
    """
    known, again = set(BEFORE), set[int]()
    get = client.Connection.get

    async def noted(
        self: client.Connection, host: str, target: str, headers: dict[str, str]
    ) -> client.Response:
        port = self._writer.get_extra_info("sockname")[1]
        if port in known:
            again.add(int(target.rpartition("-")[2]))
        known.add(port)
        return await get(self, host, target, headers)

    monkeypatch.setattr(client.Connection, "get", noted)
    return again


def spread_evenly(mesh: Mesh) -> bool:
    node, _name = mesh.entry()
    run = ended(mesh.traffic, Plan(mesh.service, PORT, rate=10, seconds=2, entry=node))
    return len(run.status.by_task) == 3 and not run.status.totals.failed


def test_every_request_is_traced_to_its_replica(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, name = mesh.entry()
    again = seen_again(monkeypatch)
    run = ended(mesh.traffic, Plan(mesh.service, PORT, rate=10, seconds=30, entry=node))
    status = run.status
    print(status.totals, status.by_place, status.percentiles)
    assert (status.totals.answered, status.totals.unknown) == (300, 0)
    fresh = Counter(
        request.replica.task
        for request in run.requests
        if request.replica and request.number not in again
    )
    assert sum(fresh.values()) == 300 - len(again)
    assert len(fresh) == 3
    assert max(fresh.values()) - min(fresh.values()) <= 1  # in turn; 100 each if none came again
    assert status.by_entry == {name: 300}
    assert status.shares.index == pytest.approx(1.0, abs=0.01)


def test_a_kept_connection_goes_to_one_replica(mesh: Mesh) -> None:
    node, _name = mesh.entry()
    plan = Plan(mesh.service, PORT, rate=10, seconds=15, keep_alive=True, entry=node)
    run = ended(mesh.traffic, plan)
    print(run.status.totals, run.status.by_place)
    assert (run.status.totals.answered, run.status.totals.unknown) == (150, 0)
    assert list(run.status.by_task.values()) == [150]


def test_a_drain_costs_what_an_independent_client_counts(mesh: Mesh) -> None:
    """Both send at the same rate by the same node; two samplers differ by a few requests."""
    rate = 10
    node, _name = mesh.entry()
    host, port = mesh.address()
    over = threading.Event()
    counts = [0, 0]  # sent and failed, of the independent client

    def other() -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(60) as pool:
            asked: list[Future[bool]] = []
            while not over.is_set():
                over.wait(max(0.0, began + len(asked) / rate - time.monotonic()))
                asked.append(pool.submit(answers, host, port, ANSWER))
        counts[:] = [len(asked), sum(not each.result() for each in asked)]

    run = mesh.traffic.prepare(Plan(mesh.service, PORT, rate, seconds=300, entry=node))
    beside = threading.Thread(target=other)
    mesh.traffic.start(run)
    beside.start()
    _id, drained = mesh.entry(1)
    try:
        until(lambda: run.status.totals.answered > 20, PATIENCE)
        mesh.run(f"docker node update --availability drain {drained}")
        until(lambda: any(report.well for report, _e, _f in run.status.reports), PATIENCE)
    finally:
        over.set()
        mesh.traffic.stop()
        beside.join(PATIENCE)
        mesh.run(f"docker node update --availability active {drained}")
    assert run.join(PATIENCE)
    totals = run.status.totals
    report, ended_then, failed = run.status.reports[0]
    print(totals, counts, report.well and report.well - report.began, ended_then, failed)
    print([(round(s.time - report.began, 1), s.kind, s.replicas, s.node) for s in report.steps])
    assert abs(totals.sent - counts[0]) <= 2 * rate
    assert totals.unknown == 0
    assert abs(totals.failed - counts[1]) <= max(5, 0.03 * totals.sent)
    assert report.marks[0].new == "drain"
    assert report.well is not None
