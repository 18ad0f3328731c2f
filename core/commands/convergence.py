"""What docker shows while a service converges: one line for all tasks, and one for each."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from core.cluster.engine_json import Json, count, part, text
from core.cluster.failures import daemon_errors
from core.commands.command import Client
from core.commands.display import Display
from core.commands.streams import Streams
from core.commands.table import cut, short
from core.errors import DockerRefused

#: In the order in which a task goes through them (docker/cli, service/progress).
_STATES = (
    "new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting",
    "running", "complete", "shutdown", "failed", "rejected",
)  # fmt: skip
_RUNNING = _STATES.index("running")
_LONGEST = max(map(len, _STATES[: _RUNNING + 2]))
_MOST_BARS = 20
_PAUSE = 0.2  # seconds between two looks
_MONITOR = 5 * 10**9  # nanoseconds


def waited(client: Client, service: str, streams: Streams, quiet: bool = False) -> int:
    """Show how a service converges until it has, and was stable for a while; the exit code."""
    with interruptible(streams) as pressed:
        follow(client, service, Display(streams, quiet), pressed.wait)
    return 0


@contextmanager
def interruptible(streams: Streams) -> Iterator[threading.Event]:
    """An event that Ctrl-C sets."""
    pressed = threading.Event()
    streams.interrupt.on_press(lambda presses: pressed.set())
    try:
        yield pressed
    finally:
        streams.interrupt.on_press(lambda presses: None)


def follow(
    client: Client,
    service: str,
    display: Display,
    wait: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """The same without streams. wait: sleeps so many seconds; true where Ctrl-C was pressed.

    Raises DockerRefused for an update that paused.
    """
    tasks: _Tasks | None = None
    since: float | None = None  # when it converged
    converged = rollback = False
    last = ""
    while True:
        known = client.api.inspect_service(service)
        monitor = (count(known, "Spec", "UpdateConfig", "Monitor") or _MONITOR) / 1e9
        tasks = tasks or _tasks(known, display)
        update, words = (text(known, "UpdateStatus", key) for key in ("State", "Message"))
        match update:
            case "updating":
                rollback = False
            case "completed" if not converged:
                return
            case "paused":
                raise DockerRefused(f"service update paused: {words}")
            case "rollback_started":
                if not rollback and words:
                    display.say("rollback", words)
                rollback = True
            case "rollback_paused":
                raise DockerRefused(f"service rollback paused: {words}")
            case "rollback_completed":
                last = last if converged else words
                rollback = True
        if converged and since is not None and clock() - since >= monitor:
            display.say("verify", f"Service {service} converged")
            if last:
                display.tell(f"rollback: {last}")
            return
        chosen = {"service": known["ID"], "_up-to-date": "true"}
        converged = tasks.show(known, client.api.tasks(filters=chosen) or (), _up(client), rollback)
        if converged:
            if known.get("JobStatus") is not None:
                display.tell("job complete")
                return
            since = clock() if since is None else since
            left = monitor - (clock() - since)
            if left >= 0:
                words = f"Waiting {int(left) + 1} seconds to verify that tasks are stable..."
                display.say("verify", words)
        else:
            if since is not None:
                display.say("verify", "Detected task failure")
            since = None
        if wait(_PAUSE):
            if not converged:
                display.tell("Operation continuing in background.")
                display.tell(f"Use `docker service ps {service}` to check progress.")
            return


def _up(client: Client) -> frozenset[str]:
    """The ids of the nodes that are not down."""
    nodes = client.api.nodes() or ()
    return frozenset(node["ID"] for node in nodes if text(node, "Status", "State") != "down")


def _state(task: Json) -> int:
    return _STATES.index(text(task, "Status", "State"))


def _wanted(task: Json) -> int:
    return _STATES.index(text(task, "DesiredState"))


def _known(task: Json) -> bool:
    return text(task, "Status", "State") in _STATES and text(task, "DesiredState") in _STATES


class _Tasks(ABC):
    """The tasks of a service on the display."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.begun = self.done = False

    @abstractmethod
    def show(
        self, service: Json, tasks: Iterable[Json], up: frozenset[str], rollback: bool
    ) -> bool:
        """Print how far they are; whether all have converged."""

    def overall(self, running: int, wanted: int, rollback: bool) -> None:
        before = "rolling back update: " if rollback else ""
        self.display.say("overall progress", f"{before}{running} out of {wanted} tasks")

    def task(self, task: Json, id: str, all: int, steps: int = _RUNNING + 1) -> None:
        """One line of a task; too many have none."""
        if self.done or all > _MOST_BARS:
            return
        if error := text(task, "Status", "Err"):
            self.display.say(id, cut(error.replace("\n", " "), 75))
        elif steps > _RUNNING + 1 or (_state(task) <= _RUNNING and _wanted(task) <= _RUNNING):
            word = text(task, "Status", "State").ljust(_LONGEST)
            self.display.say(id, word, _state(task) + 1, steps)


def _latest(tasks: Iterable[Json], key: str, up: frozenset[str] | None = None) -> dict[str, Json]:
    """For each slot or node the task that is wanted most, or that has come least far."""
    found: dict[str, Json] = {}
    for task in filter(_known, tasks):
        place = task.get(key, 0)
        other = found.get(place)
        if other and (_wanted(other), _state(other)) <= (_wanted(task), _state(task)):
            continue
        if up is not None and task.get("NodeID") and task["NodeID"] not in up:
            continue
        found[place] = task
    return found


