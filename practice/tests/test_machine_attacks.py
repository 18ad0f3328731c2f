"""Attacks from a machine's shell, and on its routes: they reach nothing, and stop nobody."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import os
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import docker
import pytest

from essaim_practice.hosting.clusters import Clusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings

from .conftest import Answer, Call, calling
from .machines import PROMPT, Shell

FILES = "/_practice/machine/files"
SECRET = "ESSAIM_TEST_SECRET"


@pytest.fixture(scope="module")
def machines() -> Iterator[PracticeServer]:
    """One cluster for all attacks: each leaves it in a state that the next one can work in."""
    os.environ[SECRET] = "of the worker alone"
    with PracticeServer.start(speed=50.0, seed=1, bind_ports=False) as server:
        yield server
    del os.environ[SECRET]


@pytest.fixture
def call(machines: PracticeServer) -> Call:
    return calling(machines)


@pytest.fixture
def api(machines: PracticeServer) -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url=machines.urls[0])
    yield client
    client.close()


@pytest.fixture
def shell(api: docker.APIClient) -> Iterator[Shell]:
    with Shell(api) as shell:
        yield shell


@pytest.fixture(autouse=True)
def _answers_afterwards(machines: PracticeServer) -> Iterator[None]:
    """After every attack there is room for others, and the engine answers as before."""
    yield
    call = calling(machines)
    for folder in ("/root", "/tmp", "/dev/shm"):
        for entry in call("GET", f"{FILES}?path={folder}").json()["entries"]:
            if entry["name"] != ".profile":
                file(call, "DELETE", f"{folder}/{entry['name']}")
    assert call("GET", "/info").status == 200
    assert file(call, "PUT", "/root/after", b"1").status == 204


def file(call: Call, method: str, path: str, body: bytes | None = None, node: int = 1) -> Answer:
    return call(method, f"/_practice/machine/file?path={quote(path)}", body, node)


def tar(*members: tuple[str, dict[str, Any], bytes]) -> bytes:
    """An archive of members: name, what else is said of it, content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, said, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            for key, value in said.items():
                setattr(member, key, value)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def put(call: Call, body: bytes, path: str = "/root") -> Answer:
    return call("PUT", f"/_practice/machine/archive?path={quote(path)}", body)


