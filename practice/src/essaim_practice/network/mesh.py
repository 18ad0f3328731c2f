"""Published ports of an engine: a container's own port, or the ingress mesh of the Swarm."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from errno import EADDRINUSE

from essaim_practice.network import topology
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.processes import Processes
from essaim_practice.programs.sockets import Socket
from essaim_practice.programs.talk import Talk
from essaim_practice.store.objects import Container, Engine, Node, Port, Service, Task
from essaim_practice.store.store import Store

ANYWHERE = ("0.0.0.0", "::")
#: Named connections that are remembered; the one that was used least recently goes first.
MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Opening:
    """A TCP port that a machine of the cluster publishes."""

    engine: str
    port: int
    target: int  # the port inside the container
    service: str = ""  # the name of the service behind it, or
    container: str = ""  # of the plain container


class Refused(Exception):
    """The connection is refused; the message is for a person."""


class Connection:
    """One TCP connection to a published port: it keeps to the replica it was given."""

    def __init__(
        self, store: Store, processes: Processes, container_id: str, port: int, source: str
    ) -> None:
        self._store = store
        self._processes = processes
        self._container_id = container_id
        self._port = port
        self._source = source

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[HttpResponse, dict[str, str]]:
        """The answer, and the headers that name the replica. Raises Refused if it is gone."""
        container = self._container()
        who = self._who(container)
        replica = who.get("Essaim-Replica") or container.name
        request = HttpRequest(
            method=method,
            target=target,
            headers=headers,
            body=body,
            source=self._source,
            replica=replica,
            address=container.address,
            now=self._store.clock.now(),
        )
        page = self._processes.request(container.id, request, self._port)
        if page is None:
            raise Refused(f"{replica} does not speak HTTP")
        return page, who

    @property
    def container(self) -> str:
        """The id of the container that answers."""
        return self._container_id

    @property
    def raw(self) -> bool:
        """Whether the program there speaks a protocol of its own, and no HTTP."""
        return self._processes.talks(self._container_id, self._port) is not None

    def talk(self) -> Talk:
        """The program's side of the connection, where it is ``raw``. Raises Refused."""
        container = self._container()
        opened = self._processes.talks(container.id, self._port)
        if opened is None:
            raise Refused(f"{container.name} speaks HTTP alone")
        return opened(self._source)

    @property
    def cluster(self) -> object:
        """A value that identifies the cluster."""
        return self._store

    def script(self) -> str | None:
        """The source of the Streamlit app that answers, if one does. Raises Refused."""
        return self._processes.script(self._container().id)

    def who(self) -> dict[str, str]:
        """The headers that name the replica. Raises Refused if it is gone."""
        return self._who(self._container())

    def answers(self) -> bool:
        """Whether the container is still there and listens."""
        return self._processes.listens(self._container_id, self._port)

    def _container(self) -> Container:
        container = self._store.get(Container, self._container_id)
        if container is None or not self.answers():
            raise Refused("the container that answered on this connection is gone")
        return container

    def _who(self, container: Container) -> dict[str, str]:
        task = self._store.get(Task, container.task_id) if container.task_id else None
        service = self._store.get(Service, task.service_id) if task else None
        if task is None or service is None:
            return {"Essaim-Container": container.name, "Essaim-Node": container.engine}
        return {
            "Essaim-Replica": f"{service.name}.{task.slot or task.node_id}",
            "Essaim-Task": task.id,
            "Essaim-Node": container.engine,
        }


