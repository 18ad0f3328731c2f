"""What of a cluster is the dashboard itself, and that no command takes it away or looks into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from core.cluster import parse as parsing
from core.cluster.snapshot import ClusterSnapshot
from core.commands import grammar
from core.commands.command import Command
from core.commands.nodes import PromoteNodes, UpdateNode
from core.commands.registry import COMMANDS, parse
from core.control import protection
from core.control.access import Access
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine.connection import Connection
from core.errors import InvalidCommand, NotAllowed

PASSWORD = "the teacher's"
BOX = "b0" * 32  # the container's id
OWN = {
    "container": ("essaim_dashboard.1.t1", BOX, BOX[:12], BOX[:5], "/essaim_dashboard.1.t1"),
    "service": ("essaim_dashboard", "s1essaim", "s1es", "Essaim_Dashboard"),
    "node": ("node1", "n1node", "n1", "NODE1", "self"),
    "secret": ("essaim_password", "x1secret"),
    "stack": ("essaim",),
    "any": (BOX, "essaim_dashboard", "essaim_password"),
    "image": ("essaim", "essaim:latest", "a234567890ab", "docker.io/library/essaim"),
}
#: What stands for arguments that name nothing of the dashboard's.
ELSE = {
    "CONTAINER": "box",
    "SERVICE": "web",
    "SERVICE=REPLICAS": "web=2",
    "NODE": "node2",
    "SECRET": "mine",
    "STACK": "shop",
    "IMAGE": "alpine",
    "SOURCE_IMAGE": "alpine",
    "TARGET_IMAGE": "mine:v1",
    "REPOSITORY": "alpine",
    "REPOSITORY[:TAG]": "alpine",
    "NAME|ID": "box",
    "NETWORK": "net",
    "VOLUME": "data",
    "SERVER": "registry.example",
    "file|URL|-": "rootfs.tar",
    "COMMAND": "sh",
    "FILE": "stack/password.txt",
    "PATH": ".",
    "worker|manager": "worker",
    "HOST:PORT": "10.0.0.2:2377",
    "CONFIG": "conf",
    "NEW_NAME": "crate",
    "PRIVATE_PORT": "80",
    "SRC_PATH": "-",
    "DEST_PATH": "box:/tmp",
    "TERM": "nginx",
    "ps OPTIONS": "aux",
}
#: Flags without which a line does nothing.
WANTED: dict[tuple[str, ...], tuple[str, ...]] = {("stack", "deploy"): ("-c", "stack/stack.yml")}
TRACES = frozenset({BOX})


def snapshot(labelled: bool = True, task: bool = True) -> ClusterSnapshot:
    """Three nodes; the dashboard and its password on node1, two others' services on node2.

    labelled: it has the label of stack.yml. task: Swarm runs it; else docker run did.
    """
    labels = {"essaim.dashboard": "true"} if labelled else {}
    labels["com.docker.stack.namespace"] = "essaim"
    key = [{"SecretID": "x1secret", "SecretName": "essaim_password"}]

    def service(id: str, name: str, labels: dict[str, str], **container: Any) -> dict[str, Any]:
        spec = {"Image": "nginx:latest", **container}
        placed = {"Constraints": ["node.labels.desk == front"]} if labels else {}
        return {
            "ID": id,
            "Spec": {
                "Name": name,
                "Labels": labels,
                "TaskTemplate": {"ContainerSpec": spec, "Placement": placed},
                "Mode": {"Replicated": {"Replicas": 1}},
            },
        }

    def running(id: str, service: str, node: str, container: str) -> dict[str, Any]:
        status = {"State": "running", "ContainerStatus": {"ContainerID": container}}
        return {
            "ID": id,
            "ServiceID": service,
            "Slot": 1,
            "NodeID": node,
            "DesiredState": "running",
            "Status": status,
        }

    def container(id: str, name: str, service: str = "", **more: Any) -> dict[str, Any]:
        labels = {"com.docker.swarm.service.name": service} if service else {}
        image = "essaim:latest" if id == BOX else "nginx:latest"
        return {"Id": id, "Names": [f"/{name}"], "Labels": labels, "Image": image, **more}

    tasks = [running("t1", "s1essaim", "n1node", BOX), running("t2", "s2web", "n2node", "c2" * 32)]
    services = [
        service("s1essaim", "essaim_dashboard", labels, Image="essaim:latest", Secrets=key),
        service("s2web", "web", {}),
        service("s3spy", "spy", {}, Secrets=key),
    ]
    containers = [
        container(BOX, "essaim_dashboard.1.t1", "essaim_dashboard"),
        container("d3" * 32, "spy.1.t3", "spy"),
        container("e4" * 32, "box"),
        container("f5" * 32, "root", Mounts=[{"Source": "/var/run/docker.sock"}]),
    ]
    if not task:
        tasks, services = tasks[1:], services[1:2]
        containers[0] = container(BOX, "essaim_dashboard.1.t1")
        del containers[1]
    nodes = [
        {"ID": f"n{n}node", "Spec": {"Role": "manager"}, "Description": {"Hostname": f"node{n}"}}
        for n in (1, 2, 3)
    ]
    info = {"Name": "node1", "Swarm": {"NodeID": "n1node", "ControlAvailable": True}}
    found = parsing.tasks(tasks)
    return ClusterSnapshot(
        time=1.0,
        revision=1,
        engine=parsing.engine(info, {}),
        nodes=parsing.nodes(nodes),
        services=parsing.services(services, found),
        tasks=found,
        containers=parsing.containers(containers),
        images=parsing.images(
            [
                {"Id": "sha256:a234567890abcdef", "RepoTags": ["essaim:latest"]},
                {"Id": "sha256:abcdef", "RepoTags": ["alpine:latest", "a:latest"]},
            ]
        ),
    )


def refused(command: Command, traces: frozenset[str] = TRACES, **kind: bool) -> bool:
    shown = snapshot(**kind)
    try:
        protection.require(command, shown, protection.own(shown, traces))
    except NotAllowed:
        return True
    return False


def made(command: type[Command], place: str = "", name: str = "") -> Command:
    """One with these words in its arguments; the one called ``place`` holds ``name``."""
    words: list[str] = []
    for part in grammar.parts(command).values():
        if part.kind in ("argument", "rest"):
            label = part.names[0]
            words.append(name if label == place else ELSE[label])
    return parse(["docker", *command.verb, *WANTED.get(command.verb, ()), "--", *words])


def acting() -> Iterator[type[Command]]:
    """Every command that changes or reveals something."""
    return (command for command in COMMANDS if command.changes or command.reveals)


def naming() -> Iterator[Any]:
    """Every such command, for each of its arguments, with each way to name the dashboard's own."""
    for command in acting():
        for part in grammar.parts(command).values():
            if part.kind == "argument" and (kind := protection.KINDS.get(part.names[0])):
                paths = part.names[0].endswith("_PATH")
                for name in OWN[kind]:
                    if paths and name.startswith("/"):
                        continue  # a path of the machine
                    word = f"{name}=0" if "=" in part.names[0] else name
                    word = f"{name}:/etc" if paths else word
                    id = f"{' '.join(command.verb)} {word[:20]}"
                    yield pytest.param(command, part.names[0], word, id=id)


