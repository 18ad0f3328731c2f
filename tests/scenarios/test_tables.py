"""What our commands print is what the docker command prints, on the same engine."""

from __future__ import annotations

import json
import re

import pytest

from core.cluster import parse
from core.cluster.snapshot import ClusterSnapshot
from core.presentation import tables

from .engines import Swarm

WEB = "essaim-web"
TRIES = 50
AGE = re.compile(r"(less than a second|about an? \w+|\d+ \w+)( ago)?", re.IGNORECASE)


def ageless(text: str) -> str:
    """Ages move while one looks, and the widths of their columns with them."""
    return re.sub(r" {2,}", "  ", AGE.sub("<age>", text.rstrip()))


def test_a_container_tells_the_id_of_an_image_whose_name_went_to_another(scene: Swarm) -> None:
    [container] = scene.client.api.containers(all=True, filters={"name": "essaim-c"})
    assert container["Image"] == container["ImageID"]
    assert container["Image"].startswith("sha256:")


def both(scene: Swarm, line: str) -> tuple[str, str]:
    """Our text and the docker command's of one state: a task that fails goes on to be replaced."""
    for _ in range(TRIES):
        ours, theirs = scene.run(f"docker {line}"), scene.cli(*line.split())
        if ageless(scene.run(f"docker {line}")) == ageless(ours):
            return ours, theirs
    pytest.fail(f"docker {line} is never twice the same")


@pytest.mark.cli
@pytest.mark.parametrize(
    "line",
    [
        "node ls",
        "node ls -q",
        "service ls",
        f"service ls --filter name={WEB}",
        f"service ps {WEB}",
        f"service ps {WEB} --filter desired-state=running --no-trunc",
        f"service inspect {WEB}",
        f"service logs --tail 2 {WEB}",
        "node ps",
        "node ps node2 --filter desired-state=running --no-trunc",
        "node inspect node1 node2",
        # Without those of a service that fails: another comes at any moment.
        "container ls -a --filter name=essaim-(a$|b$|c$|web)",
        "container inspect essaim-a",
        "container logs essaim-a",
        "image ls",
        "image ls essaim-image",
        "image history essaim-image:1",
        "image inspect essaim-image:1",
        "swarm join-token worker",
        "swarm join-token -q manager",
    ],
)
def test_the_same_text(scene: Swarm, line: str) -> None:
    ours, theirs = both(scene, line)
    if "inspect" in line:  # the docker command sorts the fields in its own way
        assert json.loads(ours) == json.loads(theirs)
    elif line == "image ls":  # images of one second stand in any order
        assert sorted(ageless(ours).splitlines()) == sorted(ageless(theirs).splitlines())
    else:
        assert ageless(ours) == ageless(theirs)


def test_a_port_whose_number_each_node_picks_is_listed(swarm: Swarm) -> None:
    swarm.run("docker service create --name essaim-door -p target=80,mode=host nginx:latest")
    swarm.settled("essaim-door", 1)
    tasks = parse.tasks(swarm.tasks("essaim-door"))
    services = parse.services(swarm.client.api.services(), tasks)
    snapshot = ClusterSnapshot(0.0, 1, None, services=services, tasks=tasks)
    assert list(tables.services(snapshot, str)["Ports"]) == ["*→80/tcp (host)"]
    [number] = tables.tasks(snapshot, services[0], str)["Ports"]
    assert re.fullmatch(r"[1-9]\d*→80/tcp", number)
