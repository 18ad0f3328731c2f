"""Specs as they are stored and shown, constraints, and the events that changes make."""

from __future__ import annotations

from typing import Any

import pytest

from essaim_practice.store.objects import Node, Service
from essaim_practice.swarm import canonical, constraints
from essaim_practice.swarm.events import SwarmEvent, swarm_event

from .simulation import Simulation

BARE = {"Name": "a", "TaskTemplate": {"ContainerSpec": {"Image": "alpine"}}}


def test_a_bare_spec_gets_few_values_when_stored() -> None:
    assert canonical.stored(BARE) == {
        "Name": "a",
        "Labels": {},
        "TaskTemplate": {
            "ContainerSpec": {"Image": "alpine", "Isolation": "default"},
            "ForceUpdate": 0,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 1}},
    }


def test_and_all_when_shown_with_defaults() -> None:
    update = {
        "Parallelism": 1,
        "FailureAction": "pause",
        "Monitor": 5 * 10**9,
        "MaxFailureRatio": 0,
        "Order": "stop-first",
    }
    stored = canonical.stored(BARE)
    shown = canonical.with_defaults(stored)
    assert shown["UpdateConfig"] == shown["RollbackConfig"] == update
    template = shown["TaskTemplate"]
    assert template["RestartPolicy"] == {
        "Condition": "any",
        "Delay": 5 * 10**9,
        "MaxAttempts": 0,
    }
    assert template["ContainerSpec"]["StopGracePeriod"] == 10 * 10**9
    assert template["Resources"] == template["Placement"] == {}
    assert stored == canonical.stored(BARE)  # the stored one is not touched


@pytest.mark.parametrize(
    ("template", "kept"),
    [
        ({"Resources": {"Limits": {"NanoCPUs": 0}}}, {"Resources": {"Limits": {}}}),
        ({"Resources": None}, {}),
        ({"Placement": {"Constraints": [], "Preferences": []}}, {"Placement": {}}),
        (
            {"RestartPolicy": {"Delay": 0}},
            {"RestartPolicy": {"Condition": "any", "Delay": 0, "MaxAttempts": 0}},
        ),
        ({"Networks": []}, {}),
        ({"ForceUpdate": 3}, {"ForceUpdate": 3}),
    ],
)
def test_empty_values_vanish_and_messages_stay(
    template: dict[str, Any], kept: dict[str, Any]
) -> None:
    posted = {"Name": "a", "TaskTemplate": {**BARE["TaskTemplate"], **template}}  # type: ignore[dict-item]
    bare = canonical.stored(BARE)["TaskTemplate"]
    assert canonical.stored(posted)["TaskTemplate"] == {**bare, **kept}


def test_zero_replicas_are_a_number_and_labels_may_be_empty() -> None:
    posted = {**BARE, "Labels": {"a": ""}, "Mode": {"Replicated": {"Replicas": 0}}}
    stored = canonical.stored(posted)
    assert stored["Labels"] == {"a": ""}
    assert stored["Mode"] == {"Replicated": {"Replicas": 0}}
    assert canonical.stored(stored) == stored


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("node.role==manager", True),
        ("node.role != manager", False),
        ("node.hostname==NODE1", True),
        ("node.labels.disk==ssd", True),
        ("node.labels.Disk==ssd", False),
        ("node.labels.rack!=a", True),
        ("node.ip==192.168.0.0/24", True),
        ("node.ip!=192.168.0.11", False),
        ("node.platform.os==linux", True),
        ("node.zork==1", False),
        ("node.zork!=1", False),
    ],
)
def test_constraints(text: str, holds: bool) -> None:
    swarm = Simulation()
    swarm.set_label("node1", disk="SSD")
    assert constraints.holds(text, swarm.node("node1")) is holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("node.role=manager", "constraint expected one operator from ==, !="),
        ("node role==manager", "key 'node role' is invalid"),
        ("node.role==", "value '' is invalid"),
    ],
)
def test_constraints_that_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(constraints.ConstraintError, match=words):
        constraints.parse(text)


def test_events_of_a_service_and_a_node() -> None:
    swarm = Simulation()
    told: list[SwarmEvent] = []

    def listen(change: Any) -> None:
        event = swarm_event(change)
        if event is not None:
            told.append(event)

    swarm.store.watch(listen, Node, Service)
    swarm.create(replicas=1, ports=[{"TargetPort": 80}])
    swarm.settle()
    swarm.scale(3)
    swarm.update_template(ContainerSpec={"Image": "nginx:2"})
    swarm.settle(60)
    swarm.set_availability("node2", "drain")
    swarm.power("node3", up=False)
    swarm.settle(20)
    swarm.remove()
    web, node2, node3 = {"name": "web"}, {"name": "node2"}, {"name": "node3"}
    assert [(kind, action, dict(attributes)) for kind, action, _, attributes in told] == [
        ("service", "create", web),
        ("service", "update", web),
        ("service", "update", {**web, "replicas.new": "3", "replicas.old": "1"}),
        ("service", "update", {**web, "image.new": "nginx:2", "image.old": "nginx:latest"}),
        ("service", "update", {**web, "updatestate.new": "updating"}),
        (
            "service",
            "update",
            {**web, "updatestate.new": "completed", "updatestate.old": "updating"},
        ),
        ("node", "update", {**node2, "availability.new": "drain", "availability.old": "active"}),
        ("node", "update", {**node3, "state.new": "down", "state.old": "ready"}),
        ("service", "remove", web),
    ]
