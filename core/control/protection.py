"""Protects the dashboard's own objects in the cluster from all commands.

Access to the dashboard's container gives its password, and its end stops the class. So on a real
engine no command, from any page or route, changes or inspects the dashboard's own objects: its
container, service, stack, secrets and image, and the node that it runs on.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.cluster.references import canonical
from core.cluster.snapshot import ClusterSnapshot, Container, Service
from core.commands import grammar
from core.commands.build import BuildImage
from core.commands.command import Command
from core.commands.compose_specs import NAMESPACE
from core.commands.container_images import CommitContainer
from core.commands.copies import CopyFiles, container_of
from core.commands.execs import ExecContainer
from core.commands.images import RemoveImages, TagImage
from core.commands.nodes import DemoteNodes, RemoveNodes, UpdateNode
from core.commands.services import CreateService, UpdateService
from core.commands.stacks import DeployStack
from core.commands.swarm import InitSwarm, LeaveSwarm
from core.commands.transfers import ImportImage, PullImage
from core.errors import InvalidCommand, NotAllowed
from core.i18n import later as _

#: The kind of object that an argument of a docker line names, by its placeholder.
KINDS = {
    "CONTAINER": "container",
    "SERVICE": "service",
    "SERVICE=REPLICAS": "service",
    "NODE": "node",
    "SECRET": "secret",
    "STACK": "stack",
    "NAME|ID": "any",
    "SRC_PATH": "container",
    "DEST_PATH": "container",
}
#: An argument that names an object of any kind.
ANY = "any"
_ANY = ("container", "service", "secret")
#: The docker command's word for the connected node.
SELF = "self"

_ID = re.compile(r"\b[0-9a-f]{64}\b")
_SHORT = re.compile(r"[0-9a-f]{12}")


@cache
def traces(proc: Path = Path("/proc/self")) -> frozenset[str]:
    """Candidates for the id, or a prefix of it, of this process's own container.

    Docker mounts files from the container's folder, whose name is its id. The id is also in the
    names of its cgroups (version 1), and its prefix is the default host name.
    """
    found = set[str]()
    for name in ("mountinfo", "cgroup"):
        try:
            found |= set(_ID.findall((proc / name).read_text(encoding="utf-8", errors="replace")))
        except OSError:
            continue  # not on Linux, or not readable
    host = socket.gethostname()
    return frozenset(found | ({host} if _SHORT.fullmatch(host) else set()))


@dataclass(frozen=True, slots=True)
class Own:
    """The dashboard's own objects: a tuple of names for each, its id first."""

    container: tuple[tuple[str, ...], ...] = ()
    service: tuple[tuple[str, ...], ...] = ()
    node: tuple[tuple[str, ...], ...] = ()
    secret: tuple[tuple[str, ...], ...] = ()
    stack: tuple[tuple[str, ...], ...] = ()
    image: tuple[tuple[str, ...], ...] = ()  # full names
    pinned: frozenset[str] = frozenset()  # keys of node labels in its services' constraints
    sockets: tuple[tuple[str, ...], ...] = ()  # containers with an engine's socket
    volume: frozenset[str] = frozenset()
    task: bool = False  # it is a task: Swarm would start it elsewhere

    def on(self, node: str) -> bool:
        """Whether it runs on the node of this id."""
        return any(names[0] == node for names in self.node)


