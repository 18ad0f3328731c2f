"""No request to a real engine hands its machine, or the dashboard, to who types it."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docker
import pytest

from core.cluster import host
from core.commands.registry import parse
from core.commands.streams import Captured, Folder
from core.control.access import Access
from core.control.control import Control
from core.control.rights import Right
from core.engine.connection import Connection
from core.errors import NotAllowed
from essaim_practice.hosting.server import PracticeServer
from tests.control.test_protection import BOX, TRACES, snapshot

#: What is there beside the dashboard, none of it made from a page.
LAID_OUT = (
    "image pull alpine",
    "image pull nginx",
    "image tag alpine mine",
    "container create --name plain alpine",
    "container create --name strong --privileged alpine",
    "container create --name near --network host alpine",
    "container create --name holds -v /srv:/srv alpine",
    "network create -d overlay --attachable --label com.docker.stack.namespace=essaim "
    "essaim_default",
    "network create -d overlay apart",
    "volume create data",
    "config create --label com.docker.stack.namespace=essaim essaim_conf stack/password.txt",
    "config create conf stack/password.txt",
    "secret create key stack/password.txt",
    "secret create essaim_password stack/password.txt",
    "service create --name web nginx",
    "service create --name viz --mount type=bind,src=/srv,dst=/srv nginx",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[PracticeServer]:
    server = PracticeServer.start(nodes=1, formed=True, speed=20.0, seed=7)
    with contextlib.closing(docker.DockerClient(base_url=server.urls[0])) as client:
        for line in LAID_OUT:
            parse(f"docker {line}").run(client)
    yield server
    server.stop()


@pytest.fixture
def control(engine: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> Control:
    """Of an engine that counts as real, on which the dashboard of ``snapshot`` runs."""
    monkeypatch.setattr(Control, "practice", False)
    monkeypatch.setattr(Control, "whole", snapshot())
    monkeypatch.setattr("core.control.protection.traces", lambda: TRACES)
    return Control(Connection(engine.urls[0]), Access({"ESSAIM_PASSWORD": "a long password"}))


class Files(Folder):
    """Those of a machine on which somebody types."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes:
        try:
            return self.files[path.removeprefix("/")]
        except KeyError:
            raise FileNotFoundError(2, "no such file or directory", path) from None

    def write(self, path: str, content: Any) -> None:
        self.files[path] = b"".join(content)

    def is_folder(self, path: str) -> bool:
        return path in (".", "/", "")

    def archive(self, path: str) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as tar:
            for name, content in self.files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return made.getvalue()

    def unpack(self, path: str, tar: bytes) -> None:
        self.files["unpacked"] = tar


def played(control: Control, line: str, files: dict[str, bytes] | None = None) -> str:
    """What a terminal shows: both outputs."""
    command, streams = parse(f"docker {line}"), Captured()
    streams.folder = Files(files or {})
    try:
        client = control._client(command, Right())
    except NotAllowed as refused:
        return str(refused)
    with contextlib.closing(client):
        command.play(client, streams)
    return (bytes(streams.out) + bytes(streams.error)).decode()


MACHINE = "would hand the real machine"
ITSELF = "is this dashboard itself"
IMAGE = "is the image that this dashboard starts from"

#: Each kind of option that gives a program something of its machine, in each command that has it.
OF_THE_MACHINE = (
    "-v /:/host", "-v /var/run/docker.sock:/s", "--volume=/etc:/e:ro", "-v ./x:/x", "-v ~/x:/x",
    "-v 'c:\\\\:/c'", "-v //./pipe/docker_engine:/p",
    "--mount type=bind,src=/,dst=/host", "--mount type=bind,source=/run/docker.sock,target=/s",
    "--mount type=npipe,src=x,dst=/x", "--mount type=cluster,src=x,dst=/x",
    "--mount type=volume,dst=/x,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/",
    "--mount type=volume,dst=/x,volume-driver=vieux/sshfs", "--volume-driver x -v a:/a",
    "--volumes-from holds", "--privileged", "--device /dev/sda", "--device vendor.com/x=all",
    "--gpus all", "--device-cgroup-rule 'a *:* rwm'",
    "--cap-add SYS_ADMIN", "--cap-add all", "--cap-add CAP_NET_ADMIN", "--cap-add sys_ptrace",
    "--security-opt seccomp=unconfined", "--security-opt apparmor=unconfined",
    "--security-opt label=disable", "--security-opt systempaths=unconfined",
    "--pid host", "--pid container:strong", "--ipc host", "--ipc container:strong", "--uts host",
    "--userns host", "--cgroupns host", "--network host", "--net=host", "--network name=host",
    "--network container:near", "--cgroup-parent /x", "--runtime other",
    "--annotation run.oci.hooks.stdout=/etc/x",
    "--log-driver syslog --log-opt syslog-address=unix:///run/docker.sock",
)  # fmt: skip


