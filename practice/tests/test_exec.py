"""Commands in running containers, and the streams of both, by docker-py and by bare sockets."""

from __future__ import annotations

import socket
from typing import Any

import docker
import pytest

from essaim_practice.hosting.server import PracticeServer

from .conftest import Call


@pytest.fixture
def web(engine: docker.DockerClient) -> Any:
    return engine.containers.run("nginx", name="web", detach=True)


def test_a_command_tells_its_output_and_its_code(web: Any) -> None:
    code, (out, err) = web.exec_run(["sh", "-c", "echo a; echo b >&2; exit 3"], demux=True)
    assert (code, out, err) == (3, b"a\n", b"b\n")
    asked = {"environment": {"A": "1"}, "workdir": "/tmp", "user": "33"}
    code, said = web.exec_run(["sh", "-c", "echo $A; pwd; id -u"], **asked)
    assert (code, said) == (0, b"1\n/tmp\n33\n")
    assert web.exec_run(["echo", "a"], tty=True).output == b"a\r\n"
    assert web.exec_run("nosuch").exit_code == 127
    web.exec_run(["touch", "/here"])
    assert web.exec_run(["ls", "/here"]).output == b"/here\n"


def test_what_one_container_removes_others_still_have(
    web: Any, engine: docker.DockerClient
) -> None:
    other = engine.containers.run("nginx", detach=True)
    codes = [box.exec_run(["nginx", "-v"]).exit_code for box in (web, other)]
    web.exec_run(["rm", "/usr/sbin/nginx"])
    third = engine.containers.run("nginx", detach=True)
    codes += [box.exec_run(["nginx", "-v"]).exit_code for box in (web, other, third)]
    assert codes == [0, 0, 127, 0, 0]


def test_a_detached_command_runs_on(web: Any, engine: docker.DockerClient) -> None:
    made = engine.api.exec_create(web.id, ["sleep", "1000"])
    assert engine.api.exec_inspect(made["Id"])["ExitCode"] is None
    engine.api.exec_start(made["Id"], detach=True)
    state = engine.api.exec_inspect(made["Id"])
    assert (state["Running"], state["ExitCode"]) == (True, None)
    web.reload()
    assert web.attrs["ExecIDs"] == [made["Id"]]
    assert [row[-1] for row in web.top()["Processes"]][-1] == "sleep 1000"
    web.kill()
    state = engine.api.exec_inspect(made["Id"])
    assert (state["Running"], state["ExitCode"]) == (False, 137)


def test_the_socket_of_an_exec_goes_both_ways(web: Any) -> None:
    _, stream = web.exec_run(["cat"], stdin=True, socket=True)
    stream._sock.sendall(b"hello\n")
    stream._sock.shutdown(socket.SHUT_WR)
    said = b"".join(iter(lambda: stream._sock.recv(4096), b""))
    stream._response.close()
    stream.close()
    assert said == b"\x01\0\0\0\0\0\0\x06hello\n"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/containers/web/exec", {}, 400, "No exec command specified"),
        ("/containers/nope/exec", {"Cmd": ["ls"]}, 404, "No such container: nope"),
        ("/containers/web/exec", {"Cmd": "ls"}, 400, "ExecOptions.Cmd of type []string"),
        ("/containers/web/exec", {"Cmd": ["ls"], "User": "x"}, 400, "unable to find user x"),
        ("/exec/nope/start", {}, 404, "No such exec instance: nope"),
        ("/exec/nope/resize?h=1&w=1", None, 404, "No such exec instance: nope"),
        ("/containers/web/resize", None, 400, 'invalid resize height "": invalid syntax'),
        ("/containers/web/resize?h=1&w=-1", None, 400, '"-1": value out of range'),
        ("/containers/web/attach?detachKeys=foo", None, 400, "Invalid detach keys (foo)"),
        ("/containers/web/kill?signal=99", None, 400, "does not support signal 99"),
    ],
)
def test_senseless_requests_are_refused(
    web: Any, call: Call, path: str, body: Any, status: int, words: str
) -> None:
    answer = call("POST", path, body)
    assert (answer.status, words in answer.message) == (status, True)


