"""Lessons that play themselves on a service, and keep the result of each step side by side.

Each step is a command like any other, with the right of whoever began the lesson. The next step
waits until the cluster has come to rest, and until the class has predicted its result. A lesson
begins from the cluster as it is: a node that is drained already need not be drained. It ends with
the right. At its end it puts back its changes; but a node that it activated stays active.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from core.cluster.snapshot import Service
from core.commands.command import Command
from core.commands.containers import RemoveContainers
from core.commands.nodes import UpdateNode
from core.commands.runs import RunContainer
from core.commands.services import ScaleServices, UpdateService
from core.control.control import Control
from core.control.jobs import LongAction
from core.control.rights import Right
from core.errors import EssaimError, InvalidCommand
from core.i18n import later as _
from core.lessons.placement import PLAIN, drained, placement
from core.lessons.results import Kind, Load, Result, steps
from core.traffic.endpoints import open_ports
from core.traffic.plan import Plan
from core.traffic.story import well

IMAGE = "nginx:latest"
#: Seconds for which all must be well before the next step, and after which a lesson gives up.
CALM = 1.0
PATIENCE = 180.0
LOOK = 0.1
#: Seconds after which a lesson goes on without a prediction: its viewer may have left.
PAUSE = 600.0
#: The traffic of a lesson: requests per second, and for how many seconds.
LOADS: dict[Kind, tuple[float, float]] = {"many": (100, 8), "kept": (10, 10)}
MANY = 15


class _Restless(Exception):
    """The cluster did not come to rest in PATIENCE seconds."""


class Lesson(LongAction):
    """One lesson, from its making until it has ended.

    service: a replicated one that publishes a port; its id. node: the name of the one to drain.
    waits: before each step to predict, until ``reveal()``.
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
        self.kind, self.node, self.service = kind, node, service
        self.steps = steps(kind, drained(cluster.snapshot, node))  # each leaves a result
        self.results: tuple[Result, ...] = ()
        self.predicted: dict[str, int] = {}  # of a step: the place of the option that was chosen
        self.stuck = False  # the cluster did not come to rest
        self.asked = ""  # the step that waits for a prediction; "" while none does
        self._waits, self._predicted = waits, threading.Event()
        self._cluster, self._who, self._right = cluster, who, right
        self._putting_back = right
        super().__init__("lesson")

    def reveal(self, option: int | None = None) -> None:
        """All have predicted: do the step that waits. option: the place of the chosen one."""
        if self.asked and option is not None:
            self.predicted[self.asked] = option
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
        self._cluster.still(self._right)
        if not self._cluster.practice:
            self._putting_back = self._right.to_put_back()
        {
            "rebalance": self._rebalance,
            "plain": self._plain,
            "many": self._many,
            "kept": self._kept,
        }[self.kind]()

    def _ended(self, error: BaseException | None) -> None:
        if self._putting_back is not self._right:
            self._putting_back.end()
        self.stuck = isinstance(error, _Restless)
        super()._ended(None if self.stuck else error)

    def _rebalance(self) -> None:
        """Replicas that a drain moved away come back only by force."""
        self._rest()
        was, back = self._availability, self._update("active")
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
        before = self._found()
        force = UpdateService(service=before.name, force=True)
        self._do(force)
        self._rest(lambda service: service.forced > before.forced and service.update is not None)
        self._show("forced", force.line())
        if was == "pause":
            self._do(self._update(was))

    def _plain(self) -> None:
        """A drain moves only the tasks of services."""
        run = RunContainer(detach=True, name=PLAIN, image=IMAGE)
        self._do(run)
        try:
            self._rest()
            self._show("started", run.line())
            if (was := self._availability) != "drain":
                self._drained(self._update(was))
        finally:
            with suppress(EssaimError):
                self._do(RemoveContainers(force=True, containers=(PLAIN,)), self._putting_back)

    def _many(self) -> None:
        wanted = self._found().replicas or 1
        try:
            for step, count in (("one", 1), ("many", MANY)):
                if step == "many":
                    self._ask(step)
                self._scale(count, self._right)
                self._send(step)
        finally:
            with suppress(EssaimError):
                self._scale(wanted, self._putting_back)

    def _kept(self) -> None:
        self._send("new")
        self._ask("kept")
        self._send("kept", keep_alive=True)

    def _drained(self, back: UpdateNode, then: str = "") -> None:
        """Drain the node, show that, and put it back whatever happens.

        then: the step of putting it back, where there is something to predict of it.
        """
        drain = self._update("drain")
        self._ask("drained")
        self._do(drain)
        try:
            self._rest()
            self._show("drained", drain.line())
            if then:
                self._ask(then)
        finally:
            self._do(back, self._putting_back)
        self._rest()

    @property
    def _availability(self) -> str:
        node = self._cluster.snapshot.find_node(self.node)
        return node.availability if node else "active"

    def _update(self, availability: str) -> UpdateNode:
        """The command that gives the lesson's node this availability."""
        node = self._cluster.snapshot.find_node(self.node)
        return UpdateNode(availability=availability, node=node.reference if node else self.node)

    def _scale(self, count: int, right: Right) -> None:
        self._do(ScaleServices(replicas=((self._found().name, count),)), right)
        self._rest(lambda service: service.replicas == service.running == count)

    def _send(self, step: str, keep_alive: bool = False) -> None:
        """Traffic through one node: each node's mesh takes turns of its own."""
        service, nodes = self._found(), self._cluster.snapshot.nodes
        ports = open_ports(service)
        if not ports:
            raise InvalidCommand(_("{service} publishes no port."), service=service.name)
        entry = next((node.id for node in nodes if node.state == "ready"), "")
        plan = Plan(service.id, ports[0].published, *LOADS[self.kind], keep_alive, entry)
        run = self._cluster.send(plan, self._who, self._right)
        while not run.ended:
            self._cluster.still(self._right)
            time.sleep(LOOK)
        line = plan.line([endpoint.way for endpoint in run.endpoints])
        self.results = (*self.results, Load(step, line, run.status))

    def _do(self, command: Command, right: Right | None = None) -> None:
        self._cluster.submit(command, self._who, right or self._right)
        self._cluster.collector.refresh()

    def _rest(self, holds: Callable[[Service], bool] = lambda _service: True) -> None:
        """Wait until all has been well for CALM seconds. Raises _Restless."""
        since = time.monotonic()
        end = since + PATIENCE
        while time.monotonic() - since < CALM:
            if time.monotonic() > end:
                raise _Restless
            self._cluster.still(self._right)
            time.sleep(LOOK)
            service = self._found()
            if not (well(self._cluster.snapshot, service) and holds(service)):
                since = time.monotonic()

    def _show(self, step: str, line: str) -> None:
        shown = placement(step, line, self._cluster.snapshot, self._found())
        self.results = (*self.results, shown)

    def _found(self) -> Service:
        service = self._cluster.snapshot.service(self.service)
        if service is None:
            raise InvalidCommand(_("There is no such service."))
        return service
