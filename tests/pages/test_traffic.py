"""Who may send traffic, and what the Traffic page offers."""

from __future__ import annotations

import pytest

from core.commands.registry import parse
from core.control.control import Control
from core.control.rights import NONE, Right
from core.errors import NotAllowed
from core.traffic.plan import Plan
from tests.cluster.test_collector import until
from tests.pages.conftest import Open, fine


def web(cluster: Control) -> str:
    """A service that publishes a port; its id."""
    cluster.submit(
        parse("docker service create --name web -p 80:80 --replicas 3 nginx:latest"),
        "test",
        Right(),
    )
    until(lambda: [each.running for each in cluster.snapshot.services] == [3], 60)
    return cluster.snapshot.services[0].id


def test_traffic_to_a_real_engine_wants_the_password(real: Control) -> None:
    plan = Plan(web(real), 80, rate=50, seconds=0.2)
    with pytest.raises(NotAllowed):
        real.send(plan, "somebody", NONE)
    assert real.traffic.run is None


def test_a_run_is_in_the_journal_and_its_counts_are_pushed(cluster: Control) -> None:
    run = cluster.send(Plan(web(cluster), 80, rate=50, seconds=0.2), "somebody", NONE)
    assert run.join(60)
    entry = cluster.journal.records()[-1]
    assert entry.who == "somebody"
    assert entry.line.startswith("curl --rate 50/s -H 'Connection: close'")
    assert run.status.totals.answered == 10


def test_the_page_offers_to_make_a_service_then_shakes_it(cluster: Control, visit: Open) -> None:
    app = fine(visit("traffic"))
    fine(app.button(key="traffic_create").click().run())
    until(lambda: [each.running for each in cluster.snapshot.services] == [3], 60)
    app = fine(visit("traffic"))
    fine(app.button(key="disturb_scale_1").click().run())
    assert [each.replicas for each in cluster.snapshot.services] == [1]
    fine(app.button(key="disturb_drain").click().run())
    drained = [n.hostname for n in cluster.snapshot.nodes if n.availability == "drain"]
    assert drained == ["node2"]
    fine(app.button(key="disturb_active").click().run())
    fine(app.button(key="disturb_broken").click().run())
    assert cluster.snapshot.services[0].image == "nginx:no-such-tag"
    fine(app.button(key="disturb_rollback").click().run())
    assert cluster.snapshot.services[0].image == "nginx:latest"
    fine(app.button(key="disturb_power_False").click().run())
    until(
        lambda: [n.state for n in cluster.snapshot.nodes if n.hostname == "node2"] == ["down"], 60
    )
