"""The Python text of a command does what the command does.

Two practice Swarms walk the same way, one by ``run``, the other by the text; after each step they
look alike.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
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
from tests.scenarios.ours import Disk

FILES = (("hello.txt", "hello"), ("Dockerfile", "FROM alpine\nCOPY hello.txt /\n"))

#: From three engines that know nothing of each other to a Swarm that has seen it all. What begins
#: with ! is refused; what begins with $ wants a machine with files, as a terminal has one.
WALK = (
    "version",
    "info",
    "swarm init --advertise-addr 192.168.0.11",
    "swarm join-token worker",
    "swarm join-token -q --rotate manager",
    "swarm update --task-history-limit 3 --snapshot-interval 5000 --autolock",
    "swarm unlock-key -q",
    "swarm unlock-key --rotate",
    "! swarm unlock",
    "swarm update --autolock=false",
    "swarm ca",
    "node ls",
    "node inspect self",
    "node update --label-add rack=a --label-add disk=ssd node1",
    "node update --availability pause --label-rm rack self",
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
    "config create -l a=b page stack/password.txt",
    "! config create page stack/password.txt",
    "config ls",
    "config inspect page",
    "config rm page",
    "! config rm page",
    "stack deploy -c stack/stack.yml site",
    "stack deploy --prune -c stack/stack.yml site",
    "! stack deploy -c stack/none.yml site",
    "stack config -c stack/stack.yml",
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
    "build -t built .",
    "build -t built2 --no-cache .",
    "image rm mine:1",
    "$ image save -o images.tar localhost:5000/mine",
    "image rm localhost:5000/mine",
    "$ image load -i images.tar",
    "$ image import images.tar imported:1",
    "! image push localhost:5000/mine",
    "login -u me -p secret registry.example",
    "logout registry.example",
    "search nginx",
    "network create -d overlay --attachable --label x=y --subnet 10.7.0.0/24 apart",
    "network create --subnet 10.8.0.0/24 near",
    "! network create near",
    "network ls",
    "network inspect near",
    "volume create --label x=y data",
    "volume create -o type=tmpfs -o device=tmpfs -o o=size=10m memory",
    "volume ls",
    "volume inspect data memory",
    "! volume update --availability drain data",
    "volume rm memory",
    "container run -d --name one -p 8090:80 -p 127.0.0.1:8091:81/udp -e A=1 nginx",
    "container run -dit --name two alpine sh",
    "container run --name three alpine echo hello",
    "container run --rm --name four alpine echo gone",
    "container run -d --rm --name five alpine sleep 1000000",
    "! container run -d --name six nothing-like-it",
    "! container run -d --name one alpine",
    "container create --name seven -v data:/data -w /data -e A=1 -l x=y alpine true",
    "container rename seven eight",
    "network connect --alias it --ip 10.8.0.9 near eight",
    "network disconnect near eight",
    "container update --memory 64m --memory-swap 128m --restart on-failure:3 eight",
    "container ls -a",
    "container ls --filter name=one",
    "container port one",
    "container top one",
    "container stats --no-stream one",
    "container pause one",
    "container unpause one",
    "container wait three",
    "inspect one web near data",
    "! inspect nothing",
    "system df",
    "system events --since 1 --until 2",
    "container logs --tail 5 three",
    "container inspect one",
    "container exec one ls /",
    "container exec -d -e A=1 -u root -w / one sh -c 'echo $A > written'",
    "container exec one cat /written",
    "! container exec nothing ls",
    "container diff one",
    "$ container cp Dockerfile one:/copied",
    "$ container cp one:/copied back",
    "$ container export -o one.tar one",
    "container commit -m kept -c 'CMD [\"ls\"]' one kept:1",
    "! container attach nothing",
    "container stop one five",
    "container start one",
    "container restart -t 1 one",
    "! container restart nothing",
    "! container kill two nothing",
    "container rm three",
    "container rm -f one",
    "container prune",
    "network rm apart",
    "network prune",
    "volume rm data",
    "volume prune --all",
    "image prune",
    "image prune --all",
    "system prune",
    "! node demote node1",
    "! node rm node1",
    "! swarm leave",
    "swarm leave --force",
    "! swarm join --token SWMTKN-1-not-a-token 192.168.0.12:2377",
)  # fmt: skip

#: What docker-py raises for a refusal; the plain session of a rollback raises the second, and a
#: stack whose file is wrong ends its script.
REFUSALS = (docker.errors.DockerException, requests.HTTPError, SystemExit)


def steps() -> Iterator[tuple[Command, str]]:
    """Each command, and its mark: ! or $ or none."""
    for line in WALK:
        mark, _, rest = line.partition(" ") if line[0] in "!$" else ("", "", line)
        command = parse(f"docker {rest}")
        if isinstance(command, BuildImage):
            command = replace(command, files=FILES)
        yield command, mark


def test_the_walk_meets_every_command() -> None:
    assert {type(command) for command, _ in steps()} == set(COMMANDS)


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
    for name, text in FILES:
        (tmp_path / name).write_text(text)
    shutil.copytree(FOLDER / "stack", tmp_path / "stack")
    monkeypatch.chdir(tmp_path)  # the text reads what is here
    monkeypatch.setenv("DOCKER_HOST", engines[1].urls[0])
    by_run, by_text = (docker.DockerClient(base_url=twin.urls[0]) for twin in engines)
    with contextlib.closing(by_run), contextlib.closing(by_text):
        for command, mark in steps():
            refused = mark == "!"
            with pytest.raises(EssaimError) if refused else contextlib.nullcontext():
                if mark == "$":
                    typed(command, by_run, tmp_path)
                else:
                    command.run(by_run)
            monkeypatch.setattr("sys.stdin", io.StringIO("a key that is none\n"))
            with pytest.raises(REFUSALS) if refused else contextlib.nullcontext():
                execute(command.python())
            assert state(by_text) == state(by_run), command.line()


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


def typed(command: Command, client: docker.DockerClient, here: Path) -> None:
    """As in a terminal that stands in this folder."""
    streams = Captured()
    streams.folder, streams.environment = Disk(str(here)), {"PWD": str(here)}
    assert (command.play(client, streams), bytes(streams.error)) == (0, b"")


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
            containers.append(client.api.inspect_container(id))
    found = {
        "swarm": client.info()["Swarm"]["LocalNodeState"],
        "images": sorted(tag for image in client.api.images() for tag in image["RepoTags"] or ()),
        "containers": sorted(map(_container, containers), key=str),
        "volumes": sorted(
            (v["Name"], str(v["Labels"]), str(v["Options"]))
            for v in client.api.volumes()["Volumes"] or ()
        ),
    }
    if found["swarm"] == "active":
        found["nodes"] = [node["Spec"] for node in client.api.nodes()]
        services = sorted(client.api.services(), key=lambda service: service["Spec"]["Name"])
        specs = [(s["Spec"], s.get("PreviousSpec")) for s in services]
        secrets, networks = client.api.secrets(), client.api.networks()
        found["secrets"] = sorted((secret["Spec"] for secret in secrets), key=str)
        found["networks"] = sorted((n["Name"], n["Driver"], str(n["Labels"])) for n in networks)
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
    )
