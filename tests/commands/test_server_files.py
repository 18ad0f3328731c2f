"""No docker line that is typed on a machine reads or writes a file of the server, by any option."""

from __future__ import annotations

import io
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from essaim_practice import PracticeServer

from .test_server import ways
from .typing_lines import Commands, commands

SECRET = "only the server knows this"
COMPOSE = """\
services:
  web: {image: nginx, env_file: [%(path)s], secrets: [hidden], configs: [shown]}
secrets: {hidden: {file: "%(path)s"}}
configs: {shown: {file: "%(path)s"}}
"""


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the server with a file, a Dockerfile and an archive in it."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "secret").write_text(f"KEY={SECRET}\n")
    (folder / "Dockerfile").write_text(f"FROM alpine\nCOPY secret /secret\nLABEL a='{SECRET}'\n")
    (folder / "stack.yml").write_text(f"services: {{web: {{image: nginx, command: '{SECRET}'}}}}\n")
    with tarfile.open(folder / "image.tar", "w") as tar:
        tar.add(folder / "secret", "secret")
    return folder


@pytest.fixture(scope="module")
def practice() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=2, seed=1, speed=50, bind_ports=False) as server:
        yield server


@pytest.fixture(scope="module")
def typing(practice: PracticeServer) -> Iterator[Commands]:
    with commands(ways(practice)) as made:  # type: ignore[arg-type]
        made.type("run", "-d", "--name", "box", "alpine", "sleep", "100000")
        made.type("service", "create", "--name", "web", "nginx")
        yield made


#: Ways to write the path of a file of the server, from /root and from anywhere.
WAYS = ("{}", "../../../../../../..{}", "file://{}", "@{}", "/proc/1/root{}")
each_way = pytest.mark.parametrize("way", WAYS)


#: {P} is the path of a file, {F} that of its folder.
READING = [
    "run --rm --env-file {P} alpine env",
    "run --rm --label-file {P} alpine true",
    "create --env-file {P} alpine env",
    "container create --label-file {P} alpine",
    "exec --env-file {P} box env",
    "service create --env-file {P} nginx",
    "service create --credential-spec file://{P} nginx",
    "secret create leak {P}",
    "config create leak {P}",
    "secret create --template-driver golang leak {P}",
    "cp {P} box:/leak",
    "cp {F} box:/leak",
    "cp -L {P} box:/leak",
    "import {P}",
    "import {P} leak:latest",
    "load -i {P}",
    "load --input {F}/image.tar",
    "image import {F}/image.tar leak",
    "build {F}",
    "build -t leak -f {F}/Dockerfile .",
    "build -f {P} .",
    "build --file {F}/Dockerfile -",
    "build --secret id=a,src={P} .",
    "build --ssh default={P} .",
    "stack deploy -c {F}/stack.yml leak",
    "stack deploy --compose-file {P} leak",
    "stack config -c {F}/stack.yml",
    "swarm ca --rotate --ca-cert {P}",
    "swarm ca --rotate --ca-cert {P} --ca-key {P}",
    "swarm ca --rotate --external-ca protocol=cfssl,url=file://{P},cacert={P}",
    "swarm update --external-ca protocol=cfssl,url=https://x,cacert={P}",
    "run --rm --security-opt seccomp={P} alpine true",
    "run --rm -v {P}:/leak alpine cat /leak",
    "run --rm --mount type=bind,source={P},target=/leak alpine cat /leak",
    "--config {F} ps",
    "--tlscacert {P} --tls ps",
    "-H unix://{P} ps",
    "-H file://{P} ps",
    "-c {P} ps",
    "login -u a --password-stdin {P}",
    "plugin create leak {F}",
    "context import leak {P}",
    "trust key load {P}",
]


@each_way
def test_no_file_of_the_server_is_read(
    typing: Commands, practice: PracticeServer, secret: Path, way: str
) -> None:
    path = way.format(secret / "secret")
    places = {"P": path, "F": path.removesuffix("/secret")}
    for line in READING:
        code, out, error = typing.type(*(word.format(**places) for word in line.split()))
        assert code not in (None, -1), line
        assert SECRET not in out + error, line
        assert "failed here" not in error, line
    kept = [*practice.client.secrets.list(), *practice.client.configs.list()]
    assert not [each for each in kept if SECRET in str(each.attrs)]
    for shown in (
        ("exec", "box", "sh", "-c", "cat /leak /leak/* 2>/dev/null"),
        ("run", "--rm", "leak", "cat", "/secret"),
        ("service", "inspect", "web", "leak_web"),
        ("image", "inspect", "leak"),
    ):
        assert SECRET not in typing.type(*shown)[1]