# The computer that runs the simulation


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A file of the real computer that no program may show."""
    secret = tmp_path / "secret"
    secret.write_text("real file")
    return secret


@pytest.mark.parametrize(
    "path", ["{}", "/root/../..{}", "/../../../..{}", "/proc/self/root{}", "/proc/1/root{}", "//{}"]
)
def test_no_path_leads_to_a_real_file(call: Call, marked: Path, path: str) -> None:
    asked = path.format(marked)
    assert file(call, "GET", asked).status == 404
    assert file(call, "PUT", asked, b"overwritten").status == 404
    assert file(call, "DELETE", asked).status == 404
    assert call("GET", f"{FILES}?path={quote(str(Path(asked).parent))}").status == 404
    assert call("GET", f"/_practice/machine/archive?path={quote(asked)}").status == 404
    assert marked.read_text() == "real file"


def test_links_lead_to_the_machine_s_own_files(call: Call, shell: Shell, marked: Path) -> None:
    shell.run(f"ln -s {marked} one; ln -s / root; ln -s ../../../../../../.. up")
    for name in ("one", f"root{marked}", f"up{marked}"):
        assert "No such file" in shell.run(f"cat {name}")
        assert file(call, "GET", f"/root/{name}").status == 404
    own = file(call, "GET", "/etc/passwd").body
    assert file(call, "GET", "/root/up/etc/passwd").body == own
    assert own != Path("/etc/passwd").read_bytes()


@pytest.mark.parametrize(
    "line",
    [
        "env; set; printenv; export; cat /proc/self/environ /proc/1/environ",
        "cat /proc/*/environ /proc/*/cmdline; ls -la /proc/self /proc/self/fd; cat /proc/mounts",
        "sh -c 'set; env' | sort; echo $(( ESSAIM_TEST_SECRET )) ${ESSAIM_TEST_SECRET}",
        'awk \'BEGIN { print ENVIRON["ESSAIM_TEST_SECRET"]; system("env") }\'',
        "busybox env; nohup env; xargs env < /dev/null; find / -maxdepth 1 -exec env \\;",
    ],
)
def test_the_environment_of_the_worker_is_not_seen(shell: Shell, line: str) -> None:
    shown = shell.run(line)
    assert "of the worker alone" not in shown
    assert str(Path.cwd()) not in shown


@pytest.mark.parametrize(
    "form",
    [
        "touch {0}",
        "echo x > {0}",
        "cp /etc/passwd {0}",
        "dd if=/etc/passwd of={0}",
        "awk 'BEGIN {{ system(\"touch {0}\") }}'",
        "sed -n 'w {0}' /etc/passwd",
        "sed '1e touch {0}' /etc/passwd",
        "find / -maxdepth 0 -exec touch {0} \\;",
        "echo {0} | xargs touch",
        "$(touch {0})",
        "`touch {0}`",
        "eval 'touch {0}'; exec touch {0}",
        "PS1='$(touch {0})'",
        "trap 'touch {0}' EXIT; exit",
        "curl -s -o {0} http://localhost; wget -q -O {0} http://localhost",
        'printf \'#!/usr/bin/python3\\nopen("{0}", "w")\\n\' > x; chmod +x x; ./x; sh x; python3 x',
        "tar cf {0} /etc; gzip -c /etc/passwd > {0}; tee {0} < /etc/passwd",
        "apk add ../../../..{0}; apk add {0}",
    ],
)
def test_no_line_writes_a_real_file(api: docker.APIClient, tmp_path: Path, form: str) -> None:
    target = tmp_path / "written"
    with Shell(api) as shell:
        shell.until(PROMPT)
        shell.type(f"mkdir -p {tmp_path}; {form.format(target)}\r")
        shell.type("echo d''one\r")
        with suppress(EOFError, OSError):  # it may leave its shell
            shell.until("done")
    assert not target.exists()
    assert list(tmp_path.iterdir()) == []


class Listener(threading.Thread):
    """A real server on the loopback, which nobody may reach."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.visits = 0

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    real = Listener()
    real.start()
    yield real
    real.socket.shutdown(socket.SHUT_RDWR)
    real.socket.close()
    real.join()


@pytest.mark.parametrize(
    "form",
    [
        "curl -s http://127.0.0.1:{0}",
        "curl -s http://localhost:{0} http://0.0.0.0:{0} http://2130706433:{0} http://[::1]:{0}",
        "curl -s -x http://127.0.0.1:{0} http://localhost",
        "curl -s --resolve web:80:127.0.0.1 http://web:{0}; curl -s http://127.1:{0}",
        "curl -sL -H 'Host: 127.0.0.1:{0}' http://node1:{0}/@127.0.0.1:{0}",
        "wget -q -O - http://127.0.0.1:{0}; wget -q -O - http://user@127.0.0.1:{0}",
        "nc 127.0.0.1 {0}; telnet 127.0.0.1 {0}; ssl_client 127.0.0.1:{0}",
        "echo '127.0.0.1 evil' >> /etc/hosts; curl -s http://evil:{0}; ping -c 1 evil",
        "echo x > /dev/tcp/127.0.0.1/{0}; exec 3<> /dev/tcp/127.0.0.1/{0}",
        "DOCKER_HOST=tcp://127.0.0.1:{0} docker ps; docker -H tcp://127.0.0.1:{0} ps",
    ],
)
def test_no_line_reaches_a_real_port(shell: Shell, listener: Listener, form: str) -> None:
    shell.run(form.format(listener.port))
    assert listener.visits == 0


