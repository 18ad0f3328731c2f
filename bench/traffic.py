"""Traffic at its highest rate before ten viewers: how soon they see it, and what it costs.

`python -m bench.traffic` sends for a minute; a number behind it is other seconds. The viewers are
live sockets. A request has come to a viewer with the first message whose count covers it.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import requests
from websockets.sync.client import connect
from websockets.typing import Origin

from bench.pages import arrive, key_of
from bench.servers import PATIENCE, memory, processor, server
from core.commands.services import CreateService
from core.traffic.plan import MAX_RATE
from tests.browser.conftest import free_port, practice_engine
from tests.live.reader import Reader

SECONDS = 60.0
VIEWERS = 10
EARLY = 0.15  # of the run, after which its memory is measured for the first time


class Viewer:
    """A live socket that notes when it heard of how many ended requests."""

    def __init__(self, essaim: str, cookie: str) -> None:
        self.heard: list[tuple[float, int]] = []  # time, and how many had ended by then
        self.state = self.run = ""
        self.services: list[dict[str, Any]] = []
        self._socket = connect(
            f"{essaim.replace('http', 'ws', 1)}/live/socket?lang=fr",
            origin=Origin(essaim),
            additional_headers={"Cookie": cookie},
            open_timeout=PATIENCE,
            max_size=None,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def close(self) -> None:
        self._socket.close()
        self._reader.join()

    def delays(self, ends: list[float]) -> list[float]:
        """Seconds from each request's end until this viewer heard of it."""
        counts = [count for _time, count in self.heard]
        return [
            self.heard[bisect_left(counts, number)][0] - end for number, end in enumerate(ends, 1)
        ]

    def _read(self) -> None:
        reader = Reader()
        for text in self._socket:
            now, said = time.time(), reader.read(str(text))
            if said["topic"] == "cluster":
                self.services = said["services"]
            elif said["topic"] == "traffic" and said["run"]:
                totals = said["totals"]
                self.heard.append((now, totals["answered"] + totals["failed"]))
                self.state = said["state"]


@contextmanager
def viewing(essaim: str) -> Iterator[tuple[str, list[Viewer]]]:
    """Viewers of one cluster, and its key."""
    cookie = arrive(essaim)
    viewers = [Viewer(essaim, cookie) for _ in range(VIEWERS)]
    try:
        yield key_of(cookie), viewers
    finally:
        for viewer in viewers:
            viewer.close()


def until(holds: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to that")
        time.sleep(0.1)


def report(name: str, seconds: float, **environment: str) -> None:
    with server(**environment) as made, viewing(made.address) as (key, viewers):
        essaim, process = made.address, made.pid
        host = environment.get("DOCKER_HOST") or made.host(key)
        client = docker.DockerClient(base_url=host, version="auto", timeout=PATIENCE)
        CreateService(name="web", replicas=3, publish=("8080:80",), image="nginx:latest").run(
            client
        )
        client.close()
        until(lambda: all(v.services and v.services[0]["running"] == 3 for v in viewers), PATIENCE)
        asked = {"key": key, "rate": f"{MAX_RATE}", "seconds": f"{seconds}"}
        requests.get(f"{essaim}/bench/send", asked, timeout=PATIENCE).raise_for_status()
        began, spent = time.monotonic(), processor(process)
        time.sleep(EARLY * seconds)
        early = memory(process)
        time.sleep((1 - EARLY) * seconds)
        cores = (processor(process) - spent) / (time.monotonic() - began)
        late = memory(process)
        until(lambda: all(viewer.state == "ended" for viewer in viewers), PATIENCE)
        ends = requests.get(f"{essaim}/bench/ends", {"key": key}, timeout=PATIENCE).json()
        taken = sorted(1000 * each for viewer in viewers for each in viewer.delays(ends))
    p95, who = taken[int(0.95 * len(taken)) - 1], f"{VIEWERS} viewers, {name}"
    print(
        f"{statistics.median(taken):8.1f} ms, p95 {p95:.1f}, at worst {taken[-1]:.1f}: from the "
        f"end of a request to the message at a viewer, {len(ends)} requests, {who}"
    )
    print(f"{cores:8.2f} cores: the dashboard meanwhile, with all its processes")
    print(
        f"{late / 1e6:8.1f} MB: their memory at the end; {early / 1e6:.1f} MB after "
        f"{EARLY * seconds:.0f} of {seconds:.0f} s"
    )


def main(seconds: float = SECONDS) -> None:
    port = free_port()
    with practice_engine(port):
        report("engine elsewhere", seconds, DOCKER_HOST=f"tcp://127.0.0.1:{port}")
    report("practice engine within", seconds, ESSAIM_ENGINE="practice")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
