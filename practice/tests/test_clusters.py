"""Many clusters in one process: each learner has one, and none can see or stop another's."""

from __future__ import annotations

import asyncio
import gc
import http.client
import socket
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docker
import pytest
import requests

from essaim_practice.client.exceptions import TooManyClusters
from essaim_practice.hosting.clusters import Clusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.store.objects import Engine, Service

from .test_ports import until

FAST = Settings(speed=50.0, seed=1, bind_ports=False)


@pytest.fixture
def clusters() -> Iterator[Clusters]:
    with Clusters(FAST, most=20, idle_after=None) as several:
        yield several


_opened: list[docker.APIClient] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def client(server: PracticeServer, node: int = 1) -> docker.APIClient:
    """A docker-py client that is closed at the test's end."""
    _opened.append(docker.APIClient(base_url=server.urls[node - 1]))
    return _opened[-1]


def create(server: PracticeServer, name: str, replicas: int = 1) -> None:
    mode = docker.types.ServiceMode("replicated", replicas)
    client(server).create_service({"ContainerSpec": {"Image": "nginx"}}, name=name, mode=mode)


def services(server: PracticeServer) -> list[str]:
    return server.call(lambda cluster: [s.name for s in cluster.store.all(Service)])


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_cluster_is_made_on_first_use_and_found_again(clusters: Clusters) -> None:
    assert clusters.keys() == ()
    ada = clusters.get("ada")
    assert clusters.get("ada") is ada
    assert clusters.get("bob") is not ada
    assert clusters.keys() == ("ada", "bob")


def test_one_made_by_many_at_once_is_one(clusters: Clusters) -> None:
    keys = [f"learner{n % 8}" for n in range(64)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(clusters.get, keys))
        urls = list(pool.map(lambda server: server.urls, found))
    assert len(clusters.keys()) == len({id(server) for server in found}) == 8
    assert len({url for of_one in urls for url in of_one}) == 8 * 3


def test_it_listens_only_once_its_address_is_asked_for(clusters: Clusters) -> None:
    server = clusters.get("ada")
    assert server.call(lambda cluster: len(cluster.engines)) == 3
    assert server._servers == {}
    assert len(server.urls) == 3
    assert server.urls == server.urls


def test_all_run_on_one_thread(clusters: Clusters) -> None:
    threads = {clusters.get(key).call(lambda _: threading.get_ident()) for key in "abcde"}
    assert len(threads) == 1


def test_none_sees_or_stops_another(clusters: Clusters) -> None:
    ada, bob = clusters.get("ada"), clusters.get("bob")
    create(ada, "web")
    assert services(ada) == ["web"]
    assert services(bob) == []
    ids = [server.call(lambda c: next(c.store.all(Engine)).node_id) for server in (ada, bob)]
    clusters.end("ada")
    create(bob, "api")
    assert services(bob) == ["api"]
    assert len(ids) == 2
    with pytest.raises(requests.ConnectionError):
        requests.get(ada.urls[0].replace("tcp", "http") + "/_ping", timeout=5)


def test_what_has_ended_is_made_anew(clusters: Clusters) -> None:
    create(clusters.get("ada"), "web")
    clusters.end("ada")
    clusters.end("ada")
    assert services(clusters.get("ada")) == []


def test_there_may_be_only_so_many(clusters: Clusters) -> None:
    for number in range(20):
        clusters.get(str(number))
    with pytest.raises(TooManyClusters, match="at most 20 practice clusters"):
        clusters.get("one too many")
    clusters.end("3")
    clusters.get("one too many")


def test_the_idle_are_ended_and_the_used_are_not(clusters: Clusters) -> None:
    used, idle, streaming = (clusters.get(key) for key in ("used", "idle", "streaming"))
    events = client(streaming).events()
    for server in (used, idle, streaming):
        server._touched -= 100
    client(used)
    for server in (used, idle, streaming):
        server._touched = server._thread.loop.time() - 100
    assert clusters.reap(idle=50) == ("idle",)
    assert clusters.keys() == ("used", "streaming")
    events.close()


def test_idleness_is_looked_for_by_itself() -> None:
    ended = threading.Event()
    with Clusters(FAST, idle_after=0.05) as clusters:
        weakref.finalize(clusters.get("ada").cluster, ended.set)
        while not ended.wait(0.05):
            gc.collect()
        assert clusters.keys() == ()