@pytest.mark.parametrize(
    "line",
    [
        "curl -s file:///etc/passwd",
        "curl -s --unix-socket /run/docker.sock http://localhost/info",
        "curl -s http://169.254.169.254/latest/meta-data/",
        "curl -s gopher://127.0.0.1/ dict://127.0.0.1/ ftp://127.0.0.1/",
        "cat /run/docker.sock /var/run/docker.sock",
        "mount -o bind /proc /mnt; chroot /proc/1/root ls; nsenter -t 1 -a ls",
    ],
)
def test_what_leads_out_elsewhere_leads_nowhere(shell: Shell, line: str) -> None:
    shown = shell.run(line)
    assert "root:x:0" not in shown
    assert "ServerVersion" not in shown
    assert shell.run("echo still here") == "still here\n"


# Archives


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "../../../../../../tmp/x", "..", "./../x", "a/b/../../../x"]
)
def test_an_archive_stays_in_its_folder(call: Call, name: str) -> None:
    assert put(call, tar((name, {}, b"1"))).status == 400
    assert file(call, "GET", "/x").status == 404


def test_absolute_names_of_an_archive_lie_in_its_folder(call: Call) -> None:
    assert put(call, tar(("/etc/evil", {}, b"1"))).status == 200
    assert file(call, "GET", "/etc/evil").status == 404
    assert file(call, "GET", "/root/etc/evil").body == b"1"


@pytest.mark.parametrize("target", ["/etc", "../../etc", "/proc/self/root/etc", "/run/../../etc"])
def test_links_of_an_archive_are_the_machine_s(call: Call, marked: Path, target: str) -> None:
    link = {"type": tarfile.SYMTYPE, "linkname": target}
    put(call, tar(("out", link, b""), ("out/evil", {}, b"1")))
    assert not Path("/etc/evil").exists()
    link = {"type": tarfile.SYMTYPE, "linkname": str(marked)}
    put(call, tar(("secret", link, b""), ("secret", {}, b"overwritten")))
    hard = {"type": tarfile.LNKTYPE, "linkname": str(marked)}
    assert put(call, tar(("hard", hard, b""))).status in (400, 404)
    assert marked.read_text() == "real file"
    file(call, "DELETE", "/etc/evil")


@pytest.mark.parametrize(
    "kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE, b"Z"]
)
def test_devices_of_an_archive_are_none(call: Call, shell: Shell, kind: bytes) -> None:
    numbers = {"type": kind, "devmajor": 1, "devminor": 1, "mode": 0o6777}
    put(call, tar(("mem", numbers, b"")))
    assert shell.run("head -c 100 mem | wc -c; echo 1 > mem; echo $?") in ("0\n0\n", "0\n1\n") or (
        "No such file" in shell.run("cat mem")
    )
    assert file(call, "GET", "/root/mem").body in (b"", b"1\n") or kind == b"Z"


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(bytes(300 * 2**20), 9),
        gzip.compress(tar(("f", {}, bytes(90 * 2**20))), 9),
        tar(("f", {}, b"1")).replace(b"00000000001\x00", b"77777777777\x00", 1),
        b"\x1f\x8b" + os.urandom(1000),
        os.urandom(4096),
        tar(("f", {}, b"x" * 5000))[:3000],
    ],
    ids=["zeros", "large file", "a size of 8 GiB", "gzip of noise", "noise", "cut off"],
)
def test_an_archive_that_is_too_much_or_none_is_refused(call: Call, body: bytes) -> None:
    answer = put(call, body)
    assert answer.status in (400, 409, 413, 507)
    assert answer.message


def test_an_archive_of_too_many_files_fills_no_memory(call: Call, machines: PracticeServer) -> None:
    names: Iterator[tuple[str, dict[str, Any], bytes]]
    names = ((f"{number % 100}/{number}", {}, b"") for number in range(20_000))
    assert put(call, tar(*names)).status in (200, 507)
    assert machines.cluster.store.memory.weight < machines.cluster.store.limits.memory_bytes * 1.1
    assert file(call, "DELETE", "/root/1").status in (204, 404)


