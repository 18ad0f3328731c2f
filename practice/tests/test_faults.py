"""The control interface that is not Docker's: machines that die and come back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import docker
import pytest

from .conftest import Call
from .test_ports import running, until, web


def up(call: Call) -> dict[str, bool]:
    return {machine["name"]: machine["up"] for machine in call("GET", "/_practice/engines").json()}


def answers(call: Call, node: int) -> bool:
    try:
        return call("GET", "/_ping", node=node).status == 200
    except ConnectionRefusedError:
        return False


def state(engine: docker.DockerClient, name: str) -> Any:
    return next(
        node.attrs["Status"]["State"]
        for node in engine.nodes.list()
        if node.attrs["Description"]["Hostname"] == name
    )


def test_the_machines_are_listed(call: Call) -> None:
    answer = call("GET", "/_practice/engines")
    assert answer.status == 200
    sound = {"up": True, "cut": False, "full": False}
    listed = answer.json()
    assert all(machine.pop("host").startswith("tcp://127.0.0.1:") for machine in listed)
    assert listed == [
        {
            "name": f"node{n}",
            "address": f"192.168.0.1{n}",
            **sound,
            "swarm": "active",
            "role": role,
            "ports": [],
        }
        for n, role in ((1, "manager"), (2, "worker"), (3, "worker"))
    ]


def test_a_killed_machine_is_missed_replaced_and_comes_back(
    call: Call, engine: docker.DockerClient
) -> None:
    service = web(engine)
    lost = engine.nodes.list(filters={"name": "node2"})[0].id
    killed = call("POST", "/_practice/engines/node2/kill")
    assert (killed.status, killed.body) == (204, b"")
    assert up(call) == {"node1": True, "node2": False, "node3": True}
    with pytest.raises(ConnectionRefusedError):
        call("GET", "/_ping", node=2)
    assert state(engine, "node2") == "ready"  # its heartbeats are not overdue yet
    until(lambda: state(engine, "node2") == "down")

    def places() -> list[str]:
        tasks = service.tasks({"desired-state": "running"})
        return [task.get("NodeID") for task in tasks if task["Status"]["State"] == "running"]

    until(lambda: len(places()) == 3)
    assert lost not in places()

    assert call("POST", "/_practice/engines/node2/start").status == 204
    until(lambda: state(engine, "node2") == "ready")
    until(lambda: answers(call, 2))  # its listener opens a moment after the machine is up
    running(service, 3)
    assert lost not in places()  # nothing moves back


def test_what_is_so_already_stays_so(call: Call) -> None:
    assert call("POST", "/_practice/engines/node3/start").status == 204
    assert up(call)["node3"]
    for _ in range(2):
        assert call("POST", "/_practice/engines/node3/kill").status == 204
        assert not up(call)["node3"]


def test_the_machine_that_answers_is_not_killed(call: Call) -> None:
    refusal = call("POST", "/_practice/engines/node1/kill")
    assert refusal.status == 409
    assert refusal.message == (
        "node1 answers this request and could not answer any more: ask another node to kill it"
    )
    assert up(call)["node1"]
    assert call("POST", "/_practice/engines/node1/kill", node=2).status == 204
    with pytest.raises(ConnectionRefusedError):
        call("GET", "/_ping")


@pytest.mark.parametrize("what", ["kill", "start", "cut", "plug", "fill", "free"])
def test_an_unknown_machine_is_refused(call: Call, what: str) -> None:
    refusal = call("POST", f"/_practice/engines/node9/{what}")
    assert refusal.status == 404
    assert refusal.message == "there is no machine called node9, only node1, node2 and node3"


def test_what_there_is_is_listed(call: Call) -> None:
    listed = call("GET", "/_practice").json()
    assert all(route["about"] for route in listed)
    entries = {f"{route['method']} {route['path']}" for route in listed}
    assert {
        "GET /_practice",
        "POST /_practice/mend",
        "POST /_practice/engines/{name}/cut",
    } < entries
    refusal = call("POST", "/_practice/explode")
    assert refusal.status == 404
    assert (
        refusal.message == "there is no POST /_practice/explode: GET /_practice lists what there is"
    )


# Off the network


def places(service: Any) -> list[str]:
    tasks = service.tasks({"desired-state": "running"})
    return sorted(task["NodeID"] for task in tasks if task["Status"]["State"] == "running")


def containers_of(call: Call, node: int) -> list[str]:
    shown = call("GET", "/containers/json", node=node).json()
    return [container["Id"] for container in shown]


def test_a_machine_off_the_network_runs_on_alone(call: Call, engine: docker.DockerClient) -> None:
    service = web(engine)
    lost = engine.nodes.list(filters={"name": "node3"})[0].id
    before = containers_of(call, 3)
    assert len(before) == 1
    for _ in range(2):
        assert call("POST", "/_practice/engines/node3/cut").status == 204
    assert [m["cut"] for m in call("GET", "/_practice/engines").json()] == [False, False, True]
    until(lambda: state(engine, "node3") == "down")
    until(lambda: len(places(service)) == 3)
    assert lost not in places(service)
    assert containers_of(call, 3) == before  # there, nobody heard of it
    refusal = call("GET", "/_practice/open/node3/8080/")
    assert refusal.status == 502
    assert refusal.message == "node3 is cut from the network: nothing reaches it"
    answers = {call("GET", "/_practice/open/node1/8080/").headers["Essaim-Node"] for _ in range(6)}
    assert answers <= {"node1", "node2"}

    assert call("POST", "/_practice/engines/node3/plug").status == 204
    until(lambda: state(engine, "node3") == "ready")
    until(lambda: containers_of(call, 3) == [])
    assert lost not in places(service)  # nothing moves back


@pytest.mark.edition("28.5")
def test_a_machine_off_the_network_pulls_nothing(call: Call) -> None:
    call("POST", "/_practice/engines/node2/cut")
    refusal = call("POST", "/images/create?fromImage=alpine&tag=latest", node=2)
    assert refusal.status == 500
    assert "Client.Timeout exceeded while awaiting headers" in refusal.message


# Programs that crash


def test_a_tasks_program_crashes_and_is_replaced(call: Call, engine: docker.DockerClient) -> None:
    service = web(engine)
    first, second, _ = service.tasks({"desired-state": "running"})
    assert call("POST", f"/_practice/tasks/{first['ID'][:12]}/crash").status == 204
    container = second["Status"]["ContainerStatus"]["ContainerID"]
    assert call("POST", f"/_practice/tasks/{container}/crash", {"code": 3}).status == 204

    def errors() -> list[str]:
        ended = [t for t in service.tasks() if t["Status"]["State"] == "failed"]
        return sorted(task["Status"]["Err"] for task in ended)

    until(lambda: errors() == ["task: non-zero exit (137)", "task: non-zero exit (3)"])
    until(lambda: len(places(service)) == 3)
    refusal = call("POST", f"/_practice/tasks/{container}/crash")
    assert refusal.status == 409
    assert refusal.message.endswith("does not run: it is exited")


def test_a_restart_policy_restarts_what_crashed(call: Call, engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", tag="latest")
    policy = {"Name": "always"}
    run = engine.containers.run(
        "alpine", "sleep 1000", name="one", detach=True, restart_policy=policy
    )
    assert call("POST", "/_practice/tasks/one/crash", {"code": 4}).status == 204

    def restarts() -> int:
        run.reload()
        return int(run.attrs["RestartCount"])

    until(lambda: restarts() == 1)


def test_a_crash_of_nobody_names_what_runs(call: Call, engine: docker.DockerClient) -> None:
    refusal = call("POST", "/_practice/tasks/nobody/crash")
    assert refusal.status == 404
    assert refusal.message == "there is no task or container nobody; these run: none"
    refusal = call("POST", "/_practice/tasks/nobody/crash", {"code": 256})
    assert (refusal.status, refusal.message) == (400, "code is 256: write a number from 0 to 255")


# A full disk


def test_a_full_disk_takes_no_image_and_no_container(
    call: Call, engine: docker.DockerClient
) -> None:
    engine.images.pull("alpine", tag="latest")
    assert call("POST", "/_practice/engines/node1/fill").status == 204
    lines = call("POST", "/images/create?fromImage=nginx&tag=latest").body.splitlines()
    last = json.loads(lines[-1])
    assert last["error"] == last["errorDetail"]["message"]
    assert last["error"].endswith(": no space left on device")
    refusal = call("POST", "/containers/create", {"Image": "alpine"})
    assert refusal.status == 500
    assert refusal.message.endswith("-init: no space left on device")
    call("POST", "/_practice/engines/node1/free")
    assert call("POST", "/containers/create", {"Image": "alpine"}).status == 201


@pytest.mark.edition("28.5")
def test_tasks_are_rejected_where_the_disk_is_full(call: Call, engine: docker.DockerClient) -> None:
    call("POST", "/_practice/engines/node2/fill")
    service = engine.services.create("nginx", name="web", constraints=["node.hostname==node2"])

    def errors() -> set[str]:
        return {t["Status"].get("Err", "") for t in service.tasks() if rejected(t)}

    def rejected(task: Any) -> bool:
        return bool(task["Status"]["State"] == "rejected")

    until(lambda: errors() == {"No such image: nginx:latest"})
    call("POST", "/_practice/engines/node2/free")
    until(lambda: len(places(service)) == 1)


# The registry


def seconds_to_pull(engine: docker.DockerClient, call: Call, image: str) -> float:
    def now() -> datetime:
        return datetime.fromisoformat(call("GET", "/_practice/clock").json()["now"][:26])

    before = now()
    engine.images.pull(image, tag="latest")
    return (now() - before).total_seconds()


def test_a_slow_registry_takes_its_time(call: Call, engine: docker.DockerClient) -> None:
    answer = call("POST", "/_practice/registry", {"rate": 100_000})
    assert answer.json() == {"rate": 100_000, "up": True}
    assert seconds_to_pull(engine, call, "alpine") >= 3_802_452 / 100_000
    assert call("POST", "/_practice/registry", {"rate": 5}).message == (
        "rate is 5: write a number from 1000 to 1e+09"
    )


@pytest.mark.edition("28.5")
def test_a_registry_that_is_down_refuses_everybody(call: Call) -> None:
    call("POST", "/_practice/registry", {"up": False})
    refusal = call("POST", "/images/create?fromImage=alpine&tag=latest", node=2)
    assert refusal.status == 500
    assert refusal.message == "received unexpected HTTP status: 503 Service Unavailable"
    call("POST", "/_practice/mend")
    assert call("GET", "/_practice/registry").json() == {"rate": 16_000_000.0, "up": True}
    assert call("POST", "/images/create?fromImage=alpine&tag=latest", node=2).status == 200


# The managers


def test_the_majority_of_managers_falls_and_comes_back(
    call: Call, engine: docker.DockerClient
) -> None:
    alone = call("POST", "/_practice/quorum/lose")
    assert alone.status == 409
    assert alone.message.startswith("the managers are node1, and node1 answers this request")
    for node in engine.nodes.list(filters={"role": "worker"}):
        node.update({**node.attrs["Spec"], "Role": "manager"})
    until(lambda: len(engine.nodes.list(filters={"role": "manager"})) == 3)
    assert call("POST", "/_practice/quorum/lose", {"how": "melt"}).status == 400
    fallen = call("POST", "/_practice/quorum/lose", {"how": "cut"})
    assert fallen.json() == {"fallen": ["node2", "node3"]}
    assert call("POST", "/_practice/quorum/lose").json() == {"fallen": []}
    # Nobody writes without a majority; how managers find out, test_managers.py has to say.
    service = {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}}}
    assert call("POST", "/services/create", service).status == 500
    call("POST", "/_practice/mend")
    until(lambda: call("POST", "/services/create", service).status == 201)
