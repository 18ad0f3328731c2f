"""How soon a change of the engine is on the screen, and what thirty viewers cost the engine.

`python -m bench.live` measures on a practice engine; with ESSAIM_REAL_SWARM set, on that real
Swarm as well. A change is first seen by a client of our own that asks the engine all the time; it
is on the screen when Chromium has drawn the chart that says it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import docker
from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import connect
from websockets.typing import Origin

from core.commands.command import Command
from core.commands.services import CreateService, RemoveServices, ScaleServices
from core.ui.choices import COOKIE
from tests.browser.conftest import WIDE, dashboard, free_port, practice_engine
from tests.conftest import CHROMIUM_ARGS, chromium
from tests.live.reader import Reader

CHANGES = 40
VIEWERS = 30
SERVICE = "essaim-bench"
SERVICES = 5  # that crash all the time
ASK_AGAIN = 0.008  # seconds between two looks of our own client
WINDOW = 10.0  # seconds for which calls are counted
PATIENCE = 90.0
CALL = re.compile(rb"(?m)^(?:GET|POST|DELETE|HEAD) \S+ HTTP/1")

#: Notes when a count of running replicas was drawn: after the frame, so that it is on the screen.
RECORD = """() => {
  window.drawn = [];
  const chart = document.querySelector('[data-part=bars]');
  chart.on('plotly_afterplot', () => requestAnimationFrame(() => requestAnimationFrame(() => {
    const running = chart.data.find((trace) => trace.name === 'running').y;
    window.drawn.push([Date.now() / 1000, running.reduce((sum, count) => sum + count, 0)]);
  })));
}"""


def latencies(base_url: str) -> list[float]:
    """Seconds from our client's first sight of each change until it is on the screen."""
    with watched(base_url) as (client, page):
        page.evaluate(RECORD)
        taken = []
        for number in range(CHANGES):
            wanted = 3 if number % 2 else 4
            give(base_url, ScaleServices(replicas=((SERVICE, wanted),)))
            seen = until(lambda count=wanted: running(client) == count)
            page.wait_for_function(
                "([after, count]) => window.drawn.some((d) => d[0] > after && d[1] === count)",
                arg=[seen - 5, wanted],
            )
            drawn = page.evaluate(
                "([after, count]) => window.drawn.find((d) => d[0] > after && d[1] === count)[0]",
                [seen - 0.5, wanted],
            )
            taken.append(drawn - seen)
            page.evaluate("() => { window.drawn.length = 0 }")
            time.sleep(0.2)
        return taken


@contextmanager
def watched(base_url: str) -> Iterator[tuple[docker.APIClient, Page]]:
    """A service of three replicas, and a page that shows it."""
    client = docker.APIClient(base_url=base_url, version="auto", timeout=30)
    give(base_url, CreateService(name=SERVICE, replicas=3, image="nginx:latest"))
    try:
        until(lambda: running(client) == 3)
        with dashboard(DOCKER_HOST=base_url) as essaim, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=list(CHROMIUM_ARGS)
            )
            page = browser.new_page(viewport=WIDE)
            page.set_default_timeout(PATIENCE * 1000)
            page.context.add_cookies([{"name": COOKIE, "value": "role=operate", "url": essaim}])
            page.goto(essaim)
            page.wait_for_function("() => document.querySelector('[data-part=bars]')?.data?.length")
            yield client, page
            browser.close()
    finally:
        give(base_url, RemoveServices(services=(SERVICE,)))
        client.close()


def bytes_per_second(base_url: str) -> tuple[float, float, float]:
    """Messages a second to one viewer while replicas crash; their bytes; bytes if sent whole."""
    crashing = [f"{SERVICE}-{number}" for number in range(SERVICES)]
    with dashboard(DOCKER_HOST=base_url) as essaim:
        for name in crashing:
            args = ("sh", "-c", "sleep 1; exit 1")
            give(base_url, CreateService(name=name, replicas=8, image="alpine", args=args))
        try:
            time.sleep(WINDOW)  # until they fail at different times
            address = f"{essaim.replace('http', 'ws', 1)}/live/socket?lang=fr"
            with connect(address, origin=Origin(essaim), max_size=None) as link:
                reader, end, sizes = Reader(), time.monotonic() + WINDOW, []
                while (left := end - time.monotonic()) > 0:
                    with suppress(TimeoutError):
                        text = str(link.recv(timeout=left))
                        known = set(reader.latest)
                        message = reader.read(text)
                        if message["topic"] in known:  # the first of each is always whole
                            whole = json.dumps(message, separators=(",", ":"))
                            sizes.append((len(text), len(whole)))
        finally:
            give(base_url, RemoveServices(services=tuple(crashing)))
    sent, all_of_it = (sum(each) / WINDOW for each in zip(*sizes, strict=True))
    return len(sizes) / WINDOW, sent, all_of_it