def own(snapshot: ClusterSnapshot, traces: frozenset[str]) -> Own:
    """The objects of this dashboard, and of others that have the dashboard's label.

    traces: see ``traces``. A service that reads a dashboard's secret counts as a dashboard, because
    its containers show the password.
    """
    mine = [c for c in snapshot.containers if _is(c.id, traces)]
    tasks = [t for t in snapshot.tasks if t.container_id and _is(t.container_id, traces)]
    ids, names = {t.service_id for t in tasks}, {c.service for c in mine}
    boards = [s for s in snapshot.services if s.dashboard or s.id in ids or s.name in names]
    secrets = {secret for service in boards for secret in service.secrets}
    services = [s for s in snapshot.services if s in boards or secrets & set(s.secrets)]
    containers = [c for c in snapshot.containers if c in mine or _of(c, services)]
    nodes = {t.node_id for s in boards for t in snapshot.tasks_of(s) if t.live and t.node_id}
    if mine and snapshot.engine and snapshot.engine.node_id:
        nodes.add(snapshot.engine.node_id)
    tags = {canonical(s.image) for s in boards} | {canonical(c.image) for c in mine}
    constraints = " ".join(text for service in boards for text in service.constraints)
    return Own(
        container=(*((c.id, c.name) for c in containers), *((t.container_id,) for t in tasks)),
        service=tuple((s.id, s.name) for s in services),
        node=tuple((n.id, n.hostname) for n in snapshot.nodes if n.id in nodes)
        or tuple((node,) for node in nodes),
        secret=tuple(
            ("", *secret) for secret in secrets
        ),  # not by id: a secret in use cannot be removed
        stack=tuple({("", value) for s in boards for key, value in s.labels if key == NAMESPACE}),
        image=tuple(
            (image.id.removeprefix("sha256:"), *map(canonical, image.tags))
            for image in snapshot.images
            if tags & set(map(canonical, image.tags))
        )
        or tuple(("", tag) for tag in tags),
        pinned=frozenset(re.findall(r"node\.labels\.([^\s=!]+)", constraints)),
        sockets=tuple((c.id, c.name) for c in snapshot.containers if c.engine_socket),
        volume=frozenset(v for c in containers for v in c.volumes)
        | {v for s in services for v in s.volumes},
        task=bool(boards),
    )


def require(command: Command, snapshot: ClusterSnapshot, own: Own, confirmed: bool = False) -> None:
    """Raise NotAllowed for a command that would change or inspect a dashboard's own objects.

    Raises InvalidCommand for a name that would change a request's path. confirmed: the password was
    typed again for this command.
    """
    if not (command.changes or command.reveals):
        return
    engine = snapshot.engine.node_id if snapshot.engine else ""
    for kind, name in named(command):
        if not _plain(name):
            raise InvalidCommand(_("{word!r} is no name."), word=name)
        if kind == "node":
            known = engine if name == SELF else name
            meant = _meant(known, own.node, ((n.id, n.hostname) for n in snapshot.nodes))
            if meant and _harms(command, own) and not (confirmed and may_be_confirmed(command)):
                raise _kept(command, meant)
        elif kind and _meant(name, getattr(own, kind), _others(snapshot, kind)):
            raise itself(name)
        elif _enters(command, kind) and _meant(name, own.sockets, _others(snapshot, kind)):
            raise NotAllowed(
                _(
                    "{name} holds the engine's socket, and with it this dashboard's password: from "
                    "here, nobody enters it. The docker command on its machine can."
                ),
                name=name,
            )
    for name in _tags(command):
        require_image(name, snapshot, own)
    if isinstance(command, DeployStack | CreateService | UpdateService) and own.secret:
        for name in sorted(_keys(command)):
            if _meant(name, own.secret, ()):
                raise NotAllowed(
                    _("{name} holds this dashboard's password: no other service may read it."),
                    name=name,
                )
    leaves = isinstance(command, LeaveSwarm) or (
        isinstance(command, InitSwarm) and command.force_new_cluster
    )
    if leaves and engine and own.on(engine) and not (confirmed and may_be_confirmed(command)):
        raise _kept(command, _meant(engine, own.node, ()))


def itself(name: str) -> NotAllowed:
    """The refusal of a command for the dashboard's own object of this name."""
    return NotAllowed(
        _(
            "{name} is this dashboard itself, or holds its password: from here, nobody "
            "changes it or looks into it. The docker command on a manager can."
        ),
        name=name,
    )


def belongs(kind: str, name: str, snapshot: ClusterSnapshot, own: Own) -> bool:
    """Whether the engine finds one of the dashboard's own by this name. kind: a field of Own."""
    if kind == "volume":
        prefixes = tuple(f"{stack}_" for *_id, stack in own.stack)
        return name in own.volume or (bool(prefixes) and name.startswith(prefixes))
    others = _others(snapshot, "container" if kind == "sockets" else kind)
    return bool(name and _meant(name, getattr(own, kind), others))


def require_image(name: str, snapshot: ClusterSnapshot, own: Own) -> None:
    """Raise NotAllowed for a name that the dashboard's own image has."""
    others = (
        (image.id.removeprefix("sha256:"), *image.tags, tag.removesuffix(":latest"))
        for image in snapshot.images
        for tag in image.tags
    )
    if _meant(name, own.image, others) or _meant(canonical(name), own.image, ()):
        raise NotAllowed(
            _("{name} is the image that this dashboard starts from: it stays as it is."),
            name=name,
        )


