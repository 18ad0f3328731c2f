"""Runs against a practice Swarm: who answered is known of every request."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from core.commands.registry import parse
from core.engine.connection import Connection
from core.errors import InvalidCommand
from core.traffic import attribution, client
from core.traffic import run as runs
from core.traffic.client import Response
from core.traffic.plan import Plan
from core.traffic.run import Run
from core.traffic.traffic import Traffic
from tests.browser.conftest import free_port
from tests.traffic.conftest import collecting, ended, traffic_of, until


def docker(connection: Connection, line: str) -> None:
    engine = connection.client()
    parse(line).run(engine)
    engine.close()


def web(connection: Connection, image: str = "nginx:latest") -> tuple[Traffic, str, int]:
    """Three replicas, at rest; the traffic, the service's id and its published port."""
    port = free_port()
    docker(connection, f"docker service create --name web -p {port}:80 --replicas 3 {image}")
    with collecting(connection) as collector:
        until(lambda: [service.running for service in collector.snapshot.services] == [3])
        service = collector.snapshot.services[0].id
        snapshot = collector.snapshot
    return Traffic(connection, lambda: snapshot, lambda: True, lambda: None), service, port


def one_entry(traffic: Traffic, port: int) -> str:
    """The id of node2."""
    return traffic.endpoints(traffic._snapshot().services[0], port)[1].node


def shares(run: Run) -> list[int]:
    return sorted(run.status.by_task.values())


def sound(run: Run, requests: int) -> None:
    """All were answered, none by nobody knows whom, and the shown counts are those of the list."""
    totals, listed = run.status.totals, run.requests
    assert (totals.sent, totals.answered, totals.failed, totals.waiting) == (
        requests,
        requests,
        0,
        0,
    )
    assert totals.unknown == 0
    assert Counter(r.replica.task for r in listed if r.replica) == run.status.by_task
    assert run.status.state == "ended"


def test_new_connections_go_to_the_replicas_in_turn(connection: Connection) -> None:
    traffic, service, port = web(connection)
    node = one_entry(traffic, port)
    run = ended(traffic, Plan(service, port, rate=200, seconds=1.5, entry=node))
    sound(run, 300)
    assert shares(run) == [100, 100, 100]
    assert run.status.by_entry == {"node2": 300}
    assert run.status.shares.index == 1.0


