"""Whether services are alive, why not, and what a drain would do."""

from __future__ import annotations

from typing import Any

import pytest

from core.i18n import LANGUAGES, translation
from core.presentation import tables
from core.presentation.health import Health, drain_warning, health
from tests.cluster import raw
from tests.cluster.test_history import snapshot

NO_NODE = "no suitable node (2 nodes not available for new tasks)"


def same(text: str) -> str:
    return text


def stands(name: str = "web", **parts: Any) -> Health:
    shown = snapshot(**parts)
    service = shown.service(name)
    assert service is not None
    return health(shown, service, same)


def warning(node: str, **parts: Any) -> str:
    shown = snapshot(**parts)
    found = shown.node(f"id-{node}")
    assert found is not None
    return drain_warning(shown, found, same)


def replicas(*nodes: str, **fields: Any) -> list[raw.Json]:
    return [raw.task(at, slot=at, node=node, **fields) for at, node in enumerate(nodes, 1)]


def test_of_what_is_well_there_is_nothing_to_say() -> None:
    assert stands(services=[raw.service(replicas=2)]) == Health(2, 2, False, "")


def test_what_has_just_been_created_is_not_down() -> None:
    tasks = replicas("node1", "node2", "node1", state="preparing")
    assert stands(tasks=tasks).summary == ""
    assert stands(tasks=[]).summary == ""


def test_what_ran_on_a_dead_node_is_not_alive_though_docker_counts_it() -> None:
    nodes = [raw.node("node1"), raw.node("node2", state="down")]
    dead = replicas("node2", "node2", desired="shutdown")
    fresh = [raw.task(9, slot=1, at=9), raw.task(8, slot=2, at=9)]
    web = [raw.service(replicas=2)]
    parts: dict[str, Any] = {"nodes": nodes, "services": web, "tasks": [*dead, *fresh]}
    assert stands(**parts) == Health(
        2, 2, False,
        "web: 2/2 replicas alive."
        " node2 is down: its replicas (2) are lost, and replaced elsewhere.",
    )  # fmt: skip
    rows = tables.services(snapshot(**parts), same)
    assert (list(rows["Replicas"]), list(rows["Alive"])) == (["4/2"], ["▲ 2/2"])
    of_web = tables.tasks(snapshot(**parts), snapshot(**parts).services[0], same)
    assert sum("node2 is down" in message for message in of_web["Message"]) == 2
    on_nodes = tables.nodes(snapshot(**parts), same)
    assert list(on_nodes["Running tasks"]) == [2, 0]


def test_until_they_are_replaced_they_are_missing() -> None:
    nodes = [raw.node("node1"), raw.node("node2", state="down")]
    found = stands(nodes=nodes, services=[raw.service(replicas=2)])
    assert (found.alive, found.down) == (1, False)
    assert found.summary.startswith("web is short: 1/2 replicas alive. node2 is down")


def test_where_no_node_takes_tasks_it_is_down_and_says_of_each_node_why() -> None:
    nodes = [raw.node("node1", availability="drain"), raw.node("node2", state="down")]
    waiting = replicas("", "", "", state="pending", error=NO_NODE)
    gone = [raw.task(7, slot=1, state="shutdown", desired="shutdown")]
    found = stands(nodes=nodes, tasks=[*waiting, *gone])
    assert found.down
    assert found.summary == (
        "web is down: 0/3 replicas alive. No node takes tasks: node1 drain, node2 down."
    )


def test_a_global_service_is_down_where_no_node_takes_it() -> None:
    nodes = [raw.node("node1", availability="drain"), raw.node("node2", availability="drain")]
    found = stands(nodes=nodes, services=[raw.service(replicas=None)], tasks=[])
    assert found.down
    assert "No node takes tasks" in found.summary


def test_the_engines_words_say_why_some_have_no_node() -> None:
    tasks = [*replicas("node1"), *replicas("", "", state="pending", error="no suitable node (x)")]
    tasks[1]["Slot"], tasks[1]["ID"] = 3, "task-3"
    found = stands(tasks=tasks)
    assert not found.down
    assert found.summary == (
        "web is short: 1/3 replicas alive. 2 without a node: no suitable node (x)."
    )


