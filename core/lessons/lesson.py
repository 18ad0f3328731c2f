"""Lessons that play themselves on a service, and keep what came of each step side by side.

Each step is a command like any other, with the right of whoever began the lesson; the next one
waits until the cluster has come to rest, and for the class to have predicted what will be seen. A
lesson begins from what is: a node that is drained already need not be drained. It ends with the
right. What it changed, it puts back at its end; but a node that it brought back stays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from core.cluster.failures import unforeseen
from core.cluster.snapshot import ClusterSnapshot, Node, Service
from core.commands.command import Command
from core.commands.containers import RemoveContainers
from core.commands.nodes import UpdateNode
from core.commands.runs import RunContainer
from core.commands.services import ScaleServices, UpdateService
from core.control.control import Control
from core.control.rights import Right
from core.errors import EssaimError, InvalidCommand
from core.i18n import later as _
from core.threads.supervised import SupervisedThread
from core.traffic.endpoints import open_ports
from core.traffic.plan import Plan
from core.traffic.status import Status
from core.traffic.story import well

Kind = Literal["rebalance", "plain", "many", "kept"]
KINDS: tuple[Kind, ...] = ("rebalance", "plain", "many", "kept")

#: The container that no service knows.
PLAIN = "alone"
IMAGE = "nginx:latest"
#: Seconds for which all must be well before the next step, and after which a lesson gives up.
CALM = 1.0
PATIENCE = 180.0
LOOK = 0.1
#: Seconds after which a lesson goes on by itself: whoever predicts may have left.
PAUSE = 600.0
#: What is sent, by lesson: requests per second, and for how many seconds.
LOADS: dict[Kind, tuple[float, float]] = {"many": (100, 8), "kept": (10, 10)}
MANY = 15


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the replicas ran when the cluster had come to rest after a step."""

    step: str  # before, drained, activated, forced, started
    line: str  # the docker line that led there, or ""
    spread: tuple[tuple[str, int], ...]  # running replicas, by node
    drained: tuple[str, ...]  # nodes
    plain: str = ""  # the node on which the plain container runs


@dataclass(frozen=True, slots=True)
class Load:
    """How a run of traffic ended."""

    step: str  # one, many, new, kept
    line: str
    status: Status


class _Restless(Exception):
    """The cluster did not come to rest in PATIENCE seconds."""


