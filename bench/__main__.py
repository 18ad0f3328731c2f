"""What must stay fast, measured: ``python -m bench``, or only what its argument names.

The argument is a part of a measure's name, or ``practice``, ``classroom``, ``keys``, ``live``,
``pixel``, ``traffic`` or ``apps``. ``crashes`` takes a quarter of an hour, and only runs where it
is named, as does ``lighthouse``, which no clock measures but a judge of pages.

Each figure is the median of a few samples, and the worst of them. They compare on one machine, one
day with the next; they are no promise about another machine.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import docker

from bench import (
    apps,
    classroom,
    crashes,
    hostile,
    keys,
    lighthouse,
    live,
    pixel,
    practice,
    traffic,
)
from core.cluster import parse
from core.cluster.snapshot import ClusterSnapshot
from core.live import messages
from core.live.changes import changes
from essaim_practice.hosting.server import PracticeServer

REPLICAS = 100

#: By name: how many samples to take, and what takes one, in seconds.
MEASURES: dict[str, tuple[int, Callable[[], float]]] = {}


def measure(name: str, samples: int) -> Callable[[Callable[[], float]], Callable[[], float]]:
    """Enter a function that returns one sample, in seconds."""

    def enter(take: Callable[[], float]) -> Callable[[], float]:
        MEASURES[name] = (samples, take)
        return take

    return enter


def spent(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@measure("Python imports what the server needs", 5)
def imports() -> float:
    return spent(
        lambda: subprocess.run([sys.executable, "-c", "import core.web.server"], check=True)
    )


@measure("`streamlit run` until it is healthy", 3)
def start() -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    with dashboard(port):
        while not healthy(port):
            time.sleep(0.01)
        return time.perf_counter() - began


@measure(f"the answer to GET /tasks, {REPLICAS} replicas, becomes tasks", 20)
def parsing() -> float:
    raw = answers()["tasks"]
    return spent(lambda: parse.tasks(raw))


@measure(f"a snapshot of {REPLICAS} replicas becomes what browsers draw", 20)
def drawing() -> float:
    snapshot = seen(answers()["tasks"])
    return spent(lambda: messages.cluster(snapshot, str))


@measure(f"what one crash among {REPLICAS} replicas changes is found and written", 20)
def telling() -> float:
    first, *rest = answers()["tasks"]
    crashed = {**first, "Status": {**first["Status"], "State": "failed"}}
    before = messages.cluster(seen([first, *rest]), str)
    after = messages.cluster(seen([crashed, *rest]), str)
    return spent(lambda: json.dumps(changes(before, after)))


def seen(answer: list[Any]) -> ClusterSnapshot:
    """The snapshot with these tasks, of what was recorded."""
    raw, tasks = answers(), parse.tasks(answer)
    return ClusterSnapshot(
        time=time.time(),
        revision=1,
        engine=None,
        nodes=parse.nodes(raw["nodes"]),
        services=parse.services(raw["services"], tasks),
        tasks=tasks,
    )


@cache
def answers() -> dict[str, Any]:
    """What an engine with one large service answers, recorded once."""
    server = PracticeServer.start(nodes=3, formed=True, speed=50)
    try:
        client = docker.APIClient(base_url=server.urls[0])
        client.create_service(
            {"ContainerSpec": {"Image": "nginx:latest"}},
            name="web",
            mode=docker.types.ServiceMode("replicated", REPLICAS),
        )
        deadline = time.monotonic() + 60
        while sum(task["Status"]["State"] == "running" for task in client.tasks()) < REPLICAS:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{REPLICAS} replicas do not run within a minute")
            time.sleep(0.1)
        found = {"nodes": client.nodes(), "services": client.services(), "tasks": client.tasks()}
        client.close()
        return found
    finally:
        server.stop()


@contextmanager
def dashboard(port: int) -> Iterator[None]:
    """The dashboard on the practice engine, from its start to its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        env={"ESSAIM_DATA": "", **os.environ, "ESSAIM_ENGINE": "practice"},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().read() == b"ok"
    except OSError:
        return False
    finally:
        connection.close()


def main(wish: str = "", *more: str) -> None:
    for name, (samples, take) in MEASURES.items():
        if wish.lower() in name.lower():
            taken = sorted(1000 * take() for _ in range(samples))
            print(f"{statistics.median(taken):8.1f} ms, at worst {taken[-1]:.1f}: {name}")
    if not wish or wish.lower() in "practice":
        practice.main()
    if not wish or wish.lower() in "classroom":
        classroom.main()
    if not wish or wish.lower() in "keys":
        keys.main()
    if wish.lower() == "crashes":
        crashes.main()
    if wish.lower() == "lighthouse":
        lighthouse.main(*more)
    if not wish or wish.lower() in "live":
        live.main()
    if not wish or wish.lower() in "pixel":
        pixel.main()
    if not wish or wish.lower() in "traffic":
        traffic.main()
    if not wish or wish.lower() in "apps":
        apps.main()
    if wish and wish.lower() in "hostile":  # it takes a quarter of an hour
        hostile.main(*more)


if __name__ == "__main__":
    main(*sys.argv[1:4])