@pytest.mark.parametrize("options", OF_THE_MACHINE)
@pytest.mark.parametrize("verb", ["run -d", "create"])
def test_no_new_container_gets_what_is_the_machines(
    control: Control, verb: str, options: str
) -> None:
    assert MACHINE in played(control, f"{verb} {options} --label made alpine true")
    with contextlib.closing(control.connection.client()) as client:
        assert client.api.containers(all=True, filters={"label": "made"}) == []


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"service create -d {options} nginx"
            for options in (
                "--mount type=bind,src=/,dst=/host",
                "--mount type=bind,src=/var/run/docker.sock,dst=/var/run/docker.sock",
                "--mount type=volume,dst=/x,volume-opt=type=none,volume-opt=o=bind,"
                "volume-opt=device=/",
                "--mount type=volume,dst=/x,volume-driver=x",
                "--cap-add SYS_ADMIN",
                "--network host",
                "--log-driver fluentd",
                "--credential-spec file://x.json",
            )
        ),
        "service create -d --network name=host,alias=x nginx",
        "service create --mode global-job -d --mount type=bind,src=/,dst=/host nginx",
        "service update -d --mount-add type=bind,src=/,dst=/host web",
        "service update -d --env-add LD_PRELOAD=/srv/x.so viz",
        "service update -d --entrypoint sh --user root viz",
        "service update -d --cap-add ALL web",
        "service update -d --network-add host web",
        "service update -d --log-driver syslog web",
        "service update -d --image alpine viz",  # it has a folder of the machine
        "service update -d --args 'cat /srv/key' viz",
        "volume create -o type=none -o o=bind -o device=/ v",
        "volume create -o type=tmpfs -o o=bind -o device=/etc v",
        "volume create -o type=nfs -o o=addr=127.0.0.1,rbind -o device=:/ v",
        "volume create -o type=ext4 -o device=/dev/sda1 v",
        "volume create -o type=overlay -o o=lowerdir=/etc -o device=overlay v",
        "volume create -d other v",
        "network create -d macvlan -o parent=eth0 n",
        "network create -d ipvlan n",
        "network create -o com.docker.network.bridge.name=virbr0 n",
        "build --network host .",
        "build --network container:near .",
        "build --security-opt seccomp=unconfined .",
        "build --cgroup-parent /x .",
        "image load -i images.tar",
        "exec --privileged plain true",
        "exec strong true",
        "exec near true",
        "start -a strong",
        "cp strong:/etc/passwd .",
        "cp Dockerfile strong:/root",
    ],
)
def test_no_other_command_hands_out_what_is_the_machines(control: Control, line: str) -> None:
    files = {"Dockerfile": b"FROM alpine\n", "images.tar": b"any"}
    assert MACHINE in played(control, line, files)


@pytest.mark.parametrize(
    "part",
    [
        "volumes: ['/:/host']",
        "volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']",
        "volumes: ['./here:/x']",
        "volumes: [{type: bind, source: /, target: /x}]",
        "cap_add: [SYS_ADMIN]",
        "networks: [outside]",
        "logging: {driver: syslog}",
    ],
)
def test_no_stack_gets_what_is_the_machines(control: Control, part: str) -> None:
    text = (
        f"services: {{x: {{image: nginx, {part}}}}}\n"
        "networks: {outside: {external: true, name: host}}\n"
    )
    assert MACHINE in played(control, "stack deploy -c x.yml taken", {"x.yml": text.encode()})


