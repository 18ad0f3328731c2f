"""What the projector's keys ask for becomes a command on what there is, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.cluster import parse
from core.cluster.snapshot import DASHBOARD, ClusterSnapshot
from core.ui import projector
from tests.cluster import raw
from tests.timeline.pictures import picture

WEB = picture(1.0, 1, [])


def line(asked: dict[str, Any], there: ClusterSnapshot = WEB) -> str:
    made = projector.command(asked, there)
    return made().line() if made else ""


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        (
            {"kind": "scale", "service": "id-web", "replicas": 5},
            "docker service scale web=5",
        ),
        ({"kind": "rebalance", "service": "id-web"}, "docker service update --force web"),
        (
            {"kind": "availability", "node": "id-node2", "availability": "drain"},
            "docker node update --availability drain node2",
        ),
    ],
)
def test_wishes_become_commands(asked: dict[str, Any], typed: str) -> None:
    assert line(asked) == typed


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"kind": "scale", "service": "gone", "replicas": 5},
        {"kind": "scale", "service": "id-web", "replicas": -1},
        {"kind": "scale", "service": "id-web", "replicas": "5"},
        {"kind": "availability", "node": "id-node2", "availability": "gone"},
        {"kind": "rm", "service": "web"},
    ],
)
def test_anything_else_is_nothing(asked: dict[str, Any]) -> None:
    assert line(asked) == ""


@pytest.mark.parametrize("port", [80, 8080])
def test_where_there_is_no_service_a_key_creates_one(port: int) -> None:
    """On a port that the dashboard itself, which is nobody's to steer, does not have."""
    published = [{"TargetPort": 8080, "PublishedPort": port, "Protocol": "tcp"}]
    own = raw.service("essaim", Labels=dict([DASHBOARD])) | {"Endpoint": {"Ports": published}}
    free = 81 if port == 80 else 80
    line_ = f"docker service create --name web --replicas 3 -p {free}:80 nginx:latest"
    there = replace(WEB, services=parse.services([own], ()), tasks=())
    assert line({"kind": "create"}, there) == line_
    assert line({"kind": "create"}) == ""
