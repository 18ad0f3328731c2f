"""What one sees from inside a container, held to what a real engine showed."""

from __future__ import annotations

import io
from typing import Any

import docker
import pytest


def run(engine: docker.DockerClient, *argv: str, **more: Any) -> Any:
    return engine.containers.run("alpine", list(argv), detach=True, **more)


def build(engine: docker.DockerClient, lines: list[str]) -> None:
    engine.images.build(fileobj=io.BytesIO("\n".join(lines).encode()), tag="made")


def typed(box: Any, line: str) -> str:
    """What a line says to a shell in the container, on both streams, and its code if not 0."""
    code, output = box.exec_run(["sh", "-c", line])
    return str(output.decode()) + (f"=> {code}" if code else "")


LOOP = "while true; do sleep 1000; done"


def test_ps_shows_what_runs_and_who_started_it(engine: docker.DockerClient) -> None:
    box = run(engine, "sh", "-c", LOOP)
    said = box.exec_run("ps -o pid,ppid,user,args").output.decode()
    assert said.splitlines() == [
        "PID   PPID  USER     COMMAND",
        f"    1     0 root     sh -c {LOOP}",
        "    7     1 root     sleep 1000",
        "    8     0 root     ps -o pid,ppid,user,args",
    ]
    assert [row[-1] for row in box.top()["Processes"]] == [f"sh -c {LOOP}", "sleep 1000"]
    line = "ps -o comm,args; true"
    assert typed(box, line).splitlines()[3:] == [
        f"sh               sh -c {line}",
        f"ps               {{ps}} sh -c {line}",
    ]
    inner = 'sh -c "ps -o args; true"; true'
    assert typed(box, inner).splitlines()[3:] == [
        f"sh -c {inner}",
        "sh -c ps -o args; true",
        "{ps} sh -c ps -o args; true",
    ]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("exec sleep 77", "sleep 77"),
        ("sleep 77", "sleep 77"),
        ("true && sleep 77", "sleep 77"),
        ("sleep 77; true", "sh -c sleep 77; true"),
        ("trap 'x' TERM; sleep 77", "sh -c trap 'x' TERM; sleep 77"),
    ],
)
def test_a_shell_becomes_its_last_program(
    engine: docker.DockerClient, line: str, seen: str
) -> None:
    box = run(engine, "sh", "-c", line)
    assert box.exec_run("ps -o args").output.decode().splitlines()[1] == seen


def test_a_signal_ends_one_child_of_a_shell(
    engine: docker.DockerClient,
) -> None:
    box = run(engine, "sh", "-c", LOOP)
    shown = typed(box, "kill -9 7; sleep 0.1; ps -o pid,args")
    assert " sleep 1000\n" in shown
    assert " 7 sleep" not in shown
    assert typed(box, "killall sleep; sleep 0.1; pidof sleep | wc -w") == "1\n"
    assert box.logs() == b"Killed\nTerminated\n"
    assert typed(box, 'sh -c "kill -9 \\$\\$"; echo $?; sh -c "kill \\$\\$"; echo $?') == (
        "Killed\n137\nTerminated\n143\n"
    )
    assert typed(box, "sleep 100 & kill $!; wait $!; echo $?") == "Terminated\n143\n"
    said = typed(
        box, "sleep 300 | cat & sleep 0.1; kill $(pidof sleep | tr ' ' '\\n' | head -n 1); wait"
    )
    assert said in ("", "Terminated\n")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["top", "-b"], 143),
        (["sh", "-c", "top -b"], 143),
        (["sh", "-c", "echo a; exec top -b"], 143),
        (["sh", "-c", "top -b; true"], 137),
        (["sh", "-c", "sleep 100"], 137),
        (["sleep", "100"], 137),
        (["tail", "-f", "/dev/null"], 137),
    ],
)
def test_what_a_stop_does_to_a_first_process(
    engine: docker.DockerClient, argv: list[str], code: int
) -> None:
    box = run(engine, *argv)
    box.stop(timeout=1)
    assert box.wait()["StatusCode"] == code


