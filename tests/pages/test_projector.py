"""What the projector's keys ask for becomes a command on what there is, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands.services import CreateService
from core.control import Control
from core.ui import projector
from tests.cluster.test_collector import until


@pytest.fixture
def web(cluster: Control) -> Control:
    cluster.submit(CreateService(name="web", replicas=2, image="nginx:latest"), "test", False)
    until(lambda: bool(cluster.snapshot.services))
    return cluster


def line(wish: dict[str, Any]) -> str:
    made = projector.command(wish)
    return made().line() if made else ""


def test_wishes_become_commands(web: Control) -> None:
    [service], node = web.snapshot.services, web.snapshot.nodes[1]
    of_service, of_node = {"service": service.id}, {"node": node.id}
    assert line({"kind": "scale", **of_service, "replicas": 5}) == "docker service scale web=5"
    assert line({"kind": "rebalance", **of_service}) == "docker service update --force web"
    assert (
        line({"kind": "availability", **of_node, "availability": "drain"})
        == "docker node update --availability drain node2"
    )


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"kind": "scale", "service": "gone", "replicas": 5},
        {"kind": "scale", "service": "web", "replicas": -1},
        {"kind": "scale", "service": "web", "replicas": "5"},
        {"kind": "availability", "node": "node2", "availability": "drain"},
        {"kind": "rm", "service": "web"},
    ],
)
def test_anything_else_is_nothing(web: Control, wish: dict[str, Any]) -> None:
    assert line(wish) == ""