class _Replicated(_Tasks):
    def __init__(self, display: Display) -> None:
        super().__init__(display)
        self._slots: dict[str, int] = {}

    def show(
        self, service: Json, tasks: Iterable[Json], up: frozenset[str], rollback: bool
    ) -> bool:
        wanted = count(service, "Spec", "Mode", "Replicated", "Replicas")
        if not self.begun:
            self.overall(0, wanted, rollback)
            for number in range(1, wanted + 1) if wanted <= _MOST_BARS else ():
                self.display.say(f"{number}/{wanted}", " ")
            self.begun = True
        latest = _latest(tasks, "Slot", up)
        self.done = self.done and all(_state(task) == _RUNNING for task in latest.values())
        running = 0
        for slot, task in latest.items():
            number = self._slots.setdefault(slot, len(self._slots) + 1)
            running += _wanted(task) <= _RUNNING and _state(task) == _RUNNING
            if number <= wanted:
                self.task(task, f"{number}/{wanted}", wanted)
        if not self.done:
            self.overall(running, wanted, rollback)
            self.done = running == wanted
        return running == wanted


class _Global(_Tasks):
    def show(
        self, service: Json, tasks: Iterable[Json], up: frozenset[str], rollback: bool
    ) -> bool:
        latest = _latest(tasks, "NodeID")
        if not self.begun:
            if not latest:
                self.display.say("overall progress", "waiting for new tasks")
                return False
            self.overall(0, len(latest), rollback)
            self.begun = True
        self.done = self.done and all(_state(task) == _RUNNING for task in latest.values())
        running = 0
        for node, task in latest.items():
            if node in up:
                running += _wanted(task) <= _RUNNING and _state(task) == _RUNNING
                self.task(task, short(node), len(latest))
        if not self.done:
            self.overall(running, len(latest), rollback)
            self.done = running == len(latest)
        return running == len(latest)


def _of_this_time(service: Json, tasks: Iterable[Json], key: str) -> dict[str, Json]:
    """The tasks of a job's present iteration, by slot or node."""
    now = count(service, "JobStatus", "JobIteration", "Index")
    found: dict[str, Json] = {}
    for task in filter(_known, tasks):
        if count(task, "JobIteration", "Index") == now:
            other = found.get(task.get(key, 0))
            if other is None or _state(other) > _state(task):
                found[task.get(key, 0)] = task
    return found


class _ReplicatedJob(_Tasks):
    def show(
        self, service: Json, tasks: Iterable[Json], up: frozenset[str], rollback: bool
    ) -> bool:
        job = part(service, "Spec", "Mode", "ReplicatedJob")
        most, wanted = int(job.get("MaxConcurrent", 1)), int(job.get("TotalCompletions", 1))
        if not self.begun:
            self._overall(0, 0, most, wanted)
            for number in range(1, wanted + 1) if wanted <= _MOST_BARS else ():
                self.display.say(f"{number}/{wanted}", " ")
            self.begun = True
        latest = _of_this_time(service, tasks, "Slot")
        for slot, task in sorted(latest.items()):
            self.task(task, f"{int(slot) + 1}/{wanted}", wanted, _RUNNING + 2)
        active = sum(_state(task) <= _RUNNING for task in latest.values())
        complete = sum(_state(task) == _RUNNING + 1 for task in latest.values())
        self._overall(active, complete, most, wanted)
        return complete == wanted

    def _overall(self, active: int, complete: int, most: int, wanted: int) -> None:
        digits = len(str(wanted))
        words = f"{complete:>{digits}} out of {wanted} complete"
        self.display.say("job progress", words, complete, wanted)
        digits, left = len(str(most)), min(wanted - complete, most)
        words = f"{active:>{digits}} out of {left:>{digits}} tasks"
        self.display.say("active tasks", words)


class _GlobalJob(_Tasks):
    def __init__(self, display: Display) -> None:
        super().__init__(display)
        self._nodes: frozenset[str] = frozenset()

    def show(
        self, service: Json, tasks: Iterable[Json], up: frozenset[str], rollback: bool
    ) -> bool:
        latest = _of_this_time(service, tasks, "NodeID")
        if not self.begun:
            if not latest and up:
                self.display.say("job progress", "waiting for tasks")
                return False
            self._nodes = frozenset(latest)
            self._overall(0)
            self.begun = True
        latest = {node: task for node, task in latest.items() if node in self._nodes}
        for node, task in latest.items():
            self.task(task, node, len(self._nodes), _RUNNING + 2)
        complete = sum(_state(task) == _RUNNING + 1 for task in latest.values())
        self._overall(complete)
        return complete == len(self._nodes)

    def _overall(self, complete: int) -> None:
        wanted = len(self._nodes)
        words = f"{complete:>{len(str(wanted))}} out of {wanted} complete"
        self.display.say("job progress", words, complete, wanted)


def _tasks(service: Json, display: Display) -> _Tasks:
    kinds: dict[str, Callable[[Display], _Tasks]] = {
        "Replicated": _Replicated,
        "Global": _Global,
        "ReplicatedJob": _ReplicatedJob,
        "GlobalJob": _GlobalJob,
    }
    return next(
        kind(display) for mode, kind in kinds.items() if mode in part(service, "Spec", "Mode")
    )


def waited_on_each(
    client: Client, services: Iterable[str], streams: Streams, quiet: bool = False
) -> list[str]:
    """Wait for several services, one after the other; what went wrong with each."""
    refusals = []
    for service in services:
        try:
            with daemon_errors():
                waited(client, service, streams, quiet)
        except DockerRefused as refused:
            refusals.append(f"{service}: {refused}")
    return refusals
