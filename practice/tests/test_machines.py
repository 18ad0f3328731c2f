"""Machines: the shell, the files and the network of the host that each engine runs on."""

from __future__ import annotations

import gc
import io
import tarfile
from collections.abc import Iterator
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


@pytest.fixture
def api(practice: PracticeServer) -> Iterator[docker.APIClient]:
    client = docker.APIClient(base_url=practice.urls[0])
    yield client
    client.close()


@pytest.fixture
def shell(api: docker.APIClient) -> Iterator[Shell]:
    with Shell(api) as shell:
        yield shell


def put(call: Call, path: str, data: bytes = b"", node: int = 1) -> Answer:
    return call("PUT", f"/_practice/machine/file?path={quote(path)}", data, node)


def get(call: Call, path: str, node: int = 1) -> Answer:
    return call("GET", f"/_practice/machine/file?path={quote(path)}", node=node)


def listed(call: Call, path: str) -> dict[str, Any]:
    entries = call("GET", f"/_practice/machine/files?path={quote(path)}").json()["entries"]
    return {entry["name"]: entry for entry in entries}


# The shell


def test_the_prompt_tells_the_machine_its_address_and_the_folder(shell: Shell) -> None:
    assert shell.until(PROMPT).endswith("[node1] (local) root@192.168.0.11 ~\r\n$ ")
    shell._asked = True
    assert shell.run("mkdir -p a/b && cd a/b && pwd") == "/root/a/b\n"
    shell.type("cd /etc\r")
    assert "root@192.168.0.11 /etc\r\n" in shell.until(PROMPT)


def test_the_code_of_the_last_command_outlives_the_prompt(shell: Shell) -> None:
    shell.run("false")
    assert shell.run("echo $?") == "1\n"


def test_the_name_of_a_folder_is_not_run_by_the_prompt(shell: Shell) -> None:
    shell.run("mkdir '$(touch x)'")
    shell.type("cd '$(touch x)'\r")
    assert "~/$(touch x)\r\n$ " in shell.until("x)\r\n$ ")
    shell.type("cd; ls\r")
    assert "\r\nx\r\n" not in shell.until(PROMPT)


def test_it_is_an_alpine_of_its_own(shell: Shell) -> None:
    assert shell.run("hostname; hostname -i; whoami; echo $HOME $SHELL") == (
        "node1\n192.168.0.11\nroot\n/root /bin/ash\n"
    )
    assert "Alpine Linux" in shell.run("cat /etc/os-release")
    assert shell.run("uname -n") == "node1\n"
    assert shell.run("which docker vi vim nano bash curl wget | wc -l") == "7\n"
    assert shell.run("python3 app.py") == "/bin/ash: python3: not found\n"
    assert shell.run("echo $(hostname -i)") == "192.168.0.11\n"
    assert shell.run("stty size") == "24 80\n"


def test_nothing_of_a_machine_is_a_record_of_docker(
    shell: Shell, engine: docker.DockerClient
) -> None:
    before = engine.df()
    shell.run("echo hello > hello; sleep 0.1")
    assert engine.containers.list(all=True) == []
    assert engine.df() == before
    assert engine.api.exec_inspect(shell.id)["Running"] is True


def test_each_machine_has_files_of_its_own(shell: Shell, call: Call) -> None:
    shell.run("echo one > /root/x")
    assert get(call, "/root/x").body == b"one\n"
    assert get(call, "/root/x", node=2).status == 404


def test_an_exec_of_a_machine_is_unknown_to_another_engine(
    shell: Shell, practice: PracticeServer
) -> None:
    other = docker.APIClient(base_url=practice.urls[1])
    with pytest.raises(docker.errors.NotFound):
        other.exec_inspect(shell.id)
    other.close()


def test_one_that_hangs_up_ends_its_shell(api: docker.APIClient) -> None:
    shell = Shell(api)
    shell.until(PROMPT)
    shell.type("sleep 100000\r")
    shell.until("sleep 100000")
    with Shell(api) as other:
        shell.close()
        while api.exec_inspect(shell.id)["Running"]:
            other.run("sleep 1")
    assert api.exec_inspect(shell.id)["ExitCode"] == 129