def test_an_init_stands_before_the_first_process(engine: docker.DockerClient) -> None:
    box = run(engine, "sleep", "1000", init=True)
    said = box.exec_run("ps -o pid,ppid,args").output.decode()
    assert said.splitlines()[1:3] == [
        "    1     0 /sbin/docker-init -- sleep 1000",
        "    7     1 sleep 1000",
    ]
    box.stop(timeout=5)
    assert box.wait()["StatusCode"] == 143  # it has handed the signal on


def test_processes_are_shared_on_demand(engine: docker.DockerClient) -> None:
    first = run(engine, "sleep", "1000")
    second = run(engine, "sleep", "2000", pid_mode=f"container:{first.id}")
    for box in (first, second):
        shown = box.exec_run("ps -o args").output.decode().splitlines()
        assert shown == ["COMMAND", "sleep 1000", "sleep 2000", "ps -o args"]
    assert typed(first, "kill -9 $(pidof sleep | cut -d' ' -f1)") == ""
    assert second.wait()["StatusCode"] == 137
    everything = run(engine, "sleep", "3000", pid_mode="host")
    shown = everything.exec_run("ps -o args").output.decode()
    assert "/usr/bin/dockerd" in shown
    assert "sleep 1000" in shown


def test_proc_tells_of_the_processes(engine: docker.DockerClient) -> None:
    box = run(engine, "sh", "-c", LOOP, environment={"A": "b"}, hostname="box", user="1000")
    assert typed(box, "cat /proc/1/cmdline | tr '\\0' '|'") == f"sh|-c|{LOOP}|"
    assert typed(box, "cat /proc/1/comm /proc/7/comm /proc/self/comm") == "sh\nsleep\ncat\n"
    assert typed(box, "cat /proc/1/cgroup") == "0::/\n"
    assert typed(box, "readlink /proc/1/exe; readlink /proc/1/cwd") == "/bin/busybox\n/\n"
    assert "A=b\nHOME=/" in typed(box, "tr '\\0' '\\n' < /proc/1/environ | sort")
    said = typed(box, "grep -E '^(Name|State|Pid|PPid|Uid|CapEff|CapBnd):' /proc/7/status")
    assert said == (
        "Name:\tsleep\nState:\tS (sleeping)\nPid:\t7\nPPid:\t1\nUid:\t1000\t1000\t1000\t1000\n"
        "CapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\n"
    )
    assert (
        typed(box, "ls -d /proc/1 /proc/7; ls /proc | grep -c cpuinfo") == "/proc/1\n/proc/7\n1\n"
    )
    assert "1" in typed(box, "cat /proc/sys/net/ipv4/ip_forward")
    assert typed(box, "cat /proc/sys/kernel/hostname") == "box\n"
    assert "create /proc/sys" in typed(box, "echo 0 > /proc/sys/net/ipv4/ip_forward")


def test_proc_and_sys_tell_of_limits_and_networks(engine: docker.DockerClient) -> None:
    more: dict[str, Any] = {"mem_limit": "64m", "pids_limit": 50, "nano_cpus": 500_000_000}
    more |= {"sysctls": {"net.core.somaxconn": "1024"}, "network_mode": "none"}
    box = run(engine, "sleep", "1000", **more)
    limits = "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max"
    assert typed(box, limits) == "67108864\n50\n50000 100000\n"
    assert typed(box, "cat /proc/sys/net/core/somaxconn; ls /sys/class/net") == "1024\nlo\n"
    other = run(engine, "sleep", "1000")
    said = typed(
        other,
        "cd /sys/class/net; ls; cat eth0/mtu eth0/operstate lo/mtu ../../fs/cgroup/memory.max",
    )
    assert said == "eth0\nlo\n1500\nup\n65536\nmax\n"
    other.reload()
    network = other.attrs["NetworkSettings"]["Networks"]["bridge"]
    assert typed(other, "cat /sys/class/net/eth0/address").strip() == network["MacAddress"]


