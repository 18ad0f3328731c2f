"""Tasks as docker service ps and docker node ps print them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import docker
import docker.errors

from core.commands.engine_json import Json, items, text
from core.commands.table import ago, cut, natural, short, table

_HEAD = ("ID", "NAME", "IMAGE", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS")


def listed(client: docker.DockerClient, tasks: list[Json], *, whole: bool) -> str:
    """A table: each slot's newest task first, then those that it replaced. whole: cut nothing."""
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
    """Names of the services and nodes behind ids, each asked for once."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._services = cache(
            lambda id: text(client.api.inspect_service(id), "Spec", "Name") or id
        )
        self._nodes = cache(lambda id: text(client.api.inspect_node(id), "Description", "Hostname"))

    def task(self, task: Json) -> str:
        """web.3, or web.<node id> of a global service."""
        return f"{self.service(task['ServiceID'])}.{task.get('Slot') or text(task, 'NodeID')}"

    def service(self, id: str) -> str:
        return _or_id(self._services, id)

    def node(self, id: str) -> str:
        return _or_id(self._nodes, id)


def _or_id(name: object, id: str) -> str:
    """What is gone from the Swarm keeps its id for a name."""
    try:
        return str(name(id)) if id else ""  # type: ignore[operator]
    except docker.errors.NotFound:
        return id


def unpinned(image: str) -> str:
    """The image's name without the digest that the Swarm has added."""
    return image.partition("@")[0]


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
        image if whole else unpinned(image),
        names.node(text(task, "NodeID")),
        text(task, "DesiredState").capitalize(),
        f"{state} {ago(since).lower()}" if since else state,
        f'"{error if whole else cut(error, 30)}"' if error else "",
        ",".join(ports(items(task, "Status", "PortStatus", "Ports"))),
    )