def test_an_archive_of_everything_holds_the_machine_alone(call: Call) -> None:
    answer = call("GET", "/_practice/machine/archive?path=/")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        names = {member.name.strip("/") for member in archive}
    assert any(name.endswith("etc/alpine-release") for name in names)
    assert not any(name.startswith(("proc/", "/proc/", "dev/")) for name in names)
    assert not any(str(Path.cwd()).strip("/") in name for name in names)


# Names and sizes


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/root/" + "x" * 256, 400),
        ("/root" + "/x" * 2100, 400),
        ("/root/\0x", 400),
        ("root/x", 400),
        ("", 400),
        ("/proc/version", 403),
        ("/proc/new", 403),
        ("/sys/new", 403),
        ("/etc/passwd/x", 409),
        ("/root/none/x", 404),
        ("/", 409),
        ("/proc", 409),
    ],
)
def test_a_place_where_nothing_can_be_written(call: Call, path: str, status: int) -> None:
    assert file(call, "PUT", path, b"1").status == status


def test_a_null_byte_in_a_body_is_no_path(call: Call) -> None:
    bodies: list[dict[str, Any]] = [
        {"path": "/root/a\0b", "kind": "folder"},
        {"path": ["/root"], "kind": "folder"},
        {"path": "/root/x", "kind": "device"},
        {"path": None},
    ]
    for body in bodies:
        assert call("POST", FILES, body).status == 400
    bodies = [{"from": "/root/after", "to": "/root/a\0"}, {"from": 1, "to": "/x"}, {}]
    for body in bodies:
        assert call("POST", "/_practice/machine/rename", body).status == 400


@pytest.mark.parametrize(
    "name", ["a\nb", "a\rb", "\x1b[2J", "\x7f", "\u202ex", "a\tb", "'\"`$", "-rf", "é"]
)
def test_odd_names_are_told_as_they_are(call: Call, shell: Shell, name: str) -> None:
    assert file(call, "PUT", f"/root/{name}", b"1").status == 204
    answer = call("GET", f"{FILES}?path=/root")
    assert name in {entry["name"] for entry in answer.json()["entries"]}
    assert file(call, "GET", f"/root/{name}").body == b"1"


def test_names_that_are_no_text_break_no_answer(call: Call, shell: Shell) -> None:
    shell.run("mkdir d; cd d; touch \"$(printf 'a\\377b')\"; cd")
    answer = call("GET", f"{FILES}?path=/root/d")
    assert answer.status == 200
    assert len(answer.json()["entries"]) == 1
    path = f"{FILES}?path=/root/d/%ff%fe"
    assert call("GET", path).status == 404
    assert call("POST", FILES, b'{"path": "/root/\\ud800", "kind": "folder"}').status in (204, 400)
    assert call("GET", f"{FILES}?path=/root").status == 200


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("/root", "/root/x", (400, 409)),
        ("/root/after", "/root/after/x", (400, 409)),
        ("/", "/root/x", (400, 409)),
        ("/root", "/", (400, 409)),
        ("/proc", "/root/x", (400, 403, 409)),
        ("/etc", "/proc/etc", (403,)),
        ("/dev/null", "/root/x", (204, 403)),
        ("/root/../root/after", "/root/./after", (204,)),
    ],
)
def test_a_folder_moves_nowhere_impossible(
    call: Call, old: str, new: str, status: tuple[int, ...]
) -> None:
    answer = call("POST", "/_practice/machine/rename", {"from": old, "to": new})
    assert answer.status in status
    assert file(call, "GET", "/etc/passwd").status == 200


