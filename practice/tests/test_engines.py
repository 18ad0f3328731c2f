"""Machines that come and go: empty engines that join by hand, and are taken away again."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest
import requests

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.store.limits import Limits

from .conftest import Call
from .test_ports import until


def add(call: Call) -> Any:
    answer = call("POST", "/_practice/engines")
    assert answer.status == 201
    return answer.json()


def names(call: Call) -> list[str]:
    return [machine["name"] for machine in call("GET", "/_practice/engines").json()]


def states(engine: docker.DockerClient) -> dict[str, str]:
    return {
        node.attrs["Description"]["Hostname"]: node.attrs["Status"]["State"]
        for node in engine.nodes.list()
    }


@pytest.fixture
def alone() -> Iterator[PracticeServer]:
    """Three empty machines that are no Swarm yet."""
    with PracticeServer.start(formed=False, speed=50.0, seed=1, bind_ports=False) as server:
        yield server


def test_a_new_machine_is_an_empty_engine_of_its_own(call: Call) -> None:
    made = add(call)
    assert (made["name"], made["address"]) == ("node4", "192.168.0.14")
    assert (made["swarm"], made["role"], made["up"]) == ("inactive", "", True)
    assert names(call) == ["node1", "node2", "node3", "node4"]
    with closing(docker.DockerClient(base_url=made["host"])) as client:
        assert client.info()["Name"] == "node4"
        assert client.info()["Swarm"]["LocalNodeState"] == "inactive"
        assert client.containers.list(all=True) == []
        assert {network.name for network in client.networks.list()} == {"bridge", "host", "none"}
        assert client.containers.run("alpine", "hostname -i", remove=True).startswith(b"172.17.")


def test_it_joins_by_the_line_that_the_manager_gives(
    call: Call, engine: docker.DockerClient
) -> None:
    made = add(call)
    tokens = engine.api.inspect_swarm()["JoinTokens"]
    with closing(docker.DockerClient(base_url=made["host"])) as client:
        client.swarm.join(["192.168.0.11:2377"], tokens["Worker"])
    until(lambda: states(engine).get("node4") == "ready")
    service = engine.services.create("nginx", name="web", mode={"Global": {}})
    until(lambda: sum(t["Status"]["State"] == "running" for t in service.tasks()) == 4)


def test_one_that_is_taken_away_goes_down_and_is_not_told(
    call: Call, engine: docker.DockerClient
) -> None:
    made = add(call)
    tokens = engine.api.inspect_swarm()["JoinTokens"]
    with closing(docker.DockerClient(base_url=made["host"])) as client:
        client.swarm.join(["192.168.0.11:2377"], tokens["Worker"])
    service = engine.services.create("nginx", name="web", mode={"Replicated": {"Replicas": 4}})
    until(lambda: sum(t["Status"]["State"] == "running" for t in service.tasks()) == 4)

    assert call("DELETE", "/_practice/engines/node4").status == 204
    assert names(call) == ["node1", "node2", "node3"]
    with pytest.raises(requests.ConnectionError):
        requests.get(made["host"].replace("tcp", "http") + "/_ping", timeout=20)
    until(lambda: states(engine)["node4"] == "down")
    here = {node.id for node in engine.nodes.list() if node.attrs["Status"]["State"] == "ready"}

    def moved() -> bool:
        tasks = service.tasks({"desired-state": "running"})
        places = [t["NodeID"] for t in tasks if t["Status"]["State"] == "running"]
        return len(places) == 4 and set(places) <= here

    until(moved)
    engine.nodes.list(filters={"name": "node4"})[0].remove(force=True)
    assert sorted(states(engine)) == ["node1", "node2", "node3"]
    assert call("POST", "/_practice/mend").status == 204
    assert names(call) == ["node1", "node2", "node3"]
    assert add(call)["name"] == "node5"  # no name is given twice


def test_what_was_on_it_counts_no_more() -> None:
    limits = Limits(containers=1)
    with PracticeServer.start(speed=50.0, bind_ports=False, limits=limits) as server:
        base = server.urls[0].replace("tcp", "http")
        host = requests.post(f"{base}/_practice/engines", timeout=20).json()["host"]
        with closing(docker.DockerClient(base_url=host)) as client:
            client.containers.run("nginx", detach=True, ports={"80/tcp": 8080})
        opened = requests.get(f"{base}/_practice/open/node4/8080/", timeout=20)
        assert opened.status_code == 200
        assert requests.delete(f"{base}/_practice/engines/node4", timeout=20).status_code == 204
        assert requests.get(f"{base}/_practice/ports", timeout=20).json() == []
        with closing(docker.DockerClient(base_url=server.urls[0])) as client:
            client.containers.run("nginx", detach=True)


def test_what_cannot_be_removed(call: Call) -> None:
    mine = call("DELETE", "/_practice/engines/node1")
    assert (mine.status, "ask another node" in mine.message) == (409, True)
    unknown = call("DELETE", "/_practice/engines/node9")
    assert (unknown.status, "node1, node2 and node3" in unknown.message) == (404, True)
    assert call("DELETE", "/_practice/engines/node1", node=2).status == 204


def test_there_is_a_limit(call: Call) -> None:
    for _ in range(7):
        add(call)
    refused = call("POST", "/_practice/engines")
    assert refused.status == 409
    assert "at most 10 engines" in refused.message
    assert call("POST", "/_practice/engines", {"name": "mine"}).status == 409
    call("DELETE", "/_practice/engines/node10")
    assert call("POST", "/_practice/engines", {"name": "mine"}).status == 400
    assert add(call)["name"] == "node11"


def test_three_empty_instances_become_a_swarm_by_hand(alone: PracticeServer) -> None:
    first, *others = [docker.DockerClient(base_url=url) for url in alone.urls]
    assert first.info()["Swarm"]["LocalNodeState"] == "inactive"
    first.swarm.init()
    token = first.api.inspect_swarm()["JoinTokens"]["Worker"]
    for other in others:
        other.swarm.join(["192.168.0.11:2377"], token)
    until(lambda: states(first) == {"node1": "ready", "node2": "ready", "node3": "ready"})
    for client in (first, *others):
        client.close()


@pytest.mark.parametrize(("formed", "state"), [(False, "inactive"), (True, "active")])
def test_a_reset_may_say_how_it_begins(call: Call, formed: bool, state: str) -> None:
    add(call)
    before = call("GET", "/_practice/engines").json()
    call("POST", "/_practice/reset", {"nodes": 5, "formed": formed})

    def begun() -> bool:
        try:
            return names(call) == [f"node{number}" for number in range(1, 6)]
        except (ConnectionError, http.client.HTTPException):
            return False  # the reset ends every connection, perhaps this one

    until(begun)
    machines = call("GET", "/_practice/engines").json()
    assert {machine["swarm"] for machine in machines} == {state}
    assert [machine["host"] for machine in machines[:4]] == [machine["host"] for machine in before]
    assert call("GET", "/info", node=5).status == 200


@pytest.mark.parametrize(
    "body", [{"nodes": 0}, {"nodes": 11}, {"nodes": 2.5}, {"formed": "no"}, {"machines": 3}]
)
def test_a_reset_that_makes_no_sense_changes_nothing(call: Call, body: dict[str, Any]) -> None:
    add(call)
    assert call("POST", "/_practice/reset", body).status == 400
    assert names(call) == ["node1", "node2", "node3", "node4"]