@pytest.mark.parametrize(
    ("part", "outside"),
    [
        ("volumes: ['kept:/data']", "volumes: {kept: {external: true, name: essaim_data}}"),
        ("networks: [x]", "networks: {x: {external: true, name: essaim_default}}"),
        ("configs: [x]", "configs: {x: {external: true, name: essaim_conf}}"),
        ("secrets: [x]", "secrets: {x: {external: true, name: essaim_password}}"),
    ],
)
def test_no_stack_gets_what_is_the_dashboards(control: Control, part: str, outside: str) -> None:
    text = f"services: {{y: {{image: nginx, {part}}}}}\n{outside}\n"
    assert ITSELF in played(control, "stack deploy -c x.yml lent", {"x.yml": text.encode()})


@pytest.mark.parametrize(
    "network",
    ["driver: macvlan", "driver: bridge, driver_opts: {com.docker.network.bridge.name: docker0}"],
)
def test_no_network_of_a_stack_is_the_machines(control: Control, network: str) -> None:
    text = f"services: {{x: {{image: nginx, networks: [n]}}}}\nnetworks: {{n: {{{network}}}}}\n"
    assert MACHINE in played(control, "stack deploy -c x.yml netted", {"x.yml": text.encode()})


def test_what_docker_leaves_out_of_a_stack_is_left_out(control: Control) -> None:
    """Docker warns of these keys, and sends none of them."""
    text = (
        "services: {x: {image: nginx, privileged: true, pid: host, ipc: host, network_mode: host, "
        "devices: ['/dev/sda'], security_opt: ['seccomp:unconfined'], cgroup_parent: /x, "
        "userns_mode: host}}\n"
    )
    said = played(control, "stack deploy -c x.yml bare", {"x.yml": text.encode()})
    assert "Ignoring unsupported options" in said
    with contextlib.closing(control.connection.client()) as client:
        task = client.api.inspect_service("bare_x")["Spec"]["TaskTemplate"]
    assert list(host.of_task(task)) == []


def test_a_volume_of_a_stack_is_none_of_the_machines_folders(control: Control) -> None:
    text = (
        "services: {x: {image: nginx, volumes: ['data:/v']}}\n"
        "volumes: {data: {driver: local, driver_opts: {type: none, o: bind, device: /}}}\n"
    )
    assert MACHINE in played(control, "stack deploy -c x.yml taken", {"x.yml": text.encode()})


@pytest.mark.parametrize(
    "line",
    [
        "run -v essaim_data:/data alpine cat /data/essaim.db",
        "run --mount src=essaim_data,dst=/data alpine true",
        "create -v essaim_data:/data alpine",
        "volume create essaim_data",
        "service create -d --mount src=essaim_data,dst=/data nginx",
        "service update -d --mount-add src=essaim_data,dst=/data web",
        "run --volumes-from essaim_dashboard.1.t1 alpine true",
        f"run --volumes-from {BOX[:7]}:ro alpine true",
        "run --network container:essaim_dashboard.1.t1 alpine true",
        f"run --pid container:{BOX} alpine true",
        "run --ipc container:essaim_dashboard.1.t1 alpine true",
        "run --link essaim_dashboard.1.t1:db alpine env",
        "run --network essaim_default alpine true",
        "network connect essaim_default plain",
        "network rm essaim_default",
        "network disconnect -f essaim_default essaim_dashboard.1.t1",
        "service update -d --network-add essaim_default web",
        "build --network container:essaim_dashboard.1.t1 .",
        "build --network essaim_default .",
        "config rm essaim_conf",
        "volume rm essaim_data",
        "run --pid container:root alpine true",
        "config inspect essaim_conf",
        "service create -d --config essaim_conf nginx",
        "service update -d --config-add essaim_conf web",
        "run --volumes-from root alpine true",
    ],
)
def test_nothing_of_the_dashboard_is_lent(control: Control, line: str) -> None:
    assert ITSELF in played(control, line, {"Dockerfile": b"FROM alpine\n"})


