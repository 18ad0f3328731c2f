"""The catalogue's images that misbehave, and what the Swarm makes of them."""

from __future__ import annotations

from typing import Any

import docker
import pytest
from docker.types import ServiceMode, UpdateConfig

from essaim_practice.images.catalogue import entries

from .conftest import Call
from .playing import run_unsliced
from .test_ports import running, until, web


def test_they_are_found_and_described(engine: docker.DockerClient) -> None:
    found = {each["name"]: each["description"] for each in engine.images.search("essaim/")}
    known = run_unsliced(entries())
    ours = [each for each in known if each.repository.startswith("essaim/")]
    assert found == {each.repository: each.description for each in ours}
    assert len(found) == 5


@pytest.mark.parametrize(("image", "lasts"), [("crash", 3), ("crash-start", 0)])
def test_a_crash_exits_with_one(engine: docker.DockerClient, image: str, lasts: int) -> None:
    with pytest.raises(docker.errors.ContainerError) as error:
        engine.containers.run(f"essaim/{image}", name="one", stderr=True)
    assert error.value.exit_status == 1
    state = engine.api.inspect_container("one")["State"]
    assert _seconds(state["FinishedAt"]) - _seconds(state["StartedAt"]) >= lasts


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.partition("T")[2].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_its_crash_can_be_chosen(engine: docker.DockerClient) -> None:
    with pytest.raises(docker.errors.ContainerError) as error:
        engine.containers.run("essaim/crash", "/crash 1 42")
    assert error.value.exit_status == 42


def health(engine: docker.DockerClient, name: str) -> Any:
    return engine.api.inspect_container(name)["State"]["Health"]["Status"]


def test_one_never_becomes_healthy(engine: docker.DockerClient) -> None:
    engine.containers.run("essaim/never-healthy", name="sick", detach=True)
    assert health(engine, "sick") == "starting"
    until(lambda: health(engine, "sick") == "unhealthy")


def test_one_takes_its_time(engine: docker.DockerClient, call: Call) -> None:
    call("POST", "/_practice/clock", {"factor": 10})
    engine.containers.run("essaim/slow-start", name="slow", detach=True)
    assert health(engine, "slow") == "starting"
    until(lambda: health(engine, "slow") == "healthy", 30)
    started = engine.api.inspect_container("slow")["State"]["StartedAt"]
    now = call("GET", "/_practice/clock").json()["now"]
    assert _seconds(now) - _seconds(started) >= 10


def test_one_answers_sometimes(engine: docker.DockerClient, call: Call) -> None:
    service = engine.services.create(
        "essaim/flaky", name="web", endpoint_spec=docker.types.EndpointSpec(ports={8080: 80})
    )
    running(service, 1)
    answers = [call("GET", "/_practice/open/node1/8080/").status for _ in range(6)]
    assert answers == [200, 200, 500, 200, 200, 500]


# Updates


def update(engine: docker.DockerClient, image: str, action: str) -> Any:
    """Three replicas of nginx, updated to an image, one by one."""
    service = web(engine)
    # With no delay, all three would be replaced before the first one crashes.
    how = UpdateConfig(1, 5 * 10**9, action, monitor=20 * 10**9)
    service.update(
        image=image,
        name="web",
        mode=ServiceMode("replicated", 3),
        update_config=how,
        fetch_current_spec=True,
    )
    return service


def status(service: Any) -> str:
    service.reload()
    return str((service.attrs.get("UpdateStatus") or {}).get("State"))


@pytest.mark.parametrize("image", ["crash", "crash-start", "never-healthy"])
def test_an_update_to_it_pauses(engine: docker.DockerClient, image: str) -> None:
    service = update(engine, f"essaim/{image}", "pause")
    until(lambda: status(service) == "paused")
    assert "update paused due to failure" in service.attrs["UpdateStatus"]["Message"]
    nginx = [t for t in service.tasks({"desired-state": "running"}) if _of(t, "nginx")]
    assert len(nginx) == 2  # the first one failed, the others were left alone


@pytest.mark.parametrize("image", ["crash", "never-healthy"])
def test_an_update_to_it_rolls_back(engine: docker.DockerClient, image: str) -> None:
    service = update(engine, f"essaim/{image}", "rollback")
    until(lambda: status(service) == "rollback_completed")
    until(lambda: [_of(t, "nginx") for t in _running(service)] == [True] * 3)


def test_an_update_to_the_slow_one_only_takes_longer(engine: docker.DockerClient) -> None:
    service = update(engine, "essaim/slow-start", "pause")
    until(lambda: status(service) == "completed", 30)
    assert [_of(t, "essaim/slow-start") for t in _running(service)] == [True] * 3


def _running(service: Any) -> list[Any]:
    tasks = service.tasks({"desired-state": "running"})
    return [task for task in tasks if task["Status"]["State"] == "running"]


def _of(task: Any, image: str) -> bool:
    return str(task["Spec"]["ContainerSpec"]["Image"]).startswith(image)