def test_a_command_without_a_terminal_tells_its_output_and_its_code(call: Call) -> None:
    asked = {"Cmd": ["sh", "-c", "pwd; exit 3"], "AttachStdout": True}
    one = call("POST", "/_practice/machine/exec", asked).json()["Id"]
    said = call("POST", f"/exec/{one}/start", {"Tty": True}).body
    assert said == b"/root\n"
    assert call("GET", f"/exec/{one}/json").json()["ExitCode"] == 3
    assert call("POST", "/_practice/machine/exec", {"Cmd": ["ls"], "User": "x"}).status == 400


def test_a_crash_ends_the_shell_and_keeps_the_files(practice: PracticeServer) -> None:
    api = docker.APIClient(base_url=practice.urls[1])
    with Shell(api) as shell:
        shell.run("echo kept > kept")
        practice.faults.kill("node2")
        with pytest.raises((EOFError, OSError)):
            shell.until("never")
    practice.faults.start("node2")
    again = docker.APIClient(base_url=practice.urls[1])
    with Shell(again) as shell:
        assert shell.run("cat kept") == "kept\n"
    api.close()
    again.close()


def test_one_that_is_cut_off_goes_on(practice: PracticeServer) -> None:
    api = docker.APIClient(base_url=practice.urls[1])
    with Shell(api) as shell:
        shell.run("true")
        practice.faults.cut("node2")
        assert shell.run("echo here") == "here\n"
        assert "100% packet loss" in shell.run("ping -c 1 192.168.0.11")
    api.close()


def test_a_reset_empties_the_machines(practice: PracticeServer, call: Call) -> None:
    put(call, "/root/x", b"1")
    practice.reset()
    assert get(call, "/root/x").status == 404


def test_a_removed_machine_takes_its_files_with_it(practice: PracticeServer, call: Call) -> None:
    put(call, "/root/x", bytes(10**6), node=3)
    disk = practice.cluster.store.disk
    before = disk.weight
    assert call("DELETE", "/_practice/engines/node3").status == 204
    gc.collect()
    assert disk.weight <= before - 10**6
    assert call("POST", "/_practice/engines").json()["name"] == "node4"
    assert get(calling(practice), "/root/x", node=3).status == 404


def test_on_a_full_disk_nothing_is_written(
    practice: PracticeServer, call: Call, shell: Shell
) -> None:
    put(call, "/root/x", b"1")
    practice.faults.fill("node1")
    assert put(call, "/root/y", b"1").status == 507
    assert "No space left on device" in shell.run("echo 2 > y")
    assert "1" in shell.run("cat x; echo")
    practice.faults.free("node1")
    assert put(call, "/root/y", b"1").status == 204


def test_containers_and_builds_use_the_machine_s_files(
    shell: Shell, engine: docker.DockerClient
) -> None:
    shell.run("mkdir app; echo hello > app/index.html")
    engine.images.pull("alpine", "latest")
    said = engine.containers.run("alpine", "cat /x/index.html", volumes=["/root/app:/x"])
    assert said == b"hello\n"
    engine.containers.run("alpine", "sh -c 'echo new > /x/new'", volumes=["/root/app:/x"])
    assert shell.run("cat app/new") == "new\n"


def test_what_runs_in_containers_runs_on_their_machine(
    shell: Shell, engine: docker.DockerClient
) -> None:
    box = engine.containers.run("nginx", name="web", detach=True)
    shown = shell.run("ps")
    assert "/usr/bin/dockerd" in shown
    assert "nginx: master process" in shown
    assert "/bin/ash -l" in shown
    pid = box.attrs["State"]["Pid"] or engine.api.inspect_container("web")["State"]["Pid"]
    assert shell.run(f"kill -9 {pid}") == ""
    assert engine.api.wait("web")["StatusCode"] == 137
    assert "not permitted" in shell.run("kill 1")
    assert shell.run("ps | head -2") == (
        "PID   USER     TIME  COMMAND\n    1 root      0:00 /sbin/init\n"
    )
    shell.type("top\r")
    shell.until("/bin/ash -l")
    shell.type("q")
    shell.until(PROMPT)


# The network


