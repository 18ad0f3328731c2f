"""What options of a container do inside it, and which are refused: as on a real 28.5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.errors import APIError
from docker.types import Ulimit

from essaim_practice.hosting.server import PracticeServer


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    with PracticeServer.start(nodes=1, speed=100, seed=1, bind_ports=False) as server:
        client = server.client
        client.images.pull("alpine", "latest")
        client.containers.run("alpine", "sleep 1000", name="app", detach=True)
        client.containers.create("alpine", "true", name="idle")
        yield client


SET = "sysctl net.core.somaxconn"
NO_ROOT = "chroot: can't change root directory to '/': Operation not permitted\n"
EPOCH = "Thu Jan  1 00:00:00 UTC 1970"
FILL = "dd if=/dev/zero of=/dev/shm/x bs=1k count=1500 2>&1 | head -1"


@pytest.mark.parametrize(
    ("options", "line", "said"),
    [
        ({"sysctls": {"net.core.somaxconn": "1234"}}, SET, "net.core.somaxconn = 1234\n"),
        ({"sysctls": {"kernel.msgmax": "65000"}}, "sysctl -n kernel.msgmax", "65000\n"),
        ({"sysctls": {"net.ipv4.tcp_ecn": "1"}}, "cat /proc/sys/net/ipv4/tcp_ecn", "1\n"),
        ({}, SET, "net.core.somaxconn = 4096\n"),
        ({}, "sysctl -n net.ipv4.ip_local_port_range", "32768\t60999\n"),
        ({}, f"{SET}=5", "sysctl: error setting key 'net.core.somaxconn': Read-only file system\n"),
        ({}, "sysctl nosuch", "sysctl: error: 'nosuch' is an unknown key\n"),
        ({}, "sysctl -e nosuch", ""),
        ({}, f"{SET} -w", "sysctl: error: 'net.core.somaxconn' must be of the form name=value\n"),
        ({"privileged": True}, f"{SET}=5; {SET} -n", "net.core.somaxconn = 5\n5\n"),
        ({"privileged": True}, f"{SET}=5 -q; cat /proc/sys/net/core/somaxconn", "5\n"),
        ({"hostname": "web"}, "cat /proc/sys/kernel/hostname", "web\n"),
        ({"uts_mode": "host"}, "hostname", "node1\n"),
        ({"hostname": "a.b.c"}, "hostname; hostname -s; hostname -d", "a.b.c\na\nb.c\n"),
        ({"hostname": "a.b.c"}, "grep -o 'a.b.*' /etc/hosts", "a.b.c a\n"),
        ({"hostname": "a", "domainname": "b.c"}, "hostname; hostname -f", "a\na.b.c\n"),
        ({"cpuset_cpus": "1"}, "nproc", "1\n"),
        ({"cpuset_cpus": "0-1"}, "nproc", "2\n"),
        ({"nano_cpus": 10**9}, "nproc", "2\n"),
        ({"devices": ["/dev/null:/dev/nought"]}, "ls -l /dev/nought | cut -c1-10", "crw-rw-rw-\n"),
        ({"ulimits": [Ulimit(name="nofile", soft=7, hard=9)]}, "ulimit -n; ulimit -Hn", "7\n9\n"),
        ({"user": "1000"}, "touch /x; echo $HOME", "touch: /x: Permission denied\n/\n"),
        ({"cap_drop": ["ALL"]}, "chown 1 /etc", "chown: /etc: Operation not permitted\n"),
        ({"shm_size": "1m"}, FILL, "dd: error writing '/dev/shm/x': No space left on device\n"),
        (
            {"read_only": True, "cap_drop": ["ALL"]},
            "chown 1 /etc; chmod 0 /etc",
            "chown: /etc: Read-only file system\nchmod: /etc: Read-only file system\n",
        ),
        ({"cap_drop": ["MKNOD"]}, "mknod /x c 1 3", "mknod: /x: Operation not permitted\n"),
        ({}, "mknod /x c 1 3 && ls -l /x | cut -c1-10", "crw-r--r--\n"),
        ({"hostname": "web"}, "chroot / hostname", "web\n"),
        ({"cap_drop": ["SYS_CHROOT"]}, "chroot /", NO_ROOT),
        ({}, "dmesg", "dmesg: klogctl: Operation not permitted\n"),
        ({}, "renice -5 1", "renice: setpriority: Permission denied\n"),
        ({}, "date -s @0", f"{EPOCH}\ndate: can't set date: Operation not permitted\n"),
        ({"user": "1000"}, "id -un", "1000\nid: unknown ID 1000\n"),
        ({"user": ":5"}, "id -g", "5\n"),
        ({"tmpfs": {"/c": "ro"}}, "touch /c/x", "touch: /c/x: Read-only file system\n"),
        ({"read_only": True, "user": "1000"}, "touch /x", "touch: /x: Read-only file system\n"),
        ({"read_only": True}, "touch /x", "touch: /x: Read-only file system\n"),
    ],
)  # fmt: skip
def test_an_option_is_felt_inside(
    client: docker.DockerClient, options: dict[str, Any], line: str, said: str
) -> None:
    wanted = ["sh", "-c", f"({line}) 2>&1; true"]
    assert client.containers.run("alpine", wanted, remove=True, **options).decode() == said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ipc_mode": "container:app"}, "failed to join IPC namespace: container {app}: non-share"),
        (
            {"ipc_mode": "container:idle"},
            "failed to join IPC namespace: container {idle} is not ru",
        ),
        (
            {"pid_mode": "container:idle"},
            "failed to join PID namespace: container {idle} is not ru",
        ),
        ({"uts_mode": "host", "hostname": "x"}, "conflicting options: hostname and the UTS mode"),
        (
            {"sysctls": {"net.foo": "1"}},
            "open sysctl net.foo file: unsafe procfs detected: openat2",
        ),
        (
            {"sysctls": {"net.core.somaxconn": "1"}, "network_mode": "host"},
            'sysctl "net.core.somaxconn" not allowed in host network namespace',
        ),
    ],
)
def test_what_cannot_be_joined_or_set_is_refused(
    client: docker.DockerClient, options: dict[str, Any], words: str
) -> None:
    ids = {name: client.containers.get(name).id for name in ("app", "idle")}
    with pytest.raises(APIError) as refused:
        client.containers.run("alpine", "true", name="refused", **options)
    assert words.format(**ids) in str(refused.value.explanation)
    for made in client.containers.list(all=True, filters={"name": "refused"}):
        made.remove()


def test_logs_turn_at_their_size(client: docker.DockerClient) -> None:
    options = {"max-size": "1k", "max-file": "2"}
    log = docker.types.LogConfig(config=options)
    made = client.containers.run("alpine", "seq 1000", detach=True, log_config=log)
    made.wait()
    kept = made.logs().decode().split()
    assert 12 < len(kept) < 30  # of 1 kB a file, some 70 bytes a line
    assert kept[-1] == "1000"
    made.remove()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"read_only": True}, 'mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file'),
        ({"user": "1000"}, 'mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)'),
        ({"cap_drop": ["ALL"]}, "client_temp"),
        (
            {"read_only": True, "tmpfs": {"/var/cache/nginx": ""}},
            'open() "/run/nginx.pid" failed (30: Read-only file system)',
        ),
    ],
)
def test_nginx_ends_where_it_cannot_write(
    client: docker.DockerClient, options: dict[str, Any], words: str
) -> None:
    client.images.pull("nginx", "latest")
    made = client.containers.run("nginx", detach=True, **options)
    assert made.wait(timeout=30)["StatusCode"] == 1
    assert words in made.logs().decode().splitlines()[-1]
    made.remove()


def test_nginx_runs_read_only_with_room_to_write(client: docker.DockerClient) -> None:
    client.images.pull("nginx", "latest")
    room = {"/var/cache/nginx": "", "/run": ""}
    made = client.containers.run("nginx", detach=True, read_only=True, tmpfs=room)
    made.reload()
    assert made.status == "running"
    made.remove(force=True)