#: {P} is the path of a file that is not there, {F} that of a folder.
WRITING = [
    "run -d --cidfile {P} alpine true",
    "create --cidfile {P} alpine",
    "save -o {P} alpine",
    "image save --output {P} alpine",
    "export -o {P} box",
    "container export --output={P} box",
    "cp box:/etc/hostname {P}",
    "cp box:/etc {F}",
    "cp box:/etc/hostname {F}",
    "build --iidfile {P} /root/app",
    "build --metadata-file {P} /root/app",
    "build -o {F} /root/app",
    "build --output type=local,dest={F} /root/app",
    "context export default {P}",
]


@each_way
def test_no_file_of_the_server_is_written(
    typing: Commands, practice: PracticeServer, tmp_path: Path, way: str
) -> None:
    _put(practice, "/root/app/Dockerfile", b"FROM alpine\n")
    path = way.format(tmp_path / "new")
    places = {"P": path, "F": path.removesuffix("/new")}
    for line in WRITING:
        code, _, error = typing.type(*(word.format(**places) for word in line.split()))
        assert code not in (None, -1), line
        assert "failed here" not in error, line
        assert list(tmp_path.iterdir()) == [], line


def _put(practice: PracticeServer, path: str, content: bytes) -> None:
    """Make a file of node1, and the folders that lead to it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        head = tarfile.TarInfo(path.removeprefix("/"))
        head.size = len(content)
        tar.addfile(head, io.BytesIO(content))
    _unpack(practice, made.getvalue())


def _unpack(practice: PracticeServer, tar: bytes) -> None:
    api = practice.client.api
    answer = api.put(f"{api.base_url}/_practice/machine/archive", params={"path": "/"}, data=tar)
    assert answer.status_code == 200, answer.text


def test_files_with_the_names_of_the_servers_are_the_machines(
    typing: Commands, practice: PracticeServer
) -> None:
    assert typing.type("config", "create", "hostname", "/etc/hostname")[0] == 0
    shown = typing.type("config", "inspect", "--format", "{{json .Spec.Data}}", "hostname")[1]
    assert shown == '"bm9kZTEK"\n'  # node1


def test_a_link_of_the_machine_leads_to_files_of_the_machine(
    typing: Commands, practice: PracticeServer, secret: Path
) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, target in (
            ("link", secret / "stack.yml"),
            ("up", Path("../../.." + str(secret))),
        ):
            link = tarfile.TarInfo(f"root/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, str(target)
            tar.addfile(link)
    _unpack(practice, made.getvalue())
    for path in ("link", "/root/link", "up/stack.yml", "./up/../up/stack.yml"):
        code, _, error = typing.type("config", "create", "linked", path)
        assert (code, "no such file or directory" in error) == (1, True), error
        assert typing.type("run", "--rm", "--env-file", path, "alpine", "env")[0] == 125
    typing.type("save", "-o", "up/../new", "alpine")
    typing.type("save", "-o", "up/new", "alpine")
    assert sorted(each.name for each in secret.iterdir()) == [
        "Dockerfile", "image.tar", "secret", "stack.yml",
    ]  # fmt: skip


def test_files_that_a_stack_names_are_the_machines(
    typing: Commands, practice: PracticeServer, secret: Path
) -> None:
    for way in WAYS:
        path = way.format(secret / "secret")
        _put(practice, "/root/stack.yml", (COMPOSE % {"path": path}).encode())
        for line in ("stack deploy -c stack.yml a", "stack config -c stack.yml"):
            _, out, error = typing.type(*line.split())
            assert SECRET not in out + error
    assert not [each for each in practice.client.configs.list() if "a_shown" in each.name]


#: {A} is an address of the server.
ASKING = [
    "build http://{A}/context.tar",
    "build https://{A}/context.tar",
    "build http://{A}/a.git",
    "build git://{A}/a.git",
    "build git@{A}:a.git",
    "build -f http://{A}/Dockerfile .",
    "import http://{A}/image.tar",
    "load -i http://{A}/image.tar",
    "stack deploy -c http://{A}/stack.yml a",
    "-H tcp://{A} ps",
    "-H http://{A} ps",
    "-H {A} ps",
    "login -u a -p b http://{A}",
    "pull {A}/image",
    "push {A}/image",
    "service create --detach {A}/image",
    "swarm join --token SWMTKN-1-1-1 {A}",
    "plugin install {A}/a",
    "search {A}/a",
    "run --rm {A}/image",
]


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[object]]]:
    """The address of a server that nobody may ask, and who has asked."""
    asked: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)

        def wait() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    asked.append(listening.accept())

        over = threading.Event()
        thread = threading.Thread(target=wait)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", asked
        over.set()
        thread.join()


def test_no_address_of_the_server_is_asked(
    typing: Commands, elsewhere: tuple[str, list[object]]
) -> None:
    address, asked = elsewhere
    for line in ASKING:
        code, _, error = typing.type(*(word.format(A=address) for word in line.split()))
        assert code not in (None, -1), line
        assert "failed here" not in error, line
        assert asked == [], line