#: What may be done to the dashboard's own node: it takes nothing away.
HARMLESS = (PromoteNodes, UpdateNode)


@pytest.mark.parametrize(("command", "place", "name"), list(naming()))
def test_no_command_that_acts_may_name_the_dashboards_own(
    command: type[Command], place: str, name: str
) -> None:
    assert refused(made(command, place, name)) is (command not in HARMLESS)


@pytest.mark.parametrize("command", list(acting()), ids=lambda command: " ".join(command.verb))
def test_what_names_others_is_free(command: type[Command]) -> None:
    leaves = command.verb == ("swarm", "leave")
    assert refused(made(command)) is leaves
    for part in grammar.parts(command).values():  # a new kind of argument must be thought about
        assert part.kind != "argument" or part.names[0] in ELSE


@pytest.mark.parametrize(
    "line",
    [
        "docker node update --availability drain node1",
        "docker node update --availability drain self",
        "docker node update --role worker n1node",
        "docker node update --label-rm desk node1",
        "docker node update --label-add desk=back node1",
        "docker swarm leave --force",
        "docker swarm init --force-new-cluster",
        "docker rm -f box essaim_dashboard.1.t1",
        "docker service scale web=3 essaim_dashboard=0",
        "docker service update --env-add ESSAIM_PASSWORD=mine essaim_dashboard",
        "docker service logs -f essaim_dashboard",
        "docker exec -it spy.1.t3 sh",  # it reads the same secret
        "docker service inspect spy",
        "docker exec -it root sh",  # it holds the engine's socket
        "docker attach root",
        "docker start -ai root",
        "docker rmi -f essaim",
        "docker rmi a2345",
        "docker tag alpine essaim",
        "docker build -t essaim:latest .",
        "docker stack deploy -c stack/stack.yml --prune essaim",
        "docker stack rm shop essaim",
        "docker pull essaim",
        "docker commit box essaim",
        "docker cp root:/run/x -",
    ],
)
def test_what_would_take_it_away_or_open_it_is_refused(line: str) -> None:
    assert refused(parse(line))


@pytest.mark.parametrize(
    "line",
    [
        "docker node update --availability pause node1",
        "docker node update --availability active node1",
        "docker node update --availability drain node2",
        "docker node update --label-add zone=a node1",
        "docker node promote node1",
        "docker node ps node1",
        "docker node inspect node1",
        "docker service ps essaim_dashboard",
        "docker stack services essaim",
        "docker exec -it box sh",
        "docker rm -f root",
        "docker run -it root",  # an image, that is called as one container is
        "docker tag alpine mine",
        "docker rmi a",
        "docker container prune -f",
        "docker ps",
    ],
)
def test_what_leaves_it_alone_is_free(line: str) -> None:
    assert not refused(parse(line))


