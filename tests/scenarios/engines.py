"""One suite, two engines: every scenario plays on the practice Swarm and on a real one.

The real Swarm is any with three nodes, reached by $ESSAIM_REAL_SWARM (a DOCKER_HOST value of a
manager); $ESSAIM_REAL_SWARM_NODES names its other nodes, for what only they can be asked. Others
may use it at the same time: scenarios name all that they make ``essaim-…``, and put back what they
change.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from core.commands.build import BuildImage
from core.commands.registry import parse
from core.errors import EngineRejected
from essaim_practice.hosting.server import PracticeServer

PREFIX = "essaim-"
#: The engine that the real Swarms of today have, which the practice one is compared with.
EDITION = "28.5"
#: How much faster than real the practice Swarm runs here.
FACTOR = 20.0


@dataclass(frozen=True)
class Swarm:
    """A Swarm of three nodes under test."""

    engine: str  # practice, real
    host: str  # the manager's DOCKER_HOST
    client: docker.DockerClient
    address: str  # where ports that the manager publishes answer
    patience: float  # the longest that a change may take, in seconds
    hosts: tuple[str, ...]  # the DOCKER_HOST of each node that can be reached, the manager's first
    path: str = ""  # a folder whose programs are taken before all others

    def run(self, line: str) -> str:
        """Run a docker line through our own command."""
        return parse(line).run(self.client)

    def refusal(self, line: str) -> str:
        """The words in which the engine refuses a line."""
        with pytest.raises(EngineRejected) as refused:
            self.run(line)
        return str(refused.value)

    def cli(self, *words: str) -> str:
        """Run a line through the docker command, both outputs together."""
        done = subprocess.run(
            ["docker", *words],
            env={**os.environ, "DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.stdout

    def build(self, tag: str, last: str = "COPY hello.txt /") -> str:
        """Build a small image of two steps from files in memory."""
        files = (("hello.txt", "hello"), ("Dockerfile", f"FROM alpine\n{last}\n"))
        return BuildImage(tag=(tag,), path=".", files=files).run(self.client)

    def get(self, port: int) -> int:
        """The HTTP status that a published port answers with; 0 when nobody does."""
        try:
            with urllib.request.urlopen(f"http://{self.address}:{port}/", timeout=5) as answer:
                return int(answer.status)
        except OSError:
            return 0

    def wait(self, condition: Callable[[], Any]) -> Any:
        """The first true answer of the condition; fails when there is none in time."""
        deadline = time.monotonic() + self.patience
        while not (answer := condition()):
            assert time.monotonic() < deadline, f"never true: {condition.__name__}"
            time.sleep(0.1)
        return answer

    def tasks(self, service: str, **filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.api.tasks({"service": service, **filters})
        return found

    def running(self, service: str) -> frozenset[str]:
        """Ids of the tasks that run and should."""
        return frozenset(task["ID"] for task in self.tasks(service) if _runs(task))

    def settled(self, service: str, replicas: int) -> frozenset[str]:
        """Wait until so many replicas run and nothing else moves; their task ids."""

        def steady() -> list[frozenset[str]]:  # none or one, for of no replicas there is no id
            try:
                tasks = self.tasks(service)
            except docker.errors.NotFound:  # not created yet
                return []
            ids = frozenset(task["ID"] for task in tasks if _runs(task))
            at_rest = all(_runs(task) or _is_history(task) for task in tasks)
            return [ids] if len(ids) == replicas and at_rest else []

        steady.__name__ = f"{replicas} replicas of {service} run"
        answer: frozenset[str] = self.wait(steady)[0]
        return answer

    def spread(self, service: str) -> dict[str, int]:
        """How many replicas run on each node that has some."""
        names = {node["ID"]: node["Description"]["Hostname"] for node in self.client.api.nodes()}
        ids = self.running(service)
        return dict(Counter(names[t["NodeID"]] for t in self.tasks(service) if t["ID"] in ids))

    def spec(self, service: str) -> dict[str, Any]:
        """What is stored, without the defaults that inspect inserts."""
        stored: dict[str, Any] = self.client.api.inspect_service(service)["Spec"]
        return stored

    def clean(self) -> None:
        """Remove what scenarios made, and make every node take tasks again."""
        api = self.client.api
        for node in api.nodes():
            if node["Spec"]["Availability"] != "active":
                self.run(f"docker node update --availability active {node['ID']}")
        for service in api.services():
            if service["Spec"]["Name"].startswith(PREFIX):
                api.remove_service(service["ID"])
        # Replicas of removed services stop later, and until then hold networks, ports and names.
        self.wait(self._no_leftovers)
        for container in api.containers(all=True):
            labels = container["Labels"] or {}
            named = any(name.startswith(f"/{PREFIX}") for name in container["Names"])
            if named and "com.docker.swarm.task" not in labels:
                with _perhaps_going():
                    api.remove_container(container["Id"], force=True)
        for image in api.images():
            for tag in image["RepoTags"] or []:
                if tag.startswith(PREFIX):
                    api.remove_image(tag, force=True)
        for kind in (self.client.networks, self.client.volumes, self.client.secrets):
            self._remove_ours(kind.list())
        self._remove_ours(self.client.configs.list())

    def _no_leftovers(self) -> bool:
        api = self.client.api
        ready = {node["ID"] for node in api.nodes() if node["Status"]["State"] == "ready"}
        services = {service["ID"] for service in api.services()}
        left = [task for task in api.tasks() if task.get("ServiceID") not in services]
        return not any(task.get("NodeID") in ready for task in left)

    def _remove_ours(self, things: list[Any]) -> None:
        for thing in things:
            if thing.name.startswith(PREFIX):
                with _perhaps_going():
                    thing.remove()


@contextlib.contextmanager
def _perhaps_going() -> Iterator[None]:
    """Bear that what is removed was going already when it was listed."""
    try:
        yield
    except docker.errors.APIError as error:
        words = str(error.explanation)
        if not any(w in words for w in ("not found", "No such container", "already in progress")):
            raise


def _runs(task: dict[str, Any]) -> bool:
    return bool(task["DesiredState"] == task["Status"]["State"] == "running")


def _is_history(task: dict[str, Any]) -> bool:
    ended = ("shutdown", "complete", "failed", "rejected")
    return task["DesiredState"] == "shutdown" and task["Status"]["State"] in ended


@contextlib.contextmanager
def opened(engine: str) -> Iterator[Swarm]:
    with practice() if engine == "practice" else real() as swarm:
        swarm.clean()
        try:
            yield swarm
        finally:
            swarm.clean()
            swarm.client.close()


@contextlib.contextmanager
def practice(seed: int | None = None) -> Iterator[Swarm]:
    server = PracticeServer.start(3, speed=FACTOR, seed=seed, engine=EDITION)
    try:
        host = server.urls[0]
        client = docker.DockerClient(base_url=host)
        yield Swarm("practice", host, client, "127.0.0.1", patience=15.0, hosts=server.urls)
    finally:
        server.stop()


@contextlib.contextmanager
def real() -> Iterator[Swarm]:
    host = os.environ["ESSAIM_REAL_SWARM"]  # the marker realswarm skips where there is none
    client = docker.DockerClient(base_url=host)
    here = client.info()["Swarm"]
    assert here["ControlAvailable"], "ESSAIM_REAL_SWARM is no manager"
    others = os.environ.get("ESSAIM_REAL_SWARM_NODES", "").split()
    yield Swarm("real", host, client, here["NodeAddr"], patience=120.0, hosts=(host, *others))
