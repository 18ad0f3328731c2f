"""What the projector's keys ask for becomes a command on what there is, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from core.ui import projector
from tests.timeline.pictures import picture

WEB = picture(1.0, 1, [])


def line(wish: dict[str, Any]) -> str:
    made = projector.command(wish, WEB)
    return made().line() if made else ""


@pytest.mark.parametrize(
    ("wish", "typed"),
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
def test_wishes_become_commands(wish: dict[str, Any], typed: str) -> None:
    assert line(wish) == typed


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"kind": "scale", "service": "gone", "replicas": 5},
        {"kind": "scale", "service": "id-web", "replicas": -1},
        {"kind": "scale", "service": "id-web", "replicas": "5"},
        {"kind": "availability", "node": "id-node2", "availability": "gone"},
        {"kind": "rm", "service": "web"},
    ],
)
def test_anything_else_is_nothing(wish: dict[str, Any]) -> None:
    assert line(wish) == ""
