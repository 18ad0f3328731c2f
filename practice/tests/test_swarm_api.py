"""The Swarm's part of the API as docker-py meets it: forming, refusing, updating, logging."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import docker
import pytest
from docker.errors import APIError, NotFound
from docker.types import EndpointSpec, ServiceMode

from essaim_practice.hosting.server import PracticeServer

NOT_A_MEMBER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
WORKER = "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster"


class Engines:
    """A client for each engine of a practice cluster, twenty times as fast as life."""

    def __init__(self, formed: bool) -> None:
        self.server = PracticeServer.start(formed=formed, bind_ports=False, speed=20, seed=1)
        self.clients = [docker.DockerClient(base_url=url) for url in self.server.urls]

    def __getitem__(self, number: int) -> Any:
        """The client of ``node<number>``."""
        return self.clients[number - 1]

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.server.stop()


@pytest.fixture
def apart() -> Iterator[Engines]:
    engines = Engines(formed=False)
    yield engines
    engines.close()


@pytest.fixture
def formed() -> Iterator[Engines]:
    engines = Engines(formed=True)
    yield engines
    engines.close()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def refused(status: int, words: str, call: Callable[..., Any], *args: Any, **more: Any) -> None:
    with pytest.raises(APIError) as caught:
        call(*args, **more)
    assert caught.value.status_code == status
    assert words in str(caught.value.explanation)


def running(service: Any) -> set[str]:
    tasks = service.tasks(filters={"desired-state": "running"})
    return {task["ID"] for task in tasks if task["Status"]["State"] == "running"}


def web(engines: Engines, replicas: int = 3, **more: Any) -> Any:
    mode = ServiceMode("replicated", replicas)
    service = engines[1].services.create("nginx:latest", name="web", mode=mode, **more)
    until(lambda: len(running(service)) == replicas)
    return service


def test_a_swarm_is_founded_joined_and_left(apart: Engines) -> None:
    refused(503, NOT_A_MEMBER, apart[1].nodes.list)
    refused(503, "This node is not part of a swarm", apart[1].api.leave_swarm)
    apart[1].swarm.init(advertise_addr="192.168.0.11")
    tokens = apart[1].swarm.attrs["JoinTokens"]
    remote = ["192.168.0.11:2377"]
    join = apart[2].api.join_swarm
    refused(400, "invalid join token", join, remote, "nonsense")
    wrong = tokens["Worker"][:-4] + "0000"
    refused(400, "A valid join token is necessary to join this cluster", join, remote, wrong)
    refused(503, "connection refused", join, ["192.168.0.13:2377"], tokens["Worker"])
    join(remote, tokens["Worker"])
    refused(503, "This node is already part of a swarm.", join, remote, tokens["Worker"])
    refused(503, WORKER, apart[2].nodes.list)
    apart[3].api.join_swarm(remote, tokens["Manager"])
    until(lambda: all(n.attrs["Status"]["State"] == "ready" for n in apart[3].nodes.list()))

    refused(503, "participating as a manager", apart[3].api.leave_swarm)
    node3 = apart[1].nodes.get("node3")
    node3.update({**node3.attrs["Spec"], "Role": "worker"})
    until(lambda: "ManagerStatus" not in apart[1].nodes.get("node3").attrs)
    apart[3].api.leave_swarm()
    until(lambda: apart[1].nodes.get("node3").attrs["Status"]["State"] == "down")
    apart[1].api.remove_node(node3.id)
    assert len(apart[1].nodes.list()) == 2
    refused(503, "erases all current state", apart[1].api.leave_swarm)
    apart[1].api.leave_swarm(force=True)
    refused(503, NOT_A_MEMBER, apart[1].nodes.list)
    # Nobody tells the workers. They believe in a Swarm of which nothing is left, until they leave.
    refused(503, WORKER, apart[2].nodes.list)
    refused(503, "This node is already part of a swarm.", apart[2].swarm.init)
    apart[2].api.leave_swarm()
    apart[2].swarm.init()
    assert len(apart[2].nodes.list()) == 1


def test_tokens_are_rotated(formed: Engines) -> None:
    swarm = formed[1].swarm
    swarm.reload()
    before = swarm.attrs["JoinTokens"]
    swarm.update(rotate_worker_token=True)
    swarm.reload()
    after = swarm.attrs["JoinTokens"]
    assert after["Worker"] != before["Worker"]
    assert after["Manager"] == before["Manager"]
    assert after["Worker"].startswith("SWMTKN-1-")


def test_nodes_refuse_what_the_daemon_refuses(formed: Engines) -> None:
    api = formed[1].api
    manager, worker = formed[1].nodes.get("node1"), formed[1].nodes.get("node2")
    refused(404, "node nope not found", formed[1].nodes.get, "nope")
    refused(400, "is not down and can't be removed", api.remove_node, worker.id)
    refused(400, "is a cluster manager", api.remove_node, manager.id, force=True)
    spec = worker.attrs["Spec"]
    refused(400, 'invalid Availability: "x"', worker.update, {**spec, "Availability": "x"})
    last = "attempting to demote the last manager of the swarm"
    refused(400, last, manager.update, {**manager.attrs["Spec"], "Role": "worker"})
    worker.update({**spec, "Availability": "drain"})
    refused(500, "update out of sequence", worker.update, spec)


def test_services_refuse_what_the_daemon_refuses(formed: Engines) -> None:
    service = web(formed, 1, endpoint_spec=EndpointSpec(ports={8080: 80}))
    create = formed[1].services.create
    taken = "name conflicts with an existing object: service web already exists"
    refused(409, taken, create, "nginx", name="web")
    port = EndpointSpec(ports={8080: 80})
    in_use = f"port '8080' is already in use by service 'web' ({service.id}) as an ingress port"
    refused(400, in_use, create, "nginx", name="other", endpoint_spec=port)
    refused(400, "DNS name component", create, "nginx", name="a b")
    refused(500, "constraint expected", create, "nginx", name="b", constraints=["node.role=x"])
    with pytest.raises(NotFound, match="service nope not found"):
        formed[1].services.get("nope")
    stale = formed[1].services.get("web")
    service.update(image="nginx:latest", name="web")
    refused(500, "update out of sequence", stale.update, image="nginx:latest", name="web")


def test_docker_py_restarts_all_replicas_when_it_scales_as_on_the_real_swarm(
    formed: Engines,
) -> None:
    service = web(formed)
    before = running(service)
    service.reload()
    service.scale(4)
    until(lambda: len(running(service)) == 4 and not before & running(service), 30)


def test_posting_the_stored_spec_scales_without_a_restart(formed: Engines) -> None:
    service = web(formed)
    before = running(service)
    api = formed[1].api
    stored = api._result(api._get(api._url("/services/web")), True)
    spec = stored["Spec"]
    spec["Mode"]["Replicated"]["Replicas"] = 5
    url = api._url("/services/web/update")
    answer = api._post_json(url, data=spec, params={"version": stored["Version"]["Index"]})
    assert answer.status_code == 200
    until(lambda: len(running(service)) == 5)
    assert before < running(service)
    listed = api._result(api._get(api._url("/services"), params={"status": True}), True)
    assert listed[0]["ServiceStatus"]["RunningTasks"] == 5


def test_a_rollback_goes_back_one_spec_and_forth_again(formed: Engines) -> None:
    service, api = web(formed), formed[1].api

    def roll_back() -> Any:
        service.reload()
        url, version = api._url("/services/web/update"), service.version
        parameters = {"version": version, "rollback": "previous"}
        return api._post_json(url, data=service.attrs["Spec"], params=parameters)

    refused(400, "does not have a previous spec", lambda: api._raise_for_status(roll_back()))
    service.update(image="nginx:1.99", name="web", mode=ServiceMode("replicated", 3))
    until(lambda: roll_back().ok)  # the update that is under way may be quicker with a new version
    service.reload()
    assert service.attrs["UpdateStatus"]["Message"] == "manually requested rollback"

    def rolled_back() -> bool:
        service.reload()
        return bool(service.attrs["UpdateStatus"]["State"] == "rollback_completed")

    until(rolled_back, 30)
    image = service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
    assert image.startswith("nginx:latest")
    previous = service.attrs["PreviousSpec"]["TaskTemplate"]["ContainerSpec"]["Image"]
    assert previous == "nginx:1.99"


def test_tasks_are_filtered_by_name_node_and_state(formed: Engines) -> None:
    service = web(formed)
    tasks = formed[1].api.tasks
    assert len(tasks(filters={"service": "web"})) == 3
    assert len(tasks(filters={"name": "web.2"})) == 1
    assert {task["Slot"] for task in tasks(filters={"service": service.id})} == {1, 2, 3}
    assert len(tasks(filters={"node": "node1"})) == 1
    assert len(tasks(filters={"_up-to-date": "true"})) == 3
    assert tasks(filters={"desired-state": "shutdown"}) == []
    refused(400, "invalid filter 'zork'", tasks, filters={"zork": "x"})
    refused(404, "service nope not found", tasks, filters={"service": "nope"})


def test_logs_name_the_task_and_follow_the_ones_to_come(formed: Engines) -> None:
    mode = ServiceMode("replicated", 1)
    service = formed[1].services.create(
        "alpine", command=["sh", "-c", "echo hello; sleep 1000"], name="talk", mode=mode
    )
    until(lambda: len(running(service)) == 1)
    (task,) = running(service)
    lines = b"".join(service.logs(stdout=True, stderr=True, details=True)).decode()
    assert lines.endswith("hello\n")
    assert f"com.docker.swarm.service.id={service.id},com.docker.swarm.task.id={task} " in lines

    api = formed[1].api
    parameters = {"stdout": 1, "follow": 1}
    with api._get(api._url("/services/talk/logs"), params=parameters, stream=True) as response:
        coming = api._multiplexed_response_stream_helper(response)
        assert next(coming) == b"hello\n"
        service.force_update()
        assert next(coming) == b"hello\n"
    refused(500, "you must choose at least one stream", lambda: b"".join(service.logs()))


def test_overlay_networks_are_cut_from_the_pools_that_were_asked_for() -> None:
    server = PracticeServer.start(nodes=1, formed=False, speed=50.0, seed=1, bind_ports=False)
    try:
        client = docker.APIClient(server.urls[0])
        for wrong in (["x"], ["10.0.0.0/8", "y/4"], ["2001:db8::/32"], ["20.0.0.0/30"]):
            with pytest.raises(docker.errors.APIError, match="invalid "):
                client.init_swarm("127.0.0.1", default_addr_pool=wrong)
        with pytest.raises(docker.errors.APIError, match="not in valid range"):
            client.init_swarm("127.0.0.1", data_path_port=80)
        client.init_swarm(
            "127.0.0.1",
            default_addr_pool=["20.0.0.0/27", "30.0.0.0/16"],
            subnet_size=28,
            data_path_port=4242,
            swarm_spec=client.create_swarm_spec(autolock_managers=True),
        )
        swarm = client.inspect_swarm()
        assert swarm["DefaultAddrPool"] == ["20.0.0.0/27", "30.0.0.0/16"]
        assert (swarm["SubnetSize"], swarm["DataPathPort"]) == (28, 4242)
        assert client.get_unlock_key()["UnlockKey"].startswith("SWMKEY-1-")
        for name in ("a", "b"):
            client.create_network(name, driver="overlay")
        shown = [client.inspect_network(name)["IPAM"]["Config"] for name in ("ingress", "a", "b")]
        subnets = [pool[0]["Subnet"] for pool in shown]
        assert subnets == ["20.0.0.0/28", "20.0.0.16/28", "30.0.0.0/28"]
    finally:
        server.stop()
