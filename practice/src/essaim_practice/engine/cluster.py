"""A practice cluster: one store, and the components that watch it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Protocol

from essaim_practice.engine import executables as executables  # the programs that containers run
from essaim_practice.engine.events import EventLog
from essaim_practice.engine.execs import Execs
from essaim_practice.engine.health import HealthMonitor
from essaim_practice.engine.machines import Machines
from essaim_practice.engine.runtime import Runtime
from essaim_practice.engine.state import ClusterState
from essaim_practice.files.container_files import ContainerFiles
from essaim_practice.network import addresses
from essaim_practice.programs.logs import LogBook
from essaim_practice.protocol.texts import Texts
from essaim_practice.store.clock import Clock
from essaim_practice.store.connections import Connections
from essaim_practice.store.edition import EDITIONS, USUAL, Edition
from essaim_practice.store.limits import STANDARD, Limits
from essaim_practice.store.objects import Container, Engine, Image, Network, Task, Volume, changed
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import form_swarm, swarm_components
from essaim_practice.swarm.render import task_json


class Keeper(Protocol):
    """The owner of a cluster: it listens for the engines and resets the cluster."""

    def host(self, engine: str) -> str:
        """The DOCKER_HOST of an engine; '' if nothing listens for it."""

    async def attend(self) -> None:
        """Open listeners for new engines, and close those of removed engines."""

    async def reset_for(self, nodes: int | None, formed: bool | None) -> None:
        """Reset for a request, whose connection goes on; None keeps the value of the beginning."""


class Cluster:
    """Several simulated machines with a Docker engine each, on one clock.

    nodes: how many machines. formed: they are one Swarm already, node1 its manager.
    limits: how much it may hold. state: it is one that was before, and as if no time had passed
    until its power is cut; then nodes, formed and edition do not count.
    touched: somebody asked its engines for more than a look.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        nodes: int = 3,
        formed: bool = True,
        limits: Limits = STANDARD,
        state: ClusterState | None = None,
        edition: Edition = USUAL,
        share: Path | None = None,
    ) -> None:
        self.clock = clock
        self.random = random
        self.touched = state.touched if state else False
        if state is not None:
            edition = EDITIONS[state.engine]
        self.store = store = Store(clock, limits, edition)
        self.logs = LogBook(clock, limits, store.memory, state.logs if state else ())
        self.connections = Connections(limits, store.memory)
        store.add_index(Image, "engine", lambda image: image.engine)
        store.add_index(Network, "name", lambda network: network.name)
        names: tuple[str, ...] = ()
        if state is not None:
            store.fill(state.records, state.version, state.writes)
        else:
            names = tuple(self.add_engine().id for _ in range(nodes))
        store.watch(self._on_engine, Engine)
        self.events = EventLog(store, clock)
        self.files = ContainerFiles(store, state.files if state else None, share)
        self.runtime = runtime = Runtime(store, clock, self.logs, self.files, random)
        self.processes = runtime.processes
        self.machines = Machines(store, self.files, runtime)
        self.execs = Execs(store, runtime, self.events, self.machines)
        self.health = HealthMonitor(store, self.execs)
        self.mesh = runtime.mesh
        self.bound: Callable[[str, int], str | None] = lambda engine, port: None
        self.keeper: Keeper | None = None
        self.tasks = Texts[Task](store, Task, partial(task_json, store), Network)
        self.components = (runtime, *swarm_components(store, random))
        if state is None and formed:
            form_swarm(store, random, names)

    @property
    def engines(self) -> tuple[Engine, ...]:
        return tuple(engine for engine in self.store.all(Engine) if not engine.gone)

    def add_engine(self) -> Engine:
        """Add an empty engine outside the Swarm, with a name and an address never used before."""
        number = self.store.count(Engine) + 1
        name = f"node{number}"
        addresses.add_predefined(self.store, self.random, name)
        return self.store.put(Engine(id=name, address=f"192.168.0.{number + 10}"))

    def remove_engine(self, engine: Engine) -> None:
        """Remove an engine with everything on it. The Swarm is not told."""
        store = self.store
        store.put(changed(engine, up=False, gone=True))
        with store.batch():
            for container in store.where(Container, "engine", engine.id):
                if not container.task_id:
                    store.delete(Container, container.id)
            for image in store.where(Image, "engine", engine.id):
                store.delete(Image, image.id)
            for volume in store.all(Volume):
                if volume.engine == engine.id:
                    store.delete(Volume, volume.id)
            for network in store.all(Network):
                if network.engine == engine.id:
                    store.delete(Network, network.id)

    def cut_power(self) -> None:
        """Cut the power of all machines that have any, and give it back."""
        store, on = self.store, [engine.id for engine in self.engines if engine.up]
        for up in (False, True):
            with store.batch():
                for engine in self.engines:
                    store.put(changed(engine, up=up and engine.id in on, patience=0.0))

    def _on_engine(self, change: Change) -> None:
        engine = change.new
        if isinstance(engine, Engine) and engine.node_id:
            addresses.add_gateway_bridge(self.store, self.random, engine.id)
