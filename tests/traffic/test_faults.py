"""A fault of Essaim's own ends a run as failed, and the next one may begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.cluster.snapshot import ClusterSnapshot
from core.engine.connection import Connection
from core.traffic.plan import Plan
from core.traffic.run import Run
from core.traffic.sentences import state
from core.traffic.story import Story
from core.traffic.traffic import Traffic
from tests.cluster import raw
from tests.cluster.test_history import snapshot

PLAN = Plan("id-web", 1, rate=1, seconds=60)


def _shown() -> ClusterSnapshot:
    """On this machine, with a port on which nothing listens."""
    port = {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 1, "PublishMode": "ingress"}
    shown = snapshot(
        nodes=[raw.node("node1") | {"Status": {"State": "ready", "Addr": ""}}],
        services=[raw.service() | {"Endpoint": {"Ports": [port]}}],
    )
    assert shown.engine
    return replace(shown, engine=replace(shown.engine, node_address=""))


def _traffic(changed: object = lambda: None) -> Traffic:
    shown = _shown()
    return Traffic(Connection("tcp://127.0.0.1:9"), lambda: shown, lambda: True, changed)  # type: ignore[arg-type]


def _failed(traffic: Traffic) -> Run:
    run = traffic.prepare(PLAN)
    traffic.start(run)
    assert run.join(30)
    return run


def test_a_fault_in_a_tick_ends_the_run_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def see(*_given: object) -> None:
        raise KeyError("a task")

    monkeypatch.setattr(Story, "see", see)
    traffic = _traffic()
    run = _failed(traffic)
    assert run.ended
    assert (run.status.state, run.status.why) == ("ended", "failed")
    assert state(run.status, str) == "Essaim itself failed here: KeyError: 'a task'"
    assert _failed(traffic).ended  # it is not refused


def test_a_fault_of_who_is_told_ends_the_run_as_failed() -> None:
    def changed() -> None:
        raise KeyError("a topic")

    run = _failed(_traffic(changed))
    assert (run.status.state, run.status.why) == ("ended", "failed")


def test_a_fault_in_sending_ends_the_run_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(*_given: object) -> int:
        raise KeyError("a node")

    monkeypatch.setattr("core.traffic.ledger.Ledger.send", send)
    run = _failed(_traffic())
    assert (run.status.state, run.status.why) == ("ended", "failed")