class Lesson:
    """One lesson, from its making until it has ended, on a thread of its own.

    service: a replicated one that publishes a port; its id. node: the name of the one to drain.
    waits: before what there is to predict, until ``reveal()``.
    """

    def __init__(
        self,
        kind: Kind,
        cluster: Control,
        service: str,
        node: str,
        who: str,
        right: Right,
        waits: bool = False,
    ) -> None:
        self.kind, self.node = kind, node
        self.results: tuple[Placement | Load, ...] = ()
        self.error: EssaimError | None = None
        self.stuck = False  # the cluster did not come to rest
        self.running = True
        self.asked = ""  # the step that waits for a prediction; "" while none does
        self._waits, self._predicted = waits, threading.Event()
        self._cluster, self._service = cluster, service
        self._who, self._right = who, right
        self._putting_back = right
        self._thread = SupervisedThread("lesson", self._work, self._ended)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """For the end; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def reveal(self) -> None:
        """All have predicted: do the step that waits."""
        self._predicted.set()

    def _ask(self, step: str) -> None:
        if self._waits:
            self._predicted.clear()
            self.asked = step
            if not self._cluster.practice:
                self._right.covers(self._predicted.set)
            self._predicted.wait(PAUSE)
            self.asked = ""
            self._cluster.still(self._right)

    def _work(self) -> None:
        play = {
            "rebalance": self._rebalance,
            "plain": self._plain,
            "many": self._many,
            "kept": self._kept,
        }[self.kind]
        self._cluster.still(self._right)
        if not self._cluster.practice:
            self._putting_back = self._right.to_put_back()
        play()

    def _ended(self, error: BaseException | None) -> None:
        if self._putting_back is not self._right:
            self._putting_back.end()
        self.stuck = isinstance(error, _Restless)
        self.error = unforeseen(error).kept() if error and not self.stuck else None
        self.running = False

    def _rebalance(self) -> None:
        """What drain moves away comes back only by force."""
        self._rest()
        was, back = self._availability(), UpdateNode(availability="active", node=self._reference)
        if was == "drain":
            self._show("drained", "")
            self._ask("activated")
            self._do(back)
            self._rest()
        else:
            self._show("before", "")
            self._drained(back, "activated")
        self._show("activated", back.line())
        self._ask("forced")
        before = self._found().forced
        force = UpdateService(service=self._found().name, force=True)
        self._do(force)
        self._rest(lambda service: service.forced > before and service.update is not None)
        self._show("forced", force.line())
        if was == "pause":
            self._do(UpdateNode(availability=was, node=self._reference))

    def _plain(self) -> None:
        """Swarm moves what is its own."""
        run = RunContainer(detach=True, name=PLAIN, image=IMAGE)
        self._do(run)
        try:
            self._rest()
            self._show("started", run.line())
            was = self._availability()
            if was != "drain":
                self._drained(UpdateNode(availability=was, node=self._reference))
        finally:
            with suppress(EssaimError):
                self._put_back(RemoveContainers(force=True, containers=(PLAIN,)))

    def _many(self) -> None:
        wanted = self._found().replicas or 1
        try:
            for step, count in (("one", 1), ("many", MANY)):
                if step == "many":
                    self._ask(step)
                self._scale(count)
                self._send(step, self._load())
        finally:
            with suppress(EssaimError):
                self._put_back(ScaleServices(replicas=((self._found().name, wanted),)))
                self._rest(lambda service: service.replicas == service.running == wanted)

    def _kept(self) -> None:
        for step, kept in (("new", False), ("kept", True)):
            if kept:
                self._ask(step)
            self._send(step, self._load(kept))

    def _drained(self, back: UpdateNode, then: str = "") -> None:
        """Drain the node, show that, and put it back whatever happens.

        then: the step that putting it back is, where there is something to predict of it.
        """
        drain = UpdateNode(availability="drain", node=self._reference)
        self._ask("drained")
        self._do(drain)
        try:
            self._rest()
            self._show("drained", drain.line())
            if then:
                self._ask(then)
        finally:
            self._put_back(back)
        self._rest()

    def _availability(self) -> str:
        """Of the lesson's node."""
        node = self._cluster.snapshot.find_node(self.node)
        return node.availability if node else "active"

    @property
    def _reference(self) -> str:
        """The same node, as docker takes it."""
        node = self._cluster.snapshot.find_node(self.node)
        return node.reference if node else self.node

    def _scale(self, count: int) -> None:
        self._do(ScaleServices(replicas=((self._found().name, count),)))
        self._rest(lambda service: service.replicas == service.running == count)

    def _load(self, kept: bool = False) -> Plan:
        """Through one node: each node's mesh takes turns of its own."""
        nodes = self._cluster.snapshot.nodes
        entry = next((node.id for node in nodes if node.state == "ready"), "")
        port = self._port()
        return Plan(self._service, port, *LOADS[self.kind], keep_alive=kept, entry=entry)

    def _send(self, step: str, plan: Plan) -> None:
        run = self._cluster.send(plan, self._who, self._right)
        while not run.ended:
            self._cluster.still(self._right)
            time.sleep(LOOK)
        line = plan.line([entry.address for entry in run.endpoints])
        self.results = (*self.results, Load(step, line, run.status))

    def _do(self, command: Command) -> None:
        self._cluster.submit(command, self._who, self._right)
        self._cluster.collector.refresh()

    def _put_back(self, command: Command) -> None:
        self._cluster.submit(command, self._who, self._putting_back)
        self._cluster.collector.refresh()

    def _rest(self, holds: Callable[[Service], bool] = lambda _service: True) -> None:
        """Until all has been well for a while. Raises _Restless."""
        end = time.monotonic() + PATIENCE
        since = time.monotonic()
        while time.monotonic() - since < CALM:
            if time.monotonic() > end:
                raise _Restless
            self._cluster.still(self._right)
            time.sleep(LOOK)
            service = self._found()
            if not (well(self._cluster.snapshot, service) and holds(service)):
                since = time.monotonic()

    def _show(self, step: str, line: str) -> None:
        snapshot = self._cluster.snapshot
        drained = tuple(n.name for n in snapshot.nodes if n.availability == "drain")
        placement = Placement(step, line, spread(snapshot, self._found()), drained, plain(snapshot))
        self.results = (*self.results, placement)

    def _found(self) -> Service:
        service = self._cluster.snapshot.service(self._service)
        if service is None:
            raise InvalidCommand(_("There is no such service."))
        return service

    def _port(self) -> int:
        service = self._found()
        ports = open_ports(service)
        if not ports:
            raise InvalidCommand(_("{service} publishes no port."), service=service.name)
        return ports[0].published


def spread(snapshot: ClusterSnapshot, service: Service) -> tuple[tuple[str, int], ...]:
    """The running replicas of each node, by its name; none on a node that is down."""
    running = [task.node_id for task in snapshot.tasks_of(service) if task.state == "running"]
    return tuple(
        (node.name, running.count(node.id) if node.state != "down" else 0)
        for node in snapshot.nodes
    )


def plain(snapshot: ClusterSnapshot) -> str:
    """Where the plain container runs: only the connected engine's containers are known."""
    there = any(c.name == PLAIN and c.state == "running" for c in snapshot.containers)
    return _own(snapshot) if there else ""


def _own(snapshot: ClusterSnapshot) -> str:
    """The name of the node that answers."""
    engine = snapshot.engine
    node = snapshot.node(engine.node_id) if engine else None
    return node.name if node else engine.name if engine else ""


def to_drain(kind: Kind, snapshot: ClusterSnapshot, service: Service | None) -> str:
    """The node that a lesson drains, None without one.

    Of a plain container it is the connected one; else one that is drained already, a worker with
    replicas, or any worker.
    """
    own = _own(snapshot)
    if kind == "plain":
        return own
    counts = dict(spread(snapshot, service)) if service else {}
    boards = [s for s in snapshot.services if s.dashboard]
    homes = {task.node_id for board in boards for task in snapshot.tasks_of(board) if task.live}

    def wanted(node: Node) -> tuple[bool, ...]:
        carries = counts.get(node.name, 0) > 0
        manager = node.role == "manager"
        home = node.id in homes  # the dashboard itself would have to go
        return node.availability != "drain", home, not carries, manager, node.name == own

    ready = [node for node in snapshot.nodes if node.state == "ready"]
    return min(ready, key=wanted).name if ready else own


def drained(snapshot: ClusterSnapshot, node: str) -> bool:
    """Whether this node takes no tasks already."""
    found = snapshot.find_node(node)
    return found is not None and found.availability == "drain"


def room_beside(snapshot: ClusterSnapshot, node: str) -> bool:
    """Whether another node would take the tasks of this one."""
    return any(n.takes_tasks and n != snapshot.find_node(node) for n in snapshot.nodes)
