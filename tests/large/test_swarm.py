"""stack-class.yml on a real Swarm: a hundred learners, a crash of a worker, one more, one less."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import pytest
import requests

from core.commands.services import ScaleServices
from tests.browser.conftest import free_port

from .course import ANEW, KEPT, Course, at_work, goes_on, notice_nothing, told
from .pupil import PATIENCE
from .stack import FILE, ROOT

pytestmark = [pytest.mark.realswarm, pytest.mark.cli, pytest.mark.large]

LEARNERS, NEWCOMERS = 100, 10
STACK, IMAGE, LABEL = "essaim-large", "essaim-large-class", "essaim.data"
SECRETS = {"essaim_password": b"a password of a test", "essaim_worker": os.urandom(24).hex()}
#: Where pip finds the packages, by default.
INDEX = ("pypi.org", "files.pythonhosted.org")
STARTING = 180.0  # seconds until the services of a stack run, with pulls

#: Asked within the dashboard's container: clusters held, by the worker's address.
_HELD = """
import json, socket
from pathlib import Path
from essaim_practice import WorkerClient
secret = Path("/run/secrets/essaim_worker").read_text().strip()
found = socket.getaddrinfo("tasks.worker", 7070, type=socket.SOCK_STREAM)
hosts = sorted({each[4][0] for each in found})
held = {host: WorkerClient(f"tcp://{host}:7070", secret, 20).status().clusters for host in hosts}
print(json.dumps(held))
"""


class Deployed:
    """The stack on the Swarm; engines: of its nodes, by their names, the manager's first."""

    def __init__(self, engines: dict[str, docker.DockerClient], address: str) -> None:
        self.engines = engines
        self.address = address
        self.manager = next(iter(engines.values()))

    def held(self) -> list[int]:
        """Clusters of each worker."""
        for _, dashboard in self.containers("dashboard"):
            code, said = dashboard.exec_run(["python", "-c", _HELD], stderr=False)
            if code == 0:
                return sorted(json.loads(said).values())
        return []  # one of them does not answer

    def containers(self, service: str) -> list[tuple[str, Any]]:
        """Running ones, each with its node's name."""
        label = {"label": f"com.docker.swarm.service.name={STACK}_{service}"}
        return [
            (name, found)
            for name, engine in self.engines.items()
            for found in engine.containers.list(filters=label, ignore_removed=True)
        ]

    def scale(self, workers: int) -> None:
        ScaleServices(replicas=((f"{STACK}_worker", workers),)).run(self.manager)

    async def until(self, holds: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(holds):
                await asyncio.sleep(0.5)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with ExitStack() as ends:
        hosts = [os.environ["ESSAIM_REAL_SWARM"]]
        hosts += os.environ.get("ESSAIM_REAL_SWARM_NODES", "").split()
        if len(hosts) < 3:
            pytest.skip("ESSAIM_REAL_SWARM_NODES does not name the two other nodes")
        engines = dict[str, docker.DockerClient]()
        for host in hosts:
            engine = docker.DockerClient(base_url=host, timeout=600)
            ends.callback(engine.close)
            engines[engine.info()["Name"]] = engine
        manager = next(iter(engines.values()))
        push(manager)
        ends.callback(clear, engines)
        clear(engines)
        for name, value in SECRETS.items():
            manager.secrets.create(name=name, data=value)
        mark(manager, "yes")
        port = str(free_port())
        subprocess.run(
            ["docker", "stack", "deploy", "--detach=true", "-c", str(FILE), STACK],
            env=os.environ | {"DOCKER_HOST": hosts[0], "ESSAIM_IMAGE": IMAGE, "ESSAIM_PORT": port},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        here = manager.info()["Swarm"]["NodeAddr"]
        yield Deployed(engines, f"http://{here}:{port}")


def push(manager: docker.DockerClient) -> None:
    """Build the image, and put it where all nodes pull from; skip where either cannot be done."""
    mirrors = (manager.info()["RegistryConfig"] or {}).get("Mirrors") or []
    plain = [urlsplit(mirror).netloc for mirror in mirrors if mirror.startswith("http://")]
    if not plain:
        pytest.skip("this Swarm pulls from no registry that one may write to")
    tag = f"{plain[0]}/library/{IMAGE}"
    index = {host: address for host in INDEX if (address := _address(host))}
    try:
        manager.images.build(path=str(ROOT), tag=tag, rm=True, extra_hosts=index)
    except docker.errors.BuildError as error:
        said = "".join(str(line.get("stream", "")) for line in error.build_log)
        if "pip install" in error.msg and "No matching distribution" in said:
            pytest.skip("containers of this Swarm reach no index of packages")
        raise
    for line in manager.images.push(tag, stream=True, decode=True):
        assert "error" not in line, line


def _address(host: str) -> str:
    """Where this machine finds it: containers of the Swarm may have no name server."""
    with suppress(OSError):
        return socket.gethostbyname(host)
    return ""


def mark(manager: docker.DockerClient, value: str | None) -> None:
    """Label the manager's node as the dashboard's, or not."""
    node = manager.nodes.get(manager.info()["Swarm"]["NodeID"])
    spec = node.attrs["Spec"]
    labels = {key: text for key, text in spec.get("Labels", {}).items() if key != LABEL}
    node.update(spec | {"Labels": labels | ({LABEL: value} if value else {})})


def clear(engines: dict[str, docker.DockerClient]) -> None:
    """Take the stack away, with its secrets, volumes and networks."""
    manager = next(iter(engines.values()))
    ours = {"label": f"com.docker.stack.namespace={STACK}"}
    for service in manager.services.list(filters=ours):
        service.remove()
    _gone(lambda: [c for e in engines.values() for c in e.api.containers(all=True, filters=ours)])
    for network in manager.networks.list(filters=ours):
        network.remove()
    _gone(lambda: [n for e in engines.values() for n in e.networks.list(filters=ours)])
    for secret in manager.secrets.list():
        if secret.name in SECRETS:
            secret.remove()
    mark(manager, None)
    for engine in engines.values():
        for volume in engine.volumes.list():
            if volume.name.startswith(f"{STACK}_"):
                volume.remove()


def _gone(found: Callable[[], list[Any]]) -> None:
    end = time.monotonic() + STARTING
    while found():
        assert time.monotonic() < end, "the stack does not go"
        time.sleep(0.5)


def test_a_class_outgrows_one_machine(deployed: Deployed) -> None:
    async def run() -> None:
        await deployed.until(lambda: answers(deployed.address), STARTING)
        await deployed.until(lambda: deployed.held() == [0, 0, 0], STARTING)
        async with Course(deployed.address) as course:
            await lesson(deployed, course)

    asyncio.run(run())


async def lesson(stack: Deployed, course: Course) -> None:
    assert {node for node, _ in stack.containers("worker")} == set(stack.engines)
    await course.come(LEARNERS)
    pupils = set(course.pupils)
    held = stack.held()
    assert sum(held) == LEARNERS
    assert min(held) >= LEARNERS / 3 / 2  # each new one came to the least loaded

    # A crash: Swarm starts the task again, with its volume.
    _, victim = stack.containers("worker")[1]
    async with at_work(pupils) as wrong:
        victim.kill()
        await stack.until(lambda: victim not in running(stack) and stack.held() == held)
    kept = await told(pupils, KEPT)
    assert len(kept) in held
    assert not await told(pupils, ANEW)
    notice_nothing(pupils - kept, wrong)
    await asyncio.gather(*map(goes_on, pupils))

    stack.scale(4)
    await stack.until(lambda: stack.held()[:1] == [0] and len(stack.held()) == 4)
    async with asyncio.timeout(PATIENCE):
        while stack.held()[0] == 0:  # until the dashboard knows it
            await course.come(1)
    before = stack.held()[0]
    await course.come(NEWCOMERS)
    assert stack.held()[0] == before + NEWCOMERS

    # One that does not come back: its clusters begin anew elsewhere, unless another worker of its
    # node takes up what it kept.
    everybody = set(course.pupils)
    async with at_work(everybody) as wrong:
        stack.scale(3)
        await stack.until(lambda: len(stack.held()) == 3 and sum(stack.held()) == len(everybody))
    lost = await told(everybody, ANEW) | await told(everybody, KEPT)
    assert lost - kept
    notice_nothing(everybody - lost, wrong)
    await asyncio.gather(*map(goes_on, everybody))


def running(stack: Deployed) -> list[Any]:
    return [container for _, container in stack.containers("worker")]


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/_stcore/health", timeout=5).text == "ok"
    except requests.RequestException:
        return False
