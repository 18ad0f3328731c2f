"""No learner can exhaust the machine: what a cluster may hold, and what it says beyond."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from typing import Any

import docker
import pytest

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.logs import LogBook
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.file_tree import EMPTY
from essaim_practice.store.limits import Limits
from essaim_practice.store.memory import Budget

from .test_swarm_api import until

LIMITS = Limits(
    containers=2,
    images=4,
    volumes=2,
    networks=2,
    services=2,
    secrets=1,
    configs=1,
    tasks=5,
    replicas=12,
    history=2,
    all_file_bytes=12_000,
    request_bytes=100_000,
)


def service(api: docker.APIClient, name: str, replicas: int, **more: Any) -> Any:
    mode = docker.types.ServiceMode("replicated", replicas)
    template = {"ContainerSpec": {"Image": "nginx:latest"}, **more}
    return api.create_service(template, name=name, mode=mode)


MAKERS: dict[str, Callable[[docker.APIClient, int], object]] = {
    "containers": lambda api, n: api.create_container("nginx"),
    "images": lambda api, n: api.tag("nginx", f"mine{n}"),
    "volumes": lambda api, n: api.create_volume(f"data{n}"),
    "networks": lambda api, n: api.create_network(f"net{n}"),
    "services": lambda api, n: service(api, f"web{n}", 1),
    "secrets": lambda api, n: api.create_secret(f"secret{n}", b"x"),
    "configs": lambda api, n: api.create_config(f"config{n}", b"x"),
}


@pytest.mark.parametrize("what", MAKERS)
def test_one_too_many_is_refused_with_what_to_do(api: docker.APIClient, what: str) -> None:
    most, make = getattr(LIMITS, what), MAKERS[what]
    there = 1 if what == "images" else 0
    for number in range(most - there):
        make(api, number)
    with pytest.raises(docker.errors.APIError) as refused:
        make(api, most)
    assert refused.value.status_code == 409
    expected = f"this practice cluster holds at most {most} {what}: remove some first"
    assert refused.value.explanation == expected


def test_what_was_removed_makes_room(api: docker.APIClient) -> None:
    made = [api.create_container("nginx")["Id"] for _ in range(2)]
    api.remove_container(made[0])
    api.create_container("nginx")


def test_a_container_makes_no_volume_too_many(api: docker.APIClient) -> None:
    binds = [f"data{number}:/d{number}" for number in range(3)]
    with pytest.raises(docker.errors.APIError, match="at most 2 volumes: remove some first"):
        api.create_container("nginx", host_config=api.create_host_config(binds=binds))


def test_tasks_beyond_the_limit_wait_and_say_why(api: docker.APIClient) -> None:
    service(api, "web", 8)

    def states() -> list[str]:
        tasks = api.tasks({"desired-state": "running"})
        return sorted(task["Status"]["State"] for task in tasks)

    until(lambda: states() == ["pending"] * 3 + ["running"] * 5)
    pending = [task for task in api.tasks() if task["Status"]["State"] == "pending"]
    said = "no suitable node (this practice cluster runs at most 5 tasks)"
    assert {task["Status"]["Err"] for task in pending} == {said}
    assert not any("NodeID" in task for task in pending)
    scaled(api, "web", 4)
    service(api, "api", 1)
    until(lambda: states() == ["running"] * 5)


def test_more_replicas_than_the_cluster_may_ask_for_are_refused(api: docker.APIClient) -> None:
    service(api, "web", 8)
    with pytest.raises(docker.errors.APIError, match="at most 12 replicas in all") as refused:
        service(api, "api", 5)
    assert refused.value.status_code == 400
    service(api, "api", 4)
    with pytest.raises(docker.errors.APIError, match="at most 12 replicas in all"):
        scaled(api, "api", 5)


def test_a_slot_forgets_whatever_the_swarm_is_told(api: docker.APIClient) -> None:
    swarm = api.inspect_swarm()
    spec = {**swarm["Spec"], "Orchestration": {"TaskHistoryRetentionLimit": -1}}
    api.update_swarm(swarm["Version"]["Index"], spec)
    service(api, "web", 1)
    for forced in range(1, 5):
        found = api.inspect_service("web")
        template = {**found["Spec"]["TaskTemplate"], "ForceUpdate": forced}
        version = found["Version"]["Index"]
        api.update_service("web", version, template, "web", mode=found["Spec"]["Mode"])
        until(
            lambda: api.inspect_service("web").get("UpdateStatus", {}).get("State") == "completed"
        )
    until(lambda: len(api.tasks()) <= 2)


def test_a_build_copies_no_more_than_the_images_may_store(api: docker.APIClient) -> None:
    with pytest.raises(docker.errors.APIError, match="at most 12000 bytes of files"):
        list(api.build(fileobj=context(b"x" * 20_000), custom_context=True))
    list(api.build(fileobj=context(b"x" * 3000), custom_context=True))


def test_a_request_has_an_end(api: docker.APIClient) -> None:
    with pytest.raises(docker.errors.APIError, match="larger than 100000 bytes") as refused:
        list(api.build(fileobj=context(b"x" * 200_000), custom_context=True))
    assert refused.value.status_code == 413


def test_logs_share_what_there_is() -> None:
    book = LogBook(ManualClock(), Limits(log_bytes=10_000, all_log_bytes=20_000))
    for container in "abcdefgh":
        for _ in range(3):
            book.write(container, b"\n" * 1000)
    for container in "abcdefgh":
        book.write(container, b"x" * 1000 + b"\n")
    assert sum(len(book.read(container)) for container in "abcdefgh") < 20_000 / 100
    assert all(book.read(container)[-1].text == b"x" * 1000 + b"\n" for container in "abcdefgh")


def test_a_line_without_end_is_cut() -> None:
    book = LogBook(ManualClock())
    for _ in range(100):
        book.write("c", b"x" * 1000)
    assert len(b"".join(line.text for line in book.read("c"))) > 80_000
    assert max(len(line.text) for line in book.read("c")) < 20_000


def test_file_systems_share_one_disk() -> None:
    disk = Budget(10_000)
    one, two = (FileSystem(EMPTY, lambda: 0.0) for _ in range(2))
    one.write_to(disk)
    two.write_to(disk)
    one.write("/a", b"x" * 8000)
    with pytest.raises(OSError, match="No space left on device"):
        two.write("/b", b"x" * 2000)
    one.write("/a", b"x" * 100)  # what is given back is there again
    two.write("/b", b"x" * 2000)
    two.write("/c", b"x" * 5000)
    with pytest.raises(OSError, match="No space left on device"):
        two.write("/d", b"x" * 5000)
    del one
    two.remove("/c")
    two.write("/d", b"x" * 5000)


def scaled(api: docker.APIClient, name: str, replicas: int) -> None:
    found = api.inspect_service(name)
    api.update_service(
        name,
        found["Version"]["Index"],
        found["Spec"]["TaskTemplate"],
        name,
        mode=docker.types.ServiceMode("replicated", replicas),
    )


def context(content: bytes) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in (("Dockerfile", b"FROM nginx\nCOPY file /file\n"), ("file", content)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    packed.seek(0)
    return packed
