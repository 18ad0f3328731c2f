"""A class of thirty on one server, each on a cluster of their own: memory, and how soon they see.

`python -m bench.classroom` starts the dashboard on its practice engine, and thirty learners: each
with both sockets of the lab's page, Streamlit's and our live one, and a docker client for what they
do, which is the course's third lab. A change is seen when a message arrives that says what was
asked; a step is green when one says that it is done. Then the page is drawn again, as a browser
asks for. Since when the cluster was as the step wants it, its tasks tell by the engine's own clock.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import docker
import requests
from websockets.sync.client import connect
from websockets.typing import Origin

from bench.pages import Learner, arrive
from bench.servers import PATIENCE, Server, family, memory, processor, server
from core.commands.command import Command
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService, RemoveServices, ScaleServices, UpdateService
from core.commands.swarm import InitSwarm, JoinSwarm
from core.control.classroom import REST_AFTER
from core.engine.practice import Machine, calls, send
from tests.browser.conftest import ROOT

LEARNERS = 30
WINDOW = 60.0  # seconds over which the time of clusters at rest is taken
WINDOWS = 5
RESTS = REST_AFTER + 15.0  # seconds until a cluster that nobody looks at rests
THINKING = (2.0, 6.0)  # seconds that a learner looks at what came of it

NODES = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One of the lab's: what a learner does, and what comes of it.

    shows: whether a message on the cluster says what was asked. settled: the instants of its tasks,
    in their order, since the last or first of which the lab wants it so; none where that is so with
    the engine's answer. visits: requests instead of a command, until so many replicas answered.
    """

    name: str
    command: Command | None = None
    shows: Callable[[dict[str, Any]], bool] = bool
    settled: Callable[[list[float]], float] | None = None
    visits: int = 0
    joins: tuple[str, ...] = ()


def lab_three(name: str, address: str) -> list[Step]:
    """The third lab, from bare engines on, with a service of the learner's own name.

    address: of node1, where the others join.
    """

    def wants(replicas: int) -> Callable[[dict[str, Any]], bool]:
        return lambda said: [s["replicas"] for s in said["services"]] == [replicas]

    def node2_is(availability: str) -> Callable[[dict[str, Any]], bool]:
        return lambda said: (
            availability
            in [node["availability"] for node in said["nodes"] if node["name"] == "node2"]
        )

    def settled(said: dict[str, Any]) -> bool:
        return [s["running"] for s in said["services"]] == [s["desired"] for s in said["services"]]

    def scale(step: str, count: int) -> Step:
        return Step(step, ScaleServices(replicas=((name, count),)), wants(count), max)

    def node2(step: str, availability: str) -> Step:
        command = UpdateNode(availability=availability, node="node2")
        return Step(step, command, node2_is(availability), max if availability == "drain" else None)

    create = CreateService(name=name, publish=("80:80",), image="nginx:latest")
    remove = RemoveServices(services=(name,))
    return [
        Step("init", InitSwarm(advertise_addr=address), lambda said: len(said["nodes"]) == 1),
        Step("join", joins=("node2", "node3")),
        Step("create", create, wants(1), min),
        Step("reach", visits=1),
        scale("scale", 15),
        Step("balance", visits=NODES),
        node2("drain", "drain"),
        node2("activate", "active"),
        scale("fewer", 10),
        Step("rebalance", UpdateService(service=name, force=True), settled, max),
        Step("remove", remove, lambda said: not said["services"]),
    ]


@dataclass(frozen=True, slots=True)
class Attended:
    """What a learner met with; seconds."""

    seen: list[float]  # from the engine's answer to the message that says it
    green: dict[str, float]  # by step, from the cluster being so to the message that it is done
    names: set[str]  # of all services that were ever seen


def attend(learner: Learner, essaim: str, host: str, chance: random.Random) -> Attended:
    """Do the lab."""
    name, said = f"web-{learner.key}", Attended([], {}, set())
    with closing(docker.DockerClient(base_url=host, version="auto", timeout=PATIENCE)) as client:
        machines = practice(host)
        for step in lab_three(name, machines["node1"].address):
            time.sleep(chance.uniform(*THINKING))
            if step.joins:
                so = join(client, machines, step.joins)
            elif step.command is None:
                so = visit(f"{essaim}/open/{learner.key}/node1/80/", step.visits)
                learner.seen(step.shows)
            else:
                step.command.run(client)
                so = time.monotonic()
                said.seen.append(max(learner.seen(step.shows) - so, 0.0))
            green = learner.green(step.name)
            if step.settled:
                so = max(so, since(client, name, step.settled))
            said.green[step.name] = max(green - so, 0.0)
            said.names.update(learner.names())
            learner.draw()
    return said


def practice(host: str) -> dict[str, Machine]:
    """The machines of a cluster, by name."""
    return {each.name: each for each in send(host, calls.machines(), PATIENCE)}


def join(first: docker.DockerClient, machines: dict[str, Machine], names: tuple[str, ...]) -> float:
    """Have machines join, as typed on each; when all were ready."""
    token = first.swarm.attrs["JoinTokens"]["Worker"]
    command = JoinSwarm(token=token, address=f"{machines['node1'].address}:2377")
    for name in names:
        with closing(docker.DockerClient(base_url=machines[name].host, version="auto")) as client:
            command.run(client)
    while sum(node.attrs["Status"]["State"] == "ready" for node in first.nodes.list()) < NODES:
        time.sleep(0.01)
    return time.monotonic()


