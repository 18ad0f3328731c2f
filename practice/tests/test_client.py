"""The client for what practice alone can do, over TCP and over a socket."""

from __future__ import annotations

import inspect
import pickle
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from essaim_practice import (
    Clock,
    EngineUnreachable,
    Faults,
    Limits,
    Machine,
    PracticeClient,
    PracticeServer,
    RequestRefused,
    Settings,
    calls,
)


@pytest.fixture
def client(practice: PracticeServer) -> PracticeClient:
    return PracticeClient(practice.urls[0])


def names(client: PracticeClient, state: str) -> list[str]:
    return [machine.name for machine in client.machines() if getattr(machine, state)]


def test_a_machine_is_told_whole(client: PracticeClient, practice: PracticeServer) -> None:
    first = Machine(
        name="node1",
        up=True,
        cut=False,
        full=False,
        address="192.168.0.11",
        host=practice.urls[0],
        swarm="active",
        role="manager",
        ports=(),
    )
    assert client.machines()[0] == first
    assert first.manages
    assert first.sound


def test_each_fault_is_made_and_mended(client: PracticeClient) -> None:
    client.faults.kill("node2")
    client.faults.cut("node3")
    client.faults.fill("node3")
    client.faults.set_registry(rate=1000, up=False)
    assert (names(client, "up"), names(client, "cut")) == (["node1", "node3"], ["node3"])
    assert names(client, "full") == ["node3"]
    assert (client.faults.registry().rate, client.faults.registry().up) == (1000, False)
    client.faults.start("node2")
    client.faults.plug("node3")
    client.faults.free("node3")
    assert names(client, "sound") == ["node1", "node2", "node3"]
    client.faults.kill("node2")
    client.faults.mend()
    assert names(client, "sound") == ["node1", "node2", "node3"]
    assert client.faults.registry().up


def test_a_program_crashes_and_its_port_is_listed(
    client: PracticeClient, practice: PracticeServer
) -> None:
    run = practice.client.containers.run
    container = run("nginx", name="front", detach=True, ports={"80/tcp": 8080})
    [port] = client.ports()
    assert (port.engine, port.port, port.target) == ("node1", 8080, 80)
    assert (port.service, port.container, port.bound) == ("", "front", False)
    assert port.url == client.host.replace("tcp", "http") + calls.port_path("node1", 8080) + "/"
    assert client.machines()[0].ports == (8080,)
    client.faults.crash("front", code=3)
    assert container.wait()["StatusCode"] == 3


def test_the_managers_majority_is_lost(client: PracticeClient, practice: PracticeServer) -> None:
    for node in practice.client.nodes.list():
        node.update(node.attrs["Spec"] | {"Role": "manager"})
    practice.clock.step(10)
    assert client.faults.lose_quorum("cut") == ("node2", "node3")


def test_time_is_set_and_stepped(client: PracticeClient) -> None:
    before = client.clock.set(speed=2, paused=True)
    assert (before.speed, before.paused) == (2, True)
    assert (client.clock.step(90).now - before.now).total_seconds() == 90
    assert client.clock.time().now.tzinfo is not None


def test_a_cluster_begins_anew_with_other_machines(
    client: PracticeClient, practice: PracticeServer
) -> None:
    assert client.add_machine().name == "node4"
    client.remove_machine("node4")
    client.reset(nodes=2, formed=False)
    while [machine.swarm for machine in client.machines()] != ["inactive", "inactive"]:
        pass
    assert len(practice.hosts) == 2


@pytest.mark.parametrize("asked", [1, 3])
def test_a_reset_is_over_when_it_is_answered(practice: PracticeServer, asked: int) -> None:
    client = PracticeClient(practice.urls[asked - 1])
    for nodes in [None] * 20 + [2]:
        practice.client.services.create("nginx", name="web")
        practice.faults.kill("node2")
        client.reset(nodes)
        assert practice.client.services.list() == []  # on a new connection
    assert list(practice.hosts) == names(PracticeClient(practice.urls[0]), "up")
    assert list(practice.hosts) == ["node1", "node2"]


def test_a_refusal_has_the_engines_words(client: PracticeClient) -> None:
    with pytest.raises(RequestRefused, match="no machine called node9") as refused:
        client.faults.kill("node9")
    assert refused.value.status == 404
    with pytest.raises(RequestRefused, match="answers this request") as refused:
        client.faults.kill("node1")
    assert refused.value.status == 409
    with pytest.raises(RequestRefused, match="no machine called a\\?b"):
        client.faults.cut("a?b")