@pytest.mark.parametrize(
    "line",
    [
        "run --pull always essaim true",
        "pull docker.io/essaim",
        "tag alpine docker.io/essaim",
        "tag alpine index.docker.io/library/essaim:latest",
        "build -t index.docker.io/essaim .",
        "commit plain docker.io/essaim:latest",
        "pull -a essaim",
        "import rootfs.tar essaim",
        "import rootfs.tar docker.io/library/essaim:latest",
        "commit plain essaim",
        "tag alpine essaim:latest",
        "build -t other -t essaim .",
        "rmi essaim",
    ],
)
def test_the_dashboards_image_stays(control: Control, line: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("core.control.protection.require", lambda *given: None)
    files = {"Dockerfile": b"FROM alpine\n", "rootfs.tar": Files({"a": b"b"}).archive("")}
    assert IMAGE in played(control, line, files)


@pytest.mark.parametrize(
    "line",
    [
        "run --rm -v data:/data alpine true",
        "run --rm --mount src=data,dst=/data --tmpfs /run alpine true",
        "run --rm -v /anonymous alpine true",
        "run --rm --cap-drop all --cap-add chown --cap-add NET_BIND_SERVICE alpine true",
        "run --rm --security-opt no-new-privileges --read-only --init alpine true",
        "run --rm --network apart alpine true",
        "run --rm --network none --pid container:plain --ipc private -m 64m alpine true",
        "run --rm --volumes-from plain --log-driver json-file --log-opt max-size=1m alpine true",
        "volume create -o type=tmpfs -o device=tmpfs -o o=size=10m,uid=1000 memory",
        "network create -d bridge --subnet 10.77.0.0/24 own",
        "service scale -d viz=2",
        "service update -d --force viz",
        "service update -d --mount-add src=data,dst=/data --cap-add CHOWN web",
        "service create -d --name other --mount src=data,dst=/data --network apart nginx",
        "service rm other",
        "network rm own",
        "config rm conf",
        "tag alpine mine:2",
        "commit plain mine:3",
        "cp plain:/etc/hostname .",
        "build -t mine:4 .",
        "container wait plain",
        "container ls -a",
    ],
)
def test_the_rest_is_free(control: Control, line: str) -> None:
    said = played(control, line, {"Dockerfile": b"FROM alpine\n"})
    assert not [words for words in (MACHINE, ITSELF, IMAGE) if words in said]


@pytest.mark.parametrize("line", ["inspect", "inspect --type task"])
def test_no_task_of_the_dashboard_is_looked_into(
    control: Control, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its spec has the service's environment."""
    with contextlib.closing(control.connection.client()) as client:
        (task, *_more) = client.api.tasks(filters={"service": "viz"})
    first, *others = snapshot().services
    services = (replace(first, id=task["ServiceID"]), *others)
    monkeypatch.setattr(Control, "whole", replace(snapshot(), services=services))
    assert ITSELF in played(control, f"{line} {task['ID']}")


def test_what_the_engine_does_not_tell_is_not_let_through(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = docker.APIClient.send

    def ill(api: Any, request: Any, **how: Any) -> Any:
        answer = plain(api, request, **how)
        if request.method == "GET" and request.url.endswith("/containers/strong/json"):
            answer.status_code, answer._content = 500, b'{"message": "ill"}'
        return answer

    monkeypatch.setattr(docker.APIClient, "send", ill)
    said = played(control, "run -d --pid container:strong --label let alpine true")
    assert "Error response from daemon: ill" in said
    with contextlib.closing(control.connection.client()) as client:
        assert client.api.containers(all=True, filters={"label": "let"}) == []


def test_it_can_be_allowed_but_for_the_dashboard(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control.access, "privileged", True)
    assert MACHINE not in played(control, "run --rm --privileged -v /:/host alpine true")
    assert ITSELF in played(control, "run -v essaim_data:/data alpine true")


def test_by_what_it_is_allowed() -> None:
    assert not Access({}).privileged
    assert not Access({"ESSAIM_PRIVILEGED": "no"}).privileged
    assert Access({"ESSAIM_PRIVILEGED": "Yes"}).privileged
    with pytest.raises(NotAllowed, match="ESSAIM_PRIVILEGED"):
        Access({"ESSAIM_PRIVILEGED": "maybe"})


def test_a_practice_engine_takes_it_all(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Control, "practice", True)
    assert MACHINE not in played(control, "run --rm --privileged -v /:/host alpine true")


def test_a_page_is_told_in_the_same_words(control: Control) -> None:
    with pytest.raises(NotAllowed, match=MACHINE):
        control.submit(parse("docker run -d -v /:/host alpine"), "teacher", Right())
    assert control.journal.records()[-1].outcome == "refused"