def test_stopping_ends_every_cluster() -> None:
    clusters = Clusters(FAST)
    addresses = [clusters.get(key).urls[0] for key in "ab"]
    clusters.stop()
    clusters.stop()
    for address in addresses:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port_of(address)), timeout=5)
    with pytest.raises(RuntimeError, match="stopped"):
        clusters.get("a")


# Reset


def test_a_reset_forgets_everything_at_the_same_addresses(clusters: Clusters) -> None:
    server = clusters.get("ada")
    create(server, "web")
    before = server.urls
    server.reset()
    assert server.urls == before
    spoken = client(server)
    assert spoken.services() == spoken.containers(all=True) == []
    assert [node["Status"]["State"] for node in spoken.nodes()] == ["ready"] * 3


def test_a_machine_that_was_down_answers_after_a_reset(clusters: Clusters) -> None:
    server = clusters.get("ada")
    address = server.urls[0].replace("tcp", "http")
    requests.post(f"{address}/_practice/engines/node3/kill", timeout=5).raise_for_status()
    with pytest.raises(docker.errors.DockerException):
        client(server, 3)
    server.reset()
    assert client(server, 3).info()["Name"] == "node3"


def test_a_reset_ends_the_streams_that_are_open(clusters: Clusters) -> None:
    server = clusters.get("ada")
    events = client(server).events(decode=True)
    opened, ended = threading.Event(), threading.Event()

    def follow() -> None:
        opened.set()
        with suppress(requests.RequestException, docker.errors.DockerException):
            for _ in events:
                pass
        ended.set()

    threading.Thread(target=follow, daemon=True).start()
    assert opened.wait(10)
    server.reset()
    assert ended.wait(10)


def test_many_resets_at_once_leave_one_good_cluster(clusters: Clusters) -> None:
    server = clusters.get("ada")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: server.reset(), range(8)))
    create(server, "web")
    assert services(server) == ["web"]


def test_a_reset_is_asked_for_over_http_too(clusters: Clusters) -> None:
    server = clusters.get("ada")
    create(server, "web")
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server.urls[0]), timeout=10)
    connection.request("POST", "/_practice/reset")
    response = connection.getresponse()
    assert (response.status, response.read()) == (204, b"")
    connection.close()
    server.reset()  # in turn: the one that was asked for is over when this returns
    assert services(server) == []


@pytest.mark.parametrize("how", ["reset", "end"])
def test_nothing_is_left_of_a_cluster_that_is_over(clusters: Clusters, how: str) -> None:
    """Not while its timers run, its streams are followed, or its containers live."""
    server = clusters.get("ada")
    create(server, "web", replicas=5)
    events = client(server).events()
    parts = server.call(lambda c: [weakref.ref(part) for part in (c, c.store.clock, c.mesh)])
    if how == "reset":
        server.reset()
    else:
        clusters.end("ada")
        del server
    gc.collect()
    clusters.get("another").call(lambda _: gc.collect())
    assert [part() for part in parts] == [None, None, None]
    events.close()


def test_with_a_server_of_its_own() -> None:
    with PracticeServer.start(seed=1, bind_ports=False) as server:
        create(server, "web")
        server.reset()
        assert services(server) == []
    server.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        server.reset()


def test_a_cluster_says_what_has_changed_and_goes_on_after_a_reset() -> None:
    heard: list[str] = []
    with PracticeServer.start(speed=50.0, bind_ports=False) as server:
        server.watch(heard.append)
        for _ in range(2):
            heard.clear()
            client = docker.DockerClient(base_url=server.urls[0])
            client.services.create("nginx", name="web")
            until(lambda: {"Service", "Task", "Container", "Image"} <= set(heard), 60)
            client.close()
            server.reset()


def test_a_cluster_that_does_not_end_well_keeps_no_other_from_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clusters = Clusters(FAST, idle_after=None, folder=tmp_path)
    spoilt, sound = clusters.get("spoilt"), clusters.get("sound")
    closing = PracticeServer.close

    async def close(server: PracticeServer) -> None:
        if server is spoilt:
            raise RuntimeError("a part of it does not end")
        await asyncio.sleep(0)  # so that it ends after the other
        await closing(server)

    create(sound, "late")  # not written yet
    monkeypatch.setattr(PracticeServer, "close", close)
    clusters.stop()
    assert "a part of it does not end" in caplog.text
    monkeypatch.undo()
    with Clusters(FAST, idle_after=None, folder=tmp_path) as again:
        assert services(again.get("sound")) == ["late"]
