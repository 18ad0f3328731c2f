"""A Swarm on a clock that a test winds by hand, with the questions that tests ask of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from essaim_practice.store.clock import ManualClock
from essaim_practice.store.objects import Container, Engine, Node, Service, State, Task, changed
from essaim_practice.store.store import Store
from essaim_practice.swarm import canonical, form_swarm, swarm_components
from essaim_practice.swarm.quorum import is_led, is_reached, managers
from essaim_practice.swarm.records import new_id, respec, revise

from .fake_runtime import FakeRuntime


class Simulation:
    """``nodes`` engines in one Swarm, node1 managing."""

    def __init__(self, nodes: int = 3, seed: int = 1) -> None:
        self.random = Random(seed)
        self.clock = ManualClock()
        self.store = Store(self.clock)
        names = [f"node{n}" for n in range(1, nodes + 1)]
        for number, name in enumerate(names, 11):
            self.store.put(Engine(id=name, address=f"192.168.0.{number}"))
        self.components = swarm_components(self.store, self.random)
        self.runtime = FakeRuntime(self.store)
        form_swarm(self.store, self.random, names)
        self.clock.advance(1)

    def settle(self, seconds: float = 30) -> None:
        self.clock.advance(seconds)

    # What a user does

    def create(
        self,
        name: str = "web",
        replicas: int | None = 3,
        image: str = "nginx:latest",
        ports: list[dict[str, Any]] | None = None,
        **spec: Any,
    ) -> Service:
        """A service as the CLI would post it; ``replicas`` None makes it global."""
        template = {"ContainerSpec": {"Image": image}, **spec.pop("template", {})}
        mode: dict[str, Any] = {"Replicated": {"Replicas": replicas}}
        posted = {
            "Name": name,
            "TaskTemplate": template,
            "Mode": {"Global": {}} if replicas is None else mode,
            **({"EndpointSpec": {"Ports": ports}} if ports else {}),
            **spec,
        }
        now = self.clock.now()
        version = self.store.next_version()
        service = Service(new_id(self.random), version, now, now, canonical.stored(posted), version)
        return self.store.put(service)

    def service(self, name: str = "web") -> Service:
        return next(s for s in self.store.all(Service) if s.name == name)

    def update(self, name: str = "web", **changes: Any) -> None:
        service = self.service(name)
        respec(
            self.store,
            service,
            canonical.stored({**service.spec, **changes}),
            previous_spec=service.spec,
            update_status=None,
        )

    def update_template(self, name: str = "web", **changes: Any) -> None:
        template = {**self.service(name).spec["TaskTemplate"], **changes}
        self.update(name, TaskTemplate=template)

    def scale(self, replicas: int, name: str = "web") -> None:
        self.update(name, Mode={"Replicated": {"Replicas": replicas}})

    def force(self, name: str = "web") -> None:
        force = self.service(name).spec["TaskTemplate"]["ForceUpdate"]
        self.update_template(name, ForceUpdate=force + 1)

    def remove(self, name: str = "web") -> None:
        self.store.delete(Service, self.service(name).id)

    def node(self, engine: str) -> Node:
        return next(n for n in self.store.all(Node) if n.engine == engine)

    def set_availability(self, engine: str, availability: str) -> None:
        node = self.node(engine)
        revise(self.store, node, spec={**node.spec, "Availability": availability})

    def set_label(self, engine: str, **labels: str) -> None:
        node = self.node(engine)
        revise(self.store, node, spec={**node.spec, "Labels": {**node.labels, **labels}})

    def power(self, engine: str, up: bool) -> None:
        machine = self.store.get(Engine, engine)
        assert machine is not None
        self.store.put(replace(machine, up=up))

    def cut(self, engine: str, cut: bool = True) -> None:
        """Pull a machine's network cable, or plug it in."""
        machine = self.store.get(Engine, engine)
        assert machine is not None
        self.store.put(changed(machine, cut=cut))

    def set_role(self, engine: str, role: str) -> None:
        node = self.node(engine)
        revise(self.store, node, spec={**node.spec, "Role": role})

    def may_demote(self, engine: str) -> bool:
        """Whether the managers would let that one go: others are enough without it."""
        others = [node for node in managers(self.store) if node.engine != engine]
        reached = sum(is_reached(self.store, node) for node in others)
        return is_led(self.store) and bool(others) and reached > len(others) // 2

    # What a user sees

    def tasks(self, name: str = "web") -> list[Task]:
        """All tasks of a service, oldest first."""
        ids = [s.id for s in self.store.all(Service) if s.name == name]
        return self.store.where(Task, "service", ids[0]) if ids else []

    def live(self, name: str = "web") -> list[Task]:
        """The tasks that run and are meant to."""
        return [
            task
            for task in self.tasks(name)
            if task.state == State.RUNNING and task.desired == State.RUNNING
        ]

    def per_node(self, name: str = "web") -> dict[str, int]:
        """How many replicas run on each node that has any."""
        return dict(Counter(self.engine_of(task) for task in self.live(name)))

    def engine_of(self, task: Task) -> str:
        node = self.store.get(Node, task.node_id)
        return node.engine if node else ""

    def containers(self, engine: str) -> Iterator[Container]:
        return (c for c in self.store.all(Container) if c.engine == engine)
