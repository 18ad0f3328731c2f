"""The labs of the course on a real Swarm: their solutions turn them green there too.

They use the course's own names, so they clear away what is left of an earlier run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

import docker.errors
import pytest

from core.commands.containers import PruneContainers, RemoveContainers
from core.connection import Connection
from core.control import Control
from core.labs.catalogue import BY_NAME
from core.labs.lab import Docker, Move, Scene, Step, Visit
from core.playing import visit

from .playing import play, under_control

pytestmark = pytest.mark.realswarm

PASSWORD = "a password for tests"
NAMES = ("first", "second", "third")


@pytest.fixture
def control() -> Iterator[Control]:
    """The real Swarm, before and after without what the labs leave."""
    with under_control(Connection(os.environ["ESSAIM_REAL_SWARM"])) as control:
        client = control.connection.client()
        before = {container["Id"] for container in client.api.containers(all=True)}
        images = {image["Id"] for image in client.api.images()}

        def clean() -> None:
            for service in client.api.services(filters={"name": "web"}):
                if service["Spec"]["Name"] == "web":
                    client.api.remove_service(service["ID"])
            for node in client.api.nodes():
                if node["Spec"]["Availability"] != "active":
                    spec = node["Spec"] | {"Availability": "active"}
                    client.api.update_node(node["ID"], node["Version"]["Index"], spec)
            for container in client.api.containers(all=True):
                ours = {name.strip("/") for name in container["Names"]} & set(NAMES)
                labels = container["Labels"] or {}
                new = container["Id"] not in before and "com.docker.swarm.task" not in labels
                if ours or (new and container["Image"].startswith(("alpine", "hello", "my-str"))):
                    with contextlib.suppress(docker.errors.APIError):  # going already
                        client.api.remove_container(container["Id"], force=True)
            for image in client.api.images():
                tags = set(image["RepoTags"] or ()) - {"<none>:<none>"}
                if image["Id"] not in images and tags <= {"my-streamlit-app:latest"}:
                    with contextlib.suppress(docker.errors.APIError):
                        client.api.remove_image(image["Id"], force=True)

        clean()
        try:
            assert control.collector.refresh(30)
            yield control
        finally:
            clean()
            client.close()


@pytest.mark.parametrize("name", ["lab1", "lab2", "lab3"])
def test_its_solution_turns_it_green_on_a_real_swarm(control: Control, name: str) -> None:
    if name == "lab2":
        with contextlib.closing(control.connection.client()) as client:
            try:
                client.images.get("python:3.11-slim")
            except docker.errors.ImageNotFound:
                pytest.skip("the real engine has no python:3.11-slim to build from")
    control.access.check(PASSWORD)

    def can(step: Step) -> bool:
        """Some machines have no routing mesh: their kernel lacks it."""
        moves = step.moves(control.labs.scene(name))
        return all(answers(control, move) for move in moves if isinstance(move, Visit))

    left = play(control, BY_NAME[name], unlocked=True, can=can, solution=considerate)
    assert control.labs.standing(name).current is None
    if left:
        pytest.skip(f"green, but for {', '.join(left)}: the published port does not answer")


def considerate(step: Step, scene: Scene) -> Sequence[Move]:
    """The solution; but prune would take the stopped containers of others as well."""
    moves = step.moves(scene)
    if any(isinstance(m, Docker) and isinstance(m.command, PruneContainers) for m in moves):
        return (Docker(RemoveContainers(containers=tuple(c.name for c in scene.containers))),)
    return moves


def answers(control: Control, move: Visit) -> bool:
    return any(visit(control, move.port).startswith("HTTP") for _ in range(3))
