"""Containers on one engine: what each call does, and what it refuses in which words."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import docker
import pytest
from docker.errors import APIError, ContainerError, ImageNotFound

from essaim_practice.hosting.server import PracticeServer

from .conftest import Call


def test_a_container_goes_through_its_states(engine: docker.DockerClient) -> None:
    engine.images.pull("nginx")
    web = engine.containers.create("nginx", name="web", labels={"a": "b"})
    assert (web.status, web.labels["a"]) == ("created", "b")
    assert web.attrs["State"]["StartedAt"] == "0001-01-01T00:00:00Z"
    web.start()
    web.reload()
    state = web.attrs["State"]
    assert (state["Status"], state["Running"]) == ("running", True)
    assert state["Pid"] > 0
    assert web.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"] == "172.17.0.2"
    web.pause()
    web.reload()
    assert web.status == "paused"
    web.unpause()
    web.stop()
    web.reload()
    assert (web.status, web.attrs["State"]["ExitCode"]) == ("exited", 0)
    assert web.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"] == ""
    web.restart()
    web.rename("other")
    web.reload()
    assert (web.status, web.name) == ("running", "other")
    web.remove(force=True)
    assert engine.containers.list(all=True) == []


@pytest.mark.parametrize(
    ("image", "command", "code"),
    [
        ("nginx", None, 0),  # it ends itself in order
        ("alpine", ["sleep", "1000"], 137),  # as process 1 it does not hear SIGTERM
        ("traefik/whoami", None, 2),
    ],
)
def test_stopping_ends_a_program_in_its_own_way(
    engine: docker.DockerClient, image: str, command: list[str] | None, code: int
) -> None:
    container = engine.containers.run(image, command, detach=True)
    container.stop(timeout=2)
    assert container.wait()["StatusCode"] == code


def test_a_kill_ends_what_hears_the_signal(engine: docker.DockerClient) -> None:
    sleeper = engine.containers.run("alpine", ["sleep", "1000"], detach=True)
    sleeper.kill("SIGTERM")
    sleeper.reload()
    assert sleeper.status == "running"
    sleeper.kill()
    assert sleeper.wait()["StatusCode"] == 137
    nginx = engine.containers.run("nginx", detach=True)
    nginx.kill("SIGHUP")
    nginx.kill("SIGTERM")
    assert nginx.wait()["StatusCode"] == 0


def test_a_foreground_run_gives_the_output(engine: docker.DockerClient) -> None:
    hello = engine.containers.run("hello-world", remove=True)
    assert b"Hello from Docker!" in hello
    assert engine.containers.run("alpine", ["echo", "hi"]) == b"hi\n"
    with pytest.raises(ContainerError) as failed:
        engine.containers.run("alpine", ["sh", "-c", "echo out; echo bad >&2; exit 3"])
    assert (failed.value.exit_status, failed.value.stderr) == (3, b"bad\n")
    names = [container.image.tags[0] for container in engine.containers.list(all=True)]
    assert names.count("hello-world:latest") == 0
    assert names.count("alpine:latest") == 2


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["nosuch", "a"], 'exec: "nosuch": executable file not found in $PATH'),
        (["/nosuch"], 'exec: "/nosuch": stat /nosuch: no such file or directory'),
    ],
)
def test_an_unknown_command_cannot_be_started(
    engine: docker.DockerClient, command: list[str], reason: str
) -> None:
    engine.images.pull("alpine")
    container = engine.containers.create("alpine", command)
    with pytest.raises(APIError) as refused:
        container.start()
    assert refused.value.status_code == 400
    assert refused.value.explanation == (
        "failed to create task for container: failed to create shim task: OCI runtime create "
        "failed: runc create failed: unable to start container process: error during container "
        f"init: {reason}"
    )
    container.reload()
    state = container.attrs["State"]
    assert (state["Status"], state["ExitCode"]) == ("created", 127)
    assert state["Error"] == refused.value.explanation


def test_refusals_are_in_the_daemons_words(call: Call, engine: docker.DockerClient) -> None:
    web = engine.containers.run("nginx", name="web", detach=True)

    def refused(method: str, path: str, status: int, message: str, body: Any = None) -> None:
        answer = call(method, path, body)
        assert (answer.status, answer.message) == (status, message)

    create = "/containers/create"
    refused("POST", create, 400, "invalid JSON: got EOF while reading request body")
    refused("POST", create, 400, "config cannot be empty in order to create a container", {})
    refused("POST", create, 404, "No such image: nosuch:latest", {"Image": "nosuch"})
    refused(
        "POST",
        f"{create}?name=web",
        409,
        f'Conflict. The container name "/web" is already in use by container "{web.id}". You have '
        "to remove (or rename) that container to be able to reuse that name.",
        {"Image": "nginx"},
    )
    refused(
        "POST",
        f"{create}?name=a+b",
        400,
        "Invalid container name (a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        {"Image": "nginx"},
    )
    for method, path in (("GET", "json"), ("POST", "start"), ("GET", "logs?stdout=1")):
        refused(method, f"/containers/nope/{path}", 404, "No such container: nope")
    no_stream = "Bad parameters: you must choose at least one stream"
    refused("GET", "/containers/web/logs", 400, no_stream)
    refused("POST", "/containers/web/wait?condition=foo", 400, 'invalid condition: "foo"')
    signal = "cannot kill container: web: invalid signal: FOO"
    refused("POST", "/containers/web/kill?signal=FOO", 400, signal)
    refused("POST", "/containers/web/unpause", 500, f"Container {web.id} is not paused")
    running = "container is running: stop the container before removing or force remove"
    refused("DELETE", "/containers/web", 409, f'cannot remove container "web": {running}')
    web.pause()
    refused("POST", "/containers/web/pause", 409, f"Container {web.id} is already paused")
    paused = "container is paused and must be unpaused first"
    refused("DELETE", "/containers/web", 409, f'cannot remove container "web": {paused}')
    web.unpause()
    web.stop()
    down = f"container {web.id} is not running"
    refused("POST", "/containers/web/kill", 409, f"cannot kill container: web: {down}")
    refused("POST", "/containers/web/pause", 409, down)
    refused("GET", "/containers/web/top", 409, down)
    same = "Renaming a container with the same name as its current name"
    refused("POST", "/containers/web/rename?name=web", 400, same)
    empty = "Neither old nor new names may be empty"
    refused("POST", "/containers/web/rename?name=", 400, empty)
    refused("GET", "/containers/json?filters=x", 400, "invalid filter")
    assert call("POST", "/containers/web/stop").status == 304
    assert call("POST", "/containers/web/start").status == 204
    assert call("POST", "/containers/web/start").status == 304


def test_a_published_port_belongs_to_one_container(engine: docker.DockerClient) -> None:
    first = engine.containers.run("nginx", detach=True, ports={"80/tcp": 8080})
    first.reload()
    assert first.ports["80/tcp"][0] == {"HostIp": "0.0.0.0", "HostPort": "8080"}
    second = engine.containers.create("nginx", name="second", ports={"80/tcp": 8080})
    with pytest.raises(APIError) as refused:
        second.start()
    assert refused.value.status_code == 500
    assert refused.value.explanation.startswith(
        "failed to set up container networking: driver failed programming external connectivity "
        "on endpoint second ("
    )
    ending = "): Bind for 0.0.0.0:8080 failed: port is already allocated"
    assert refused.value.explanation.endswith(ending)
    second.reload()
    assert (second.status, second.attrs["State"]["ExitCode"]) == ("created", 128)
    first.stop()
    second.start()


def test_an_open_port_number_is_chosen(engine: docker.DockerClient) -> None:
    one = engine.containers.run("nginx", detach=True, ports={"80/tcp": None})
    two = engine.containers.run("nginx", detach=True, publish_all_ports=True)
    numbers = []
    for container in (one, two):
        container.reload()
        numbers.append(int(container.ports["80/tcp"][0]["HostPort"]))
    assert numbers[0] >= 32768
    assert len(set(numbers)) == 2


def test_the_list_shows_what_docker_ps_needs(call: Call, engine: docker.DockerClient) -> None:
    engine.containers.run("nginx", name="web", detach=True, ports={"80/tcp": 8080})
    engine.containers.run("alpine", ["sh", "-c", "exit 4"], name="over", detach=True).wait()
    running = call("GET", "/containers/json").json()
    assert [entry["Names"] for entry in running] == [["/web"]]
    assert running[0]["Command"] == "/docker-entrypoint.sh nginx -g 'daemon off;'"
    assert running[0]["Ports"] == [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    ]
    assert running[0]["Status"].startswith("Up ")
    over, web = call("GET", "/containers/json?all=1&size=1").json()
    assert (over["State"], over["Status"][:10]) == ("exited", "Exited (4)")
    assert web["SizeRootFs"] > 10**8


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"status": ["exited"]}, {"over"}),
        ({"name": ["we"]}, {"web"}),
        ({"ancestor": ["nginx"]}, {"web"}),
        ({"label": ["tier=front"]}, {"web"}),
        ({"label": ["tier=front", "missing"]}, set()),
        ({"exited": ["4"]}, {"over"}),
        ({"network": ["bridge"]}, {"web", "over"}),
        ({"publish": ["8080"]}, {"web"}),
        ({"is-task": ["true"]}, set()),
        ({"since": ["web"]}, {"over"}),
        ({"before": ["over"]}, {"web"}),
    ],
)
def test_lists_are_filtered(
    engine: docker.DockerClient, filters: dict[str, list[str]], names: set[str]
) -> None:
    labels = {"tier": "front"}
    engine.containers.run("nginx", name="web", detach=True, ports={"80": 8080}, labels=labels)
    engine.containers.run("alpine", ["sh", "-c", "exit 4"], name="over", detach=True).wait()
    found = engine.containers.list(all=True, filters=filters)
    assert {container.name for container in found} == names


def test_logs_are_read_by_stream_tail_and_time(engine: docker.DockerClient) -> None:
    script = "echo one; echo two >&2; sleep 5; echo three"
    container = engine.containers.run("alpine", ["sh", "-c", script], detach=True)
    container.wait()
    assert container.logs() == b"one\ntwo\nthree\n"
    assert container.logs(stdout=False) == b"two\n"
    assert container.logs(tail=1) == b"three\n"
    assert container.logs(tail=0) == b""
    stamped = container.logs(timestamps=True).decode().splitlines()
    moment, text = stamped[2].split(" ")
    assert (text, moment[-1], len(moment)) == ("three", "Z", 30)
    started = container.attrs["State"]["StartedAt"]
    assert started
    first, last = (line.split(" ")[0] for line in (stamped[0], stamped[2]))
    assert first < last


def test_followed_logs_end_with_the_container(engine: docker.DockerClient) -> None:
    script = "echo one; sleep 10; echo two"
    container = engine.containers.run("alpine", ["sh", "-c", script], detach=True)
    assert b"".join(container.logs(stream=True, follow=True)) == b"one\ntwo\n"


def test_a_terminals_output_is_raw(engine: docker.DockerClient, call: Call) -> None:
    engine.containers.run("alpine", ["echo", "hi"], name="term", tty=True, detach=True).wait()
    answer = call("GET", "/containers/term/logs?stdout=1")
    assert answer.headers["Content-Type"] == "application/vnd.docker.raw-stream"
    assert answer.body == b"hi\r\n"
    engine.containers.run("alpine", ["echo", "hi"], name="plain", detach=True).wait()
    framed = call("GET", "/containers/plain/logs?stdout=1")
    assert framed.headers["Content-Type"] == "application/vnd.docker.multiplexed-stream"
    assert framed.body == b"\x01\x00\x00\x00\x00\x00\x00\x03hi\n"


def test_a_shell_at_a_terminal_that_nobody_types_to_goes_on(engine: docker.DockerClient) -> None:
    """As `docker run -dt alpine sh` on a real engine; without a terminal it ends."""
    held = engine.containers.run("alpine", ["sh"], tty=True, detach=True)
    ended = engine.containers.run("alpine", ["sh"], detach=True)
    assert ended.wait()["StatusCode"] == 0
    held.reload()
    assert held.status == "running"
    held.remove(force=True)


def test_attach_takes_the_connection_over(
    practice: PracticeServer, engine: docker.DockerClient
) -> None:
    engine.images.pull("alpine")
    container = engine.containers.create("alpine", ["sh", "-c", "echo out; echo bad >&2"])
    port = int(practice.urls[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            f"POST /v1.51/containers/{container.id}/attach?stream=1&stdout=1&stderr=1 HTTP/1.1\r\n"
            "Host: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
        assert b"Content-Type: application/vnd.docker.multiplexed-stream\r\n" in head
        container.start()
        sent = b"".join(iter(lambda: connection.recv(4096), b""))
    assert sent == b"\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04bad\n"


@pytest.mark.parametrize("typed", [b"exit\r", b"\x04", b""])
def test_input_that_ends_ends_an_interactive_program(
    practice: PracticeServer, engine: docker.DockerClient, typed: bytes
) -> None:
    engine.images.pull("alpine")
    made = engine.api.create_container("alpine", stdin_open=True, tty=bool(typed))
    shell = engine.containers.get(made["Id"])
    port = int(practice.urls[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            f"POST /containers/{shell.id}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
            "Host: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode()
        )
        connection.sendall(typed)
        if not typed:
            connection.shutdown(socket.SHUT_WR)
        sent = connection.recv(4096)
        assert sent.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
        shell.start()
        sent += b"".join(iter(lambda: connection.recv(4096), b""))
    assert (b"/ # " in sent) == bool(typed)
    assert shell.wait()["StatusCode"] == 0


def test_wait_flushes_its_headers_before_the_end(
    practice: PracticeServer, engine: docker.DockerClient
) -> None:
    container = engine.containers.run("alpine", ["sleep", "1000"], detach=True)
    port = int(practice.urls[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        path = f"/containers/{container.id}/wait?condition=next-exit"
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
        container.kill()
        assert b'{"StatusCode": 137}' in connection.recv(4096)


def test_wait_for_removal_gives_the_exit_code(engine: docker.DockerClient) -> None:
    container = engine.containers.run(
        "alpine", ["sh", "-c", "sleep 20; exit 7"], detach=True, auto_remove=True
    )
    codes: list[int] = []
    waiting = threading.Thread(
        target=lambda: codes.append(container.wait(condition="removed")["StatusCode"])
    )
    waiting.start()
    waiting.join(timeout=10)
    assert codes == [7]
    assert engine.containers.list(all=True) == []


def test_a_restart_policy_starts_a_program_again(engine: docker.DockerClient) -> None:
    policy = {"Name": "on-failure", "MaximumRetryCount": 2}
    container = engine.containers.run(
        "alpine", ["sh", "-c", "echo run; exit 1"], detach=True, restart_policy=policy
    )
    deadline = time.monotonic() + 60
    while container.status != "exited" and time.monotonic() < deadline:
        assert container.wait()["StatusCode"] == 1  # of one run
        container.reload()
    assert container.attrs["RestartCount"] == 2
    assert container.logs() == b"run\n" * 3


def test_stopping_ends_the_restarts(engine: docker.DockerClient) -> None:
    container = engine.containers.run(
        "alpine", ["sh", "-c", "sleep 1; exit 1"], detach=True, restart_policy={"Name": "always"}
    )
    container.stop(timeout=1)
    container.reload()
    assert container.status == "exited"


def test_a_health_check_is_probed(engine: docker.DockerClient) -> None:
    second = 10**9
    good = {"test": ["CMD-SHELL", "curl -f http://localhost/"], "interval": 30 * second}
    bad = {"test": ["CMD", "false"], "interval": 30 * second, "retries": 2}
    for check, health in ((good, "healthy"), (bad, "unhealthy")):
        container = engine.containers.run("nginx", detach=True, healthcheck=check)
        container.reload()
        assert container.health == "starting"
        # From the beginning: the probe may be over before we listen.
        told = engine.events(since=1, filters={"container": container.id}, decode=True)
        for event in told:
            if event["Action"].startswith("health_status"):
                assert event["Action"] == f"health_status: {health}"
                break
        container.reload()
        assert container.health == health


def test_prune_removes_what_has_ended(engine: docker.DockerClient) -> None:
    kept = engine.containers.run("nginx", detach=True)
    over = engine.containers.run("alpine", detach=True)
    over.wait()
    engine.images.pull("alpine")
    made = engine.containers.create("alpine")
    assert set(engine.containers.prune()["ContainersDeleted"]) == {over.id, made.id}
    assert engine.containers.list(all=True) == [kept]
    assert engine.containers.prune()["ContainersDeleted"] is None


def test_top_and_stats_show_the_program(engine: docker.DockerClient) -> None:
    container = engine.containers.run("nginx", detach=True)
    top = container.top()
    assert top["Titles"][-1] == "CMD"
    assert [row[-1] for row in top["Processes"]] == [
        "nginx: master process nginx -g daemon off;",
        "nginx: worker process",
    ]
    stats = container.stats(stream=False)
    assert stats["memory_stats"]["usage"] > 0
    assert stats["cpu_stats"]["system_cpu_usage"] > stats["precpu_stats"]["system_cpu_usage"] > 0


def test_the_host_name_and_the_environment_are_the_containers(
    engine: docker.DockerClient,
) -> None:
    said = engine.containers.run("alpine", ["env"], hostname="box", environment={"A": "1"})
    assert {b"HOSTNAME=box", b"A=1", b"HOME=/root"} <= set(said.splitlines())


def test_ids_may_be_shortened_while_they_are_unique(engine: docker.DockerClient) -> None:
    container = engine.containers.run("nginx", detach=True)
    assert engine.containers.get(container.id[:5]).id == container.id


def test_docker_create_does_not_pull(engine: docker.DockerClient) -> None:
    with pytest.raises(ImageNotFound):
        engine.containers.create("alpine")


def test_inspection_is_json_that_go_can_read(call: Call, engine: docker.DockerClient) -> None:
    container = engine.containers.run("nginx", detach=True)
    shown = call("GET", f"/containers/{container.id}/json").json()
    for moment in (shown["Created"], shown["State"]["StartedAt"], shown["State"]["FinishedAt"]):
        assert moment.endswith("Z")
    assert json.dumps(shown)