def test_a_published_port_answers_at_localhost(shell: Shell, engine: docker.DockerClient) -> None:
    engine.containers.run("nginx", detach=True, ports={"80/tcp": 8080})
    assert "Welcome to nginx!" in shell.run("curl -s http://localhost:8080")
    assert "Welcome to nginx!" in shell.run("wget -qO- http://$(hostname -i):8080")
    assert "(7) Failed to connect" in shell.run("curl http://localhost:81")
    assert "Welcome to nginx!" in shell.run("curl -s node1:8080")
    assert "example.com was not asked" in shell.run("curl http://example.com")
    assert "Could not resolve host" in shell.run("curl http://nosuch.example.com")


def test_its_interfaces_are_those_of_a_host(shell: Shell, engine: docker.DockerClient) -> None:
    engine.networks.create("mine")
    shown = shell.run("ip -4 addr")
    for text in ("inet 192.168.0.11/23 ", "inet 172.17.0.1/16 ", "docker_gwbridge: ", ": br-"):
        assert text in shown
    assert shell.run("ip a show eth0 | grep -c inet") == "1\n"
    assert shell.run("ip route").startswith("default via 192.168.0.1 dev eth0")
    assert shell.run("ip a show eth9") == "ip: can't find device 'eth9'\n"
    assert "inet addr:192.168.0.11" in shell.run("ifconfig eth0")


def test_what_does_not_answer_a_ping(practice: PracticeServer, shell: Shell) -> None:
    assert "0% packet loss" in shell.run("ping -c 1 node2")
    assert "0% packet loss" in shell.run("ping -c 1 8.8.8.8")
    practice.faults.kill("node2")
    assert "100% packet loss" in shell.run("ping -c 1 192.168.0.12")
    shell.type("ping node3\r")
    shell.until("seq=1")
    shell.type(b"\x03")
    assert "0% packet loss" in shell.until(PROMPT)


def test_a_service_answers_on_every_machine_in_turn(
    practice: PracticeServer, shell: Shell, engine: docker.DockerClient
) -> None:
    mode = docker.types.ServiceMode("replicated", replicas=3)
    ports = docker.types.EndpointSpec(ports={80: 80})
    engine.services.create("traefik/whoami", name="who", mode=mode, endpoint_spec=ports)
    practice.clock.step(60)
    shown = shell.run("for i in $(seq 6); do curl -s http://localhost:80 | grep Hostname; done")
    assert len(shown.splitlines()) == 6
    assert len(set(shown.splitlines())) == 3
    assert "Hostname" in shell.run("curl -s 192.168.0.13")


# The files


def test_a_file_is_written_and_read(call: Call) -> None:
    assert put(call, "/root/app.py", b"print(1)\n\0").status == 204
    assert get(call, "/root/app.py").body == b"print(1)\n\0"
    entry = listed(call, "/root")["app.py"]
    assert (entry["kind"], entry["size"], entry["mode"]) == ("file", 10, 0o644)
    assert listed(call, "/")["root"]["kind"] == "folder"
    assert listed(call, "/bin")["ls"]["kind"] == "link"
    assert call("DELETE", "/_practice/machine/file?path=/root/app.py").status == 204
    assert get(call, "/root/app.py").status == 404


def test_a_file_is_not_written_over_another_than_was_read(call: Call, shell: Shell) -> None:
    def write(data: bytes, **headers: str) -> Answer:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return call("PUT", "/_practice/machine/file?path=/root/app.py", data, headers=said)

    first = write(b"one", If_None_Match="*")
    assert first.status == 204
    assert write(b"late", If_None_Match="*").message == "/root/app.py: File exists"
    assert get(call, "/root/app.py").headers["ETag"] == first.headers["ETag"]
    shell.run("echo -n two > app.py")  # as many bytes
    refused = write(b"three", If_Match=first.headers["ETag"])
    assert (refused.status, refused.message) == (412, "/root/app.py has changed meanwhile")
    seen = get(call, "/root/app.py")
    assert (seen.body, seen.headers["ETag"]) == (b"two", write(b"two").headers["ETag"])
    assert write(b"three", If_Match=seen.headers["ETag"]).status == 204
    shell.run("rm app.py")
    assert write(b"four", If_Match=seen.headers["ETag"]).status == 412
    assert get(call, "/root/app.py").status == 404


def test_the_tag_of_a_large_file_changes_as_well(call: Call, shell: Shell) -> None:
    put(call, "/root/large", bytes(2_000_000))
    before = get(call, "/root/large").headers["ETag"]
    assert get(call, "/root/large").headers["ETag"] == before
    shell.run("echo >> large")
    assert get(call, "/root/large").headers["ETag"] != before


