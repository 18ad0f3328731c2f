"""A class of thirty on one server, each on a cluster of their own: memory, and how soon they see.

`python -m bench.classroom` starts the dashboard on its practice engine, and thirty learners: each
with both sockets of a page, Streamlit's and our live one, and a docker client for what they do,
which is the course's third lab. A change is seen when a message arrives that says what was asked.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from core import keys
from core.commands.command import Command
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService, RemoveServices, ScaleServices, UpdateService
from tests.browser.conftest import answers, free_port, program

LEARNERS = 30
THINKING = (2.0, 6.0)  # seconds that a learner looks at what came of it
PATIENCE = 120.0

#: What a learner does, and what a message then says: each is (command, holds(message)).
Step = tuple[Command, Callable[[dict[str, Any]], bool]]


def lab_three(name: str) -> list[Step]:
    """The third lab, on a service of the learner's own name."""

    def wants(replicas: int) -> Callable[[dict[str, Any]], bool]:
        return lambda said: [s["replicas"] for s in said["services"]] == [replicas]

    def node2_is(availability: str) -> Callable[[dict[str, Any]], bool]:
        return lambda said: (
            availability
            in [node["availability"] for node in said["nodes"] if node["name"] == "node2"]
        )

    def settled(said: dict[str, Any]) -> bool:
        return [s["running"] for s in said["services"]] == [s["desired"] for s in said["services"]]

    create = CreateService(name=name, replicas=3, publish=("80:80",), image="nginx:latest")
    return [
        (create, wants(3)),
        (ScaleServices(replicas=((name, 15),)), wants(15)),
        (UpdateNode(availability="drain", node="node2"), node2_is("drain")),
        (UpdateNode(availability="active", node="node2"), node2_is("active")),
        (ScaleServices(replicas=((name, 10),)), wants(10)),
        (UpdateService(service=name, force=True), settled),
        (RemoveServices(services=(name,)), lambda said: not said["services"]),
    ]


class Learner:
    """The sockets of an open page, read as fast as they speak, and what the live one said last."""

    def __init__(self, essaim: str, key: str) -> None:
        self.key = key
        self._links = ExitStack()
        self.drawn = 0  # messages of Streamlit's
        self._said: dict[str, Any] = {}
        self._news = threading.Condition()
        self._page = self._open(essaim, "_stcore/stream", [Subprotocol("streamlit")])
        self._page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        self._live = self._open(essaim, "live/socket?lang=fr")
        self._readers = [threading.Thread(target=each) for each in (self._read, self._draw)]
        for reader in self._readers:
            reader.start()

    def close(self) -> None:
        self._links.close()
        for reader in self._readers:
            reader.join()

    def seen(self, holds: Callable[[dict[str, Any]], bool]) -> float:
        """When a message first said so, in seconds of the monotonic clock."""
        with self._news:
            if not self._news.wait_for(lambda: self._said and holds(self._said), PATIENCE):
                raise TimeoutError(f"{self.key} never saw it")
            return time.monotonic()

    def names(self) -> set[str]:
        return {service["name"] for service in self._said.get("services", ())}

    def _open(
        self, essaim: str, path: str, protocols: list[Subprotocol] | None = None
    ) -> ClientConnection:
        link = connect(
            f"{essaim.replace('http', 'ws', 1)}/{path}",
            origin=Origin(essaim),
            subprotocols=protocols,
            additional_headers={"Cookie": f"{keys.OWN}={self.key}"},
            open_timeout=PATIENCE,
            max_size=None,
        )
        return self._links.enter_context(link)

    def _draw(self) -> None:
        """A browser would draw what comes; here it is thrown away."""
        for _message in self._page:
            self.drawn += 1

    def _read(self) -> None:
        for text in self._live:
            said = json.loads(text)
            if said["topic"] == "cluster":
                with self._news:
                    self._said = said
                    self._news.notify_all()


def attend(learner: Learner, host: str, chance: random.Random) -> tuple[list[float], set[str]]:
    """Do the lab; seconds from each answer of the engine until it is seen, and all names seen."""
    taken, names = [], set()
    with closing(docker.DockerClient(base_url=host, version="auto", timeout=PATIENCE)) as client:
        for command, holds in lab_three(f"web-{learner.key}"):
            time.sleep(chance.uniform(*THINKING))
            command.run(client)
            done = time.monotonic()
            taken.append(max(learner.seen(holds) - done, 0.0))
            names |= learner.names()
    return taken, names


@contextmanager
def server(**environment: str) -> Iterator[tuple[str, int]]:
    """The dashboard with our routes; its address, and its process."""
    port = str(free_port())
    path = Path(__file__).with_name("class_app.py")
    with program("streamlit", "run", str(path), "--server.port", port, **environment) as process:
        address = f"http://127.0.0.1:{port}"
        answers(f"{address}/_stcore/health")
        yield address, process.pid


def main() -> None:
    with server(ESSAIM_ENGINE="practice") as (essaim, process):
        empty = resident(process)
        learners = [Learner(essaim, keys.new()) for _ in range(LEARNERS)]
        try:
            for learner in learners:
                learner.seen(bool)  # its page is there
            hosts = requests.get(f"{essaim}/bench/hosts", timeout=PATIENCE).json()
            began, spent = time.monotonic(), processor(process)
            with ThreadPoolExecutor(LEARNERS) as pool:
                ends = list(
                    pool.map(
                        lambda pair: attend(pair[1], hosts[pair[1].key], random.Random(pair[0])),
                        enumerate(learners),
                    )
                )
            share = (processor(process) - spent) / (time.monotonic() - began)
            full, drawn = resident(process), sum(learner.drawn > 0 for learner in learners)
        finally:
            for learner in learners:
                learner.close()
    strange = sum(
        names != {f"web-{one.key}"} for one, (_, names) in zip(learners, ends, strict=True)
    )
    taken = sorted(1000 * each for those, _ in ends for each in those)
    p95 = taken[int(0.95 * len(taken)) - 1]
    print(
        f"{statistics.median(taken):8.1f} ms, p95 {p95:.1f}, at worst {taken[-1]:.1f}: from a "
        f"learner's change to the message that says it, {LEARNERS} learners in lab 3 at once"
    )
    print(
        f"{full / 1e6:8.1f} MB: the server's memory then, with {drawn} open pages; "
        f"{empty / 1e6:.1f} with nobody there"
    )
    print(f"{100 * share:8.1f} %: of a core, for all of them")
    print(f"{strange:8d} learners saw what was not theirs")


def resident(process: int) -> float:
    """Bytes in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor(process: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
