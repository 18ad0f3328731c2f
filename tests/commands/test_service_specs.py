"""The specs that we send are those that docker's own command sends, flag by flag."""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docker
import pytest

from core.commands.program import play
from core.commands.registry import parse
from core.commands.streams import Captured, Folder
from core.errors import DockerRefused

SPEC = {
    "Name": "web",
    "Labels": {"a": "b", "c": "d"},
    "TaskTemplate": {
        "ContainerSpec": {
            "Image": "nginx:latest@sha256:" + 64 * "a",
            "Labels": {"e": "f"},
            "Env": ["A=1", "AB=2"],
            "Groups": ["staff"],
            "Init": False,
            "Mounts": [{"Type": "volume", "Source": "old", "Target": "/old"}],
            "Hosts": ["1.2.3.4 one two", "5.6.7.8 one"],
            "DNSConfig": {"Nameservers": ["9.9.9.9"], "Search": ["old"], "Options": ["ndots:2"]},
            "Healthcheck": {"Test": ["NONE"]},
            "Secrets": [
                {"File": {"Name": "old", "UID": "0", "GID": "0", "Mode": 292},
                 "SecretID": "s0", "SecretName": "old"}
            ],
            "Configs": [
                {"File": {"Name": "old", "UID": "0", "GID": "0", "Mode": 292},
                 "ConfigID": "c0", "ConfigName": "old"}
            ],
            "Sysctls": {"net.core.somaxconn": "1"},
            "CapabilityAdd": ["CAP_NET_ADMIN"],
            "CapabilityDrop": ["CAP_CHOWN"],
            "Ulimits": [{"Name": "nofile", "Hard": 10, "Soft": 5}],
        },
        "Resources": {
            "Limits": {"NanoCPUs": 10**9},
            "Reservations": {
                "GenericResources": [{"DiscreteResourceSpec": {"Kind": "SSD", "Value": 1}}]
            },
        },
        "Placement": {
            "Constraints": ["node.role==worker"],
            "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.rack"}}],
        },
        "Networks": [{"Target": "n-old"}],
        "ForceUpdate": 2,
    },
    "Mode": {"Replicated": {"Replicas": 3}},
    "UpdateConfig": {"Parallelism": 2, "MaxFailureRatio": 0},
    "EndpointSpec": {
        "Mode": "vip",
        "Ports": [
            {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 80, "PublishMode": "ingress"},
            {"Protocol": "udp", "TargetPort": 53, "PublishedPort": 53, "PublishMode": "ingress"},
        ],
    },
}  # fmt: skip