def test_what_fails_again_and_again_is_down_with_the_reason() -> None:
    tasks = [
        raw.task(1, state="failed", desired="shutdown", error="task: non-zero exit (1)", at=1),
        raw.task(2, state="ready", desired="ready", at=5),
    ]
    found = stands(tasks=tasks, services=[raw.service(replicas=1)])
    assert found.down
    assert found.summary == ("web is down: 0/1 replicas alive. 1 failing: task: non-zero exit (1).")


@pytest.mark.parametrize("state", ["unknown", "disconnected"])
def test_of_a_node_that_is_not_heard_nobody_knows(state: str) -> None:
    nodes = [raw.node("node1"), raw.node("node2", state=state)]
    tasks = replicas("node2")
    found = stands(nodes=nodes, tasks=tasks, services=[raw.service(replicas=1)])
    assert (found.alive, found.down) == (0, False)
    assert "node2 is not heard: what became of its replicas (1), nobody knows yet." in found.summary


def test_a_manager_that_the_others_miss_is_not_heard_though_it_is_ready() -> None:
    lost = raw.node("node2", manager=True)
    lost["ManagerStatus"]["Reachability"] = "unreachable"
    found = stands(nodes=[raw.node("node1"), lost], services=[raw.service(replicas=2)])
    assert (found.alive, found.wanted) == (1, 2)
    assert "nobody knows yet" in found.summary


def test_one_that_is_to_have_no_replica_and_a_job_are_never_down() -> None:
    gone = [raw.task(1, state="shutdown", desired="shutdown")]
    assert stands(services=[raw.service(replicas=0)], tasks=gone).summary == ""
    job = raw.service(Mode={"ReplicatedJob": {"TotalCompletions": 3}})
    assert stands(services=[job], tasks=gone).summary == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_each_language(language: str) -> None:
    shown = snapshot(nodes=[raw.node("node1", state="down"), raw.node("node2", state="down")])
    told = health(shown, shown.services[0], translation(language).gettext).summary
    assert "node1" in told
    assert "0/3" in told
    assert "{" not in told


def test_a_drain_that_others_make_up_for_goes_without_a_word() -> None:
    assert warning("node2") == ""


@pytest.mark.parametrize(
    "other",
    [{"availability": "drain"}, {"availability": "pause"}, {"state": "down"}],
)
def test_the_last_node_that_takes_tasks_warns(other: dict[str, str]) -> None:
    nodes = [raw.node("node1", **other), raw.node("node2")]  # type: ignore[arg-type]
    assert warning("node2", nodes=nodes, tasks=replicas("node2", "node2")) == (
        "node2 is the last node that takes tasks."
        " No other node can take web: no replica would be alive."
    )
    assert warning("node1", nodes=nodes, tasks=replicas("node2", "node2")) == ""


def constrained(*words: str) -> raw.Json:
    service = raw.service()
    service["Spec"]["TaskTemplate"]["Placement"] = {"Constraints": list(words)}
    return service


@pytest.mark.parametrize(
    ("constraint", "may_go"),
    [
        ("node.hostname==node2", False),
        ("node.hostname == NODE2", False),
        ("node.hostname!=node1", False),
        ("node.role==manager", False),
        ("node.role==worker", True),
        ("node.labels.disk==ssd", True),
        ("node.labels.disk!=ssd", False),
        ("node.labels.zone==a", False),
        ("node.platform.os==linux", True),
        ("node.id==id-node2", False),
    ],
)
def test_constraints_say_where_else_it_may_go(constraint: str, may_go: bool) -> None:
    told = warning("node2", services=[constrained(constraint)], tasks=replicas("node2", "node2"))
    assert ("No other node can take web" in told) is not may_go
    assert ("All replicas of web run here" in told) is may_go


def test_a_drained_node_and_an_empty_one_have_nothing_to_lose() -> None:
    nodes = [raw.node("node1"), raw.node("node2", availability="drain"), raw.node("node3")]
    assert warning("node2", nodes=nodes) == ""
    assert warning("node3", nodes=nodes) == ""
