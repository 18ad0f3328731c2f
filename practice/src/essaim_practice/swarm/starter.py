"""The starter: starts a successor once its delay is over and its predecessor has stopped."""

from __future__ import annotations

from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.objects import Node, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm.records import revise

PATIENCE = 60.0  # seconds that a successor waits for the task before it to stop


class Starter:
    """Watches tasks and nodes; moves a desired state from READY to RUNNING when its time comes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._timers: dict[str, Timer] = {}
        self._followers: dict[str, str] = {}  # by the task they follow
        store.watch(self._on_task, Task)
        store.watch(self._on_node, Node)
        for task in store.all(Task):
            self._on_task(Change(None, task))

    def _on_task(self, change: Change) -> None:
        id = change.subject.id
        old, new = change.old, change.new
        if isinstance(new, Task) and new.desired == State.READY:
            if old is None:
                self._await(new)
        elif isinstance(old, Task) and old.desired == State.READY:
            self._forget(id)
        ended = not isinstance(new, Task) or new.state > State.RUNNING
        if ended and id in self._followers:
            self._look(self._followers[id])

    def _on_node(self, change: Change) -> None:
        if isinstance(change.new, Node) and change.new.state != "down":
            return
        for task in self._store.where(Task, "node", change.subject.id):
            if task.id in self._followers:
                self._look(self._followers[task.id])

    def _await(self, task: Task) -> None:
        if task.follows:
            self._followers[task.follows] = task.id
        self._look(task.id)

    def _look(self, id: str) -> None:
        task = self._store.get(Task, id)
        if task is None or task.desired != State.READY:
            return
        now = self._store.clock.now()
        if now < task.starts_at:
            self._look_in(id, task.starts_at - now)
            return
        last = max(task.starts_at, task.created + PATIENCE)
        if now < last and self._still_runs(task.follows):
            self._look_in(id, last - now)
            return
        self._forget(id)
        goal = State.RUNNING if task.job is None else State.COMPLETE
        revise(self._store, task, desired=goal)

    def _still_runs(self, id: str) -> bool:
        task = self._store.get(Task, id) if id else None
        if task is None or task.state > State.RUNNING:
            return False
        if not task.node_id:
            return True
        node = self._store.get(Node, task.node_id)
        return node is not None and node.state != "down"

    def _look_in(self, id: str, seconds: float) -> None:
        if timer := self._timers.pop(id, None):
            timer.cancel()

        def due() -> None:
            self._timers.pop(id, None)
            self._look(id)

        self._timers[id] = self._clock.call_later(seconds, due)

    def _forget(self, id: str) -> None:
        if timer := self._timers.pop(id, None):
            timer.cancel()
        task = self._store.get(Task, id)
        if task is not None and self._followers.get(task.follows) == id:
            del self._followers[task.follows]
