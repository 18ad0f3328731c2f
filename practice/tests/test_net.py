"""What a container reaches of the others, by name and by port."""

from __future__ import annotations

import docker
import docker.errors
import pytest

_ASK = ["wget", "-q", "-O", "-"]


def _asked(engine: docker.DockerClient, url: str, network: str | None = None) -> str:
    engine.images.pull("alpine", "latest")
    said = engine.containers.run("alpine", [*_ASK, url], network=network, remove=True)
    return bytes(said).decode()


def _refused(engine: docker.DockerClient, url: str, network: str | None = None) -> str:
    with pytest.raises(docker.errors.ContainerError) as failed:
        _asked(engine, url, network)
    return bytes(failed.value.stderr).decode().strip()


def test_containers_of_a_network_know_each_other_by_name(engine: docker.DockerClient) -> None:
    engine.networks.create("course")
    web = engine.containers.run("nginx", name="web", network="course", detach=True)
    assert "served by <strong>web<" in _asked(engine, "http://web/", "course")
    assert _refused(engine, "http://web/") == "wget: bad address 'web'"
    assert "Connection refused" in _refused(engine, "http://web:81/", "course")
    web.reload()
    address = web.attrs["NetworkSettings"]["Networks"]["course"]["IPAddress"]
    assert "served by" in _asked(engine, f"http://{address}/", "course")
    assert "timed out" in _refused(engine, f"http://{address}/")


def test_a_service_answers_by_its_name_with_each_replica_in_turn(
    engine: docker.DockerClient,
) -> None:
    network = engine.networks.create("shop", driver="overlay", attachable=True)
    service = engine.services.create(
        "nginx",
        name="till",
        networks=[network.id],
        mode=docker.types.ServiceMode("replicated", 2),
        endpoint_spec=docker.types.EndpointSpec(ports={8085: 80}),
    )
    service.reload()
    pages = set()
    for _ in range(200):  # until both replicas run: each turn takes simulated seconds
        try:
            pages.add(_asked(engine, "http://till/", "shop"))
        except docker.errors.ContainerError:
            continue
        if len(pages) == 2:
            break
    assert len(pages) == 2
    listed = engine.containers.run("alpine", "nslookup tasks.till", network="shop", remove=True)
    assert listed.count(b"Name:\ttasks.till\nAddress: ") == 2
    assert "served by <strong>till." in _asked(engine, "http://172.17.0.1:8085/")
