from __future__ import annotations

import pytest

from core.cluster import parse
from core.cluster.snapshot import ClusterSnapshot
from core.presentation import tables
from tests.cluster import raw


def test_a_timestamp_keeps_its_fraction() -> None:
    assert parse.timestamp("1970-01-01T00:00:10.500000001Z") == pytest.approx(10.5)
    assert parse.timestamp("1970-01-01T02:00:10+02:00") == 10.0


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "", None, "soon"])
def test_no_timestamp_is_zero(text: str | None) -> None:
    assert parse.timestamp(text) == 0.0


def test_engine_of_a_manager() -> None:
    engine = parse.engine(raw.INFO, raw.VERSION)
    assert (engine.name, engine.version, engine.api_version) == ("node1", "28.5.2", "1.51")
    assert engine.manager
    assert engine.in_swarm
    assert not engine.practice


def test_engine_outside_any_swarm() -> None:
    engine = parse.engine({"Name": "alone", "Swarm": {"LocalNodeState": "inactive"}}, {})
    assert not engine.in_swarm
    assert not engine.manager


def test_only_the_label_makes_a_practice_engine() -> None:
    assert parse.engine({**raw.INFO, "Labels": [parse.PRACTICE_LABEL]}, {}).practice
    assert not parse.engine({**raw.INFO, "OperatingSystem": parse.PRACTICE_LABEL}, {}).practice


def test_nodes_are_ordered_as_people_count() -> None:
    nodes = parse.nodes([raw.node("node10"), raw.node("node2"), raw.node("node1", manager=True)])
    assert [node.hostname for node in nodes] == ["node1", "node2", "node10"]
    assert (nodes[0].role, nodes[0].leader, nodes[0].reachability) == ("manager", True, "reachable")
    assert (nodes[1].role, nodes[1].leader, nodes[1].reachability) == ("worker", False, "")
    assert nodes[0].labels == (("disk", "ssd"),)
    assert nodes[0].cpus == 2.0


@pytest.mark.parametrize(
    ("availability", "state", "takes"),
    [
        ("active", "ready", True),
        ("pause", "ready", False),
        ("drain", "ready", False),
        ("active", "down", False),
    ],
)
def test_which_nodes_take_tasks(availability: str, state: str, takes: bool) -> None:
    [node] = parse.nodes([raw.node("node2", availability=availability, state=state)])
    assert node.takes_tasks is takes


def test_a_service_splits_its_image_and_environment() -> None:
    [service] = parse.services([raw.service()], ())
    assert (service.image, service.digest) == ("nginx:latest", "sha256:6bc4")
    assert service.env == (("COLOR", "a=b"),)
    assert service.ports[0].published == 8080


def test_counts_follow_the_observed_states() -> None:
    """A replica told to stop still runs: docker service ls counts it, and so do we."""
    tasks = parse.tasks(
        [
            raw.task(1, slot=1),
            raw.task(2, slot=2, state="running", desired="shutdown"),
            raw.task(3, slot=2, state="preparing"),
            raw.task(4, slot=3, state="failed", desired="shutdown"),
        ]
    )
    [service] = parse.services([raw.service(replicas=3)], tasks)
    assert (service.running, service.desired) == (2, 3)


def test_a_global_service_wants_what_it_has() -> None:
    tasks = parse.tasks([raw.task(n, slot=0, node=f"node{n}") for n in (1, 2)])
    [service] = parse.services([raw.service(replicas=None)], tasks)
    assert (service.mode, service.replicas, service.desired) == ("global", None, 2)


def test_tasks_come_newest_first_in_a_slot() -> None:
    tasks = parse.tasks([raw.task(1, at=1), raw.task(2, at=9), raw.task(3, slot=2, at=5)])
    assert [task.id for task in tasks] == ["task-2", "task-1", "task-3"]


@pytest.mark.parametrize(
    ("state", "desired", "live", "settled"),
    [
        ("running", "running", True, True),
        ("preparing", "running", True, False),
        ("ready", "ready", True, False),
        ("running", "shutdown", False, False),
        ("shutdown", "shutdown", False, True),
        ("failed", "shutdown", False, True),
    ],
)
def test_live_and_settled(state: str, desired: str, live: bool, settled: bool) -> None:
    [task] = parse.tasks([raw.task(1, state=state, desired=desired)])
    assert (task.live, task.settled) == (live, settled)


def test_an_update_that_never_was_is_none() -> None:
    [service] = parse.services([raw.service() | {"UpdateStatus": {}}], ())
    assert service.update is None
    status = {"State": "paused", "Message": "update paused", "StartedAt": "2026-11-23T18:38:02Z"}
    [service] = parse.services([raw.service() | {"UpdateStatus": status}], ())
    assert service.update is not None
    assert (service.update.state, service.update.completed) == ("paused", None)


