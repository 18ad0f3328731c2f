"""The Python text of a command does what the command does.

Two practice Swarms walk the same way, one by ``run``, the other by the text; after each step they
look alike.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest
import requests

from core.commands.build import BuildImage
from core.commands.command import Command
from core.commands.folder import FOLDER
from core.commands.registry import COMMANDS, parse
from core.commands.streams import Captured
from core.errors import EssaimError
from essaim_practice.hosting.server import PracticeServer

from .ours import Disk

FILES = (("hello.txt", "hello"), ("Dockerfile", "FROM alpine\nCOPY hello.txt /\n"))

#: From three engines that know nothing of each other to a Swarm that has seen it all. What begins
#: with ! is refused; what begins with > wants the files of a terminal.
WALK = (
    "version",
    "info",
    "search --limit 2 nginx",
    "login -u me -p secret",
    "logout",
    "system events --since 1h --until 0s",
    "network create --subnet 10.9.0.0/24 --label a=b back",
    "! network create --config-only settings",
    "! network create back",
    "network ls --filter driver=bridge",
    "volume create --label a=b data",
    "volume create",
    "volume create -o type=tmpfs -o device=tmpfs -o o=size=10m memory",
    "volume ls -q",
    "volume inspect data",
    "swarm init --advertise-addr 192.168.0.11",
    "swarm join-token worker",
    "swarm update --task-history-limit 3 --autolock",
    "swarm unlock-key",
    "swarm unlock-key -q --rotate",
    "! swarm unlock",
    "swarm ca",
    "swarm ca --rotate --detach",
    "swarm update --autolock=false",
    "swarm join-token -q --rotate manager",
    "node ls",
    "node inspect self",
    "node update --label-add rack=a --label-add disk=ssd node1",
    "! node update --availability pause self",
    "node update --availability pause --label-rm rack node1",
    "node update --availability active node1",
    "node promote node1",
    "service create --name web -p 80:80 -p 8443:443/udp --env A=1 --env 'B=two words'"
    " --label x=y --constraint node.role==manager --replicas 2 --update-parallelism 2"
    " --update-delay 1m30s nginx:latest",
    "service create --name one --mode global -p published=90,target=80,mode=host nginx",
    "service create --name lost --replicas 0 nowhere.example/none sh -c 'echo it'",
    "service create --name pinned nginx@sha256:" + "a" * 64,
    "! service create -p 80:80 --name taken nginx",
    "service ls",
    "service ps web",
    "service inspect web one",
    "service logs --tail 3 web",
    "service scale web=3 lost=1",
    "service rollback web",
    "service update --image nginx:latest --env-add A=2 --env-add C=3 --env-rm B --label-add z=1"
    " --label-rm x --constraint-add node.platform.os==linux --constraint-rm node.role==manager"
    " --publish-rm 443 --publish-add 8081:81 --replicas 4 --update-delay 2s --force web",
    "service update --image none web",
    "! service rm one nothing",
    "node ps",
    "node ps node1 self --filter desired-state=running",
    "! node ps nothing",
    "service rm lost",
    "secret create -l a=b db_password stack/password.txt",
    "! secret create db_password stack/password.txt",
    "secret ls",
    "secret inspect db_password",
    "config create -l a=b conf stack/password.txt",
    "config ls",
    "config inspect conf",
    "config rm conf",
    "! config rm conf",
    "stack config -c stack/stack.yml",
    "stack deploy -c stack/stack.yml site",
    "stack deploy --prune -c stack/stack.yml site",
    "! stack deploy -c stack/none.yml site",
    "stack ls",
    "stack services site",
    "stack ps site",
    "! secret rm db_password",
    "stack rm site",
    "secret rm db_password",
    "! secret rm db_password",
    "image pull alpine",
    "! image pull nothing-like-it",
    "image ls -a",
    "image tag alpine mine:1",
    "image tag alpine localhost:5000/mine",
    "image history alpine",
    "image inspect alpine",
    "! image push localhost:5000/nothing",
    "! image push localhost:5000/mine",
    "> image save -o saved.tar alpine mine:1",
    "> image load -i saved.tar",
    "> image import saved.tar rootfs:1",
    "> image import -m message -c 'ENV A=1' saved.tar rootfs:2",
    "build -t built .",
    "build -t built2 --no-cache .",
    "image rm mine:1",
    "container run -d --name one -p 8090:80 -p 127.0.0.1:8091:81/udp -e A=1 nginx",
    "container run -dit --name two alpine sh",
    "container run --name three alpine echo hello",
    "container run --rm --name four alpine echo gone",
    "container run -d --rm --name five alpine sleep 1000000",
    "container create --name six -v data:/d -w /d alpine sh -c 'echo six > six'",
    "container start six",
    "container wait six three",
    "container rename six seven",
    "! container rename six seven",
    "! container run -d --name six nothing-like-it",
    "! container run -d --name one alpine",
    "container ls -a",
    "container ls --filter name=one",
    "container logs --tail 5 three",
    "container inspect one",
    "container inspect -s one",
    "inspect one web alpine back",
    "! inspect nothing",
    "inspect --type volume data",
    "container port one",
    "container top one",
    "container stats --no-stream one",
    "container update --memory 64m --memory-swap 128m --restart on-failure:3 two",
    "! container update two",
    "container pause two",
    "! container pause two",
    "container unpause two",
    "network connect --alias db --ip 10.9.0.9 back one",
    "network connect --gw-priority 3 back two",
    "network inspect back",
    "! network rm back",
    "network disconnect back one",
    "network disconnect -f back two",
    "> container cp hello.txt one:/tmp",
    "> container cp stack one:/tmp/copied",
    "> container cp one:/tmp/hello.txt renamed.txt",
    "> container cp one:/tmp/copied .",
    "! container cp one:/a two:/b",
    "> container export -o files.tar one",
    "container commit -m message -c 'ENV A=2' one committed:1",
    "! container commit nothing",
    "container diff one",
    "container exec one ls /",
    "container exec -d -e A=1 -u root -w / one sh -c 'echo $A > written'",
    "container exec one cat /written",
    "! container exec nothing ls",
    "! container attach nothing",
    "container stop one five",
    "container stop -s SIGINT one",
    "container restart -s SIGINT one",
    "container start one",
    "container restart -t 1 one",
    "! container restart nothing",
    "! container kill two nothing",
    "container rm three",
    "container rm -f one",
    "container prune",
    "image prune",
    "image prune --all",
    "system df",
    "system df -v",
    "network prune",
    "! network rm settings",
    "volume rm data",
    "! volume rm data",
    "! volume update --availability drain data",
    "volume prune --all",
    "builder prune --all",
    "system prune -a --volumes",
    "! node demote node1",
    "! node rm node1",
    "! swarm leave",
    "swarm leave --force",
    "! swarm join --token SWMTKN-1-not-a-token 192.168.0.12:2377",
)  # fmt: skip

#: What docker-py raises for a refusal; the plain session of a rollback raises the second, and a
#: stack whose file is wrong ends its script.
REFUSALS = (docker.errors.DockerException, requests.HTTPError, SystemExit)


def steps() -> Iterator[tuple[Command, bool, bool]]:
    """Each command, whether it is to be refused, and whether it is played in a terminal."""
    for line in WALK:
        command = parse(f"docker {line.removeprefix('! ').removeprefix('> ')}")
        if isinstance(command, BuildImage):
            command = replace(command, files=FILES)
        yield command, line.startswith("! "), line.startswith("> ")


def test_the_walk_meets_every_command() -> None:
    assert {type(command) for command, _, _ in steps()} == set(COMMANDS)


def files(machine: Path) -> dict[str, list[str] | bytes]:
    """Each file by its path; of an archive the names in it."""
    found: dict[str, list[str] | bytes] = {}
    for file in sorted(machine.rglob("*")):
        name = str(file.relative_to(machine))
        if file.suffix == ".tar":
            with tarfile.open(file) as tar:
                found[name] = sorted(tar.getnames())
        else:
            found[name] = file.read_bytes() if file.is_file() else b""
    return found


@pytest.fixture
def engines() -> Iterator[tuple[PracticeServer, PracticeServer]]:
    twins = [PracticeServer.start(nodes=3, formed=False, speed=20.0, seed=7) for _ in range(2)]
    yield twins[0], twins[1]
    for twin in twins:
        twin.stop()


def test_text_and_run_do_the_same(
    engines: tuple[PracticeServer, PracticeServer],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    machines = [tmp_path / name for name in ("run", "text")]
    for machine in machines:
        shutil.copytree(FOLDER / "stack", machine / "stack")
        for name, text in FILES:
            (machine / name).write_text(text)
    streams = Captured()
    streams.folder, streams.environment = Disk(str(machines[0])), {"PWD": str(machines[0])}
    monkeypatch.chdir(machines[1])  # the text reads what is here, and writes here
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody types a key
    monkeypatch.setenv("DOCKER_HOST", engines[1].urls[0])
    by_run, by_text = (docker.DockerClient(base_url=twin.urls[0]) for twin in engines)
    with contextlib.closing(by_run), contextlib.closing(by_text):
        for command, refused, played in steps():
            if played:
                assert command.play(by_run, streams) == 0, streams.error.decode()
            else:
                with pytest.raises(EssaimError) if refused else contextlib.nullcontext():
                    command.run(by_run)
            text = command.python()
            wrong = refused and "# The docker command refuses this itself" not in text
            with pytest.raises(REFUSALS) if wrong else contextlib.nullcontext():
                execute(text)
            assert state(by_text) == state(by_run), command.line()
            assert files(machines[1]) == files(machines[0]), command.line()


def test_the_text_leaves_out_a_container_that_goes_while_they_are_listed(
    engines: tuple[PracticeServer, PracticeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engines[0].urls[0])
    inspect = docker.APIClient.inspect_container

    def too_late(client: docker.APIClient, container: str) -> Any:
        """As ``inspect_container``, where one of the two is removed just before."""
        if inspect(client, container)["Name"] == "/goes":
            client.remove_container(container)
        return inspect(client, container)

    with contextlib.closing(docker.DockerClient(base_url=engines[0].urls[0])) as client:
        client.images.pull("alpine", "latest")
        for name in ("goes", "stays"):
            client.containers.create("alpine", name=name)
        monkeypatch.setattr(docker.APIClient, "inspect_container", too_late)
        said = execute(parse("docker container ls -a").python())
    assert [line.split()[1] for line in said.splitlines()] == ["stays"]


def execute(text: str) -> str:
    """What it prints."""
    names: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(text, names)
    finally:
        names["client"].close()
    return said.getvalue()


def state(client: docker.DockerClient) -> dict[str, Any]:
    """All that commands can change, without ids, times and tokens."""
    listed = client.api.containers(all=True)  # the Swarm's own come and go as they will
    alone = [c["Id"] for c in listed if "com.docker.swarm.task" not in (c["Labels"] or {})]
    containers = []
    for id in alone:
        with contextlib.suppress(docker.errors.NotFound):  # one that is removed at its end
            container = client.api.inspect_container(id)
            changes = client.api.diff(id) or []
            containers.append(container | {"Changes": sorted(c["Path"] for c in changes)})
    volumes = client.api.volumes()["Volumes"] or []
    found = {
        "swarm": client.info()["Swarm"]["LocalNodeState"],
        "images": sorted(tag for image in client.api.images() for tag in image["RepoTags"] or ()),
        "containers": sorted(map(_container, containers), key=str),
        "networks": sorted(
            (n["Name"], n["Driver"], str(n["IPAM"]["Config"]), str(n["Labels"]))
            for n in client.api.networks()
        ),
        # A volume without a name gets one of random digits.
        "volumes": sorted(
            (v["Name"], str(v["Labels"]), str(v["Options"])) for v in volumes if len(v["Name"]) < 64
        ),
        "unnamed": sum(len(v["Name"]) == 64 for v in volumes),
    }
    if found["swarm"] == "active":
        spec = client.api.inspect_swarm()["Spec"]
        found["spec"] = {key: value for key, value in spec.items() if key != "CAConfig"}
        found["rotations"] = (spec.get("CAConfig") or {}).get("ForceRotate", 0)
        found["configs"] = sorted(str(config["Spec"]) for config in client.api.configs())
        found["nodes"] = [node["Spec"] for node in client.api.nodes()]
        services = sorted(client.api.services(), key=lambda service: service["Spec"]["Name"])
        specs = [(s["Spec"], s.get("PreviousSpec")) for s in services]
        secrets, networks = client.api.secrets(), client.api.networks()
        found["secrets"] = sorted((secret["Spec"] for secret in secrets), key=str)
        text = json.dumps(specs)
        for id, name in [(s["ID"], s["Spec"]["Name"]) for s in secrets] + [
            (network["Id"], network["Name"]) for network in networks
        ]:
            text = text.replace(id, f"<id of {name}>")
        found["services"] = json.loads(text)
    return found


def _container(container: dict[str, Any]) -> tuple[Any, ...]:
    config, host = container["Config"], container["HostConfig"]
    keys = ("Image", "Cmd", "Env", "Tty", "OpenStdin")
    return (
        container["Name"],
        container["State"]["Status"],
        {key: config.get(key) for key in keys},
        host["PortBindings"],
        host["AutoRemove"],
        {key: host.get(key) for key in ("Memory", "MemorySwap", "RestartPolicy", "Binds")},
        sorted(container["NetworkSettings"]["Networks"]),
        container["Changes"],
    )
