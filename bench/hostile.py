"""How long a quiet learner waits beside a hostile one, in one worker and in another.

Two workers hold a quiet cluster each; the first holds a hostile one as well. Answers are timed
alone and beside each hostile line in turn, so that a busy machine slows both alike.
"""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from essaim_practice import WorkerClient
from practice.tests.hostile import HOSTILE, Build, Hostile, Requests, Run, Service, tar_of

_HEAD = """\
Milliseconds alone > beside, and how many times as long: of `docker ps`, of a scale, of a click.
First the p95 in the same worker, then the median in another. Memory: what the hostile line takes.
"""
ROUNDS = 2  # of each: alone, then beside
LENGTH = 1.0  # seconds of one of them
WARM_UP = 0.7  # seconds that the hostile line has before it is measured
MOST, TWICE, TENTH = 0.150, 2.0, 1.1  # seconds, and times what it is alone


class Worker:
    """A process that holds clusters."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        here = f"unix://{folder}/w.sock"
        line = [sys.executable, "-m", "essaim_practice.worker", "--child", "--listen", here]
        self._process = subprocess.Popen(line, stdin=-1, stdout=-1, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self._client = WorkerClient(here)

    def open(self, key: str) -> Engine:
        self._client.open(key)
        return Engine(self._client.engine(key).removeprefix("unix://"))

    def end(self, key: str) -> None:
        self._client.end(key)

    @property
    def memory(self) -> int:
        """Bytes that it takes."""
        return self._client.status().memory

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine of one machine, asked as the docker command asks: one connection a command."""

    socket: str

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 60) -> Any:
        line = _Connection(self.socket, timeout=timeout)
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        if isinstance(body, bytes) and body[:1] == b"{":
            kind = "application/json"
        sent = body if isinstance(body, bytes | None) else json.dumps(body)
        try:
            line.request(method, path, sent, {"Content-Type": kind, "Host": "docker"})
            with line.getresponse() as answer:
                text = answer.read()
        finally:
            line.close()
        try:
            return json.loads(text)
        except ValueError:
            return text


class Quiet:
    """The learner who is measured: three things that one does."""

    def __init__(self, engine: Engine) -> None:
        self._ask = engine.ask
        self._wanted = 2
        for image in ("alpine", "nginx"):
            self._ask("POST", f"/images/create?fromImage={image}&tag=latest")
        spec = {
            "Name": "web",
            "Mode": {"Replicated": {"Replicas": 2}},
            "TaskTemplate": {"ContainerSpec": {"Image": "nginx:latest"}},
        }
        self._service = self._ask("POST", "/services/create", spec)["ID"]
        for number in range(3):
            body = {"Image": "alpine", "Cmd": ["sleep", "99999"]}
            self._ask("POST", f"/containers/create?name=c{number}", body)
            self._ask("POST", f"/containers/c{number}/start")
        time.sleep(5)

    @property
    def acts(self) -> dict[str, Callable[[], None]]:
        return {"ps": self.ps, "scale": self.scale, "click": self.click}

    def ps(self) -> None:
        """Ask for docker ps."""
        assert len(self._ask("GET", "/containers/json")) >= 3

    def scale(self) -> None:
        """docker service scale, until the tasks are there."""
        self._wanted = 5 - self._wanted  # 2, 3, 2…
        self._update(lambda spec: spec["Mode"]["Replicated"].update(Replicas=self._wanted))
        wanted = '/tasks?filters={"desired-state":["running"]}'
        while len(self._ask("GET", wanted)) != self._wanted:
            time.sleep(0.002)

    def click(self) -> None:
        """A button that changes a service, and what a page reads anew."""
        self._update(lambda spec: spec.update(Labels={"at": str(time.time())}))
        for path in ("/services", "/tasks", "/nodes"):
            self._ask("GET", path)

    def _update(self, change: Callable[[dict[str, Any]], None]) -> None:
        there = self._ask("GET", f"/services/{self._service}")
        change(there["Spec"])
        version = there["Version"]["Index"]
        self._ask("POST", f"/services/{self._service}/update?version={version}", there["Spec"])


@contextmanager
def played(hostile: Hostile, engine: Engine) -> Iterator[None]:
    """Do what a hostile learner does, until the block ends; what runs then goes on."""
    over = threading.Event()
    threads = []
    match hostile:
        case Run():  # in a thread, as a machine that is busy answers late
            threading.Thread(target=_run, args=(hostile, engine), daemon=True).start()
        case Service():
            threads.append(threading.Thread(target=_scale, args=(hostile, engine, over)))
        case Build():
            threads.append(threading.Thread(target=_build, args=(hostile, engine, over)))
        case Requests():
            threads += _askers(hostile, engine, over)
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _run(hostile: Run, engine: Engine) -> None:
    names = [f"hostile{number}" for number in range(hostile.copies)]
    with suppress(OSError, http.client.HTTPException):  # the cluster has ended
        for name in names:
            body = {"Image": hostile.image, "Cmd": ["sh", "-c", hostile.line]}
            engine.ask("POST", f"/containers/create?name={name}", body)
            engine.ask("POST", f"/containers/{name}/start")