def test_a_server_asks_an_engine_that_goes_on(practice: PracticeServer) -> None:
    practice.faults.kill("node1")
    assert [machine.up for machine in practice.machines()] == [False, True, True]
    practice.faults.mend()
    assert practice.client.ping()


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = PracticeClient(f"tcp://127.0.0.1:{port}")
    with pytest.raises(EngineUnreachable, match=str(port)) as error:
        client.machines()
    assert isinstance(error.value.__cause__, ConnectionRefusedError)
    assert isinstance(error.value, ConnectionError)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"[{}]", b"7", b""])
def test_an_answer_of_another_server_is_no_value(body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            there, _ = listener.accept()
            with there:
                there.recv(65536)
                there.sendall(head + body)

        thread = threading.Thread(target=answer)
        thread.start()
        host = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(EngineUnreachable, match="does not answer as a practice engine does"):
            PracticeClient(host).machines()
        thread.join()


@pytest.mark.parametrize("port", ["65536", "x"])
def test_a_port_that_is_none_is_refused_at_once(port: str) -> None:
    with pytest.raises(ValueError, match="Port"):
        PracticeClient(f"tcp://127.0.0.1:{port}")


def test_a_refusal_reaches_another_process_whole() -> None:
    refused = pickle.loads(pickle.dumps(RequestRefused(404, "no such machine")))
    assert (refused.status, refused.message, str(refused)) == (404, *["no such machine"] * 2)


@pytest.mark.parametrize("host", ["ssh://me@there", "unix://", "127.0.0.1:2375", ""])
def test_an_address_of_another_kind_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="is no tcp"):
        PracticeClient(host)


@pytest.fixture
def path(tmp_path: Path, practice: PracticeServer) -> Iterator[str]:
    """A socket that leads to node1."""
    place = str(tmp_path / "docker.sock")
    port = int(practice.urls[0].rpartition(":")[2])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()

        def relay() -> None:
            here, _ = listener.accept()
            with here, socket.create_connection(("127.0.0.1", port)) as there:
                there.sendall(here.recv(65536))
                here.sendall(there.recv(65536))

        thread = threading.Thread(target=relay)
        thread.start()
        yield place
        thread.join()


def test_a_socket_is_an_address_too(path: str) -> None:
    assert PracticeClient(f"unix://{path}").clock.time().speed == 50


def test_what_a_call_is() -> None:
    assert calls.reset() == calls.Call("POST", "reset", lambda answer: None)
    assert calls.set_clock(speed=3).body == {"factor": 3}
    assert calls.port_path("node 2", 80) == "/_practice/open/node%202/80"


@pytest.mark.parametrize("part", [PracticeClient, Faults, Clock])
def test_methods_tell_their_arguments(part: type) -> None:
    for name, method in inspect.getmembers(part, inspect.isfunction):
        if not name.startswith("_") and name != "send":
            assert method.__doc__
            assert next(iter(inspect.signature(method).parameters)) == "self"
    assert list(inspect.signature(PracticeClient.reset).parameters) == ["self", "nodes", "formed"]
    assert inspect.signature(PracticeClient.reset).return_annotation == "None"
    assert inspect.signature(Clock.step).return_annotation == "Time"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"nodes": 0}, "nodes is 0: write a whole number from 1 to 100"),
        ({"nodes": True}, "nodes is True"),
        ({"nodes": 2.5}, "nodes is 2.5"),
        ({"speed": -1}, "speed is -1: write 0, or a number from 0.1 to 100"),
        ({"speed": "fast"}, "speed is 'fast'"),
        ({"seed": "x"}, "seed is 'x'"),
        ({"formed": "empty"}, "formed is 'empty'"),
        ({"limits": None}, "limits is None"),
        ({"bind_ports": "no"}, "bind_ports is 'no': write True or False"),
        ({"engine": "27"}, "engine '27' is not played: write one of '28.5', '29.8', '29'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [-1, 2.5, "20", None, True])
def test_limits_that_make_no_sense_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=f"containers is {wrong!r}: write a whole number"):
        Limits(containers=wrong)  # type: ignore[arg-type]
