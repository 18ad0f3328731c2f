"""Makes the overview that a container with the engine's socket has."""

from __future__ import annotations

from essaim_practice.programs.overview import Overview, SeenContainer, SeenNode, SeenTask
from essaim_practice.store.objects import (
    Container,
    Engine,
    Image,
    Network,
    Node,
    Service,
    State,
    Task,
    Volume,
)
from essaim_practice.store.store import Store

_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")


def overview_of(store: Store, container_id: str) -> Overview | None:
    """What a container learns from the engine's socket; None where it is not mounted."""
    container = store.get(Container, container_id)
    if container is None or not any(mount.source in _SOCKETS for mount in container.mounts):
        return None
    engine = store.get(Engine, container.engine)
    node = store.get(Node, engine.node_id) if engine and engine.node_id else None
    manager = node is not None and node.role == "manager"
    own = store.where(Container, "engine", container.engine)
    everywhere = [c for c in store.all(Container) if c.task_id and c.engine != container.engine]
    return Overview(
        engine=container.engine,
        version=store.edition.version,
        manager=manager,
        images=len(store.where(Image, "engine", container.engine)),
        volumes=sum(volume.engine == container.engine for volume in store.all(Volume)),
        networks=sum(network.engine in ("", container.engine) for network in store.all(Network)),
        nodes=tuple(_node(store, one) for one in store.all(Node)) if manager else (),
        tasks=tuple(_tasks(store)) if manager else (),
        containers=tuple(_container(store, c) for c in (*own, *(everywhere if manager else ()))),
    )


def _node(store: Store, node: Node) -> SeenNode:
    engine = store.get(Engine, node.engine)
    memory = engine.memory if engine else 0
    return SeenNode(node.id, node.engine, node.role, node.state, node.availability, memory)


def _tasks(store: Store) -> list[SeenTask]:
    found = []
    for task in store.all(Task):
        service = store.get(Service, task.service_id)
        if service is None or task.desired > State.RUNNING or task.state > State.RUNNING:
            continue
        name = f"{service.name}.{task.slot or task.node_id[:8]}"
        image = str((task.spec.get("ContainerSpec") or {}).get("Image") or "").partition("@")[0]
        found.append(SeenTask(task.id, name, task.node_id, task.state.name.lower(), image))
    return sorted(found, key=lambda task: task.name)


def _container(store: Store, container: Container) -> SeenContainer:
    task = store.get(Task, container.task_id) if container.task_id else None
    service = store.get(Service, task.service_id) if task else None
    image = store.get(Image, f"{container.engine}/{container.image_id}")
    exposed = {**((image.config.get("ExposedPorts") if image else None) or {}),
               **(container.config.get("ExposedPorts") or {})}  # fmt: skip
    ports = sorted(int(p.partition("/")[0]) for p in exposed if p.partition("/")[0].isdigit())
    labels = {**((image.config.get("Labels") if image else None) or {}),
              **(container.config.get("Labels") or {}),
              **((service.spec.get("Labels") if service else None) or {})}  # fmt: skip
    addresses = [a.partition("/")[0] for _, a in task.addresses] if task else [container.address]
    return SeenContainer(
        id=container.id,
        name=container.name,
        image=container.image.partition("@")[0],
        state=container.state,
        address=next(reversed(addresses), ""),
        ports=tuple(ports),
        labels={str(name): str(value) for name, value in labels.items()},
    )