def test_nothing_is_run_in_what_does_not_run(web: Any, call: Call) -> None:
    made = call("POST", "/containers/web/exec", {"Cmd": ["ls"]}).json()["Id"]
    web.pause()
    answer = call("POST", f"/exec/{made}/start", {"Detach": True})
    text = "Container web is paused, unpause the container before exec"
    assert (answer.status, answer.message) == (409, text)
    web.unpause()
    web.stop()
    for path, body in ((f"/exec/{made}/start", {}), ("/containers/web/exec", {"Cmd": ["ls"]})):
        answer = call("POST", path, body)
        assert (answer.status, answer.message) == (409, f"container {web.id} is not running")
    assert call("POST", "/containers/web/resize?h=1&w=1").status == 409


def test_a_command_runs_once(web: Any, call: Call) -> None:
    made = call("POST", "/containers/web/exec", {"Cmd": ["true"]}).json()["Id"]
    assert call("POST", f"/exec/{made}/start", {"Detach": True}).status == 200
    again = call("POST", f"/exec/{made}/start", {"Detach": True})
    assert (again.status, again.message) == (409, f"exec command {made} has already run")


def _attached(practice: PracticeServer, name: str, query: str = "") -> socket.socket:
    port = int(practice.urls[0].rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(
        f"POST /containers/{name}/attach?stream=1&stdin=1&stdout=1&stderr=1{query} HTTP/1.1\r\n"
        "Host: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert head.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
    return connection


def _until(connection: socket.socket, words: bytes) -> bytes:
    said = b""
    while words not in said:
        data = connection.recv(4096)
        assert data, said
        said += data
    return said


def test_several_are_attached_and_leave_by_their_keys(
    practice: PracticeServer, engine: docker.DockerClient
) -> None:
    engine.images.pull("alpine", "latest")
    shell = engine.containers.create("alpine", name="box", tty=True, stdin_open=True)
    with _attached(practice, "box") as one, _attached(practice, "box", "&detachKeys=x") as other:
        shell.start()
        _until(one, b"/ # ")
        _until(other, b"/ # ")
        one.sendall(b"echo h''ello\r")
        assert b"echo h''ello\r\nhello\r\n" in _until(other, b"hello\r\n/ # ")
        other.sendall(b"x")
        assert other.recv(4096) == b""
        _until(one, b"hello\r\n/ # ")
        one.sendall(b"\x10")
        one.sendall(b"\x11")
        assert one.recv(4096) == b""
    shell.reload()
    assert shell.status == "running"
    with _attached(practice, "box") as again:
        again.sendall(b"exit 4\r")
        assert again.recv(4096)
    assert shell.wait()["StatusCode"] == 4


@pytest.mark.parametrize(("once", "status"), [(True, "exited"), (False, "running")])
def test_input_that_ends_ends_only_what_is_attached_once(
    practice: PracticeServer, engine: docker.DockerClient, call: Call, once: bool, status: str
) -> None:
    engine.images.pull("alpine", "latest")
    body = {"Image": "alpine", "Cmd": ["cat"], "OpenStdin": True, "StdinOnce": once}
    assert call("POST", "/containers/create?name=cat", body).status == 201
    call("POST", "/containers/cat/start")
    with _attached(practice, "cat") as client:
        client.sendall(b"all of it\n")
        _until(client, b"all of it\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096) == b""
    cat = engine.containers.get("cat")
    if once:
        cat.wait()
        cat.reload()
    assert cat.status == status


def test_a_client_that_vanishes_takes_nothing_with_it(
    practice: PracticeServer, engine: docker.DockerClient
) -> None:
    engine.images.pull("alpine", "latest")
    box = engine.containers.create("alpine", name="box", tty=True, stdin_open=True)
    box.start()
    client = _attached(practice, "box")
    client.sendall(b"echo a\r")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()  # with a reset
    assert box.exec_run(["echo", "alive"]).output == b"alive\n"


def test_a_server_is_told_by_signals(engine: docker.DockerClient, web: Any) -> None:
    web.kill("HUP")
    web.reload()
    assert web.status == "running"
    assert b"signal 1 (SIGHUP) received, reconfiguring" in web.logs()
    web.kill("TERM")
    assert web.wait()["StatusCode"] == 0
