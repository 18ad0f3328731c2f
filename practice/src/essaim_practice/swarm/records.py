"""Creates and revises the Swarm's records: ids, versions, tasks, and the indexes over them."""

from __future__ import annotations

import string
from random import Random
from typing import Any, TypeVar

from essaim_practice.store.objects import (
    Container,
    Json,
    Network,
    Node,
    Payload,
    Service,
    State,
    Swarm,
    Task,
    changed,
)
from essaim_practice.store.store import Store
from essaim_practice.swarm import specs

_BASE36 = string.digits + string.ascii_lowercase

R = TypeVar("R", Swarm, Node, Service, Task, Payload)


def new_id(random: Random, digits: int = 25) -> str:
    """A new Swarm id: 25 digits of base 36."""
    return "".join(random.choices(_BASE36, k=digits))


def revise(store: Store, record: R, **changes: Any) -> R:
    """Replace a record by one with these changes, a new version and a new ``updated``."""
    changes["version"] = store.next_version()
    changes["updated"] = store.clock.now()
    return store.put(changed(record, **changes))


def respec(store: Store, service: Service, spec: Json, **changes: Any) -> Service:
    """Replace the spec of a service; orchestrators act on this kind of revision only."""
    if specs.is_job(spec):
        changes |= {"iteration": service.iteration + 1, "executed": store.clock.now()}
    return revise(store, service, spec=spec, spec_version=store.version + 1, **changes)


def observe(store: Store, task: Task, state: State, message: str, **changes: Any) -> Task:
    """Record the state a task is in now."""
    now = store.clock.now()
    return revise(store, task, state=state, message=message, timestamp=now, **changes)


def new_task(
    store: Store,
    random: Random,
    service: Service,
    slot: int = 0,
    node_id: str = "",
    desired: State = State.RUNNING,
    starts_at: float = 0.0,
    follows: str = "",
    restarts: tuple[float, ...] = (),
    job: int | None = None,
) -> Task:
    """Create a task of a service: in a slot, or on a node when the service is global."""
    now = store.clock.now()
    return store.put(
        Task(
            id=new_id(random),
            version=store.next_version(),
            created=now,
            updated=now,
            service_id=service.id,
            slot=slot,
            node_id=node_id,
            spec=service.spec["TaskTemplate"],
            spec_version=service.spec_version,
            desired=desired,
            state=State.NEW,
            timestamp=now,
            message="created",
            endpoint=service.spec.get("EndpointSpec"),
            starts_at=starts_at,
            follows=follows,
            restarts=restarts,
            job=job,
        )
    )


def place_of(task: Task) -> str:
    """The place that a task's successor takes over: its slot, or its node in a global service."""
    return f"{task.service_id}/{task.slot or task.node_id}"


def add_indexes(store: Store) -> None:
    """Add the indexes that the components and the API use."""
    store.add_index(Task, "service", lambda task: task.service_id)
    store.add_index(Task, "node", lambda task: task.node_id or None)
    store.add_index(Task, "place", place_of)
    store.add_index(Node, "role", lambda node: node.role)
    store.add_index(Node, "leader", lambda node: "yes" if node.leader else None)
    store.add_index(Container, "engine", lambda container: container.engine)
    store.add_index(Container, "task", lambda container: container.task_id or None)
    store.add_index(Network, "scope", lambda network: network.scope)
