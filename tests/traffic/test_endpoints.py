"""Traffic goes to published ports of the cluster, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.cluster.snapshot import ClusterSnapshot, Port, Service
from core.engine.practice import PublishedPort
from core.engine.way import Way
from core.errors import InvalidCommand
from core.traffic import endpoints
from core.traffic.plan import MAX_RATE, MAX_SECONDS, Plan
from tests.cluster import raw
from tests.cluster.test_history import snapshot

WEB = Port(8080, 80, "tcp", "ingress")


def two(first: str, second: str, **parts: Any) -> tuple[ClusterSnapshot, Service]:
    """Two nodes at these addresses."""
    there = snapshot(**parts)
    nodes = (replace(there.nodes[0], address=first), replace(there.nodes[1], address=second))
    return replace(there, nodes=nodes), there.services[0]


def addresses(found: tuple[endpoints.Endpoint, ...]) -> list[tuple[str, str]]:
    return [(entry.name, entry.way.address) for entry in found]


def test_a_real_port_answers_on_every_node_that_is_there() -> None:
    there, web = two("10.0.0.1", "10.0.0.2")
    found = endpoints.real(there, web, WEB, "unix:///var/run/docker.sock")
    assert addresses(found) == [("node1", "10.0.0.1:8080"), ("node2", "10.0.0.2:8080")]
    down, web = two(
        "10.0.0.1", "10.0.0.2", nodes=[raw.node("node1"), raw.node("node2", state="down")]
    )
    assert addresses(endpoints.real(down, web, WEB, "")) == [("node1", "10.0.0.1:8080")]


def test_in_host_mode_it_answers_where_a_replica_runs() -> None:
    there, web = two("10.0.0.1", "10.0.0.2", tasks=[raw.task(1, node="node2")])
    host = replace(WEB, mode="host")
    assert addresses(endpoints.real(there, web, host, "")) == [("node2", "10.0.0.2:8080")]


def test_a_node_without_an_address_is_where_the_engine_is() -> None:
    there, web = two("0.0.0.0", "10.0.0.2")
    assert there.engine is not None
    for base, own, host in [
        ("tcp://192.0.2.7:2375", "", "192.0.2.7"),
        ("unix:///var/run/docker.sock", "", "127.0.0.1"),
        ("unix:///var/run/docker.sock", "10.77.0.11", "10.77.0.11"),
    ]:
        here = replace(there, engine=replace(there.engine, node_address=own))
        assert endpoints.real(here, web, WEB, base)[0].way.host == host


def listing(**changes: Any) -> list[PublishedPort]:
    entry = PublishedPort("node2", 8080, 80, "web", "", True, "http://127.0.0.2:8080/")
    return [replace(entry, **changes)]


def test_a_practice_port_is_the_bound_one_or_the_engines_way() -> None:
    there, web = two("", "")
    base = "tcp://127.0.0.1:40000"
    bound = endpoints.practice(there, web, WEB, Way.to(base), listing())
    assert addresses(bound) == [("node2", "127.0.0.2:8080")]
    way = ("node2", "127.0.0.1:40000/_practice/open/node2/8080")
    free = listing(bound=False, url="http://127.0.0.1:40000/_practice/open/node2/8080/")
    assert addresses(endpoints.practice(there, web, WEB, Way.to(base), free)) == [way]


def test_a_practice_engine_elsewhere_is_asked_itself() -> None:
    """Its loopback is not ours, and what its listing says is no order to go anywhere."""
    there, web = two("", "")
    found = endpoints.practice(there, web, WEB, Way.to("tcp://192.0.2.7:2375"), listing())
    assert addresses(found) == [("node2", "192.0.2.7:2375/_practice/open/node2/8080")]
    lie = listing(url="http://192.0.2.99:80/")
    found = endpoints.practice(there, web, WEB, Way.to("tcp://127.0.0.1:40000"), lie)
    assert addresses(found) == [("node2", "127.0.0.1:40000/_practice/open/node2/8080")]


@pytest.mark.parametrize("changes", [{"service": "api"}, {"port": 81}, {"engine": "node9"}])
def test_what_others_publish_is_not_used(changes: dict[str, Any]) -> None:
    there, web = two("", "")
    assert (
        endpoints.practice(there, web, WEB, Way.to("tcp://127.0.0.1:1"), listing(**changes)) == ()
    )


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [(0, 10), (MAX_RATE + 1, 10), (10, 0), (10, MAX_SECONDS + 1), (float("nan"), 10)],
)
def test_a_plan_out_of_bounds_cannot_be_made(rate: float, seconds: float) -> None:
    with pytest.raises(InvalidCommand):
        Plan("id", 80, rate, seconds)


def test_the_lines_of_a_plan() -> None:
    plan = Plan("id", 80, rate=10, seconds=30)
    assert plan.requests == 300
    assert plan.line([Way("10.0.0.1", 80)]) == (
        "curl --rate 10/s -H 'Connection: close' 'http://10.0.0.1:80/?n=[1-300]'"
    )
    kept = Plan("id", 80, rate=10, seconds=30, keep_alive=True)
    assert (
        kept.line([Way("a", 80), Way("b", 80), Way("c", 80)])
        == "curl --rate 10/s 'http://{a:80,b:80,c:80}/?n=[1-100]'"
    )
    compile(plan.python([Way("10.0.0.1", 80)]), "python", "exec")
    compile(kept.python([Way("10.0.0.1", 80)]), "python", "exec")
