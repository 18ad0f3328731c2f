"""Tasks as docker service ps and docker node ps print them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import docker.errors

from core.cluster.engine_json import Json, items, natural, text
from core.cluster.references import without_digest
from core.commands.command import Client
from core.commands.table import ago, cut, short, table

_HEAD = ("ID", "NAME", "IMAGE", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS")


def listed(client: Client, tasks: list[Json], *, whole: bool) -> str:
    """A table: of each slot the newest task, then those that it replaced. whole: cut nothing."""
    names = TaskNames(client)
    tasks = sorted(tasks, key=lambda task: str(task["CreatedAt"]), reverse=True)
    tasks.sort(key=lambda task: natural(names.task(task)))
    rows = []
    last = ""
    for task in tasks:
        name = names.task(task)
        rows.append(_row(task, name, name == last, names, whole=whole))
        last = name
    return table(_HEAD, rows)


class TaskNames:
    """The names behind the ids in tasks; the engine is asked once for each."""

    def __init__(self, client: Client) -> None:
        self._service = _names(client.api.inspect_service, "Spec", "Name")
        self.node = _names(client.api.inspect_node, "Description", "Hostname")

    def task(self, task: Json) -> str:
        """web.3, or web.<node id> of a global service."""
        service = task["ServiceID"]
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


def _row(task: Json, name: str, history: bool, names: TaskNames, *, whole: bool) -> tuple[str, ...]:
    error = text(task, "Status", "Err")
    image = text(task, "Spec", "ContainerSpec", "Image")
    since = text(task, "Status", "Timestamp")
    state = text(task, "Status", "State").capitalize()
    return (
        task["ID"] if whole else short(task["ID"]),
        rf" \_ {name}" if history else name,
        image if whole else without_digest(image),
        names.node(text(task, "NodeID")),
        text(task, "DesiredState").capitalize(),
        f"{state} {ago(since).lower()}" if since else state,
        f'"{error if whole else cut(error, 30)}"' if error else "",
        ",".join(ports(items(task, "Status", "PortStatus", "Ports"))),
    )