def test_a_busy_machine_sends_late_and_leaves_nothing_out(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here each wait takes ten times as long as it should."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(max(seconds, 0.05)))
    traffic, service, port = web(connection)
    sound(ended(traffic, Plan(service, port, rate=200, seconds=0.3)), 60)


def test_each_node_takes_its_own_turns(connection: Connection) -> None:
    """100 through each of three nodes: each gives 34, 33 and 33, and begins with the same one."""
    traffic, service, port = web(connection)
    run = ended(traffic, Plan(service, port, rate=200, seconds=1.5))
    sound(run, 300)
    assert shares(run) == [99, 99, 102]
    assert run.status.by_entry == {"node1": 100, "node2": 100, "node3": 100}


def test_by_the_access_log_alone(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "clues", lambda headers, body: ())
    traffic, service, port = web(connection)
    run = ended(traffic, Plan(service, port, 200, 1.5, entry=one_entry(traffic, port)))
    sound(run, 300)
    assert shares(run) == [100, 100, 100]


def test_a_kept_connection_keeps_its_replica(connection: Connection) -> None:
    traffic, service, port = web(connection)
    node = one_entry(traffic, port)
    run = ended(traffic, Plan(service, port, 200, 0.5, keep_alive=True, entry=node))
    sound(run, 100)
    assert shares(run) == [100]
    assert run.status.shares.index == pytest.approx(1 / 3)


def test_what_nobody_names_stays_unknown(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "clues", lambda headers, body: ("nobody",))
    monkeypatch.setattr(runs, "LOG_WAIT", 0.2)
    traffic, service, port = web(connection, "traefik/whoami")  # it logs no requests
    run = ended(traffic, Plan(service, port, rate=100, seconds=0.2))
    totals = run.status.totals
    assert (totals.answered, totals.unknown) == (20, 20)
    assert run.status.latest is None
    assert run.status.dots[-1][1].replica is None


def test_a_body_may_name_the_container(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoami as it is elsewhere: without the practice engine's header."""
    real = attribution.clues
    monkeypatch.setattr(runs, "clues", lambda headers, body: real({}, body))
    traffic, service, port = web(connection, "traefik/whoami")
    run = ended(traffic, Plan(service, port, 100, 0.3, entry=one_entry(traffic, port)))
    sound(run, 30)
    assert shares(run) == [10, 10, 10]


def test_one_run_at_a_time_and_it_can_be_paused_and_stopped(connection: Connection) -> None:
    traffic, service, port = web(connection)
    run = traffic.prepare(Plan(service, port, rate=50, seconds=60))
    traffic.start(run)
    with pytest.raises(InvalidCommand, match="One run at a time"):
        traffic.start(traffic.prepare(Plan(service, port)))
    until(lambda: run.status.totals.answered > 5)
    traffic.pause()
    until(lambda: run.status.state == "paused" and run.status.totals.waiting == 0)
    active = run.status.active
    now = run.status.now
    until(lambda: run.status.now > now + 0.5)
    assert run.status.active - active < 0.4
    traffic.resume()
    sent = run.status.totals.sent
    until(lambda: run.status.totals.sent > sent)
    traffic.stop()
    assert run.join(60)
    assert (run.status.state, run.status.why) == ("ended", "stopped")
    totals = run.status.totals
    assert totals.sent == totals.answered < 3000


def test_it_ends_when_nobody_watches(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "UNWATCHED", 0.3)
    traffic, service, port = web(connection)
    traffic._watched = lambda: False
    run = ended(traffic, Plan(service, port, rate=10, seconds=300))
    assert run.status.why == "unwatched"


def test_it_ends_when_the_port_is_no_longer_the_services(connection: Connection) -> None:
    _traffic, service, port = web(connection)
    with collecting(connection) as collector:
        traffic = traffic_of(connection, collector)
        run = traffic.prepare(Plan(service, port, rate=10, seconds=300))
        traffic.start(run)
        docker(connection, "docker service rm web")
        assert run.join(60)
        assert run.status.why == "gone"
        with pytest.raises(InvalidCommand, match="no such service"):
            traffic.prepare(Plan(service, port))


def test_a_port_that_is_not_published_is_refused(connection: Connection) -> None:
    traffic, service, port = web(connection)
    with pytest.raises(InvalidCommand, match="does not publish port"):
        traffic.prepare(Plan(service, port + 1))


def test_a_broken_service_fails_every_request(connection: Connection) -> None:
    traffic, service, port = web(connection)
    docker(connection, "docker service scale web=0")
    engine = connection.client()
    until(lambda: not engine.api.tasks({"service": service, "desired-state": "running"}))
    engine.close()
    run = ended(traffic, Plan(service, port, rate=50, seconds=0.4))
    totals = run.status.totals
    assert (totals.sent, totals.failed, totals.answered) == (20, 20, 0)
    assert sum(run.status.errors.values()) == 20


@pytest.mark.parametrize("by_header", [True, False])
def test_an_error_that_a_replica_gave_counts_as_failed_and_names_it(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, by_header: bool
) -> None:
    """web.2 answers 503 to all."""
    traffic, service, port = web(connection)
    tasks = {task.slot: task.id for task in traffic._snapshot().tasks}
    get = client.Connection.get

    async def answer(self: client.Connection, host: str, target: str, headers: Any) -> Response:
        found = await get(self, host, target, headers)
        bad = found.headers["essaim-task"] == tasks[2]
        return Response(503 if bad else 200, found.headers, found.body)

    monkeypatch.setattr(client.Connection, "get", answer)
    if not by_header:
        monkeypatch.setattr(runs, "clues", lambda headers, body: ())
    run = ended(traffic, Plan(service, port, 100, 0.3, entry=one_entry(traffic, port)))
    totals = run.status.totals
    assert (totals.sent, totals.answered, totals.failed, totals.unknown) == (30, 20, 10, 0)
    assert run.status.culprits == {("HTTP 503", "web.2"): 10}
    named = [request.replica for request in run.requests if request.outcome == "failed"]
    assert [replica.task for replica in named if replica] == [tasks[2]] * 10
    drawn = [request for _number, request in run.status.dots if request.outcome == "failed"]
    assert [request.replica for request in drawn] == named
