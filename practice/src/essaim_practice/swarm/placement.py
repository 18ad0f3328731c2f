"""Places a group of equal tasks: spread over labels first, then over nodes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Protocol

from essaim_practice.store.objects import Task
from essaim_practice.swarm import specs
from essaim_practice.swarm.filters import Pipeline
from essaim_practice.swarm.loads import TOO_MANY_FAILURES, Load


def place(
    tasks: Sequence[Task], loads: Sequence[Load], random: Random, now: float
) -> list[tuple[Task, Load]]:
    """Choose a node for as many of the tasks as fit; the loads are unchanged afterwards.

    The tasks belong to one service and one version of its spec. The next task goes to the node with
    the fewest tasks of the service, then with the fewest tasks in all; equals are drawn at random.
    Nodes where the service failed often come last.
    """
    sample = tasks[0]
    pipeline = Pipeline(sample)
    fitting = [load for load in loads if pipeline.passes(load)]

    def room(some: list[Load], preferences: list[str]) -> _Room:
        if not preferences:
            return _Nodes(some, sample, pipeline, random, now)
        by_value: dict[str, list[Load]] = defaultdict(list)
        for load in some:
            by_value[_label(load, preferences[0])].append(load)
        return _Branches([room(part, preferences[1:]) for part in by_value.values()])

    everywhere = room(fitting, _preferences(sample))
    placed = []
    for task in tasks:
        load = everywhere.take(task)
        if load is None:
            break
        placed.append((task, load))
    for task, load in placed:
        load.add(task, -1)
    return placed


class _Room(Protocol):
    """A group of nodes to choose from."""

    tasks: int  # of the service, there now

    def take(self, task: Task) -> Load | None:
        """Put the task on the best node; None if it fits on none."""
        ...


class _Nodes:
    """Nodes of one group, between which no preference distinguishes."""

    def __init__(
        self, loads: list[Load], sample: Task, pipeline: Pipeline, random: Random, now: float
    ) -> None:
        self.tasks = sum(load.by_service.get(sample.service_id, 0) for load in loads)
        self._sample, self._pipeline, self._random, self._now = sample, pipeline, random, now
        self._heap = [(*self._rank(load), load.node.id, load) for load in loads]
        heapq.heapify(self._heap)

    def take(self, task: Task) -> Load | None:
        while self._heap:
            load = self._heap[0][-1]
            if self._pipeline.passes(load):
                load.add(task)
                self.tasks += 1
                heapq.heapreplace(self._heap, (*self._rank(load), load.node.id, load))
                return load
            heapq.heappop(self._heap)
        return None

    def _rank(self, load: Load) -> tuple[int, int, int, float]:
        failures = load.recent_failures(self._sample, self._now)
        of_service = load.by_service.get(self._sample.service_id, 0)
        behind = failures if failures >= TOO_MANY_FAILURES else 0
        return behind, of_service, load.active, self._random.random()


class _Branches:
    """Groups of nodes by the value of a label: the group with the fewest tasks comes first."""

    def __init__(self, rooms: list[_Room]) -> None:
        self._rooms = rooms
        self.tasks = sum(room.tasks for room in rooms)

    def take(self, task: Task) -> Load | None:
        for room in sorted(self._rooms, key=lambda room: room.tasks):
            if load := room.take(task):
                self.tasks += 1
                return load
        return None


def _preferences(task: Task) -> list[str]:
    preferences = specs.section(task.spec, "Placement").get("Preferences") or ()
    return [
        str(specs.section(each, "Spread").get("SpreadDescriptor") or "") for each in preferences
    ]


def _label(load: Load, descriptor: str) -> str:
    name = descriptor.removeprefix("node.labels.")
    return str(load.node.labels.get(name, "")) if name != descriptor else ""