def test_a_body_of_ten_gigabytes_is_refused_before_it_is_sent(machines: PracticeServer) -> None:
    port = int(machines.urls[0].rpartition(":")[2])
    for head in (f"Content-Length: {10 * 2**30}\r\n", "Content-Length: 99999999999999999999\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(
                b"PUT /_practice/machine/file?path=/root/x HTTP/1.1\r\nHost: x\r\n"
                + head.encode()
                + b"\r\n"
            )
            assert line.recv(65536).split(b" ")[1] in (b"400", b"413")


def test_a_body_without_an_end_is_cut_off(machines: PracticeServer) -> None:
    port = int(machines.urls[0].rpartition(":")[2])
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    piece = bytes(2**20)

    def for_ever() -> Iterator[bytes]:
        for _ in range(200):
            yield piece

    try:
        line.request("PUT", "/_practice/machine/file?path=/root/x", for_ever(), encode_chunked=True)
        assert line.getresponse().status in (409, 413)
    except OSError:  # it was closed while we sent
        pass
    line.close()
    call = calling(machines)
    assert file(call, "GET", "/root/x").status == 404


def test_files_fill_the_disk_and_no_more(call: Call, machines: PracticeServer) -> None:
    body, statuses = bytes(8 * 2**20), []
    for number in range(12):
        for node in (1, 2):
            statuses.append(file(call, "PUT", f"/root/{number}", body, node).status)
    assert set(statuses) <= {204, 409, 507}
    assert {409, 507} & set(statuses)
    assert machines.cluster.store.memory.weight <= machines.cluster.store.limits.memory_bytes
    for number in range(12):
        file(call, "DELETE", f"/root/{number}", node=2)


def test_ten_thousand_files_are_the_most_of_a_folder(call: Call, shell: Shell) -> None:
    shell.run("mkdir d; cd d")
    shell.run("seq 1 12000 | xargs touch 2>/dev/null; cd")
    entries = call("GET", f"{FILES}?path=/root/d").json()["entries"]
    assert 5_000 <= len(entries) <= 10_000
    shell.run("rm -r d")


@pytest.mark.parametrize("place", ["/dev/shm/f", "/dev/f", "/tmp/f", "/var/log/f"])
def test_no_place_is_without_a_limit(shell: Shell, machines: PracticeServer, place: str) -> None:
    before = machines.cluster.store.disk.weight
    shell.run(f"head -c 100000000 /dev/zero > {place}; head -c 60000000 /dev/zero >> {place}2")
    after = machines.cluster.store.disk.weight
    assert after <= machines.cluster.store.limits.all_file_bytes
    size = int(shell.run(f"cat {place} {place}2 2>/dev/null | wc -c").split()[0])
    assert after - before >= size  # all of it is counted
    shell.run(f"rm -f {place} {place}2")


# Others


def test_an_exec_is_its_own_engine_s(machines: PracticeServer, call: Call, shell: Shell) -> None:
    assert call("GET", f"/exec/{shell.id}/json", node=1).status == 200
    for method, what in (("GET", "json"), ("POST", "start"), ("POST", "resize?h=1&w=1")):
        assert call(method, f"/exec/{shell.id}/{what}", {}, node=2).status == 404
    asked = {"Cmd": ["hostname"], "AttachStdout": True}
    one = call("POST", "/_practice/machine/exec", asked, node=2).json()["Id"]
    assert call("POST", f"/exec/{one}/start", {"Tty": True}, node=1).status == 404
    assert call("POST", f"/exec/{one}/start", {"Tty": True}, node=2).body == b"node2\n"
    assert call("POST", "/containers/machine/node2/exec", {"Cmd": ["ls"]}).status == 404
    assert call("POST", "/containers/machine%2Fnode1/exec", {"Cmd": ["ls"]}).status == 404
    assert call("GET", "/containers/machine%2Fnode1/json").status == 404


