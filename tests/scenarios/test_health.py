"""What is said of a service whose nodes drain or die, on both engines."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from functools import partial

import pytest
import requests

from core.cluster import parse
from core.cluster.snapshot import ClusterSnapshot, Service
from core.presentation.health import Health, drain_warning, health

from .engines import Swarm

#: Starts and kills the machines of the real Swarm: without it, none dies.
LAUNCHER = os.environ.get("ESSAIM_SWARM_LAUNCHER", "")
NAME = "essaim-alive"


def same(text: str) -> str:
    return text


def seen(swarm: Swarm) -> ClusterSnapshot:
    api = swarm.client.api
    tasks = parse.tasks(api.tasks())
    nodes, services = parse.nodes(api.nodes()), parse.services(api.services(), tasks)
    return ClusterSnapshot(time.time(), 1, None, nodes, services, tasks)


def service(shown: ClusterSnapshot) -> Service:
    found = shown.service(NAME)
    assert found is not None
    return found


def stands(swarm: Swarm) -> Health:
    shown = seen(swarm)
    return health(shown, service(shown), same)


def warned(swarm: Swarm, name: str) -> str:
    shown = seen(swarm)
    [node] = [node for node in shown.nodes if node.hostname == name]
    return drain_warning(shown, node, same)


def away(swarm: Swarm, name: str) -> bool:
    """Whether Swarm wants no replica there any more."""
    shown = seen(swarm)
    [node] = [node for node in shown.nodes if node.hostname == name]
    return not any(task.live and task.node_id == node.id for task in shown.tasks)


def test_drain_of_the_only_node_that_may_run_it(swarm: Swarm) -> None:
    swarm.run(
        f"docker service create --name {NAME} --replicas 2 --constraint node.hostname==node3"
        " alpine sleep 1000"
    )
    swarm.settled(NAME, 2)
    assert warned(swarm, "node3") == f"No other node can take {NAME}: no replica would be alive."
    assert warned(swarm, "node2") == ""
    assert stands(swarm) == Health(2, 2, False, "")
    swarm.run("docker node update --availability drain node3")
    swarm.wait(lambda: stands(swarm).down and "no suitable node" in stands(swarm).summary)
    assert stands(swarm).summary.startswith(
        f"{NAME} is down: 0/2 replicas alive. 2 without a node: no suitable node ("
    )
    swarm.run("docker node update --availability active node3")
    swarm.settled(NAME, 2)
    assert stands(swarm) == Health(2, 2, False, "")


def test_drain_of_the_last_node_that_takes_tasks(swarm: Swarm) -> None:
    swarm.run(f"docker service create --name {NAME} --replicas 2 alpine sleep 1000")
    swarm.settled(NAME, 2)
    for name in ("node2", "node3"):
        assert "last node" not in warned(swarm, name)
        swarm.run(f"docker node update --availability drain {name}")
        swarm.wait(partial(away, swarm, name))
        swarm.settled(NAME, 2)
    assert warned(swarm, "node1") == (
        "node1 is the last node that takes tasks."
        f" No other node can take {NAME}: no replica would be alive."
    )
    swarm.run("docker node update --availability drain node1")
    swarm.wait(lambda: stands(swarm).down)
    assert stands(swarm).summary == (
        f"{NAME} is down: 0/2 replicas alive."
        " No node takes tasks: node1 drain, node2 drain, node3 drain."
    )


@pytest.fixture
def plug(swarm: Swarm) -> Iterator[Swarm]:
    """A Swarm whose machines may die; node2 gets its power back."""
    if swarm.engine == "real" and not LAUNCHER:
        pytest.skip("ESSAIM_SWARM_LAUNCHER names nothing that kills the real Swarm's machines")
    yield swarm
    power(swarm, "start")
    swarm.wait(lambda: all(node.state == "ready" for node in seen(swarm).nodes))


def power(swarm: Swarm, word: str) -> None:
    if swarm.engine == "real":
        subprocess.run([LAUNCHER, word, "node2"], check=True, timeout=60)
    else:
        url = swarm.host.replace("tcp://", "http://")
        requests.post(f"{url}/_practice/engines/node2/{word}", timeout=10).raise_for_status()


@pytest.mark.cli
@pytest.mark.crashes
def test_a_node_that_died_is_counted_as_docker_does_and_called_lost(plug: Swarm) -> None:
    swarm = plug
    swarm.run(f"docker service create --name {NAME} --replicas 6 alpine sleep 1000")
    swarm.settled(NAME, 6)
    lost = swarm.spread(NAME)["node2"]
    power(swarm, "kill")

    def replaced() -> bool:
        now = stands(swarm)
        return "node2 is down" in now.summary and now.alive == 6

    swarm.wait(replaced)
    assert stands(swarm) == Health(
        6, 6, False,
        f"{NAME}: 6/6 replicas alive."
        f" node2 is down: its replicas ({lost}) are lost, and replaced elsewhere.",
    )  # fmt: skip
    counted = service(seen(swarm))
    told = swarm.cli("service", "ls", "--filter", f"name={NAME}", "--format", "{{.Replicas}}")
    assert told.strip() == f"{counted.running}/{counted.desired}" == f"{6 + lost}/6"