@pytest.mark.parametrize(
    "line",
    [
        "docker rm -f ../services/essaim_dashboard",
        "docker rmi ../services/s1essaim",
        "docker image inspect ../containers/essaim_dashboard.1.t1",
        "docker container inspect box/../essaim_dashboard.1.t1",
        "docker service rm ./essaim_dashboard",
        "docker pull ../swarm",
        "docker container inspect essaim_dashboard.1.t1/",  # an engine leaves out empty parts
        "docker logs essaim_dashboard.1.t1//",
        "docker logs //essaim_dashboard.1.t1",
        "docker service logs essaim_dashboard/",
        "docker image inspect essaim/",
    ],
)
def test_no_name_leads_to_another_path(line: str) -> None:
    with pytest.raises(InvalidCommand, match="is no name"):
        refused(parse(line))


def test_it_is_known_by_its_container_where_it_has_no_label() -> None:
    for line in ("docker service rm essaim_dashboard", "docker node update --role worker node1"):
        assert refused(parse(line), labelled=False)
        assert not refused(parse(line), frozenset(), labelled=False)
        assert refused(parse(line), frozenset())  # of another dashboard, by its label alone
    assert refused(parse(f"docker exec {BOX[:9]} cat /run/secrets/essaim_password"), labelled=False)


def test_as_a_plain_container_it_is_protected_too() -> None:
    for line in ("docker rm -f essaim_dashboard.1.t1", "docker swarm leave", "docker rmi essaim"):
        assert refused(parse(line), frozenset({BOX[:12]}), labelled=False, task=False)


def test_a_name_that_begins_like_its_id_is_anothers() -> None:
    """As on an engine, where a name goes before the beginning of an id."""
    shown = snapshot()
    own = protection.Own(service=(("web1234", "essaim"),))
    protection.require(parse("docker service rm web"), shown, own)
    with pytest.raises(NotAllowed):
        protection.require(parse("docker service rm web1"), shown, own)


def test_no_new_service_reads_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = (
        "services: {spy: {image: alpine, secrets: [key]}}\n"
        "secrets: {key: {external: true, name: essaim_password}}\n"
    )
    monkeypatch.setattr("core.commands.folder.read", lambda _path: stack.encode())
    assert refused(parse("docker stack deploy -c any.yml mine"))
    monkeypatch.setattr(
        "core.commands.folder.read", lambda _path: stack.replace("essaim_", "my_").encode()
    )
    assert not refused(parse("docker stack deploy -c any.yml mine"))


def test_its_container_is_found_in_what_the_machine_says(tmp_path: Path) -> None:
    other = "ab" * 32
    (tmp_path / "mountinfo").write_text(
        f"10 9 0:1 /var/lib/docker/containers/{BOX}/hostname /etc/hostname rw - ext4 /dev/sda rw\n"
    )
    (tmp_path / "cgroup").write_text(f"1:name=systemd:/docker/{other}\n")
    assert {BOX, other} <= protection.traces(tmp_path)
    assert BOX not in protection.traces(tmp_path / "nowhere")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Control:
    """A real engine with the dashboard on it, whose client does nothing."""
    monkeypatch.setattr(Connection, "client", lambda _self: MagicMock())
    monkeypatch.setattr(Control, "whole", snapshot())
    return Control(Connection("tcp://127.0.0.1:9"), Access({"ESSAIM_PASSWORD": PASSWORD}))


@pytest.mark.parametrize(
    "line", ["docker node update --availability drain node1", "docker swarm leave --force"]
)
def test_its_node_goes_only_with_the_password_typed_again(
    real: Control, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Command, "run", lambda *_given: "done")
    command, right = parse(line), Right()
    with pytest.raises(NotAllowed, match="Nodes page"):
        real.submit(command, "teacher", right)
    for wrong in ("", "guessed"):
        with pytest.raises(NotAllowed, match="not the password"):
            real.submit(command, "teacher", right, again=wrong)
    with pytest.raises(NotAllowed):
        real.submit(command, "somebody", NONE, again=PASSWORD)
    assert real.submit(command, "teacher", right, again=PASSWORD) == "done"
    for more in ("docker service rm essaim_dashboard", "docker node demote node1"):
        with pytest.raises(NotAllowed):  # nothing else goes with it
            real.submit(parse(more), "teacher", right, again=PASSWORD)


def test_every_way_in_is_the_same_door(real: Control) -> None:
    right = Right()
    with pytest.raises(NotAllowed, match="itself"):
        real.attach(parse("docker exec -it essaim_dashboard.1.t1 sh"), "teacher", right)
    with pytest.raises(NotAllowed, match="itself"):
        real.look(parse("docker service logs essaim_dashboard"), right)
    assert [entry.outcome for entry in real.journal.records()] == ["refused"]