def test_another_learner_s_machine_is_out_of_reach(tmp_path: Path) -> None:
    with Clusters(Settings(speed=50.0, bind_ports=False), folder=tmp_path) as clusters:
        ada, bob = clusters.get("ada"), clusters.get("bob")
        mine, theirs = calling(ada), calling(bob)
        assert file(mine, "PUT", "/root/mine", b"ada's").status == 204
        assert file(theirs, "GET", "/root/mine").status == 404
        api = docker.APIClient(base_url=ada.urls[0])
        with Shell(api) as shell:
            shell.run("echo x > y")
            assert theirs("GET", f"/exec/{shell.id}/json").status == 404
            assert theirs("POST", f"/exec/{shell.id}/start", {}).status == 404
            port = bob.urls[0].rpartition(":")[2]
            assert "Failed to connect" in shell.run(f"curl http://127.0.0.1:{port}/info")
            assert "ada's" not in shell.run("cat /root/../../bob/mine; ls -R / | grep cluster")
        api.close()


@pytest.mark.parametrize(
    "config",
    [
        {"Cmd": ["x" * 300_000]},
        {"Cmd": ["sh"] * 40_000},
        {"Cmd": ["ls"], "Env": [f"A{n}={'x' * 1000}" for n in range(3000)]},
        {"Cmd": ["ls"], "WorkingDir": "/nosuch"},
        {"Cmd": ["ls"], "WorkingDir": "/etc/passwd"},
        {"Cmd": ["/etc/passwd"]},
        {"Cmd": ["/root"]},
        {"Cmd": ["../../../../bin/sh\0"]},
        {"Cmd": [""]},
        {"Cmd": ["ls"], "User": "nobody:nosuch"},
        {"Cmd": ["ls"], "User": "99999999999999999999"},
        {"Cmd": ["ls"], "ConsoleSize": [1]},
        {"Cmd": ["ls"], "ConsoleSize": [-1, 5]},
        {"Cmd": "ls"},
        {"Cmd": [{"a": 1}]},
    ],
    ids=lambda config: str(config)[:40],
)
def test_a_command_that_cannot_be_is_refused(call: Call, config: dict[str, Any]) -> None:
    answer = call("POST", "/_practice/machine/exec", config)
    if answer.status == 201:
        answer = call("POST", f"/exec/{answer.json()['Id']}/start", {"Detach": True})
    assert answer.status in (400, 409, 413)
    assert answer.message


def test_a_terminal_of_any_size_is_one(call: Call, shell: Shell) -> None:
    shell.run("true")
    for size in ("h=0&w=0", "h=65535&w=65535", "h=4294967295&w=1"):
        assert call("POST", f"/exec/{shell.id}/resize?{size}").status in (200, 400)
    assert call("POST", f"/exec/{shell.id}/resize?h=-1&w=x").status == 400
    assert call("POST", f"/exec/{shell.id}/resize?h=24&w=80").status == 200
    assert shell.run("stty size").endswith("24 80\n")  # after lines that were drawn anew


@pytest.mark.parametrize(
    "line",
    [
        "yes",
        "while :; do :; done",
        "b() { b | b & }; b",
        "b() { (b) & (b) & wait; }; while :; do b; done",
        "i=0; while :; do sleep 1000 & i=$((i+1)); done",
        "printf '#!/bin/sh\\n/root/s; /root/s\\n' > s; chmod +x s; ./s",
        "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done",
        "cat /dev/zero | tr '\\0' a | wc -c; yes > /tmp/f; yes | sort",
        "while :; do kill -9 -1; kill 1; killall dockerd; pkill init; done",
        "while :; do curl -s http://localhost http://node2 > /dev/null; done",
        "find / -exec find / \\; ; ls -lR / / / /",
        "while :; do echo x >> /etc/hosts; getent hosts node2; hostname -i; done",
        "PS1='$(while :; do :; done)'",
    ],
)
def test_another_terminal_answers_beside_it(api: docker.APIClient, line: str) -> None:
    with Shell(api) as wild, Shell(api) as calm:
        wild.until(PROMPT)
        wild.type(line + "\r")
        for number in range(5):
            assert calm.run(f"echo {number}") == f"{number}\n"
        wild.type(b"\x03")
    with Shell(api) as calm:
        assert calm.run("printf '127.0.0.1 localhost\\n192.168.0.11 node1\\n' > /etc/hosts") == ""
        assert calm.run("hostname -i") == "192.168.0.11\n"


