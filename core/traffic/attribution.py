"""Which replica answered: by the answer itself, else by the service's access log. Never guessed.

A name counts only when it is that of a task that the managers list for this very service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.cluster.snapshot import ClusterSnapshot
from core.traffic.plan import TAG

#: Headers in which programs name themselves: a task, a container, or its hostname.
_HEADERS = ("essaim-task", "x-task-id", "x-container-id", "x-hostname", "x-served-by", "x-backend")
#: whoami's first line; some images answer their hostname and nothing else.
_HOSTNAME = re.compile(r"^(?:Hostname: )?([A-Za-z0-9._-]{12,128})\s*$", re.MULTILINE)
_CONTAINER = re.compile(r"[0-9a-f]{12,64}")
_TAGGED = re.compile(rf"[?&]{TAG}=([0-9a-z]+)-([0-9]+)")
_TASK = re.compile(r"com\.docker\.swarm\.task\.id=([0-9a-zA-Z]+)")


@dataclass(frozen=True, slots=True)
class Replica:
    """The task that answered, as a viewer knows it."""

    task: str  # its id
    name: str  # web.3
    node: str  # its name


class Replicas:
    """The tasks of one service that were ever listed, by each of their names."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._revision = -1
        self._by_task: dict[str, Replica] = {}
        self._by_container: dict[str, Replica] = {}

    def see(self, snapshot: ClusterSnapshot) -> None:
        if snapshot.revision == self._revision:
            return
        self._revision = snapshot.revision
        for task in snapshot.tasks:
            if task.service_id != self._service or not task.node_id:
                continue
            replica = Replica(task.id, snapshot.replica(task), snapshot.hostname(task.node_id))
            self._by_task[task.id] = replica
            if task.container_id:
                self._by_container[task.container_id[:12]] = replica

    def find(self, clues: tuple[str, ...]) -> Replica | None:
        for clue in clues:
            # A hostname made of {{.Task.Name}} is web.3.<task id>.
            found = self._by_task.get(clue) or self._by_task.get(clue.rpartition(".")[2])
            if found is None and _CONTAINER.fullmatch(clue):
                found = self._by_container.get(clue[:12])
            if found is not None:
                return found
        return None


def clues(headers: Mapping[str, str], body: str) -> tuple[str, ...]:
    """The words of an answer that may name its replica. headers: by lower-case name."""
    said = [headers[name] for name in _HEADERS if name in headers]
    if named := _HOSTNAME.search(body):
        said.append(named[1])
    return tuple(said)


def logged(line: str) -> tuple[str, int, str] | None:
    """Run, number and task id of the request in a line of a service's log with details."""
    tagged = _TAGGED.search(line)
    if tagged is None:
        return None
    task = _TASK.search(line, 0, tagged.start())
    return tagged[1], int(tagged[2]), task[1] if task else ""