def calls_per_second(base_url: str) -> dict[int, float]:
    """Engine calls a second, by the number of viewers, while a service is scaled up and down."""
    rates = {}
    with counted(base_url) as (through, count), dashboard(DOCKER_HOST=through) as essaim:
        client = docker.APIClient(base_url=base_url, version="auto", timeout=30)
        give(base_url, CreateService(name=SERVICE, replicas=3, image="nginx:latest"))
        try:
            for viewers in (1, VIEWERS):
                with viewing(essaim, viewers):
                    until(lambda: running(client) == 3)
                    time.sleep(2)
                    before, end, wanted = count(), time.monotonic() + WINDOW, 4
                    while time.monotonic() < end:
                        give(base_url, ScaleServices(replicas=((SERVICE, wanted),)))
                        wanted = 7 - wanted
                        time.sleep(2)
                    rates[viewers] = (count() - before) / WINDOW
                    give(base_url, ScaleServices(replicas=((SERVICE, 3),)))
        finally:
            give(base_url, RemoveServices(services=(SERVICE,)))
            client.close()
    return rates


@contextmanager
def viewing(essaim: str, viewers: int) -> Iterator[None]:
    """This many open live sockets, each read as fast as it speaks."""
    address = f"{essaim.replace('http', 'ws', 1)}/live/socket?lang=fr"
    sockets = [connect(address, origin=Origin(essaim)) for _ in range(viewers)]
    readers = [threading.Thread(target=lambda s=each: list(s)) for each in sockets]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        for each in sockets:
            each.close()
        for reader in readers:
            reader.join()


@contextmanager
def counted(base_url: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """A way to the engine on which calls are counted: its address, and their number so far."""
    calls = 0
    target = urlsplit(base_url)
    loop = asyncio.new_event_loop()

    async def pass_on(
        source: asyncio.StreamReader, sink: asyncio.StreamWriter, count: bool
    ) -> None:
        nonlocal calls
        with suppress(ConnectionError):
            while data := await source.read(65536):
                if count:
                    calls += len(CALL.findall(data))
                sink.write(data)
                await sink.drain()
        sink.close()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if target.scheme == "unix":
            there = await asyncio.open_unix_connection(target.path)
        else:
            there = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(pass_on(reader, there[1], True), pass_on(there[0], writer, False))

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = loop.run_until_complete(asyncio.start_server(meet, sock=listener))
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{port}", lambda: calls
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)  # the dashboard is gone, and its connections with it
        thread.join()


def running(client: docker.APIClient) -> int:
    found = client.tasks(filters={"service": SERVICE, "desired-state": "running"})
    return sum(task["Status"]["State"] == "running" for task in found)


def until(holds: Callable[..., bool]) -> float:
    """The time at which it first held."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("the engine did not come to where it was sent")
        time.sleep(ASK_AGAIN)
    return time.time()


def give(base_url: str, command: Command) -> None:
    client = docker.DockerClient(base_url=base_url, version="auto", timeout=30)
    command.run(client)
    client.close()


def report(name: str, base_url: str) -> None:
    taken = sorted(1000 * each for each in latencies(base_url))
    p95 = taken[int(0.95 * len(taken)) - 1]
    print(
        f"{statistics.median(taken):8.1f} ms, p95 {p95:.1f}, at worst {taken[-1]:.1f}: "
        f"from the engine's change to the screen, {name}, {CHANGES} changes"
    )
    count, sent, whole = bytes_per_second(base_url)
    print(
        f"{sent / 1000:8.1f} kB a second for each viewer while {8 * SERVICES} replicas crash all "
        f"the time, in {count:.1f} messages, {name}; sent whole it were {whole / 1000:.1f} kB"
    )
    rates = calls_per_second(base_url)
    print(
        f"{rates[VIEWERS] / rates[1]:8.2f} times: engine calls with {VIEWERS} viewers to those "
        f"with one ({rates[VIEWERS]:.1f} and {rates[1]:.1f} a second), {name}"
    )


def main() -> None:
    if chromium() is None:
        print("skipped: the way to the screen, for there is no Chromium")
        return
    port = free_port()
    with practice_engine(port):
        report("practice engine", f"tcp://127.0.0.1:{port}")
    if real := os.environ.get("ESSAIM_REAL_SWARM"):
        report("real Swarm", real)
    else:
        print("skipped: the same on a real Swarm, for ESSAIM_REAL_SWARM is not set")


if __name__ == "__main__":
    main()
