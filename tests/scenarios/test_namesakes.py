"""A machine leaves the Swarm and joins it again: two nodes have its hostname, and one is down."""

from __future__ import annotations

import docker
import pytest

from core.cluster import parse
from core.cluster.snapshot import Node
from core.commands.registry import parse as parsed

from .engines import Swarm


def namesakes(swarm: Swarm, hostname: str) -> list[Node]:
    """The one that is there first."""
    nodes = parse.nodes(swarm.client.api.nodes())
    return sorted((n for n in nodes if n.hostname == hostname), key=lambda n: n.state != "ready")


def test_docker_takes_each_by_its_id(swarm: Swarm) -> None:
    if len(swarm.hosts) < 3:
        pytest.skip("no other node can be asked: name them in ESSAIM_REAL_SWARM_NODES")
    other = docker.DockerClient(base_url=swarm.hosts[-1])
    here = other.info()
    name, manager = here["Name"], swarm.client.info()["Swarm"]["RemoteManagers"][0]["Addr"]
    assert not here["Swarm"]["ControlAvailable"], "the last node is to be a worker"
    token = swarm.run("docker swarm join-token -q worker")
    try:
        parsed("docker swarm leave").run(other)
    finally:
        swarm.wait(lambda: [n.state for n in namesakes(swarm, name)] == ["down"])
        parsed(f"docker swarm join --token {token} {manager}").run(other)
        other.close()
    states = ["ready", "down"]
    swarm.wait(lambda: [n.state for n in namesakes(swarm, name)] == states)
    back, gone = namesakes(swarm, name)
    try:
        assert back.name != gone.name
        assert (back.reference, gone.reference) == (back.id, gone.id)
        said = swarm.refusal(f"docker node update --availability drain {name}")
        assert said == f"node {name} is ambiguous (2 matches found)"
        swarm.run(f"docker node update --availability drain {back.reference}")
        both = namesakes(swarm, name)
        assert [node.availability for node in both] == ["drain", "active"]
    finally:
        swarm.run(f"docker node rm {gone.id}")
    [alone] = namesakes(swarm, name)
    assert (alone.id, alone.name, alone.reference) == (back.id, name, name)