class Mesh:
    """Opens connections to published ports, as the engines of the cluster do."""

    def __init__(self, store: Store, processes: Processes) -> None:
        self._store = store
        self._processes = processes
        self._turns: dict[tuple[str, int], str] = {}  # by entry: the task that answered last
        self._kept: OrderedDict[tuple[str, str, int], Connection] = OrderedDict()
        self._asked: OrderedDict[str, int] = OrderedDict()  # names, and how often
        #: Whether another program of this computer has the port of an engine.
        self.claimed: Callable[[str, int], bool] = lambda engine, port: False

    def openings(self, only: str = "") -> list[Opening]:
        """Every published TCP port, by engine and number; only: those of one engine, cut or not."""
        found: dict[tuple[str, int], Opening] = {}
        for engine in self._store.all(Engine):
            if only not in ("", engine.id) or not engine.up or (engine.cut and not only):
                continue
            for container in self._store.where(Container, "engine", engine.id):
                if container.state != "running":
                    continue
                for port in container.ports:
                    if port.protocol == "tcp":
                        key = (engine.id, port.published)
                        name = self._service_name(container)
                        found[key] = Opening(
                            *key, port.target, name, "" if name else container.name
                        )
            if engine.node_id:
                for service in self._store.all(Service):
                    for port in service.ports:
                        if port.mode == "ingress" and port.protocol == "tcp":
                            key = (engine.id, port.published)
                            found[key] = Opening(*key, port.target, service.name)
        return sorted(found.values(), key=lambda opening: (opening.engine, opening.port))

    def connect(
        self, engine_id: str, port: int, inside: bool = False, address: str = ""
    ) -> Connection:
        """A new connection to a port of an engine. Raises Refused.

        address: the one that is called, of those that the machine has; "" for whichever it is.
        inside: from the machine itself, which a cable that is pulled out does not keep from it.
        """
        engine = self._store.get(Engine, engine_id)
        if engine is None:
            raise Refused(f"there is no machine called {engine_id}")
        if not engine.up:
            raise Refused(f"{engine_id} is down: nothing answers there")
        if engine.cut and not inside:
            raise Refused(f"{engine_id} is cut from the network: nothing reaches it")
        if engine.node_id:
            for service in self._store.all(Service):
                for opened in service.ports:
                    ingress = opened.mode == "ingress" and opened.protocol == "tcp"
                    if ingress and opened.published == port:
                        node = self._store.get(Node, engine.node_id)
                        source = (node.ingress_address if node else "") or "10.0.0.2"
                        return self.balance(engine.id, service, port, opened.target, source)
        for container in self._store.where(Container, "engine", engine_id):
            if container.state != "running":
                continue
            for opened in container.ports:
                if opened.published == port and _answers(opened, address):
                    return self.join(container, port, opened.target, "172.17.0.1")
            if topology.is_machines(container) and self._processes.listens(container.id, port):
                return self.join(container, port, port, engine.address)
        raise Refused(f"nothing is published on port {port} of {engine_id}")

    def keep(self, name: str, engine_id: str, port: int) -> Connection:
        """The connection of this name, opened where there is none: Refused as by ``connect``."""
        key = (name, engine_id, port)
        kept = self._kept.pop(key, None) or self.connect(engine_id, port)
        self._kept[key] = kept
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept

    def drop(self, name: str, engine_id: str, port: int) -> None:
        """The connection of this name is broken: the next one is new."""
        self._kept.pop((name, engine_id, port), None)

    def balance(
        self, entry: str, service: Service, port: int, target: int, source: str
    ) -> Connection:
        """The next replica in turn, on whichever machine it runs."""
        ready = self._ready(service, entry)
        if not ready:
            raise Refused(f"service {service.name} publishes port {port} but no replica runs")
        last = self._turns.get((entry, port))
        order = [task_id for task_id, _ in ready]
        after = order.index(last) + 1 if last in order else 0
        task_id, container = ready[after % len(ready)]
        self._turns[entry, port] = task_id
        return self.join(container, port, target, source)

    def _ready(self, service: Service, entry: str) -> list[tuple[str, Container]]:
        """The replicas that an engine's mesh leads to: running, and meant to stay."""
        found = [(t.slot, t.id, c) for t, c in topology.replicas(self._store, entry, service)]
        return [(task_id, container) for _, task_id, container in sorted(found, key=_by_slot)]

    def join(self, container: Container, port: int, target: int, source: str) -> Connection:
        if container.paused:
            raise Refused(f"{container.name} is paused and does not answer")
        listener = self._listener(container, target)
        if listener is None:
            raise Refused(
                f"port {port} leads to port {target} of {container.name}, where nothing listens"
            )
        return Connection(self._store, self._processes, listener.id, target, source)

    def turn(self, name: str) -> int:
        """How often the name service was asked for a name before: its addresses take turns."""
        number = self._asked.pop(name, -1) + 1
        self._asked[name] = number
        if len(self._asked) > MOST_KEPT:
            self._asked.popitem(last=False)
        return number

    def listening(self, container: Container) -> list[tuple[str, int]]:
        """Address and port of every TCP socket that listens in a container's network."""
        found = set()
        for each in topology.sharing(self._store, container):
            found |= {(any_, port) for port in self._processes.ports(each.id) for any_ in ANYWHERE}
            found |= {("::", port) for port in self._processes.sockets.of(each.id)}
        return sorted(found, key=lambda socket: (":" in socket[0], socket[1]))

    def published(self, engine_id: str) -> list[tuple[str, int]]:
        """Address and port of every TCP port that a machine publishes."""
        own = [
            (port.address or anywhere, port.published)
            for container in self._store.where(Container, "engine", engine_id)
            if container.state == "running"
            for port in container.ports
            if port.protocol == "tcp"
            for anywhere in ANYWHERE
        ]
        meshed = [
            (anywhere, opening.port)
            for opening in self.openings(engine_id)
            if opening.service and opening.port not in {port for _, port in own}
            for anywhere in ANYWHERE
        ]
        return [*own, *meshed]

    def listen(self, container: Container, port: int, socket: Socket) -> Callable[[], None]:
        """Open a port in a container; returns what closes it. Raises OSError where it is taken."""
        if self._listener(container, port) is not None:
            raise OSError(EADDRINUSE, os.strerror(EADDRINUSE))
        return self._processes.sockets.listen(container.id, port, socket)

    def _listener(self, container: Container, port: int) -> Container | None:
        """Which of the containers that share a network listens on a port."""
        if self._processes.listens(container.id, port):
            return container
        sharing = topology.sharing(self._store, container)
        return next((c for c in sharing if self._processes.listens(c.id, port)), None)

    def _service_name(self, container: Container) -> str:
        task = self._store.get(Task, container.task_id) if container.task_id else None
        service = self._store.get(Service, task.service_id) if task else None
        return service.name if service else ""


def _answers(port: Port, address: str) -> bool:
    """Whether a published port answers at an address of its machine."""
    return not address or port.address in ("", *ANYWHERE, address)


def _by_slot(entry: tuple[int, str, Container]) -> tuple[int, str]:
    return entry[0], entry[1]