def test_mounts_are_listed_and_measured(engine: docker.DockerClient) -> None:
    more: dict[str, Any] = {"volumes": ["data:/data:ro"], "tmpfs": {"/cache": "size=16m"}}
    box = run(engine, "sleep", "1000", shm_size="128m", **more)
    mounted = typed(box, "mount | grep -E ' /(data|cache|dev/shm|sys) '")
    disk = "relatime,discard,resv_strict,resuid=65534,resgid=65534"
    assert mounted == (
        "sysfs on /sys type sysfs (ro,nosuid,nodev,noexec,relatime)\n"
        "shm on /dev/shm type tmpfs (rw,nosuid,nodev,noexec,relatime,size=131072k)\n"
        "tmpfs on /cache type tmpfs (rw,nosuid,nodev,noexec,relatime,size=16384k)\n"
        f"/dev/vda on /data type ext4 (ro,{disk})\n"
    )
    assert typed(box, "df /data | tail -n 1 | cut -d' ' -f1") == "/dev/vda\n"
    line = (
        "dd if=/dev/zero of=/cache/f bs=1M count=40 2>/dev/null; df -h /cache /dev/shm | cut -c23-"
    )
    assert typed(box, line).splitlines() == [
        "    Size      Used Available Use% Mounted on",
        "   16.0M     16.0M         0 100% /cache",
        "  128.0M         0    128.0M   0% /dev/shm",
    ]
    whole = run(engine, "sleep", "1000", read_only=True, privileged=True)
    said = typed(whole, "mount | head -n 1 | cut -c1-30; mount | grep -c proc")
    assert said == "overlay on / type overlay (ro,\n1\n"


@pytest.mark.parametrize("image", ["alpine", "busybox"])
def test_users_and_groups_are_made(engine: docker.DockerClient, image: str) -> None:
    box = engine.containers.run(image, ["sleep", "1000"], detach=True)
    assert typed(box, "addgroup -S app && adduser -S app -G app && id app") == (
        "uid=100(app) gid=101(app) groups=101(app)\n"
    )
    assert typed(box, "adduser -D bob; grep bob /etc/passwd; ls -ld /home/bob | cut -c1-34") == (
        "bob:x:1000:1000:Linux User,,,:/home/bob:/bin/sh\ndrwxr-xr-x    2 bob      bob      \n"
    )
    assert typed(box, "addgroup dev; addgroup bob dev; grep ^dev: /etc/group") == "dev:x:1001:bob\n"
    assert typed(box, "adduser -D bob") == "adduser: user 'bob' in use\n=> 1"
    assert typed(box, "addgroup dev") == "addgroup: group 'dev' in use\n=> 1"
    assert typed(box, "adduser -D -G nosuch x") == "adduser: unknown group nosuch\n=> 1"
    assert typed(box, "su bob -c 'id -un; pwd; touch /root/x'") == (
        "bob\n/\ntouch: /root/x: Permission denied\n=> 1"
    )
    assert typed(box, "su - bob -c 'echo $HOME $USER; pwd'") == "/home/bob bob\n/home/bob\n"
    assert box.exec_run(["whoami"], user="bob").output == b"bob\n"
    assert box.exec_run(["id", "-un"], user="daemon").output == b"daemon\n"
    assert typed(box, "deluser bob; id bob; delgroup dev; grep -c ^dev: /etc/group") == (
        "id: unknown user bob\n0\n=> 1"
    )


def test_a_build_makes_users(engine: docker.DockerClient) -> None:
    lines = ["FROM alpine", "RUN addgroup -S app && adduser -S app -G app", "USER app"]
    build(engine, lines)
    assert engine.containers.run("made", "id", remove=True) == (
        b"uid=100(app) gid=101(app) groups=101(app)\n"
    )
    debian = ["FROM nginx", "RUN groupadd -r app && useradd -r -g app -m app", "USER app"]
    build(engine, debian)
    assert engine.containers.run("made", "id -un", entrypoint="", remove=True) == b"app\n"