def test_a_container_knows_its_service_and_each_port_once() -> None:
    [container] = parse.containers(
        [
            {
                "Id": "0181",
                "Names": ["/web.1.hh17"],
                "Image": "nginx:latest@sha256:6bc4",
                "State": "running",
                "Status": "Up 2 seconds",
                "Created": 1795459085,
                "Ports": [
                    {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                    {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                ],
                "Labels": {"com.docker.swarm.service.name": "web"},
            }
        ]
    )
    assert (container.name, container.image, container.service) == (
        "web.1.hh17",
        "nginx:latest",
        "web",
    )
    assert [port.published for port in container.ports] == [8080]


@pytest.mark.parametrize(
    ("kind", "source", "target", "opens"),
    [
        ("bind", "/var/run/docker.sock", "/var/run/docker.sock", True),
        ("bind", "/srv/engine1.sock", "/engine", True),
        ("bind", "/run/user/1000/podman/podman.sock", "/var/run/docker.sock", True),
        ("bind", "/", "/rootfs", True),
        ("bind", "/var/run", "/host/run", True),
        ("bind", "/run/user/1000", "/run", True),
        ("bind", "/var/lib/docker", "/data", True),
        ("bind", "/var/lib/docker/containers", "/logs", True),
        ("bind", "/var", "/host", True),
        ("bind", "/var/www", "/www", False),
        ("bind", "/srv", "/srv", False),
        ("volume", "/var/lib/docker/volumes/data/_data", "/data", False),
    ],
)
def test_what_opens_an_engine_to_a_container(
    kind: str, source: str, target: str, opens: bool
) -> None:
    mount = {"Type": kind, "Source": source, "Destination": target}
    [container] = parse.containers([{"Id": "1", "Names": ["/a"], "Mounts": [mount]}])
    assert container.engine_socket is opens


def test_a_container_whose_image_has_lost_its_name_tells_the_short_id() -> None:
    [container] = parse.containers([{"Id": "1", "Names": ["/a"], "Image": f"sha256:{'b9' * 32}"}])
    assert container.image == "b9" * 6


def test_growing_older_is_no_change_of_a_container() -> None:
    base = {"Id": "1", "Names": ["/a"], "State": "running"}
    assert parse.containers([base | {"Status": "Up 1 second"}]) == parse.containers(
        [base | {"Status": "Up 2 seconds"}]
    )


def test_an_image_without_a_tag_has_none() -> None:
    images = parse.images(
        [
            {
                "Id": "sha256:a",
                "RepoTags": ["<none>:<none>"],
                "RepoDigests": ["nginx@sha256:c"],
                "Created": 1,
                "Size": 5,
            },
            {"Id": "sha256:b", "RepoTags": ["nginx:latest"], "Created": 2, "Size": 7},
        ]
    )
    assert [image.tags for image in images] == [("nginx:latest",), ()]
    assert [image.repositories for image in images] == [(), ("nginx",)]


def job(concurrent: int, total: int) -> raw.Json:
    return {"ReplicatedJob": {"MaxConcurrent": concurrent, "TotalCompletions": total}}


@pytest.mark.parametrize(
    ("mode", "states", "tally"),
    [
        (
            {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 3}},
            "rcc",
            "1/2 (2/3 completed)",
        ),
        (
            {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 3}},
            "ccc",
            "0/2 (3/3 completed)",
        ),
        ({"ReplicatedJob": {"TotalCompletions": 0, "MaxConcurrent": 2}}, "", "0/2 (0/0 completed)"),
        ({"ReplicatedJob": {}}, "", "0/1 (0/1 completed)"),
        ({"ReplicatedJob": None}, "f", "0/1 (0/1 completed)"),
        ({"GlobalJob": {}}, "ccc", "0/0 (3/3 completed)"),
        ({"GlobalJob": {}}, "rcp", "1/2 (1/3 completed)"),
    ],
)
def test_a_job_is_counted_as_docker_counts_it(mode: raw.Json, states: str, tally: str) -> None:
    words = {"r": "running", "c": "complete", "f": "failed", "p": "preparing"}
    now = {"JobIteration": {"Index": 2}}
    tasks = [
        raw.task(number, state=words[state], desired="complete") | now
        for number, state in enumerate(states)
    ]
    tasks.append(raw.task(9, state="complete", desired="complete") | {"JobIteration": {"Index": 1}})
    service = raw.service(Mode=mode) | {"JobStatus": now}
    [counted] = parse.services([service], parse.tasks(tasks))
    assert counted.job
    assert counted.tally == tally
    assert (
        tables.services(ClusterSnapshot(0.0, 1, None, services=(counted,)), str)["Replicas"][0]
        == tally
    )


def test_a_jobs_task_is_on_the_board_while_it_runs() -> None:
    states = ("preparing", "running", "complete", "failed")
    tasks = parse.tasks([raw.task(n, state=s, desired="complete") for n, s in enumerate(states)])
    assert {task.state for task in tasks if task.live} == {"preparing", "running"}
