"""A suite with the fixture of the package, run by pytest-xdist in two processes."""

import os
from pathlib import Path

import pytest


@pytest.mark.parametrize("replicas", [1, 2, 3, 4, 5, 6])
def test_a_service_has_its_replicas(swarm, replicas):
    web = swarm.client.services.create("nginx", name="web")
    web.scale(replicas)
    swarm.clock.step(30)
    running = web.tasks(filters={"desired-state": "running"})
    assert [task["Status"]["State"] for task in running] == ["running"] * replicas


@pytest.mark.parametrize("node", ["node2", "node3"])
def test_its_tasks_leave_a_node_that_fails(swarm, node):
    web = swarm.client.services.create("nginx", mode={"Global": {}})
    swarm.clock.step(30)
    swarm.faults.kill(node)
    swarm.clock.step(60)
    nodes = {each.attrs["Description"]["Hostname"]: each for each in swarm.client.nodes.list()}
    assert nodes[node].attrs["Status"]["State"] == "down"
    running = web.tasks(filters={"desired-state": "running"})
    assert nodes[node].id not in {task["NodeID"] for task in running}


@pytest.mark.swarm(nodes=1, formed=False, engine="28.5")
def test_the_older_engine_is_chosen(swarm):
    assert swarm.client.version()["Version"].startswith("28.5")


def test_it_is_the_installed_package_in_two_processes(swarm):
    import essaim_practice

    assert "site-packages" in Path(essaim_practice.__file__).parts
    assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "2"
    assert swarm.urls[0] == os.environ["DOCKER_HOST"]
