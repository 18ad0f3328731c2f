"""A change changes what it names: replicas that need not restart go on, and nothing is lost."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from .engines import Swarm

WEB = "essaim-web"

#: A service with something in every corner of its spec, as the docker command stores it.
RICH = (
    "--name", WEB, "--replicas", "3", "--publish", "18181:80", "--env", "A=1", "--env", "B=2",
    "--label", "course=swarm", "--container-label", "inner=1",
    "--mount", "type=tmpfs,target=/data,tmpfs-size=1048576",
    "--constraint", "node.hostname!=nowhere",
    "--update-delay", "1s", "--update-parallelism", "2", "--rollback-order", "stop-first",
    "--restart-delay", "2s", "--stop-grace-period", "3s", "--limit-cpu", "0.5",
    "--host", "db:192.0.2.7",
)  # fmt: skip


@pytest.mark.cli
def test_scaling_a_service_of_the_docker_command_restarts_nothing(swarm: Swarm) -> None:
    swarm.cli("service", "create", "--detach", *RICH, "nginx:latest")
    three = swarm.settled(WEB, 3)
    before = swarm.spec(WEB)

    swarm.run(f"docker service scale {WEB}=5")

    five = swarm.settled(WEB, 5)
    assert three < five
    assert not [t for t in swarm.tasks(WEB) if t["DesiredState"] == "shutdown"]
    expected = copy.deepcopy(before)
    expected["Mode"]["Replicated"]["Replicas"] = 5
    assert swarm.spec(WEB) == expected


@pytest.mark.cli
def test_an_update_keeps_what_it_does_not_name(swarm: Swarm) -> None:
    swarm.cli("service", "create", "--detach", *RICH, "nginx:latest")
    three = swarm.settled(WEB, 3)
    expected = copy.deepcopy(swarm.spec(WEB))

    swarm.run(f"docker service update --env-add A=9 --env-rm B --label-add x=y {WEB}")

    swarm.wait(lambda: not swarm.running(WEB) & three)
    swarm.settled(WEB, 3)
    expected["TaskTemplate"]["ContainerSpec"]["Env"] = ["A=9"]
    expected["Labels"]["x"] = "y"
    assert swarm.spec(WEB) == expected


@pytest.mark.cli
def test_we_create_what_the_docker_command_creates(swarm: Swarm) -> None:
    line = "--publish 18182:80 --env A=1 --label a=b --constraint node.role!=none --replicas 2"
    swarm.run(f"docker service create {line} --name {WEB}-ours nginx:latest nginx -v")
    theirs_line = f"--detach {line} --name {WEB}-theirs nginx:latest nginx -v"
    swarm.cli("service", "create", *theirs_line.replace("18182", "18183").split())
    ours, theirs = swarm.spec(f"{WEB}-ours"), swarm.spec(f"{WEB}-theirs")
    assert ours["TaskTemplate"]["ContainerSpec"]["Image"].startswith("nginx:latest@sha256:")
    assert _essence(ours) == _essence(theirs)


def _essence(spec: dict[str, Any]) -> dict[str, Any]:
    """Without what only the docker command spells out, and the engine takes anyway."""
    task = spec["TaskTemplate"]
    container = {k: v for k, v in task["ContainerSpec"].items() if k not in ("Init", "DNSConfig")}
    ports = [{**port, "PublishedPort": 0} for port in spec["EndpointSpec"]["Ports"]]
    return {
        "container": container,
        "placement": task["Placement"],
        "mode": spec["Mode"],
        "labels": spec["Labels"],
        "ports": ports,
    }


def test_rollback_undoes_a_scale(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} --replicas 2 nginx:latest")
    swarm.settled(WEB, 2)
    swarm.run(f"docker service scale {WEB}=4")
    four = swarm.settled(WEB, 4)

    assert swarm.run(f"docker service rollback {WEB}") == WEB

    assert swarm.settled(WEB, 2) <= four
    assert swarm.spec(WEB)["Mode"] == {"Replicated": {"Replicas": 2}}


def test_another_image_replaces_every_replica(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} --replicas 2 nginx:latest")
    two = swarm.settled(WEB, 2)
    swarm.run(f"docker service update --image alpine --update-parallelism 0 {WEB}")
    assert swarm.spec(WEB)["TaskTemplate"]["ContainerSpec"]["Image"].startswith("alpine:latest@")
    swarm.wait(lambda: not swarm.running(WEB) & two)


def test_a_global_service_runs_once_on_every_node(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {WEB} --mode global nginx:latest")
    swarm.settled(WEB, 3)
    assert swarm.spread(WEB) == {"node1": 1, "node2": 1, "node3": 1}
    row = next(r for r in swarm.run("docker service ls").splitlines() if WEB in r)
    assert row.split()[2:4] == ["global", "3/3"]


def test_labels_of_a_node_leave_its_role_alone(swarm: Swarm) -> None:
    node = swarm.client.api.inspect_node("node3")["ID"]
    before = swarm.client.api.inspect_node(node)["Spec"]
    try:
        swarm.run("docker node update --label-add essaim-rack=a node3")
        after = swarm.client.api.inspect_node(node)["Spec"]
        labels = {**before.get("Labels", {}), "essaim-rack": "a"}
        assert after == {**before, "Labels": labels}

        swarm.run(
            f"docker service create --name {WEB} --replicas 2"
            " --constraint node.labels.essaim-rack==a nginx:latest"
        )
        swarm.settled(WEB, 2)
        assert swarm.spread(WEB) == {"node3": 2}
    finally:
        swarm.run("docker node update --label-rm essaim-rack node3")
    assert swarm.client.api.inspect_node(node)["Spec"] == before
