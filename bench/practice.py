"""What the practice engine costs: ``python -m bench.practice``.

Each sample is taken in a process of its own, so that none profits from the one before; what is
printed is the median. CPU seconds are those of the whole process: the engine and nothing else,
for the clients that ask it run elsewhere.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from essaim_practice.api.routing import Request, find
from essaim_practice.engine.cluster import Cluster
from essaim_practice.hosting.clusters import Clusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.store.limits import Limits
from essaim_practice.store.objects import Service, State, Task

CLUSTERS, REPLICAS = 100, 15
IDLE = 10.0  # seconds for which clusters that nobody uses are watched
MANY, NODES, FACTOR = 10_000, 100, 100.0
ASKED, ASKING = 1_000, 5.0  # tasks to list, and seconds for which they are asked for
SAMPLES = 3


def idle() -> dict[str, float]:
    """Clusters of three nodes and a service, with nobody there: memory and CPU of one."""
    settings = Settings(speed=FACTOR, bind_ports=False)
    with Clusters(settings, most=CLUSTERS + 1, idle_after=None) as clusters:
        _serve(clusters.get("first"), REPLICAS)  # what is loaded once is not a cluster's
        before = _resident()
        for number in range(CLUSTERS):
            _serve(clusters.get(str(number)), REPLICAS)
        memory = (_resident() - before) / CLUSTERS
    # At real pace, as a class has it: what is at rest costs the same, but what ticks, ticks slower.
    with Clusters(Settings(bind_ports=False), most=CLUSTERS, idle_after=None) as clusters:
        servers = [clusters.get(str(number)) for number in range(CLUSTERS)]
        for server in servers:
            server.call(lambda cluster: _scale(cluster, REPLICAS))
        for server in servers:
            _wait(server, REPLICAS)
        time.sleep(3)  # until the last timers of the start have gone off
        began, wall = time.process_time(), time.monotonic()
        time.sleep(IDLE)
        cpu = (time.process_time() - began) / (time.monotonic() - wall) / CLUSTERS
    return {"memory": memory, "cpu": cpu}


def settling() -> dict[str, float]:
    """A service of one task is scaled up: until all run."""
    limits = Limits(tasks=MANY)
    with PracticeServer.start(NODES, speed=FACTOR, bind_ports=False, limits=limits) as server:
        _serve(server, 1)
        began, wall = time.process_time(), time.monotonic()
        server.call(lambda cluster: _scale(cluster, MANY))
        _wait(server, MANY)
        return {"cpu": time.process_time() - began, "wall": time.monotonic() - wall}


def listing() -> dict[str, float]:
    """Lists of tasks a second, by one client and by four."""
    limits = Limits(tasks=ASKED)
    with PracticeServer.start(10, speed=FACTOR, bind_ports=False, limits=limits) as server:
        _serve(server, ASKED)
        port = server.urls[0].rpartition(":")[2]
        return {str(clients): _rate(port, clients) for clients in (1, 4)}


def _rate(port: str, clients: int) -> float:
    command = [sys.executable, "-m", "bench.practice", "client", port]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(clients)]
    return sum(float(client.communicate()[0]) for client in started)


def client(port: str) -> None:
    """Ask on one connection for as long as is measured; print the answers a second."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port))
    answered, began = 0, time.monotonic()
    while time.monotonic() - began < ASKING:
        connection.request("GET", "/v1.51/tasks")
        assert len(connection.getresponse().read()) > ASKED * 500
        answered += 1
    print(answered / (time.monotonic() - began))


def _serve(server: PracticeServer, replicas: int) -> None:
    server.call(lambda cluster: _scale(cluster, replicas))
    _wait(server, replicas)


def _scale(cluster: Cluster, replicas: int) -> None:
    """Create the service, or update it: what a client posts, without the client."""
    spec = {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": {"Image": "nginx:latest"}},
        "Mode": {"Replicated": {"Replicas": replicas}},
        "EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 8080}]},
    }
    service = next(cluster.store.all(Service), None)
    if service is None:
        _post(cluster, "/services/create", spec)
    else:
        _post(cluster, f"/services/{service.id}/update", spec, version=str(service.version))


def _post(cluster: Cluster, path: str, body: object, **query: str) -> None:
    found = find("POST", path)
    assert found is not None
    route, params = found
    said = json.dumps(body).encode()
    route.handler(Request(cluster, "node1", "POST", path, params, query, {}, said, (1, 51)))


def _wait(server: PracticeServer, replicas: int) -> None:
    def running(cluster: Cluster) -> int:
        return sum(task.state == State.RUNNING for task in cluster.store.all(Task))

    while server.call(running) < replicas:
        time.sleep(0.25)  # to ask costs the engine as well


#: The fixture `swarm` in a new process: the first cluster, which pays the imports, and later ones.
READY = """
import json, statistics, time
began = time.perf_counter()
from essaim_practice import PracticeServer
def ready(began):
    with PracticeServer.start(speed=50, seed=1, bind_ports=False):
        return time.perf_counter() - began
first = ready(began)
print(json.dumps({"first": first, "later": statistics.median(
    ready(time.perf_counter()) for _ in range(50))}))
"""


def fixture() -> dict[str, float]:
    """Seconds until a test's cluster listens."""
    printed = subprocess.run([sys.executable, "-c", READY], check=True, stdout=subprocess.PIPE)
    taken: dict[str, float] = json.loads(printed.stdout)
    return taken


MEASURES: dict[str, Callable[[], dict[str, float]]] = {
    "idle": idle,
    "settling": settling,
    "listing": listing,
    "fixture": fixture,
}


def main() -> None:
    found = {name: _median(name) for name in MEASURES}
    rows = (
        ("MB", found["idle"]["memory"] / 1e6, f"memory of an idle cluster, of {CLUSTERS}"),
        ("%", found["idle"]["cpu"] * 100, "of a core for an idle cluster"),
        ("s", found["settling"]["cpu"], f"of CPU until {MANY} tasks run on {NODES} nodes"),
        ("s", found["settling"]["wall"], f"the same by the clock, at {FACTOR:g} times real pace"),
        ("a second", found["listing"]["1"], f"GET /tasks of {ASKED} tasks, one client"),
        ("a second", found["listing"]["4"], "the same, four clients together"),
        (
            "ms",
            found["fixture"]["first"] * 1e3,
            "until a first test's cluster listens: 500 at most",
        ),
        ("ms", found["fixture"]["later"] * 1e3, "until a later test's does: 50 at most"),
    )
    for unit, value, name in rows:
        print(f"{value:10.4g} {unit}: {name}")


def _median(name: str) -> dict[str, float]:
    taken = [_sample(name) for _ in range(SAMPLES)]
    return {key: statistics.median(sample[key] for sample in taken) for key in taken[0]}


def _sample(name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.practice", name]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    sample: dict[str, float] = json.loads(printed)
    return sample


def _resident() -> float:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        client(sys.argv[2])
    elif sys.argv[1:]:
        print(json.dumps(MEASURES[sys.argv[1]]()))
    else:
        main()
