"""The fixture that plays each scenario on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .engines import Swarm, opened

PRACTICE = "practice"
REAL = pytest.param("real", marks=pytest.mark.realswarm)


@pytest.fixture(params=[PRACTICE, REAL])
def swarm(request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A Swarm of three active nodes, without anything of ours on it."""
    with opened(request.param) as swarm:
        yield swarm


@pytest.fixture(scope="module", params=[PRACTICE, REAL])
def scene(request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A Swarm with something of everything on it, for tests that only look."""
    with opened(request.param) as swarm:
        swarm.run("docker service create --name essaim-web -p 18188:80 --replicas 3 nginx:latest")
        swarm.run("docker service create --name essaim-bad --mode global essaim-none")
        swarm.build("essaim-image:1")
        swarm.run("docker run --name essaim-a -e A=1 essaim-image:1 echo hello")
        swarm.build("essaim-moved:1", "RUN echo first")
        swarm.run("docker run --name essaim-c essaim-moved:1 echo hello")
        swarm.build("essaim-moved:1", "RUN echo second")
        swarm.run("docker run -d --name essaim-b -p 18189:80 -p 18190:81/udp alpine sleep 600")
        swarm.settled("essaim-web", 3)
        yield swarm
