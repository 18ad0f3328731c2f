"""Names that count, and names that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.traffic.attribution import Replica, Replicas, clues, logged
from tests.cluster import raw
from tests.cluster.test_history import snapshot

CONTAINER = "0123456789abcdef" * 4


def known() -> Replicas:
    there = snapshot(
        tasks=[raw.task(1), raw.task(2, slot=2, node="node2"), raw.task(9, service="api")],
        services=[raw.service(), raw.service("api")],
    )
    tasks = tuple(
        replace(task, container_id=CONTAINER) if task.id == "task-2" else task
        for task in there.tasks
    )
    replicas = Replicas("id-web")
    replicas.see(replace(there, tasks=tasks))
    return replicas


SECOND = Replica("task-2", "web.2", "node2")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"essaim-task": "task-2"}, ""),
        ({"x-hostname": CONTAINER[:12]}, ""),
        ({"x-container-id": CONTAINER}, ""),
        ({"x-served-by": "web.2.task-2"}, ""),
        ({}, f"Hostname: {CONTAINER[:12]}\nIP: 127.0.0.1\n"),
        ({}, f"{CONTAINER[:12]}\n"),
    ],
)
def test_an_answer_may_name_its_replica(headers: dict[str, str], body: str) -> None:
    assert known().find(clues(headers, body)) == SECOND


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, ""),
        ({"essaim-task": "task-9"}, ""),  # of another service
        ({"essaim-task": "task-7"}, ""),  # of nobody
        ({"x-served-by": "web.2"}, ""),  # there may have been several of this name
        ({"x-hostname": CONTAINER[:11]}, ""),  # too short to be sure
        ({"server": "task-2"}, "web.2 on node2"),
        ({}, "<html>\n<title>Welcome</title>\n</html>"),
    ],
)
def test_what_names_no_task_of_the_service_is_unknown(headers: dict[str, str], body: str) -> None:
    assert known().find(clues(headers, body)) is None


def test_a_task_that_was_forgotten_is_still_known() -> None:
    replicas = known()
    replicas.see(replace(snapshot(tasks=[]), revision=2))
    assert replicas.find(("task-2",)) == SECOND


def test_a_line_of_the_access_log_tells_run_number_and_task() -> None:
    details = (
        "com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1"
    )
    line = f'{details} 10.0.0.3 - - [25/Nov/2026] "GET /?essaim=ab12-17 HTTP/1.1" 200 615 "-"'
    assert logged(line) == ("ab12", 17, "t1")
    assert logged(f"\x01\0\0\0\0\0\x01 {line}") == ("ab12", 17, "t1")  # with its frame
    assert logged(f'{details} 10.0.0.3 "GET / HTTP/1.1" 200') is None
    assert logged(f"{details} starting") is None
