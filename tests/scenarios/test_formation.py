"""Three engines become a Swarm, and part again.

On practice engines alone: a real Swarm that others use is not taken apart.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

import docker
import pytest

from core.commands.registry import parse
from core.errors import EngineRejected, NotAManager
from essaim_practice.hosting.server import PracticeServer

OUTSIDE = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect'
    " this node to swarm and try again."
)
WORKER = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state."
    " Please run this command on a manager node or promote the current node to a manager."
)


@pytest.fixture
def server() -> Iterator[PracticeServer]:
    server = PracticeServer.start(nodes=3, formed=False, speed=20.0)
    yield server
    server.stop()


@pytest.fixture
def engines(server: PracticeServer) -> Iterator[tuple[docker.DockerClient, ...]]:
    clients = tuple(docker.DockerClient(base_url=url) for url in server.urls)
    yield clients
    for client in clients:
        client.close()


def run(client: docker.DockerClient, line: str) -> str:
    return parse(f"docker {line}").run(client)


def test_init_join_and_leave(engines: tuple[docker.DockerClient, ...]) -> None:
    first, second, third = engines
    with pytest.raises(NotAManager, match=re.escape(OUTSIDE)) as outside:
        run(first, "node ls")
    assert outside.value.status == 503

    said = run(first, "swarm init --advertise-addr 192.168.0.11")
    invitation = re.search(r"^    docker (swarm join --token \S+ \S+)$", said, re.MULTILINE)
    assert invitation
    assert invitation[1] == f"swarm join --token {run(first, 'swarm join-token -q worker')} " + (
        "192.168.0.11:2377"
    )
    assert run(second, invitation[1]) == "This node joined a swarm as a worker."
    token = run(first, "swarm join-token -q manager")
    joined = run(third, f"swarm join --token {token} 192.168.0.11:2377")
    assert joined == "This node joined a swarm as a manager."

    rows = [row.replace("*", "").split() for row in run(first, "node ls").splitlines()[1:]]
    assert [row[1:-1] for row in rows] == [
        ["node1", "Ready", "Active", "Leader"],
        ["node2", "Ready", "Active"],
        ["node3", "Ready", "Active", "Reachable"],
    ]
    with pytest.raises(NotAManager, match=re.escape(WORKER)):
        run(second, "service ls")

    assert run(second, "swarm leave") == "Node left the swarm."
    with pytest.raises(NotAManager, match=re.escape(OUTSIDE)):
        run(second, "node ls")
    with pytest.raises(EngineRejected, match="participating as a manager"):
        run(first, "swarm leave")
    assert run(third, "node demote node3") == "Manager node3 demoted in the swarm."
    node1 = run(first, "node ls -q --filter name=node1")
    assert run(first, "node promote node1") == f"Node {node1} is already a manager."
    assert run(first, "swarm leave --force") == "Node left the swarm."


def test_a_rotated_token_is_another(engines: tuple[docker.DockerClient, ...]) -> None:
    first, second, _ = engines
    run(first, "swarm init --advertise-addr 192.168.0.11")
    old = run(first, "swarm join-token -q worker")
    said = run(first, "swarm join-token --rotate worker")
    new = run(first, "swarm join-token -q worker")
    assert said.startswith("Successfully rotated worker join token.\n\nTo add a worker")
    assert new in said
    assert new != old
    with pytest.raises(EngineRejected):
        run(second, f"swarm join --token {old} 192.168.0.11:2377")


@pytest.mark.cli
@pytest.mark.parametrize("role", ["worker", "manager"])
def test_it_reads_as_the_docker_command_says_it(server: PracticeServer, role: str) -> None:
    def cli(number: int, line: str) -> str:
        return subprocess.run(
            ["docker", *line.split()],
            env={**os.environ, "DOCKER_HOST": server.urls[number]},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    def plain(text: str) -> str:
        return re.sub(r"SWMTKN-1-\w+-\w+|\([0-9a-z]{25}\)", "<secret>", text).strip()

    ours = docker.DockerClient(base_url=server.urls[0])
    said = {
        line: plain(run(ours, line))
        for line in ("swarm init --advertise-addr 192.168.0.11", f"swarm join-token {role}")
    }
    run(ours, "swarm leave --force")
    ours.close()
    assert {line: plain(cli(0, line)) for line in said} == said