def may_be_confirmed(command: Command) -> bool:
    """Whether the password, typed again, allows this for the dashboard's own node."""
    if isinstance(command, UpdateNode):
        return command == UpdateNode(availability="drain", node=command.node)
    return isinstance(command, LeaveSwarm)


def named(command: Command) -> Iterator[tuple[str, str]]:
    """Kind and name of each object in the arguments of the docker line; kind '' for images."""
    for field, part in grammar.parts(command).items():
        if part.kind != "argument":
            continue
        kind = KINDS.get(part.names[0], "")
        if not kind and not _in_path(part.names[0]):
            continue
        held = getattr(command, field)
        for each in held if part.many else (held,):
            word = each[0] if isinstance(each, tuple) else str(each)
            if isinstance(command, CopyFiles) and not (word := container_of(word)):
                continue  # a path of the machine
            yield from ((one, word) for one in (_ANY if kind == ANY else (kind,)))


def _keys(command: DeployStack | CreateService | UpdateService) -> frozenset[str]:
    """The secrets that are read; a stack's file may lie elsewhere, and is judged by ``guard``."""
    with suppress(InvalidCommand):
        return command.keys()
    return frozenset()


def _in_path(placeholder: str) -> bool:
    """Whether a request's path has the name of a thing that no dashboard has, or an image's."""
    return placeholder == "CONFIG" or "IMAGE" in placeholder


def _enters(command: Command, kind: str) -> bool:
    """Whether the command reaches a container's programs or files."""
    return kind == "container" and (
        isinstance(command, ExecContainer | CopyFiles) or command.at_keyboard
    )


def _plain(name: str) -> bool:
    """Whether the engine takes the name as it is in a request's path.

    It cleans paths with empty parts or dots, and so would act on an object of another name. Docker
    itself puts one slash before a container's name.
    """
    return not {"", ".", ".."} & set(name.removeprefix("/").split("/"))


def _kept(command: Command, node: str) -> NotAllowed:
    if may_be_confirmed(command):
        return NotAllowed(
            _(
                "Essaim itself runs on {node}, and would go with it. Who means it does it on the "
                "Nodes page, where the password is asked for again."
            ),
            node=node,
        )
    return NotAllowed(
        _(
            "Essaim itself runs on {node}, and needs it as it is. The docker command on a manager "
            "can change it."
        ),
        node=node,
    )


def _harms(command: Command, own: Own) -> bool:
    """Whether a command for a node would end its tasks, or take it from the managers."""
    if isinstance(command, UpdateNode):
        keys = {text.partition("=")[0] for text in (*command.label_add, *command.label_rm)}
        return (
            command.availability == "drain" or command.role == "worker" or bool(keys & own.pinned)
        )
    return isinstance(command, DemoteNodes | RemoveNodes)


def _tags(command: Command) -> Iterable[str]:
    """The names of images that the command moves or removes."""
    match command:
        case RemoveImages(images=names) | ImportImage(names=names):
            return names
        case TagImage(target=name):
            return filter(None, (name,))
        case PullImage(image=name) | CommitContainer(image=name):
            return filter(None, (name,))
        case BuildImage(tag=names):
            return names
    return ()


def _is(id: str, traces: frozenset[str]) -> bool:
    return id in traces or id[:12] in traces


def _of(container: Container, services: Iterable[Service]) -> bool:
    return any(container.service in (service.id, service.name) for service in services)


def _others(snapshot: ClusterSnapshot, kind: str) -> Iterable[tuple[str, ...]]:
    """All names of each object of this kind, where the snapshot has them."""
    if kind == "container":
        return ((c.id, c.name) for c in snapshot.containers)
    return ((s.id, s.name) for s in snapshot.services) if kind == "service" else ()


def _meant(name: str, own: Sequence[tuple[str, ...]], others: Iterable[tuple[str, ...]]) -> str:
    """The last name of the own object that the engine finds by this name; '' for none.

    An engine compares names without regard to case. If no object has the name, it takes it as the
    prefix of an id.
    """
    asked = name.removeprefix("sha256:").lstrip("/").lower()
    for names in own:
        if asked in [each.lower() for each in names]:
            return names[-1]
    if any(asked in [each.lower() for each in names] for names in others):
        return ""
    return next((names[-1] for names in own if names[0].lower().startswith(asked)), "")