class _Engine(BaseHTTPRequestHandler):
    """An engine that writes down which services it is asked for."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (
            ("Api-Version", "1.50"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(data))),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_HEAD(self) -> None:
        self._answer("OK")

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].split("/")
        name = path[-1]
        match path[1:] if path[1:2] == ["_ping"] else path[2:]:
            case ["_ping"]:
                self._answer("OK")
            case ["version"]:
                self._answer({"ApiVersion": "1.50", "MinAPIVersion": "1.24"})
            case ["networks", _]:
                self._answer({"Id": f"n-{name}", "Name": name, "Scope": "swarm"})
            case ["secrets" | "configs" as kind]:
                things = [(f"{kind[0]}-{n}", n) for n in ("one", "two", "old")]
                self._answer([{"ID": id, "Spec": {"Name": n}} for id, n in things])
            case ["services", _]:
                service = {"ID": "w1", "Version": {"Index": 7}, "Spec": SPEC}
                self._answer(copy.deepcopy(service))
            case ["distribution", *_]:
                if "unknown" in self.path:
                    self._answer({"message": "no such image"}, 404)
                else:
                    self._answer(
                        {
                            "Descriptor": {"digest": "sha256:" + 64 * "d"},
                            "Platforms": [{"architecture": "amd64", "os": "linux"}],
                        }
                    )
            case _:
                self._answer({"message": f"page not found: {self.path}"}, 404)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.posted.append(json.loads(self.rfile.read(length)))  # type: ignore[attr-defined]
        self._answer({"ID": "w1"})


@pytest.fixture(scope="module")
def engine() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Engine) as server:
        server.posted = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Disk(Folder):
    def __init__(self, here: Path) -> None:
        self._here = here

    def read(self, path: str) -> bytes:
        return (self._here / path).read_bytes()

    def write(self, path: str, content: Any) -> None:
        raise PermissionError(13, "permission denied")

    def is_folder(self, path: str) -> bool:
        return False

    def archive(self, path: str) -> bytes:
        return b""

    def unpack(self, path: str, tar: bytes) -> None:
        raise PermissionError(13, "permission denied")


def bare(value: Any) -> Any:
    """Without what is empty: Go leaves some of it out, and writes some of it."""
    if isinstance(value, dict):
        kept = {key: bare(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", 0, [], {})}
    return [bare(each) for each in value] if isinstance(value, list) else value


CREATE = """\
nginx
nginx:1.27 sleep 5
unknown/thing
alpine@sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee
--name web --replicas 3 nginx
--no-resolve-image nginx
--mode global nginx
--mode global-job nginx true
--mode replicated-job nginx true
--mode replicated-job --replicas 4 --max-concurrent 2 nginx true
--mode replicated-job --replicas 4 nginx true
-l a=b --label c --container-label d=e nginx
-e A=1 -e B= -e A=2 nginx
-e FROM_SHELL -e NOT_THERE nginx
--env-file vars.env -e B=9 nginx
-p 80 -p 8080:80 -p 8081-8082:81-82/udp nginx
-p 8080-8082:80 nginx
--publish published=8080,target=80,mode=host,protocol=udp --publish target=90 nginx
--mount source=v,target=/v nginx
--mount src=v,dst=/v,readonly,volume-nocopy,volume-label=a=b,volume-driver=x,volume-opt=o=p nginx
--mount type=bind,source=/a,target=/b,ro=true,bind-propagation=rslave nginx
--mount type=bind,source=/a,target=/b,bind-recursive=disabled nginx
--mount type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770 nginx
--network n nginx
--network name=b,alias=x,alias=y,driver-opt=k=v --network a nginx
--secret one --secret source=two,target=/t,uid=1,gid=2,mode=0400 nginx
--config one --config source=two,target=/t,mode=0440 nginx
--credential-spec file://x.json nginx
--credential-spec registry://x nginx
--credential-spec config://one nginx
--constraint node.role==worker --constraint node.labels.a!=b nginx
--placement-pref spread=node.labels.rack --placement-pref spread=node.id nginx
--replicas-max-per-node 2 nginx
--limit-cpu 0.5 --limit-memory 64m --limit-pids 100 nginx
--reserve-cpu 0.25 --reserve-memory 1gb --generic-resource SSD=1 --generic-resource GPU=2 nginx
--restart-condition on-failure nginx
--restart-delay 2s --restart-max-attempts 3 --restart-window 1m30s nginx
--update-parallelism 0 --update-delay 10s --update-order start-first nginx
--update-failure-action rollback --update-monitor 3s --update-max-failure-ratio 0.25 nginx
--rollback-parallelism 0 --rollback-delay 1s --rollback-order start-first nginx
--rollback-failure-action continue --rollback-monitor 1s --rollback-max-failure-ratio .5 nginx
--stop-grace-period 3s --stop-signal SIGINT nginx
-w /tmp -u 1000:1000 --hostname h-{{.Task.Slot}} --group staff --group wheel nginx
--entrypoint "sh -c 'a b'" nginx x
--read-only --init --tty nginx
--init=false nginx
--dns 1.1.1.1 --dns-option ndots:1 --dns-search example.com nginx
--host a:1.2.3.4 --host b:::1 nginx
--health-cmd "curl x" --health-interval 5s --health-timeout 1s --health-retries 2 nginx
--health-start-period 1m --health-start-interval 2s nginx
--no-healthcheck nginx
--log-driver json-file --log-opt max-size=1m --log-opt tag=x nginx
--endpoint-mode dnsrr nginx
--sysctl net.core.somaxconn=1024 --ulimit nofile=10:20 --ulimit nproc=5 nginx
--cap-add NET_ADMIN --cap-add cap_sys_time --cap-drop all --cap-drop NET_ADMIN nginx
--isolation default --oom-score-adj 5 nginx
"""

UPDATE = """\
--force
--replicas 5
--image nginx:1.28
--image nginx:1.28 --no-resolve-image
--args "a 'b c'" --entrypoint sh
--args ""
--env-add A=9 --env-add C=3 --env-rm AB
--env-rm A --env-add A=5
--label-add x=y --label-rm a
--label-rm c --label-add c=new
--container-label-add x --container-label-rm e
--publish-add 8080:80
--publish-add 80:80
--publish-rm 80
--publish-rm 80 --publish-add 81:80 --publish-add published=9,target=9,mode=host
--publish-rm 53/udp
--constraint-add node.id==x --constraint-rm node.role==worker
--placement-pref-add spread=node.labels.row --placement-pref-rm spread=node.labels.rack
--mount-add source=v,target=/v --mount-rm /old
--mount-add type=bind,source=/b,target=/old
--network-add n --network-rm old
--network-add name=b,alias=x
--secret-add one --secret-rm old
--secret-rm old --secret-add source=two,target=old
--config-add one --config-rm old
--credential-spec file://x
--credential-spec config://one
--group-add wheel --group-rm staff
--dns-add 8.8.8.8 --dns-rm 9.9.9.9 --dns-option-add ndots:1 --dns-search-add a --dns-search-rm old
--host-add c:1.1.1.1 --host-rm one
--host-rm one:1.2.3.4
--sysctl-add a=b --sysctl-rm net.core.somaxconn
--ulimit-add nofile=7:8 --ulimit-add core=1
--ulimit-rm nofile
--generic-resource-add GPU=2 --generic-resource-add SSD=5
--generic-resource-rm SSD
--cap-add CHOWN --cap-drop NET_ADMIN
--cap-add SYS_TIME --cap-drop KILL
--cap-add ALL
--cap-drop RESET --cap-add RESET --cap-add KILL
--limit-memory 64m
--limit-cpu 0 --limit-pids 5 --reserve-memory 32m
--restart-condition none
--restart-delay 1s --restart-max-attempts 2 --restart-window 3s
--update-delay 5s --update-parallelism 0
--update-order start-first --update-failure-action continue --update-monitor 1s
--update-max-failure-ratio 0.5
--rollback-parallelism 2 --rollback-delay 1s --rollback-monitor 1s --rollback-order start-first
--rollback-failure-action continue --rollback-max-failure-ratio 0.5
--endpoint-mode dnsrr
--hostname x -w /w -u me --stop-signal SIGINT --stop-grace-period 5s
--hostname "" -w "" -u ""
--tty --read-only --init
--tty=false --init=false
--log-driver json-file --log-opt a=b
--health-cmd true --health-interval 1s --health-retries 3 --health-timeout 1s
--health-start-period 1s
--no-healthcheck
--replicas-max-per-node 3
--isolation default --oom-score-adj 7
"""


@pytest.mark.cli
@pytest.mark.parametrize(
    "line",
    [
        *(f"service create -d {line}" for line in CREATE.splitlines()),
        *(f"service update -d {line} web" for line in UPDATE.splitlines()),
    ],
)
def test_the_same_spec_is_sent(line: str, engine: ThreadingHTTPServer, tmp_path: Path) -> None:
    (tmp_path / "vars.env").write_text("# remark\nB=1\nFROM_SHELL\nC=a b\n\n")
    host = f"tcp://127.0.0.1:{engine.server_port}"
    posted: list[Any] = engine.posted  # type: ignore[attr-defined]
    posted.clear()
    words = shlex.split(line)
    environment = {"FROM_SHELL": "here", "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [shutil.which("docker") or "docker", *words],
        env=environment | {"DOCKER_HOST": host},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    (theirs,) = posted
    posted.clear()
    streams = Captured()
    streams.environment, streams.folder = environment, _Disk(tmp_path)
    client = docker.DockerClient(base_url=host, version="1.50")
    code = play(words, streams, lambda at: client)
    client.close()
    assert (bytes(streams.error).decode(), code) == (done.stderr, done.returncode)
    assert bytes(streams.out).decode() == done.stdout
    (ours,) = posted
    for spec in (theirs, ours):  # docker keeps these in a map without order
        task = spec["TaskTemplate"]
        (spec.get("EndpointSpec", {}).get("Ports") or []).sort(key=str)  # of a range
        for key in ("Secrets", "Configs"):
            (task["ContainerSpec"].get(key) or []).sort(key=str)
        if "update" in line:
            (task["ContainerSpec"].get("Env") or []).sort()
        reserved = task["Resources"].get("Reservations") or {}
        (reserved.get("GenericResources") or []).sort(key=str)
    assert bare(ours) == bare(theirs)
    if "create" in line:  # what service inspect shows is in the order in which it came
        assert shape(bare(ours["TaskTemplate"])) == shape(bare(theirs["TaskTemplate"]))


def shape(value: Any) -> Any:
    """The keys, in order."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    return [shape(each) for each in value] if isinstance(value, list) else None


