"""Why a task is on its node: what the scheduler leaves out, and what it counts."""

from __future__ import annotations

from typing import Any

import pytest

from core.i18n import LANGUAGES, translation
from core.presentation.why_here import Placing, why_here
from tests.cluster import raw
from tests.cluster.test_history import snapshot


def same(text: str) -> str:
    return text


def placing(task: str, **parts: Any) -> Placing:
    shown = snapshot(**parts)
    return why_here(shown, next(each for each in shown.tasks if each.id == task), same)


THREE = [raw.node("node1", manager=True), raw.node("node2"), raw.node("node3")]


def test_a_drained_a_dead_and_an_unsuitable_node_are_left_out_each_with_its_reason() -> None:
    nodes = [
        raw.node("node1", manager=True),
        raw.node("node2", availability="drain"),
        raw.node("node3", state="down"),
        raw.node("node4"),
    ]
    web = raw.service(replicas=1)
    web["Spec"]["TaskTemplate"]["Placement"] = {"Constraints": ["node.role==worker"]}
    task = raw.task(1, slot=1, node="node4")
    answer = placing(task["ID"], nodes=nodes, services=[web], tasks=[task])
    assert [(each.node, each.why_not) for each in answer.candidates] == [
        ("node1", "it does not meet node.role==worker"),
        ("node2", "its availability is drain"),
        ("node3", "it is down"),
        ("node4", ""),
    ]
    assert [each.here for each in answer.candidates] == [False, False, False, True]
    assert any("node.role==worker" in sentence for sentence in answer.told)


def test_the_counts_are_those_of_the_moment_and_of_now() -> None:
    early = [raw.task(n, slot=n, node=node, at=0) for n, node in ((1, "node1"), (2, "node2"))]
    late = raw.task(3, slot=3, node="node3", at=20)
    later = raw.task(4, slot=4, node="node1", at=40)
    answer = placing(late["ID"], nodes=THREE, tasks=[*early, late, later])
    assert [each.before for each in answer.candidates] == [1, 1, 0]
    assert [each.now for each in answer.candidates] == [2, 1, 1]
    assert not any("a group" in sentence for sentence in answer.told)


def test_replicas_that_were_made_together_were_spread_together() -> None:
    tasks = [raw.task(n, slot=n, node=f"node{n}", at=5) for n in (1, 2, 3)]
    answer = placing(tasks[0]["ID"], nodes=THREE, tasks=tasks)
    assert [each.before for each in answer.candidates] == [0, 0, 0]
    assert any("a group of 3" in sentence for sentence in answer.told)


def test_a_task_without_a_node_says_the_schedulers_own_words() -> None:
    words = "no suitable node (3 nodes not available for new tasks)"
    task = raw.task(1, slot=1, node="", state="pending", error=words)
    answer = placing(task["ID"], nodes=THREE, tasks=[task])
    assert words in answer.told[0]
    assert not any(each.here for each in answer.candidates)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_each_language(language: str) -> None:
    shown = snapshot(nodes=THREE, tasks=[raw.task(1, slot=1, node="node1")])
    told = why_here(shown, shown.tasks[0], translation(language).gettext).told
    assert all("{" not in sentence for sentence in told)
