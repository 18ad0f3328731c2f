"""Published ports: who answers, in what turn, and what is written about it."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import docker
import pytest
from docker.types import EndpointSpec, ServiceMode

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.store.objects import Engine

from .conftest import Answer, Call
from .ports import answers, free_ports
from .test_build import tar_of


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def web(engine: docker.DockerClient, replicas: int = 3, port: int = 8080) -> Any:
    service = engine.services.create(
        "nginx:latest",
        name="web",
        endpoint_spec=EndpointSpec(ports={port: 80}),
        mode=ServiceMode("replicated", replicas),
    )
    running(service, replicas)
    return service


def running(service: Any, replicas: int) -> None:
    def tasks() -> int:
        states = [task["Status"]["State"] for task in service.tasks({"desired-state": "running"})]
        return states.count("running")

    until(lambda: tasks() == replicas)


def replicas_of(answers: list[Answer]) -> list[str]:
    return [str(answer.headers["Essaim-Replica"]) for answer in answers]


def test_the_mesh_takes_replicas_in_turn_on_every_node(
    call: Call, engine: docker.DockerClient
) -> None:
    web(engine)
    for node in ("node1", "node2", "node3"):
        answers = [call("GET", f"/_practice/open/{node}/8080/") for _ in range(6)]
        names = replicas_of(answers)
        assert names[:3] == names[3:]
        assert sorted(names[:3]) == ["web.1", "web.2", "web.3"]
    first = answers[0]
    assert (first.status, first.headers["Server"]) == (200, "nginx/1.31.4")
    assert first.headers["Content-Type"] == "text/html"
    assert b"<title>Welcome to nginx!</title>" in first.body
    assert b"simulation" in first.body
    assert first.headers["Essaim-Replica"].encode() in first.body
    task = engine.api.inspect_task(first.headers["Essaim-Task"])
    node = engine.nodes.get(task["NodeID"]).attrs["Description"]["Hostname"]
    assert first.headers["Essaim-Node"] == node


def test_a_drained_node_still_answers(call: Call, engine: docker.DockerClient) -> None:
    service = web(engine)
    node2 = next(n for n in engine.nodes.list() if n.attrs["Description"]["Hostname"] == "node2")
    node2.update({**node2.attrs["Spec"], "Availability": "drain"})
    until(lambda: all(t["NodeID"] != node2.id for t in service.tasks({"desired-state": "running"})))
    running(service, 3)
    answers = [call("GET", "/_practice/open/node2/8080/") for _ in range(3)]
    assert len(set(replicas_of(answers))) == 3
    assert {answer.headers["Essaim-Node"] for answer in answers} == {"node1", "node3"}


def test_where_nobody_answers_a_sentence_says_why(
    call: Call, engine: docker.DockerClient, practice: PracticeServer
) -> None:
    service = web(engine, 1)

    def refused(path: str) -> str:
        answer = call("GET", f"/_practice/open/{path}")
        assert answer.status == 502
        return answer.message

    assert refused("node1/81/") == "nothing is published on port 81 of node1"
    assert refused("node9/80/") == "there is no machine called node9"
    engine.containers.run("nginx", name="wrong", detach=True, ports={"8080/tcp": 8085})
    wrong = "port 8085 leads to port 8080 of wrong, where nothing listens"
    assert refused("node1/8085/") == wrong
    service.scale(0)
    until(lambda: not service.tasks())
    assert refused("node1/8080/") == "service web publishes port 8080 but no replica runs"
    node3 = practice.call(lambda cluster: cluster.store.get(Engine, "node3"))
    assert node3 is not None
    practice.call(lambda cluster: cluster.store.put(replace(node3, up=False)))
    assert refused("node3/8080/") == "node3 is down: nothing answers there"
    assert call("GET", "/_practice/open/node1/eighty/").status == 400


def test_nginx_logs_what_it_answers(call: Call, engine: docker.DockerClient) -> None:
    service = web(engine, 1)
    agent = {"User-Agent": "probe/1"}
    assert call("GET", "/_practice/open/node2/8080/?trace=a%20b", headers=agent).status == 200
    missing = call("GET", "/_practice/open/node2/8080/nope", headers=agent)
    assert missing.status == 404
    assert b"<title>404 Not Found</title>" in missing.body
    posted = call("POST", "/_practice/open/node2/8080/", b"x", headers=agent)
    assert posted.status == 405
    head = call("HEAD", "/_practice/open/node2/8080/", headers=agent)
    assert (head.status, head.body) == (200, b"")
    lines = b"".join(service.logs(stdout=True)).decode().splitlines()
    ingress = practice_source(engine, "node2")
    assert any(
        line.startswith(f"{ingress} - - [")
        and '"GET /?trace=a%20b HTTP/1.1" 200 ' in line
        and '"probe/1"' in line
        for line in lines
    )
    errors = b"".join(service.logs(stderr=True)).decode()
    assert 'open() "/usr/share/nginx/html/nope" failed (2: No such file or directory)' in errors


def practice_source(engine: docker.DockerClient, node: str) -> str:
    """The ingress address of a node: the second address for node1, and so on."""
    assert engine.networks.get("ingress").attrs["IPAM"]["Config"][0]["Subnet"] == "10.0.0.0/24"
    return f"10.0.0.{int(node.removeprefix('node')) + 1}"


def test_a_plain_containers_port_is_its_engines_alone(
    call: Call, engine: docker.DockerClient
) -> None:
    engine.containers.run("traefik/whoami", name="who", detach=True, ports={"80/tcp": 8081})
    answer = call("GET", "/_practice/open/node1/8081/a/b?c=d", node=3, headers={"X-Test": "1"})
    assert answer.headers["Essaim-Container"] == "who"
    assert b"GET /a/b?c=d HTTP/1.1\n" in answer.body
    assert b"X-Test: 1\n" in answer.body
    assert call("GET", "/_practice/open/node2/8081/").status == 502
    engine.containers.get("who").pause()
    assert call("GET", "/_practice/open/node1/8081/").message == (
        "who is paused and does not answer"
    )


def test_an_image_serves_the_pages_copied_into_it(call: Call, engine: docker.DockerClient) -> None:
    root = b"/usr/share/nginx/html"
    text = b"FROM nginx\nCOPY index.html %b/\nRUN echo two > %b/2.txt\n" % (root, root)
    context = tar_of({"Dockerfile": text, "index.html": b"<h1>mine</h1>"})
    call("POST", "/build?t=mine", context, headers={"Content-Type": "application/x-tar"})
    engine.containers.run("mine", detach=True, ports={"80": 8080})
    assert call("GET", "/_practice/open/node1/8080").body == b"<h1>mine</h1>"
    text_page = call("GET", "/_practice/open/node1/8080/2.txt")
    assert (text_page.body, text_page.headers["Content-Type"]) == (b"two\n", "text/plain")
    assert call("GET", "/_practice/open/node1/8080/../../../etc/passwd").status == 404


@pytest.fixture
def bound() -> Iterator[tuple[PracticeServer, docker.DockerClient]]:
    server = PracticeServer.start(speed=50.0, seed=1, bind_ports=True)
    client = docker.DockerClient(base_url=server.urls[0])
    yield server, client
    client.close()
    server.stop()


def test_published_ports_are_bound_on_the_loopback(
    bound: tuple[PracticeServer, docker.DockerClient],
) -> None:
    server, engine = bound
    port = free_ports(1)
    service = web(engine, port=port)
    until(lambda: answers("127.0.0.1", port))
    listing = http.client.HTTPConnection(server.urls[0].removeprefix("tcp://"))
    listing.request("GET", "/_practice/ports")
    shown = json.loads(listing.getresponse().read())
    listing.close()
    assert [entry["engine"] for entry in shown] == ["node1", "node2", "node3"]
    assert shown[0] == {
        "engine": "node1",
        "port": port,
        "target": 80,
        "service": "web",
        "bound": True,
        "url": f"http://127.0.0.1:{port}/",
    }
    if sys.platform == "linux":
        assert shown[1]["url"] == f"http://127.0.0.2:{port}/"
    service.remove()
    until(lambda: not answers("127.0.0.1", port))


def test_a_connection_keeps_to_its_replica(
    bound: tuple[PracticeServer, docker.DockerClient],
) -> None:
    _, engine = bound
    port = free_ports(1)
    web(engine, port=port)
    until(lambda: answers("127.0.0.1", port))
    kept = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    names = set()
    for _ in range(3):
        kept.request("GET", "/")
        response = kept.getresponse()
        response.read()
        names.add(response.headers["Essaim-Replica"])
    assert len(names) == 1
    task_id = response.headers["Essaim-Task"]
    container = engine.api.inspect_task(task_id)["Status"]["ContainerStatus"]["ContainerID"]
    if response.headers["Essaim-Node"] == "node1":
        engine.containers.get(container).kill()
        kept.request("GET", "/")
        with pytest.raises(ConnectionError):
            kept.getresponse()
    kept.close()


def test_a_port_that_is_taken_is_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        server = PracticeServer.start(nodes=1, speed=50.0, bind_ports=True)
        client = docker.DockerClient(base_url=server.urls[0])
        try:
            client.containers.run("nginx", detach=True, ports={"80/tcp": port})
            api = server.urls[0].removeprefix("tcp://")
            listing = http.client.HTTPConnection(api)
            listing.request("GET", "/_practice/ports")
            body = listing.getresponse().read()
            listing.close()
            assert b'"bound":false' in body
            assert f'"url":"http://{api}/_practice/open/node1/{port}/"'.encode() in body
        finally:
            client.close()
            server.stop()


def test_a_named_connection_keeps_to_its_replica_until_it_breaks(
    call: Call, engine: docker.DockerClient
) -> None:
    service = web(engine)

    def ask(name: str) -> Answer:
        return call("GET", "/_practice/open/node2/8080/", headers={"Essaim-Connection": name})

    assert len(set(replicas_of([ask("a") for _ in range(4)]))) == 1
    assert replicas_of([ask("b")]) != replicas_of([ask("a")])
    service.remove()
    until(lambda: ask("a").status == 502)
    assert ask("a").message == "nothing is published on port 8080 of node2"


def test_the_name_of_a_connection_is_no_part_of_the_request(
    call: Call, engine: docker.DockerClient
) -> None:
    engine.containers.run("traefik/whoami", name="who", detach=True, ports={"80/tcp": 8081})
    headers = {"Essaim-Connection": "a", "X-Test": "1"}
    answer = call("GET", "/_practice/open/node1/8081/", headers=headers)
    assert b"X-Test: 1\n" in answer.body
    assert b"Essaim-Connection" not in answer.body
