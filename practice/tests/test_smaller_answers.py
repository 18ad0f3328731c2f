"""Answers that scripts compare: of the Swarm's making, of links, of ports that others have."""

from __future__ import annotations

import contextlib
import socket
import urllib.request
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.errors import APIError

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings

from .conftest import Call
from .ports import free_ports


@pytest.fixture
def apart() -> Iterator[list[docker.DockerClient]]:
    with PracticeServer.start(2, formed=False, bind_ports=False, speed=50, seed=1) as server:
        clients = [docker.DockerClient(base_url=url) for url in server.urls]
        yield clients
        for client in clients:
            client.close()


def refusal(call: Any, *args: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(APIError) as refused:
        call(*args, **more)
    return refused.value.status_code, str(refused.value.explanation)


def test_a_swarm_begins_only_at_an_address(apart: list[docker.DockerClient]) -> None:
    first = apart[0].swarm
    for wrong in ("nosuch0", "999.1.1.1", "0.0.0.0", "0.0.0.0:2377"):
        status, words = refusal(first.init, advertise_addr=wrong)
        assert (status, words.partition(" must ")[0]) == (400, "advertise address"), wrong
    status, words = refusal(first.init, listen_addr="nosuch0")
    assert (status, words.partition(" must ")[0]) == (400, "listen address")
    first.init(advertise_addr="eth0:2377")
    assert apart[0].info()["Swarm"]["NodeAddr"] == "192.168.0.11"


def test_a_token_belongs_to_its_authority(apart: list[docker.DockerClient]) -> None:
    first, second = (client.swarm for client in apart)
    first.init()
    old = first.attrs["JoinTokens"]
    spec = {**first.attrs["Spec"]["CAConfig"], "ForceRotate": 1}
    api = apart[0].api
    api.update_swarm(first.version, swarm_spec={**first.attrs["Spec"], "CAConfig": spec})
    first.reload()
    assert first.attrs["JoinTokens"]["Worker"] != old["Worker"]
    remotes = ["192.168.0.11:2377"]
    _, words = refusal(second.join, remotes, old["Worker"])
    assert words.startswith("remote CA does not match fingerprint. Expected: ")
    _, words = refusal(second.join, remotes, "")
    assert words.endswith("A valid join token is necessary to join this cluster")
    assert second.join(remotes, first.attrs["JoinTokens"]["Worker"])


def test_a_new_cluster_by_force_stays_locked(apart: list[docker.DockerClient]) -> None:
    swarm = apart[0].swarm
    swarm.init(autolock_managers=True)
    swarm.init(force_new_cluster=True)
    swarm.reload()
    assert swarm.attrs["Spec"]["EncryptionConfig"] == {"AutoLockManagers": True}


def test_a_list_tells_links_and_annotations(engine: docker.DockerClient, call: Call) -> None:
    engine.images.pull("nginx")
    call("POST", "/containers/create?name=db", {"Image": "nginx"})
    more = {"Links": ["db:store"], "Annotations": {"k": "v"}}
    call("POST", "/containers/create?name=app", {"Image": "nginx", "HostConfig": more})
    listed = {c["Names"][0]: c for c in call("GET", "/containers/json?all=1").json()}
    assert listed["/db"]["Names"] == ["/db", "/app/store"]
    assert listed["/app"]["HostConfig"]["Annotations"] == {"k": "v"}
    assert "Annotations" not in listed["/db"]["HostConfig"]


def test_an_exit_code_comes_after_the_last_words(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine")
    api = engine.api
    for tty in (True, False):
        made = api.create_container("alpine", ["sh", "-c", "seq 1 40; echo done"], tty=tty)["Id"]
        with contextlib.closing(api.attach_socket(made, {"stdout": 1, "stream": 1})) as attached:
            api.start(made)
            assert api.wait(made)["StatusCode"] == 0
            attached._sock.setblocking(False)
            assert attached._sock.recv(2**16).rstrip().endswith(b"done")
            attached._sock.close()
            attached._response.close()


def test_events_pass_over_filters_that_are_not_known(call: Call) -> None:
    call("POST", "/volumes/create", {"Name": "data"})
    query = "since=1&until=0m&filters=" + '{"colour":["red"],"type":["volume"]}'
    assert call("GET", f"/events?{query}").json()["Action"] == "create"


def test_an_engine_that_began_anew_answers_at_once() -> None:
    with PracticeServer.start(2, bind_ports=False, speed=50, seed=1) as server:
        first, second = (url.replace("tcp", "http") for url in server.urls)
        for path in ("reset", "engines/node2/kill", "engines/node2/start") * 3:
            urllib.request.urlopen(f"{first}/_practice/{path}", b"{}").close()
            for url in (first, second) if "kill" not in path else (first,):
                urllib.request.urlopen(f"{url}/_ping").close()


@pytest.mark.parametrize("claim", [True, False])
def test_a_port_that_another_program_has_is_claimed_or_left(claim: bool) -> None:
    settings = Settings(nodes=1, speed=50, seed=1, claim_ports=claim)
    port, said = free_ports(1), ""
    with socket.create_server(("127.0.0.1", port)), PracticeServer.from_settings(settings) as made:
        client = docker.DockerClient(base_url=made.urls[0])
        try:
            client.containers.run("nginx", name="web", detach=True, ports={"80/tcp": port})
        except APIError as refused:
            said = str(refused.explanation)
        status = client.containers.get("web").status
        client.close()
    text = f"failed to bind host port 0.0.0.0:{port}/tcp: address already in use"
    assert (status, text in said) == (("created", True) if claim else ("running", False))


def test_of_a_range_of_ports_one_that_another_program_has_is_passed_over() -> None:
    settings = Settings(nodes=1, speed=50, seed=1, claim_ports=True)
    port = free_ports(2)
    with socket.create_server(("127.0.0.1", port)), PracticeServer.from_settings(settings) as made:
        client = docker.DockerClient(base_url=made.urls[0])
        client.images.pull("nginx", "latest")
        ports = {"80/tcp": [{"HostPort": f"{port}-{port + 1}"}]}
        host_config = client.api.create_host_config() | {"PortBindings": ports}
        client.api.create_container("nginx", name="web", host_config=host_config)
        client.api.start("web")
        published = client.api.port("web", 80)
        client.close()
    assert published[0]["HostPort"] == str(port + 1)
