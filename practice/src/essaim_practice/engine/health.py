"""Runs the health checks of containers at their intervals, and records the results."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from essaim_practice.engine.execs import Exec, Execs
from essaim_practice.programs.base import StartError
from essaim_practice.programs.checks import Check, check_of
from essaim_practice.store.clock import Timer
from essaim_practice.store.formats import rfc3339
from essaim_practice.store.objects import Container, Image
from essaim_practice.store.store import Change, Store

_REMEMBERED = 5  # results
_OUTPUT = 4096  # bytes kept of each
_RESULT = 500  # bytes that one takes besides


@dataclass(slots=True)
class _Record:
    """The health of one container."""

    check: Check
    failing: int = 0
    results: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    timer: Timer | None = None
    probe: Exec | None = None


class HealthMonitor:
    """Probes running containers that have a health check.

    One timer per such container, and nothing for the others.
    """

    def __init__(self, store: Store, execs: Execs) -> None:
        self._store = store
        self._execs = execs
        self._records: dict[str, _Record] = {}
        store.memory.join(self)
        store.watch(self._on_container, Container)

    @property
    def weight(self) -> int:
        """Bytes of what the probes said."""
        kept = (result for record in self._records.values() for result in record.results)
        return sum(_RESULT + len(result["Output"]) for result in kept)

    def shown(self, container: Container) -> dict[str, Any] | None:
        """``State.Health`` of a container; None without a health check."""
        record = self._records.get(container.id)
        if record is None:
            return None
        # One that has stopped is unhealthy to the daemon, for compatibility.
        status = container.health or "unhealthy"
        return {
            "Status": status,
            "FailingStreak": record.failing,
            "Log": list(record.results),
        }

    def _on_container(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(new, Container):
            self._stop(change.subject.id)
            self._records.pop(change.subject.id, None)
            return
        was = isinstance(old, Container) and old.state == "running"
        if new.state != "running":
            self._stop(new.id)
        elif not was and new.health:
            image = self._store.get(Image, f"{new.engine}/{new.image_id}")
            if found := check_of(new, image):
                self._stop(new.id)
                self._records[new.id] = _Record(found)
                self._plan(new)

    def _stop(self, container_id: str) -> None:
        record = self._records.get(container_id)
        if record is not None:
            if record.timer is not None:
                record.timer.cancel()
            record.timer = record.probe = None

    def _plan(self, container: Container) -> None:
        """Set the time of the next probe."""
        record = self._records[container.id]
        clock, wait = self._store.clock, record.check.interval
        young = clock.now() - container.started < record.check.start_period
        if container.health == "starting" and young:
            wait = record.check.start_interval
        record.timer = clock.call_later(wait, lambda: self._probe(container.id))

    def _probe(self, container_id: str) -> None:
        container = self._store.get(Container, container_id)
        record = self._records.get(container_id)
        if container is None or record is None or container.state != "running":
            return
        if container.paused:
            self._plan(container)
            return
        clock, begun = self._store.clock, self._store.clock.now()
        config = {"Cmd": list(record.check.argv), "AttachStdout": True, "AttachStderr": True}
        record.probe = probe = self._execs.create(container, config)
        output = bytearray()
        probe.streams.log_to(lambda data, stream: output.extend(data[: _OUTPUT - len(output)]))

        def late() -> None:
            if record.probe is probe:
                record.probe = None
                self._execs.kill(probe)
                text = f"Health check exceeded timeout ({_duration(record.check.timeout)})"
                said = output.decode(errors="replace")
                finish(-1, f"{text}: {said}" if said else text)

        def over(code: int) -> None:
            if record.probe is probe:
                if record.timer is not None:
                    record.timer.cancel()
                record.probe = None
                finish(code, output.decode(errors="replace"))

        def finish(code: int, said: str) -> None:
            result = {"Start": rfc3339(begun), "End": rfc3339(clock.now())}
            if not self._store.memory.take(len(said)):
                said = ""
            record.results.append({**result, "ExitCode": code, "Output": said})
            self._judge(container_id, record, begun, code)

        record.timer = clock.call_later(record.check.timeout, late)
        probe.over.append(over)
        try:
            self._execs.start(probe)
        except StartError as error:
            record.results[-1] |= {"ExitCode": -1, "Output": error.message}

    def _judge(self, container_id: str, record: _Record, begun: float, code: int) -> None:
        container = self._store.get(Container, container_id)
        if container is None or container.state != "running":
            return
        verdict = container.health
        if code == 0:
            record.failing, verdict = 0, "healthy"
        elif verdict != "starting" or begun - container.started >= record.check.start_period:
            record.failing += 1
            if record.failing >= record.check.retries:
                verdict = "unhealthy"
        judged = replace(container, health=verdict)
        self._plan(judged)
        if judged != container:
            self._store.put(judged)


def _duration(seconds: float) -> str:
    """Seconds as Go prints a duration: 1s, 1m30s, 500ms."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{hours}h" if hours else ""
    return text + (f"{minutes}m" if hours or minutes else "") + f"{rest:g}s"
