"""A practice cluster: its store, and the components that work on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from core.practice.api.texts import Texts
from core.practice.clock import Clock
from core.practice.events import EventLog
from core.practice.files.container_files import ContainerFiles
from core.practice.limits import STANDARD, Limits
from core.practice.network import addresses
from core.practice.objects import Engine, Image, Network, Task
from core.practice.programs import executables as executables  # the programs that containers run
from core.practice.programs.execs import Execs
from core.practice.programs.health import HealthMonitor
from core.practice.programs.logs import LogBook
from core.practice.runtime import Runtime
from core.practice.store import Change, Store
from core.practice.swarm import form_swarm, swarm_components
from core.practice.swarm.render import task_json


class Cluster:
    """Several simulated machines with a Docker engine each, on one clock.

    nodes: how many machines. formed: they are one Swarm already, node1 its manager.
    limits: how much it may hold.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        nodes: int = 3,
        formed: bool = True,
        limits: Limits = STANDARD,
    ) -> None:
        self.clock = clock
        self.random = random
        self.store = store = Store(clock, limits)
        self.logs = LogBook(clock, limits)
        store.add_index(Image, "engine", lambda image: image.engine)
        store.add_index(Network, "name", lambda network: network.name)
        names = tuple(f"node{number}" for number in range(1, nodes + 1))
        for number, name in enumerate(names, 11):
            addresses.add_predefined(store, random, name)
            store.put(Engine(id=name, address=f"192.168.0.{number}"))
        store.watch(self._on_engine, Engine)
        self.events = EventLog(store, clock)
        self.files = ContainerFiles(store)
        self.runtime = runtime = Runtime(store, clock, self.logs, self.files, random)
        self.processes = runtime.processes
        self.execs = Execs(store, runtime, self.events)
        self.health = HealthMonitor(store, self.execs)
        self.mesh = runtime.mesh
        self.bound: Callable[[str, int], str | None] = lambda engine, port: None
        self.ask_reset: Callable[[], None] | None = None  # of whoever keeps the cluster
        self.tasks = Texts[Task](store, Task, partial(task_json, store), Network)
        self.components = (runtime, *swarm_components(store, random))
        if formed:
            form_swarm(store, random, names)

    @property
    def engines(self) -> tuple[Engine, ...]:
        return tuple(self.store.all(Engine))

    def _on_engine(self, change: Change) -> None:
        engine = change.new
        if isinstance(engine, Engine) and engine.node_id:
            addresses.add_gateway_bridge(self.store, self.random, engine.id)
