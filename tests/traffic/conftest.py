"""A Swarm with a collector, and runs of traffic to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.cluster.collector import Collector
from core.engine.connection import Connection
from core.traffic.plan import Plan
from core.traffic.run import Run
from core.traffic.traffic import Traffic
from essaim_practice.hosting.server import PracticeServer
from tests.cluster import test_collector
from tests.practising import practice_cluster


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until it holds, for as long as a slow machine may need."""
    test_collector.until(holds, seconds)


@contextmanager
def collecting(connection: Connection, seconds: float = 60.0) -> Iterator[Collector]:
    collector = Collector(connection.api)
    collector.start()
    until(lambda: collector.snapshot.engine is not None, seconds)
    yield collector
    collector.stop()


def traffic_of(connection: Connection, collector: Collector) -> Traffic:
    return Traffic(connection, lambda: collector.snapshot, lambda: True, lambda: None)


@pytest.fixture(params=["bound", "through the engine"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A practice Swarm elsewhere whose ports listen on the loopback, or one on a worker."""
    if request.param == "bound":
        with PracticeServer.start(speed=50.0, seed=1, bind_ports=True) as server:
            yield Connection(server.urls[0])
    else:
        with practice_cluster(speed=50.0, seed=1) as found:
            yield found


def ended(traffic: Traffic, plan: Plan) -> Run:
    run = traffic.prepare(plan)
    traffic.start(run)
    assert run.join(300)
    return run