SWAP = [
    ("--memory-swap 64m", {"SwapBytes": 64 << 20}),
    ("--memory-swap -1", {"SwapBytes": -1}),
    ("--memory-swappiness 10", {"MemorySwappiness": 10}),
    ("--memory-swap 0 --memory-swappiness 0", {"SwapBytes": 0, "MemorySwappiness": 0}),
]
each_line = pytest.mark.parametrize(
    "line", ["service create -d {} nginx", "service update -d {} web"]
)


@each_line
@pytest.mark.parametrize(("flags", "sent"), SWAP)
def test_swap_goes_to_an_engine_that_knows_it(
    line: str, flags: str, sent: dict[str, int], engine: ThreadingHTTPServer
) -> None:
    posted: list[Any] = engine.posted  # type: ignore[attr-defined]
    posted.clear()
    assert swapped(line.format(flags), "1.52", engine) == (
        0,
        "w1\n" if "create" in line else "web\n",
        "",
    )
    (spec,) = posted
    kept = {"Limits", "Reservations"}
    resources = spec["TaskTemplate"]["Resources"]
    assert {key: value for key, value in resources.items() if key not in kept} == sent


@each_line
def test_swap_is_refused_where_the_engine_does_not_know_it(
    line: str, engine: ThreadingHTTPServer
) -> None:
    """An older engine would do without it, and not say so."""
    posted: list[Any] = engine.posted  # type: ignore[attr-defined]
    posted.clear()
    words = "requires API version 1.52, but the Docker daemon API version is 1.51\n"
    both = f'"--memory-swap" {words}"--memory-swappiness" {words}'
    assert swapped(line.format("--memory-swappiness 5 --memory-swap 1m"), "1.51", engine) == (
        1,
        "",
        both,
    )
    client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{engine.server_port}", version="1.51")
    with pytest.raises(DockerRefused, match=r'^"--memory-swap" requires API version 1\.52'):
        parse(f"docker {line.format('--memory-swap 1m')}").run(client)
    client.close()
    assert posted == []


def swapped(line: str, version: str, engine: ThreadingHTTPServer) -> tuple[int, str, str]:
    """Exit code, output and error of a line on an engine that speaks this version of the API."""
    client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{engine.server_port}", version=version)
    streams = Captured()
    code = play(shlex.split(line), streams, lambda at: client)
    client.close()
    return code, streams.out.decode(), streams.error.decode()
