"""How long a quiet learner waits beside a hostile one, in one worker and in another.

Two workers hold a quiet cluster each; the first holds a hostile one as well. Answers are timed
alone and beside each hostile line in turn, so that a busy machine slows both alike. The first
worker has a core of its own, as the dashboard starts no more of them than there are; who measures
shares the other worker's. A second argument such as 2/5 is the part of the lines that is measured.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from bench.players import Engine, played
from essaim_practice import WorkerClient
from practice.tests.hostile import HOSTILE, Hostile, Run

_HEAD = """\
Milliseconds alone > beside, and how many times as long: of `docker ps`, of a scale, of a click.
First the p95 in the same worker, then the median in another. Then how much of a core the first
worker takes, and how much memory the hostile line does.
Good or bad: first in the same worker (twice, and 150 ms), then in another (a tenth).
"""
ROUNDS = 2  # of each: alone, then beside
ALONE, BESIDE = 0.4, 1.5  # seconds of one of them
_REMEMBERED = 24  # rounds alone, those of the rows before among them: more samples, less chance
WARM_UP = 0.7  # seconds that the hostile line has before it is measured
MOST, TWICE, TENTH = 0.150, 2.0, 1.1  # seconds, and times what it is alone


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A process that has nothing to do with Essaim, on the first worker's core."""

    name: str
    line: str

    @contextmanager
    def played(self) -> Iterator[None]:
        modest = "import os; os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))"
        here = "os.sched_setaffinity(0, {0})"
        process = subprocess.Popen([sys.executable, "-c", f"{modest}; {here}\n{self.line}"])
        try:
            yield
        finally:
            process.kill()
            process.wait()


#: No hostile learner: what the table itself varies by, and what a busy neighbour costs a core here.
_NOBODY = (
    Run("(nothing)", "sleep 9999"),
    Elsewhere("(a process that works)", "while True: sorted(map(str, range(100_000)))"),
)


class Worker:
    """A process that holds clusters."""

    def __init__(self, folder: Path, core: int) -> None:
        folder.mkdir(mode=0o700)
        here = f"unix://{folder}/w.sock"
        line = [sys.executable, "-m", "essaim_practice.worker", "--child", "--listen", here]
        self._process = subprocess.Popen(line, stdin=-1, stdout=-1, text=True)
        stay(core, self._process.pid)
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

    @property
    def worked(self) -> float:
        """Seconds of a core that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


def stay(core: int, process: int = 0) -> None:
    """Keep a process on this core; process: 0 for this one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process, {core % (os.cpu_count() or 1)})


@contextmanager
def awake() -> Iterator[None]:
    """Keep all cores busy with what gives way to everything else.

    Else one measures how deep a core slept, and what its neighbour's rest was worth.
    """
    line = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", line]) for _ in range(os.cpu_count() or 1)]
    for core, each in enumerate(spinning):
        stay(core, each.pid)
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


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


@dataclass(slots=True)
class Times:
    """Seconds that each act took, by its name."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def take(self, quiets: list[tuple[str, Quiet]], seconds: float) -> None:
        end = time.perf_counter() + seconds
        for number in count():
            if time.perf_counter() > end:
                return
            for where, quiet in quiets[: 1 + number % 2]:  # a p95 wants more than a median
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


def main(wish: str = "", part: str = "1/1") -> None:
    # Kept to one core, a real-time process can wait for ever for the kernel's work on that core.
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    number, parts = map(int, part.split("/"))
    wished = [each for each in (*_NOBODY, *HOSTILE) if wish.lower() in each.name.lower()]
    first, last = ((len(wished) * edge) // parts for edge in (number - 1, number))
    with tempfile.TemporaryDirectory() as name, awake():
        stay(1)
        workers = Worker(Path(name) / "1", 0), Worker(Path(name) / "2", 1)
        try:
            quiets = [("", Quiet(workers[0].open("quiet"))), ("2", Quiet(workers[1].open("quiet")))]
            alone = deque[Times](maxlen=_REMEMBERED)
            while len(alone) < _REMEMBERED // 2:
                alone.append(Times())
                alone[-1].take(quiets, ALONE)
            print(_HEAD)
            kept = [
                _row(hostile, workers[0], f"hostile{row}", quiets, alone)
                for row, hostile in enumerate(wished[first:last], first)
            ]
        finally:
            for worker in workers:
                worker.stop()
    print(f"{sum(kept)} of {len(kept)} kept within their bounds, in both workers")


def _row(
    hostile: Hostile | Elsewhere,
    worker: Worker,
    key: str,
    quiets: list[tuple[str, Quiet]],
    alone: deque[Times],
) -> bool:
    """Measure beside one hostile line, and print it. Returns whether it keeps all bounds."""
    beside, memory, busy = Times(), 0, 0.0
    for turn in range(ROUNDS):
        engine = worker.open(f"{key}x{turn}")
        engine.ask("POST", "/_practice/clock", {"factor": 100})
        for image in ("alpine", "nginx", "essaim/crash-start"):
            engine.ask("POST", f"/images/create?fromImage={image}&tag=latest")
        engine.ask("POST", "/_practice/clock", {"factor": 1})
        time.sleep(0.1)
        before = worker.memory
        alone.append(Times())
        alone[-1].take(quiets, ALONE)
        with hostile.played() if isinstance(hostile, Elsewhere) else played(hostile, engine):
            time.sleep(WARM_UP)
            worked, began = worker.worked, time.perf_counter()
            beside.take(quiets, BESIDE)
            busy = max(busy, (worker.worked - worked) / (time.perf_counter() - began))
            memory = max(memory, worker.memory - before)
        worker.end(f"{key}x{turn}")
    before_it = Times()
    for each in alone:
        for name, taken in each.taken.items():
            before_it.taken.setdefault(name, []).extend(taken)
    cells, here_bad, there_bad = [], False, False
    for name in ("ps", "scale", "click", "ps2", "scale2", "click2"):
        (median, most), (slow, worst) = before_it.of(name), beside.of(name)
        if there := name.endswith("2"):
            wrong = slow / median > TENTH
            there_bad |= wrong
            shown = f"{1e3 * median:.1f}>{1e3 * slow:.1f} {slow / median:.2f}"
        else:
            wrong = worst > MOST or worst / most > TWICE
            here_bad |= wrong
            shown = f"{1e3 * most:.1f}>{1e3 * worst:.1f} {worst / most:.2f}"
        cells.append(f"{shown}{'!' if wrong else ' '}".rjust(20 - 2 * there))
    verdict = f"{'bad ' if here_bad else 'good'} {'bad ' if there_bad else 'good'}"
    print(
        f"{verdict}{''.join(cells)} {busy:7.0%} {memory / 2**20:4.0f} MB  {hostile.name}",
        flush=True,
    )
    return not here_bad and not there_bad


if __name__ == "__main__":
    main(*sys.argv[1:3])
