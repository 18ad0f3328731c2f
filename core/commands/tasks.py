"""Tasks as docker service ps, docker node ps and docker stack ps list them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import docker.errors

from core.cluster.engine_json import Json, items, natural, text
from core.cluster.references import without_digest
from core.commands.command import Client, Report
from core.commands.listing import Column, Listing
from core.commands.source import Call, Code
from core.commands.table import ago, cut, short
from core.commands.values import filters
from core.errors import DockerRefused


class TaskListing(Listing):
    """A list of tasks: of each slot the newest, then those that it replaced."""

    __slots__ = ()

    columns = tuple(
        Column(name, head, lambda row, name=name: row[name])  # type: ignore[misc]
        for name, head in (
            ("ID", "ID"),
            ("Name", "NAME"),
            ("Image", "IMAGE"),
            ("Node", "NODE"),
            ("DesiredState", "DESIRED STATE"),
            ("CurrentState", "CURRENT STATE"),
            ("Error", "ERROR"),
            ("Ports", "PORTS"),
        )
    )
    shown = tuple(column.name for column in columns)
    kind = "*task.taskContext"
    filter: tuple[str, ...]
    format: str
    no_resolve: bool
    no_trunc: bool
    quiet: bool

    def _call(self) -> Call:
        return Call("client.api.tasks", filters=Code("chosen"))

    def _chosen(self) -> Json:
        """The filters of the line; ``self`` stands for the node that answers."""
        return filters(self.filter)

    @abstractmethod
    def _tasks(self, client: Client) -> tuple[list[Json], Sequence[str]]:
        """The tasks, and a sentence for each thing that is not there. Raises DockerRefused."""

    def _run(self, client: Client, report: Report) -> str:
        tasks, missing = self._tasks(client)
        text = self.listed(self._rows(client, tasks))
        if missing:
            refusal = DockerRefused("\n".join(missing), 404)
            refusal.printed = text
            raise refusal
        return text

    def _rows(self, client: Client, tasks: Iterable[Json]) -> list[Json]:
        """A row for each, as the docker command orders them."""
        names = TaskNames(client, resolve=not self.no_resolve)
        is_table = not self.format or self.format.startswith("table")
        tasks = sorted(tasks, key=lambda task: str(task["CreatedAt"]), reverse=True)
        tasks.sort(key=lambda task: natural(names.task(task)))
        rows, last = [], ""
        for task in tasks:
            name = names.task(task)
            shown = rf" \_ {name}" if is_table and name == last else name
            rows.append(_row(task, shown, names, whole=self.no_trunc or self.quiet))
            last = name
        return rows


class TaskNames:
    """The names behind the ids in tasks; the engine is asked once for each.

    resolve: without it, ids stand for themselves.
    """

    def __init__(self, client: Client, resolve: bool = True) -> None:
        same = str
        self._service = _names(client.api.inspect_service, "Spec", "Name") if resolve else same
        self.node = _names(client.api.inspect_node, "Description", "Hostname") if resolve else same

    def task(self, task: Json) -> str:
        """web.3, or web.<node id> of a global service."""
        service = text(task, "ServiceID")
        return f"{self._service(service) or service}.{task.get('Slot') or text(task, 'NodeID')}"


def _names(inspect: Callable[[str], Json], *keys: str) -> Callable[[str], str]:
    """A function from an id to a name; a thing that is gone from the Swarm keeps its id for one."""

    @cache
    def name(id: str) -> str:
        try:
            return text(inspect(id), *keys) if id else ""
        except docker.errors.NotFound:
            return id

    return name


def ports(published: Iterable[Json]) -> list[str]:
    """``*:8080->80/tcp`` for each port."""
    return [f"*:{p['PublishedPort']}->{p['TargetPort']}/{p['Protocol']}" for p in published]


def _row(task: Json, name: str, names: TaskNames, *, whole: bool) -> Json:
    error = text(task, "Status", "Err")
    image = text(task, "Spec", "ContainerSpec", "Image")
    since = text(task, "Status", "Timestamp")
    state = text(task, "Status", "State").capitalize()
    return {
        "ID": task["ID"] if whole else short(task["ID"]),
        "Name": name,
        "Image": image if whole else without_digest(image),
        "Node": names.node(text(task, "NodeID")),
        "DesiredState": text(task, "DesiredState").capitalize(),
        "CurrentState": f"{state} {ago(since).lower()}" if since else state,
        "Error": f'"{error if whole else cut(error, 30)}"' if error else "",
        "Ports": ",".join(ports(items(task, "Status", "PortStatus", "Ports"))),
    }