def test_one_who_does_not_read_holds_nobody_up(
    api: docker.APIClient, machines: PracticeServer
) -> None:
    with Shell(api) as deaf, Shell(api) as calm:
        deaf.until(PROMPT)
        deaf.type("yes 'a line that nobody reads'\r")
        for number in range(20):
            assert calm.run(f"echo {number}") == f"{number}\n"
        assert machines.cluster.store.memory.weight < machines.cluster.store.limits.memory_bytes


def test_terminals_are_bounded_and_leave_nothing(
    api: docker.APIClient, call: Call, machines: PracticeServer
) -> None:
    opened: list[Shell] = []
    refused = 0
    for _ in range(machines.cluster.store.limits.streams + 20):
        try:
            opened.append(Shell(api))
        except (docker.errors.APIError, AssertionError):
            refused += 1
    assert refused
    for each in opened:
        each.close()
    while "/bin/ash" in str(call("POST", f"/exec/{_ps(call)}/start", {"Tty": True}).body):
        machines.clock.step(1)


def _ps(call: Call) -> str:
    asked = {"Cmd": ["ps"], "AttachStdout": True}
    return str(call("POST", "/_practice/machine/exec", asked).json()["Id"])


def test_a_broken_profile_locks_nobody_out(
    api: docker.APIClient, call: Call, request: pytest.FixtureRequest
) -> None:
    own = file(call, "GET", "/root/.profile").body
    request.addfinalizer(lambda: file(call, "PUT", "/root/.profile", own))
    for profile in (b"while :; do :; done\n", b"sleep 100000\n", b"yes\n", b"if\n", b"\0\xff" * 99):
        file(call, "PUT", "/root/.profile", profile)
        with Shell(api) as shell:
            for _ in range(100):  # it may have come before the profile
                shell.type("\x03echo $((6 * 7))\r")
                with suppress(TimeoutError):
                    shell.until("42\r\n", 0.5)
                    break
            else:
                pytest.fail(f"no shell after {profile!r}")


def test_what_a_line_shows_is_json_in_the_journal(machines: PracticeServer, call: Call) -> None:
    words = ["docker", "run", "\x1b[2J", "a\nb", "\ud800", "\0", "</script>", "x" * 10**6]
    machines.cluster.machines.tell(machines.cluster.machines.of("node1"), words, "/\udcff", 1)
    answer = call("GET", "/_practice/machine/lines")
    assert answer.status == 200
    assert json.loads(answer.body)[-1]["argv"][:4] == words[:4]
    assert call("GET", "/_practice/machine/lines?since=x").status == 400
    assert call("GET", "/_practice/machine/lines?since=99999999999999999").json() == []


def test_books_as_long_as_a_disk_stop_nobody(api: docker.APIClient) -> None:
    with Shell(api) as shell:
        shell.run("cp /etc/passwd /etc/passwd.old; cp /etc/hosts /etc/hosts.old")
        shell.run("yes 'x:x:1:1:x:/x:/x' | head -c 12000000 > /etc/passwd")
        shell.run("yes '10.0.0.1 x' | head -c 6000000 > /etc/hosts")
        shell.run("whoami; id; ls -l /root; getent hosts node2; hostname -i; cd ~x; echo ~root")
        shell.run("mv /etc/passwd.old /etc/passwd; mv /etc/hosts.old /etc/hosts")
        assert shell.run("whoami; hostname -i") == "root\n192.168.0.11\n"
