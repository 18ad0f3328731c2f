"""docker node: the machines of the Swarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from core.cluster.engine_json import Json, natural, part, text
from core.cluster.failures import daemon_errors
from core.cluster.snapshot import ClusterSnapshot
from core.commands.command import Client, Command, Report, command, each, spoken
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.inspections import Inspection
from core.commands.kinds import OnEach
from core.commands.listing import Column, Listing
from core.commands.node_told import pretty
from core.commands.source import Call, Code, given, literal
from core.commands.specs import (
    Edit,
    add_label,
    asks_nothing,
    holds,
    update_node,
    update_node_text,
)
from core.commands.tasks import TaskListing
from core.commands.values import FILTER, MARK, Value, filters
from core.errors import DockerRefused, EngineRejected, InvalidCommand
from core.i18n import later as _


class _Self(Code):
    """The id of the node that answers."""

    __slots__ = ()

    def value(self, names: Mapping[str, Any]) -> str:
        return text(names["client"].api.info(), "Swarm", "NodeID")


def _reference(name: str) -> str:
    """The node as docker-py takes it: ``self`` is docker's word for the one that answers."""
    return _Self('client.api.info()["Swarm"]["NodeID"]') if name == "self" else name


def _inspected(client: Client, name: str) -> Json:
    found: Json = Call("client.api.inspect_node", _reference(name)).on(client)
    return found


def _tls(node: Json) -> str:
    """Whether the node's certificate is of the Swarm's present root. Swarm: what info says."""
    here, root = part(node, "Description", "TLSInfo"), part(node, "Root")
    if not here or not root:
        return "Unknown"
    return "Ready" if here == root else "Needs Rotation"


@command("node ls", "node list")
class ListNodes(Listing):
    """List the nodes of the Swarm."""

    columns = (
        Column("ID", "ID", lambda node: node["ID"]),
        Column("Self", "", lambda node: node["Self"]),
        Column("Hostname", "HOSTNAME", lambda node: text(node, "Description", "Hostname")),
        Column("Status", "STATUS", lambda node: text(node, "Status", "State").capitalize()),
        Column(
            "Availability",
            "AVAILABILITY",
            lambda node: text(node, "Spec", "Availability").capitalize(),
        ),
        Column(
            "ManagerStatus",
            "MANAGER STATUS",
            lambda node: _manager_status(part(node, "ManagerStatus")),
        ),
        Column("TLSStatus", "TLS STATUS", _tls),
        Column(
            "EngineVersion",
            "ENGINE VERSION",
            lambda node: text(node, "Description", "Engine", "EngineVersion"),
        ),
    )
    shown = (
        "{{.ID}} {{if .Self}}*{{else}} {{end}}",
        "Hostname",
        "Status",
        "Availability",
        "ManagerStatus",
        "EngineVersion",
    )
    kind = "*node.nodeContext"
    loop = (
        "node",
        'spec, description = node.attrs["Spec"], node.attrs["Description"]',
        'print(node.id, description["Hostname"], node.attrs["Status"]["State"], '
        'spec["Availability"])',
    )
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    quiet: bool = switch("--quiet", "-q")

    def _call(self) -> Call:
        return Call("client.nodes.list", **given(filters=filters(self.filter)))

    def _found(self, client: Client) -> list[Json]:
        nodes = client.api.nodes(filters(self.filter)) or ()
        swarm = part(client.api.info(), "Swarm") if nodes and not self.quiet else {}
        here, root = text(swarm, "NodeID"), part(swarm, "Cluster", "TLSInfo")
        found = [node | {"Self": node["ID"] == here, "Root": root} for node in nodes]
        return sorted(found, key=lambda node: natural(text(node, "Description", "Hostname")))


def _manager_status(manager: Json) -> str:
    return "Leader" if manager.get("Leader") else text(manager, "Reachability").capitalize()


