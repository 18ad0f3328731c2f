"""Routes on nodes: list, inspect, update, remove."""

from __future__ import annotations

from essaim_practice.api.managers import managing, version_of
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Node
from essaim_practice.swarm.access import find, in_sequence, labelled, passes, refuse
from essaim_practice.swarm.membership import remove_node
from essaim_practice.swarm.quorum import is_reached, managers
from essaim_practice.swarm.records import revise
from essaim_practice.swarm.render import node_json

_FILTERS = ("name", "id", "label", "role", "membership", "node.label")
_ROLES = ("worker", "manager")
_AVAILABILITIES = ("active", "pause", "drain")


@route("GET", "/nodes")
def list_nodes(request: Request) -> Response:
    store = managing(request)
    filters = request.filters(_FILTERS)
    for role in filters.get("role", ()):
        if role not in _ROLES:
            raise ApiError(500, f"Invalid role filter: '{role}'")
    for membership in filters.get("membership", ()):
        if membership not in ("accepted", "pending"):
            raise ApiError(500, f"Invalid membership filter: '{membership}'")
    found = [node for node in store.all(Node) if _passes(node, filters)]
    found.sort(key=lambda node: node.id)
    return Response(node_json(store, node) for node in found)


def _passes(node: Node, filters: dict[str, list[str]]) -> bool:
    return passes(
        filters,
        {
            "id": node.id.startswith,
            "name": node.engine.startswith,
            "label": lambda wanted: labelled({}, wanted),  # the engine's own
            "node.label": lambda wanted: labelled(node.labels, wanted),
            "role": lambda wanted: node.role == wanted,
            "membership": lambda wanted: wanted == "accepted",
        },
    )


@route("GET", "/nodes/{id}")
def inspect(request: Request) -> Response:
    store = managing(request)
    return Response(node_json(store, find(store, Node, request.params["id"])))


@route("POST", "/nodes/{id}/update")
def update(request: Request) -> Response:
    store = managing(request)
    posted = request.json(bodies.NODE)
    version = version_of(request, "node")
    node = find(store, Node, request.params["id"])
    role, availability = posted.get("Role") or "", posted.get("Availability") or ""
    if role not in _ROLES:
        raise ApiError(400, f'invalid Role: "{role}"')
    if availability not in _AVAILABILITIES:
        raise ApiError(400, f'invalid Availability: "{availability}"')
    if role == "worker" and node.spec["Role"] == "manager":
        _check_demotion(request, node)
    in_sequence(node.version, version)
    spec = {"Labels": posted.get("Labels") or {}, "Role": role, "Availability": availability}
    if posted.get("Name"):
        spec = {"Name": posted["Name"], **spec}
    revise(store, node, spec=spec)
    return Response(None)


def _check_demotion(request: Request, node: Node) -> None:
    """Raises ApiError if the demotion would leave no manager, or no majority."""
    store = request.cluster.store
    if sum(other.spec["Role"] == "manager" for other in store.all(Node)) == 1:
        reason = "attempting to demote the last manager of the swarm"
        raise refuse(400, "FailedPrecondition", reason)
    others = [other for other in managers(store) if other.id != node.id]
    if sum(is_reached(store, other) for other in others) < len(others) // 2 + 1:
        reason = "can't remove member from the raft: this would result in a loss of quorum"
        raise refuse(400, "FailedPrecondition", reason)


@route("DELETE", "/nodes/{id}")
def remove(request: Request) -> Response:
    store = managing(request)
    node = find(store, Node, request.params["id"])
    if node.role == "manager":
        reason = (
            f"node {node.id} is a cluster manager and is a member of the raft cluster. "
            "It must be demoted to worker before removal"
        )
        raise refuse(400, "FailedPrecondition", reason)
    if node.state != "down" and not request.flag("force"):
        reason = f"node {node.id} is not down and can't be removed"
        raise refuse(400, "FailedPrecondition", reason)
    remove_node(store, node)
    return Response(None)