def visit(address: str, replicas: int) -> float:
    """Ask until so many replicas have answered; when they had."""
    answered: set[str] = set()
    end = time.monotonic() + PATIENCE
    while len(answered) < replicas:
        if time.monotonic() > end:
            raise TimeoutError(f"{address}: only {answered} answer")
        answer = requests.get(address, timeout=PATIENCE)
        if answer.ok:
            answered.add(answer.headers["essaim-task"])
    return time.monotonic()


def since(
    client: docker.DockerClient, service: str, which: Callable[[list[float]], float]
) -> float:
    """Since when its replicas run, on our clock: the first's instant or the last's."""
    tasks = client.api.tasks({"service": service, "desired-state": "running"})
    stamps = [
        datetime.fromisoformat(task["Status"]["Timestamp"]).timestamp()
        for task in tasks
        if task["Status"]["State"] == "running"
    ]
    there = datetime.fromisoformat(client.info()["SystemTime"]).timestamp()
    return time.monotonic() - (there - which(stamps))


def main(tree: str = "") -> None:
    """tree: another source tree, whose dashboard is measured."""
    code = Path(tree).resolve() if tree else ROOT
    at_work(code)
    at_rest(code)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{LEARNERS:8d} learners; the machine's load now, 1, 5 and 15 minutes: {load}")


def at_work(tree: Path) -> None:
    """A class in the lab."""
    with server(tree, ESSAIM_ENGINE="practice", ESSAIM_SWARM="empty") as essaim:
        address, process = essaim.address, essaim.pid
        empty = memory(process)
        learners = [Learner(address) for _ in range(LEARNERS)]
        try:
            for learner in learners:
                learner.seen(bool)  # its page is there
            hosts = essaim.hosts()
            began, spent = time.monotonic(), processor(process)
            with ThreadPoolExecutor(LEARNERS) as pool:
                ends = list(
                    pool.map(
                        lambda pair: attend(
                            pair[1], address, hosts[pair[1].key], random.Random(pair[0])
                        ),
                        enumerate(learners),
                    )
                )
            share = (processor(process) - spent) / (time.monotonic() - began)
            full, drawn = memory(process), sum(learner.drawn > 0 for learner in learners)
            processes = len(family(process))
        finally:
            for learner in learners:
                learner.close()
    strange = sum(end.names != {f"web-{one.key}"} for one, end in zip(learners, ends, strict=True))
    say("a learner's change to the message that says it", [s for end in ends for s in end.seen])
    say(
        "the state that a step wants to its green line",
        [s for end in ends for s in end.green.values()],
    )
    for step in ends[0].green:
        say(f"the same, of {step}", [end.green[step] for end in ends])
    print(f"{LEARNERS:8d} learners in lab 3 at once, each on a cluster of their own")
    print(
        f"{full / 1e6:8.1f} MB: the memory of all {processes} processes then, with {drawn} open "
        f"pages; {empty / 1e6:.1f} with nobody there"
    )
    print(f"{100 * share:8.1f} %: of a core, for all of them")
    print(f"{strange:8d} learners saw what was not theirs")


def at_rest(tree: Path) -> None:
    """Clusters that were begun and that nobody looks at.

    A server without any runs beside it, so that a machine that gets busier is not taken for them.
    """
    with (
        server(tree, ESSAIM_ENGINE="practice") as empty,
        server(tree, ESSAIM_ENGINE="practice") as essaim,
    ):
        time.sleep(RESTS)  # the servers have drawn their first breath
        before = memory(essaim.pid)
        begin(essaim, 1)  # what the first of all costs, it does not cost again
        first = memory(essaim.pid)
        begin(essaim, LEARNERS)
        time.sleep(RESTS)
        each = (memory(essaim.pid) - first) / LEARNERS
        shares = [used(empty.pid, essaim.pid) for _ in range(WINDOWS)]
    idle = statistics.median(alone for alone, _ in shares)
    more = statistics.median(busy - alone for alone, busy in shares) / (LEARNERS + 1)
    print(
        f"{each / 1e6:8.2f} MB: for each cluster at rest, the dashboard's part of it as well; "
        f"the first takes {(first - before) / 1e6:.1f}"
    )
    print(
        f"{100 * more:8.4f} %: of a core for each cluster at rest; "
        f"{100 * idle:.2f} for a server without any, at the same time"
    )


def begin(essaim: Server, count: int) -> None:
    """Begin so many clusters, by live sockets that leave once they know their cluster.

    A page would leave its session behind, which Streamlit keeps for some minutes.
    """
    for _ in range(count):
        with connect(
            f"{essaim.address.replace('http', 'ws', 1)}/live/socket?lang=fr",
            origin=Origin(essaim.address),
            additional_headers={"Cookie": arrive(essaim.address)},
            open_timeout=PATIENCE,
            max_size=None,
        ) as live:
            while '"nodes":[{' not in str(live.recv(PATIENCE)):
                pass


def used(*roots: int) -> list[float]:
    """The shares of a core that processes take, each with its family, in the same time."""
    began, spent = time.monotonic(), [processor(pid) for pid in roots]
    time.sleep(WINDOW)
    took = time.monotonic() - began
    return [(processor(pid) - before) / took for pid, before in zip(roots, spent, strict=True)]


def say(what: str, seconds: list[float]) -> None:
    taken = sorted(1000 * each for each in seconds)
    p95 = taken[math.ceil(0.95 * len(taken)) - 1]
    middle = statistics.median(taken)
    print(f"{middle:8.1f} ms, p95 {p95:.1f}, at worst {taken[-1]:.1f}: from {what}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