@command("node ps")
class NodeTasks(TaskListing):
    """List the tasks that nodes have been given; of the node that answers, where none is named."""

    quiet: bool = switch("--quiet", "-q")
    no_trunc: bool = switch("--no-trunc")
    no_resolve: bool = switch("--no-resolve")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    nodes: tuple[str, ...] = arguments("NODE", optional=True)

    def _python(self) -> str:
        names = literal([_reference(name) for name in self.nodes or ("self",)])
        chosen = f"{literal(filters(self.filter))} | " if self.filter else ""
        return f"""\
for name in {names}:
    node = client.api.inspect_node(name)["ID"]
    for task in client.api.tasks(filters={chosen}{{"node": node}}):
        status = task["Status"]
        print(task["ServiceID"], task.get("Slot", ""), task["DesiredState"], status["State"],
              status.get("Err", ""))
"""

    def _tasks(self, client: Client) -> tuple[list[Json], Sequence[str]]:
        tasks: list[Json] = []
        missing: list[str] = []
        for name in self.nodes or ("self",):
            try:
                with daemon_errors():
                    node = _inspected(client, name)["ID"]
                    tasks += client.api.tasks(filters=self._chosen() | {"node": [node]}) or ()
            except EngineRejected as error:
                missing.append(spoken(error))
        if missing and not tasks:
            raise DockerRefused("\n".join(missing), 404)
        return tasks, missing


@command("node inspect")
class InspectNodes(Inspection):
    """Show all that the Swarm knows about nodes."""

    struct = "swarm.Node"
    keeps_json = False
    method = "api.inspect_node"
    format: str = option("--format", "-f")
    pretty: bool = switch("--pretty")
    nodes: tuple[str, ...] = arguments("NODE")

    def _reference(self, name: str) -> str:
        return _reference(name)

    def _told(self, client: Client, thing: Json) -> str:
        return pretty(thing)


@command("node update", changes=True)
class UpdateNode(Command):
    """Change what a node may be given: tasks or none, its role, its labels."""

    availability: str = option("--availability", value=Value("active|pause|drain"))
    role: str = option("--role", value=Value("worker|manager"))
    label_add: tuple[str, ...] = options("--label-add", value=MARK)
    label_rm: tuple[str, ...] = options("--label-rm")
    node: str = argument("NODE")

    def _edits(self) -> list[Edit]:
        edits = [_set("Availability", self.availability)] if self.availability else []
        edits += [_set("Role", self.role)] if self.role else []
        edits += map(add_label, self.label_add)
        return edits + [_remove_label(key) for key in self.label_rm]

    def _python(self) -> str:
        return update_node_text(self.node, self._edits())

    def _run(self, client: Client, report: Report) -> str:
        update_node(client, self.node, self._edits())
        return self.node

    def is_noop(self, snapshot: ClusterSnapshot) -> bool:
        named = [n for n in snapshot.nodes if self.node in (n.id, n.hostname)]
        if len(named) != 1:
            return False
        return asks_nothing(  # removing a label that is not there has a refusal of its own
            self,
            "node",
            availability=self.availability in ("", named[0].availability),
            role=self.role in ("", named[0].role),
            label_add=holds(named[0].labels, self.label_add),
        )


def _set(key: str, value: str) -> Edit:
    return Edit(f'spec["{key}"] = {literal(value)}', lambda spec: spec.update({key: value}))


def _remove_label(key: str) -> Edit:
    def make(spec: Json) -> None:
        if key not in part(spec, "Labels"):
            raise InvalidCommand(_("key {key} doesn't exist in node's labels"), key=key)
        del spec["Labels"][key]

    return Edit(f'del spec["Labels"][{literal(key)}]', make)


class _RoleChange(Command):
    """Give one role to nodes."""

    __slots__ = ()

    nodes: tuple[str, ...]
    role: ClassVar[str]
    done: ClassVar[str]  # docker's words

    def _python(self) -> str:
        edits = [_set("Role", self.role)]
        return "\n".join(update_node_text(name, edits) for name in self.nodes)

    def _run(self, client: Client, report: Report) -> str:
        def give(name: str) -> str:
            node: Json = client.api.inspect_node(name)
            if text(node, "Spec", "Role") == self.role:
                return f"Node {node['ID']} is already a {self.role}."
            update_node(client, name, [_set("Role", self.role)])
            return self.done.format(name=name)

        return each(self.nodes, give)


@command("node promote", changes=True)
class PromoteNodes(_RoleChange):
    """Make nodes managers."""

    role = "manager"
    done = "Node {name} promoted to a manager."
    nodes: tuple[str, ...] = arguments("NODE")


@command("node demote", changes=True)
class DemoteNodes(_RoleChange):
    """Make managers workers again."""

    role = "worker"
    done = "Manager {name} demoted in the swarm."
    nodes: tuple[str, ...] = arguments("NODE")


@command("node rm", "node remove", changes=True, destructive=True)
class RemoveNodes(OnEach):
    """Strike nodes that are gone off the list of the Swarm."""

    method = "api.remove_node"
    force: bool = switch("--force", "-f")
    nodes: tuple[str, ...] = arguments("NODE")
