"""docker node: the machines of the Swarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import docker
import docker.errors

from core.commands.command import Command, Json, Report, each, inspected
from core.commands.engine_json import part, text
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.source import Code, call, literal
from core.commands.stored import Edit, update_node, update_node_text
from core.commands.table import table
from core.commands.tasks import listed
from core.commands.values import LABEL, filters, one_of
from core.errors import EngineRejected, InvalidCommand
from core.i18n import later as _


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNodes(Command):
    """List the nodes of the Swarm."""

    verb: ClassVar[tuple[str, ...]] = ("node", "ls")

    quiet: bool = switch("--quiet", "-q")

    def _python(self) -> str:
        return """\
for node in client.nodes.list():
    spec, description = node.attrs["Spec"], node.attrs["Description"]
    print(node.id, description["Hostname"], node.attrs["Status"]["State"], spec["Availability"])
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        nodes = sorted(client.api.nodes() or (), key=lambda node: _hostname(node))
        if self.quiet:
            return "\n".join(node["ID"] for node in nodes)
        here = text(client.api.info(), "Swarm", "NodeID")
        head = ("ID", "HOSTNAME", "STATUS", "AVAILABILITY", "MANAGER STATUS", "ENGINE VERSION")
        return table(head, (_row(node, here) for node in nodes))


def _hostname(node: Json) -> str:
    return text(node, "Description", "Hostname")


def _row(node: Json, here: str) -> tuple[str, ...]:
    manager = part(node, "ManagerStatus")
    status = "leader" if manager.get("Leader") else text(manager, "Reachability")
    return (
        node["ID"] + (" *" if node["ID"] == here else "  "),
        _hostname(node),
        text(node, "Status", "State").capitalize(),
        text(node, "Spec", "Availability").capitalize(),
        status.capitalize(),
        text(node, "Description", "Engine", "EngineVersion"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTasks(Command):
    """List the tasks that nodes have been given; of the node that answers, where none is named."""

    verb: ClassVar[tuple[str, ...]] = ("node", "ps")

    no_trunc: bool = switch("--no-trunc")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)
    nodes: tuple[str, ...] = arguments("NODE", optional=True)

    def _python(self) -> str:
        names = literal([_code(name) for name in self.nodes or ("self",)])
        chosen = f"{literal(filters(self.filter))} | " if self.filter else ""
        return f"""\
for name in {names}:
    node = client.api.inspect_node(name)["ID"]
    for task in client.api.tasks(filters={chosen}{{"node": node}}):
        status = task["Status"]
        print(task["ServiceID"], task.get("Slot", ""), task["DesiredState"], status["State"],
              status.get("Err", ""))
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        tasks: list[Json] = []
        missing: list[str] = []
        for name in self.nodes or ("self",):
            try:
                node = client.api.inspect_node(_self(client, name))["ID"]
            except docker.errors.NotFound as error:
                missing.append(str(error.explanation))
                continue
            tasks += client.api.tasks(filters=filters(self.filter) | {"node": [node]}) or ()
        if missing and len(missing) == len(self.nodes):
            raise EngineRejected("\n".join(missing), 404)
        return "\n".join([listed(client, tasks, whole=self.no_trunc), *missing])


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectNodes(Command):
    """Show all that the Swarm knows about nodes."""

    verb: ClassVar[tuple[str, ...]] = ("node", "inspect")

    nodes: tuple[str, ...] = arguments("NODE")

    def _python(self) -> str:
        return f"""\
import json

nodes = [client.api.inspect_node(name) for name in {literal([_code(n) for n in self.nodes])}]
print(json.dumps(nodes, indent=4))
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        return inspected(self.nodes, lambda name: client.api.inspect_node(_self(client, name)))


def _self(client: docker.DockerClient, name: str) -> str:
    """The node meant by ``self``, the docker command's word for the one that answers."""
    return text(client.api.info(), "Swarm", "NodeID") if name == "self" else name


def _code(name: str) -> str:
    """The same in Python text."""
    return Code('client.api.info()["Swarm"]["NodeID"]') if name == "self" else name


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNode(Command):
    """Change what a node may be given: tasks or none, its role, its labels."""

    verb: ClassVar[tuple[str, ...]] = ("node", "update")
    changes: ClassVar[bool] = True

    availability: str = option("--availability", value=one_of("active", "pause", "drain"))
    role: str = option("--role", value=one_of("worker", "manager"))
    label_add: tuple[str, ...] = options("--label-add", value=LABEL)
    label_rm: tuple[str, ...] = options("--label-rm")
    node: str = argument("NODE")

    def _edits(self) -> list[Edit]:
        edits = []
        if self.availability:
            edits.append(_set("Availability", self.availability))
        if self.role:
            edits.append(_set("Role", self.role))
        edits += [_add_label(*text.split("=", 1)) for text in self.label_add]
        return edits + [_remove_label(key) for key in self.label_rm]

    def _python(self) -> str:
        return update_node_text(_code(self.node), self._edits())

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        update_node(client, _self(client, self.node), self._edits())
        return self.node


def _set(key: str, value: str) -> Edit:
    return Edit(f'spec["{key}"] = "{value}"', lambda spec: spec.update({key: value}))


def _add_label(key: str, value: str) -> Edit:
    return Edit(
        f'spec["Labels"] = (spec.get("Labels") or {{}}) | {literal({key: value})}',
        lambda spec: spec.update(Labels=part(spec, "Labels") | {key: value}),
    )


def _remove_label(key: str) -> Edit:
    def make(spec: Json) -> None:
        if key not in part(spec, "Labels"):
            raise InvalidCommand(_("key {key} doesn't exist in node's labels"), key=key)
        del spec["Labels"][key]

    return Edit(f'del spec["Labels"][{literal(key)}]', make)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteNodes(Command):
    """Make nodes managers."""

    verb: ClassVar[tuple[str, ...]] = ("node", "promote")
    changes: ClassVar[bool] = True

    nodes: tuple[str, ...] = arguments("NODE")

    def _python(self) -> str:
        return "\n".join(update_node_text(_code(n), [_set("Role", "manager")]) for n in self.nodes)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        return _give_role(client, self.nodes, "manager", "promoted to a manager")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoteNodes(Command):
    """Make managers workers again."""

    verb: ClassVar[tuple[str, ...]] = ("node", "demote")
    changes: ClassVar[bool] = True

    nodes: tuple[str, ...] = arguments("NODE")

    def _python(self) -> str:
        return "\n".join(update_node_text(_code(n), [_set("Role", "worker")]) for n in self.nodes)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        return _give_role(client, self.nodes, "worker", "demoted in the swarm")


def _give_role(client: docker.DockerClient, nodes: tuple[str, ...], role: str, done: str) -> str:
    def give(name: str) -> str:
        reference = _self(client, name)
        if text(client.api.inspect_node(reference), "Spec", "Role") == role:
            return f"Node {name} is already a {role}."
        update_node(client, reference, [_set("Role", role)])
        return f"{'Node' if role == 'manager' else 'Manager'} {name} {done}."

    return each(nodes, give)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNodes(Command):
    """Strike nodes that are gone off the list of the Swarm."""

    verb: ClassVar[tuple[str, ...]] = ("node", "rm")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    force: bool = switch("--force", "-f")
    nodes: tuple[str, ...] = arguments("NODE")

    def _python(self) -> str:
        return "\n".join(
            call("client.api.remove_node", _code(n), force=self.force) for n in self.nodes
        )

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        def remove(name: str) -> None:
            client.api.remove_node(_self(client, name), force=self.force)

        return each(self.nodes, remove)