def _scale(hostile: Service, engine: Engine, over: threading.Event) -> None:
    name = "hostile"
    mode = {"Replicated": {"Replicas": hostile.replicas[0]}}
    engine.ask("POST", "/services/create", {**hostile.spec, "Name": name, "Mode": mode})
    turn = 0
    while not over.wait(0.2):
        turn += 1
        there = engine.ask("GET", f"/services/{name}")
        spec, version = there["Spec"], there["Version"]["Index"]
        spec["Mode"]["Replicated"]["Replicas"] = hostile.replicas[turn % len(hostile.replicas)]
        engine.ask("POST", f"/services/{name}/update?version={version}", spec)


def _build(hostile: Build, engine: Engine, over: threading.Event) -> None:
    context = tar_of({"Dockerfile": hostile.dockerfile.encode(), **hostile.files()})
    while not over.is_set():
        with suppress(OSError):  # that long it takes
            engine.ask("POST", "/build?nocache=1&t=hostile", context, timeout=3)


def _askers(hostile: Requests, engine: Engine, over: threading.Event) -> list[threading.Thread]:
    for method, path, body in hostile.before:
        engine.ask(method, path, body)
    calls = hostile.calls()

    def run(first: int) -> None:
        number = first
        while not over.is_set():
            try:
                engine.ask(*calls[number % len(calls)], timeout=30)
            except (OSError, http.client.HTTPException):  # this many connections are refused
                over.wait(0.2)
            number += hostile.parallel

    return [threading.Thread(target=run, args=(first,)) for first in range(hostile.parallel)]


@dataclass(slots=True)
class Times:
    """Seconds that each act took, by its name."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def take(self, quiets: list[tuple[str, Quiet]], seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for where, quiet in quiets:
                for name, act in quiet.acts.items():
                    began = time.perf_counter()
                    act()
                    taken = time.perf_counter() - began
                    self.taken.setdefault(f"{name}{where}", []).append(taken)
                    time.sleep(0.003)

    def of(self, name: str) -> tuple[float, float]:
        """The median, and what 95 of 100 stay below."""
        taken = sorted(self.taken[name])
        return statistics.median(taken), taken[min(len(taken) - 1, int(0.95 * len(taken)))]


def main(wish: str = "") -> None:
    with tempfile.TemporaryDirectory() as name:
        first, second = Worker(Path(name) / "1"), Worker(Path(name) / "2")
        try:
            quiets = [("", Quiet(first.open("quiet"))), ("2", Quiet(second.open("quiet")))]
            print(_HEAD)
            for number, hostile in enumerate(HOSTILE):
                if wish.lower() in hostile.name.lower():
                    print(_row(hostile, first, f"hostile{number}", quiets), flush=True)
        finally:
            first.stop()
            second.stop()


def _row(hostile: Hostile, worker: Worker, key: str, quiets: list[tuple[str, Quiet]]) -> str:
    alone, beside, memory = Times(), Times(), 0
    for turn in range(ROUNDS):
        engine = worker.open(f"{key}x{turn}")
        engine.ask("POST", "/_practice/clock", {"factor": 100})
        for image in ("alpine", "nginx", "essaim/crash-start"):
            engine.ask("POST", f"/images/create?fromImage={image}&tag=latest")
        engine.ask("POST", "/_practice/clock", {"factor": 1})
        time.sleep(0.1)
        before = worker.memory
        alone.take(quiets, LENGTH)
        with played(hostile, engine):
            time.sleep(WARM_UP)
            beside.take(quiets, LENGTH)
            memory = max(memory, worker.memory - before)
        worker.end(f"{key}x{turn}")
    cells, bad = [], False
    for name in ("ps", "scale", "click", "ps2", "scale2", "click2"):
        (median, most), (slow, worst) = alone.of(name), beside.of(name)
        here = not name.endswith("2")
        times = worst / most if here else slow / median
        wrong = worst > MOST or times > TWICE if here else times > TENTH
        bad |= wrong
        shown = (
            f"{1e3 * most:.1f}>{1e3 * worst:.1f}"
            if here
            else f"{1e3 * median:.1f}>{1e3 * slow:.1f}"
        )
        cells.append(f"{shown} {times:.2f}{'!' if wrong else ''}".rjust(20))
    verdict = "bad " if bad else "good"
    return f"{verdict}{''.join(cells)} {memory / 2**20:6.0f} MB  {hostile.name}"


if __name__ == "__main__":
    main(*sys.argv[1:2])