def test_folders_are_made_moved_and_removed(call: Call) -> None:
    def files(method: str, what: str, body: Any = None) -> int:
        return call(method, f"/_practice/machine/{what}", body).status

    assert files("POST", "files", {"path": "/root/a", "kind": "folder"}) == 204
    assert files("POST", "files", {"path": "/root/a", "kind": "folder"}) == 409
    assert files("POST", "files", {"path": "/root/n/o", "kind": "folder"}) == 404
    assert put(call, "/root/a/x", b"1").status == 204
    assert put(call, "/root/n/x", b"1").status == 404
    assert put(call, "/root/a", b"1").status == 409
    assert files("POST", "rename", {"from": "/root/a", "to": "/root/b"}) == 204
    assert get(call, "/root/b/x").body == b"1"
    assert files("POST", "rename", {"from": "/root/b", "to": "/root/b/c"}) == 400
    assert files("POST", "rename", {"from": "/root/b", "to": "/etc/hosts"}) == 409
    assert files("POST", "rename", {"from": "/root/none", "to": "/root/c"}) == 404
    assert files("DELETE", "file?path=/root/b") == 204
    assert files("DELETE", "file?path=/root/b") == 404
    assert files("DELETE", "file?path=/") == 409
    assert files("DELETE", "file?path=/proc/version") == 403


def test_the_version_grows_with_every_change(call: Call, shell: Shell) -> None:
    def version() -> int:
        return int(call("GET", "/_practice/machine/files?path=/root").json()["version"])

    shell.run("touch log")
    seen = [version(), version()]
    assert seen[0] == seen[1]
    for line in ("echo 1 >> log", "echo 2 >> log", "chmod 700 log", "rm log"):
        shell.run(line)
        seen.append(version())
    assert sorted(set(seen)) == seen[1:]


def test_archives_go_in_and_out(call: Call) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("site/index.html")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"hello"))
    there = "/_practice/machine/archive?path=/root"
    assert call("PUT", there, buffer.getvalue()).status == 200
    assert get(call, "/root/site/index.html").body == b"hello"
    answer = call("GET", f"{there}/site")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        assert sorted(archive.getnames()) == ["site", "site/index.html"]
    assert "X-Docker-Container-Path-Stat" in call("HEAD", there).headers
    assert call("GET", "/_practice/machine/archive?path=/none").status == 404


# The docker lines


def test_docker_lines_are_told_with_numbers_that_grow(practice: PracticeServer, call: Call) -> None:
    heard: list[str] = []
    practice.watch(heard.append)
    machines = practice.cluster.machines
    one = machines.of("node1")
    for number in range(250):
        machines.tell(one, ["docker", "run", str(number)], "/root", 0)
    lines = call("GET", "/_practice/machine/lines").json()
    assert [line["argv"][2] for line in lines] == [str(n) for n in range(50, 250)]
    assert lines == sorted(lines, key=lambda line: line["number"])
    later = call("GET", f"/_practice/machine/lines?since={lines[-3]['number']}").json()
    assert later == lines[-2:]
    assert call("GET", "/_practice/machine/lines", node=2).json() == []
    assert heard.count("DockerLine") == 250
    machines.tell(one, ["docker", "x" * 10**6], "/root", 1)
    assert machines.weight < 200 * 8192


# What is kept


def test_the_files_and_the_version_outlive_the_worker(tmp_path: Path) -> None:
    with Clusters(Settings(speed=50.0, bind_ports=False), folder=tmp_path) as clusters:
        call = calling(clusters.get("ada"))
        assert put(call, "/root/x", b"kept").status == 204
        before = call("GET", "/_practice/machine/files?path=/root").json()
    with Clusters(Settings(speed=50.0, bind_ports=False), folder=tmp_path) as clusters:
        call = calling(clusters.get("ada"))
        assert get(call, "/root/x").body == b"kept"
        after = call("GET", "/_practice/machine/files?path=/root").json()
        assert after["version"] > before["version"]
        assert after["entries"] == before["entries"]
        api = docker.APIClient(base_url=clusters.get("ada").urls[0])
        with Shell(api) as shell:
            assert shell.run("cat x; hostname -i") == "kept192.168.0.11\n"
        api.close()
