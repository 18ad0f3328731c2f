"""Routes on tasks: list and inspect."""

from __future__ import annotations

from essaim_practice.api.managers import managing
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Json, Node, Service, State, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.access import find, labelled, name_of, passes
from essaim_practice.swarm.render import task_json

_FILTERS = (
    *("id", "name", "label", "service", "node", "desired-state"),
    *("_up-to-date", "runtime"),
)
_DESIRED = ("running", "shutdown", "accepted", "ready", "complete", "remove")


@route("GET", "/tasks")
def list_tasks(request: Request) -> Response:
    store = managing(request)
    filters = request.filters(_FILTERS)
    for name in filters.get("desired-state", ()):
        if name not in _DESIRED:
            raise ApiError(500, f"Invalid desired-state filter: '{name}'")
    if "service" in filters:
        filters["service"] = [find(store, Service, text).id for text in filters["service"]]
    if "node" in filters:
        filters["node"] = [find(store, Node, text).id for text in filters["node"]]
    found = _candidates(store, filters)
    if filters:
        found = [task for task in found if _passes(store, task, filters)]
    found.sort(key=lambda task: task.id)
    return Response(request.cluster.tasks.each(found))


@route("GET", "/tasks/{id}")
def inspect(request: Request) -> Response:
    store = managing(request)
    return Response(task_json(store, find(store, Task, request.params["id"])))


def _candidates(store: Store, filters: dict[str, list[str]]) -> list[Task]:
    """The tasks to filter, from the narrowest index."""
    for field in ("service", "node"):
        if field in filters:
            found = (store.where(Task, field, id) for id in dict.fromkeys(filters[field]))
            return [task for some in found for task in some]
    return list(store.all(Task))


def _labels(store: Store, task: Task) -> Json:
    """A task is found by the labels of its service, as `docker stack ps` does."""
    service = store.get(Service, task.service_id)
    return service.spec["Labels"] if service else {}


def _passes(store: Store, task: Task, filters: dict[str, list[str]]) -> bool:
    return passes(
        filters,
        {
            "id": task.id.startswith,
            "name": lambda wanted: name_of(store, task).startswith(wanted),
            "label": lambda wanted: labelled(_labels(store, task), wanted),
            "service": lambda id: task.service_id == id,
            "node": lambda id: task.node_id == id,
            "desired-state": lambda name: task.desired == State[name.upper()],
            "_up-to-date": lambda wanted: _is_up_to_date(store, task) == (wanted == "true"),
            "runtime": lambda wanted: wanted == "container",
        },
    )


def _is_up_to_date(store: Store, task: Task) -> bool:
    service = store.get(Service, task.service_id)
    if service is not None and specs.is_job(service.spec):
        return task.job == service.iteration
    node = store.get(Node, task.node_id) if task.node_id else None
    return service is not None and not specs.is_dirty(service, task, node)
