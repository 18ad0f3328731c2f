"""Networks and volumes of an engine."""

from __future__ import annotations

import docker
import pytest
from docker.errors import APIError, NotFound

from .conftest import Call


def test_every_engine_has_its_predefined_networks(engine: docker.DockerClient, call: Call) -> None:
    shown = call("GET", "/networks").json()
    assert [network["Name"] for network in shown] == [
        "ingress",
        "bridge",
        "host",
        "none",
        "docker_gwbridge",
    ]
    bridge = engine.networks.get("bridge").attrs
    assert bridge["IPAM"]["Config"] == [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]
    node2 = {n["Name"]: n["Id"] for n in call("GET", "/networks", node=2).json()}
    assert node2["ingress"] == engine.networks.get("ingress").id
    assert node2["bridge"] != bridge["Id"]


def test_a_network_is_made_used_and_removed(engine: docker.DockerClient, call: Call) -> None:
    network = engine.networks.create("back", labels={"a": "b"})
    assert network.attrs["IPAM"]["Config"][0]["Subnet"].endswith(".0.0/16")
    web = engine.containers.run("nginx", name="web", detach=True, network="back")
    network.reload()
    attached = network.attrs["Containers"][web.id]
    assert (attached["Name"], attached["IPv4Address"][-5:]) == ("web", ".2/16")
    busy = call("DELETE", "/networks/back")
    assert busy.status == 403
    assert busy.message == (
        "error while removing network: network back has active endpoints "
        f'(name:"web" id:"{attached["EndpointID"][:12]}")'
    )
    engine.networks.get("bridge").connect(web)
    again = call("POST", "/networks/bridge/connect", {"Container": "web"})
    assert again.message == "endpoint with name web already exists in network bridge"
    engine.networks.get("bridge").disconnect(web)
    gone = call("POST", "/networks/bridge/disconnect", {"Container": "web"})
    assert gone.message == f"container {web.id} is not connected to network bridge"
    web.remove(force=True)
    assert engine.networks.prune()["NetworksDeleted"] == ["back"]


def test_overlays_belong_to_the_swarm(engine: docker.DockerClient, call: Call) -> None:
    network = engine.networks.create("shared", driver="overlay", attachable=True)
    assert len(network.id) == 25
    assert network.attrs["IPAM"]["Config"] == [{"Subnet": "10.0.1.0/24", "Gateway": "10.0.1.1"}]
    names = [n["Name"] for n in call("GET", "/networks", node=2).json()]
    assert "shared" not in names
    refused = call("POST", "/networks/create", {"Name": "x", "Driver": "overlay"}, node=2)
    assert refused.message.startswith("This node is not a swarm manager.")
    network.remove()


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"Name": "bridge"}, 409, "network with name bridge already exists"),
        ({"Name": ""}, 400, "invalid name: name is empty"),
        ({"Name": "x", "Driver": "foo"}, 404, 'plugin "foo" not found'),
        ({"Name": "x", "Driver": "host"}, 403, 'only one instance of "host" network is allowed'),
    ],
)
def test_networks_refuse_in_the_daemons_words(
    call: Call, body: dict[str, str], status: int, message: str
) -> None:
    answer = call("POST", "/networks/create", body)
    assert (answer.status, answer.message) == (status, message)


def test_what_is_not_there_is_said_so(call: Call, engine: docker.DockerClient) -> None:
    assert call("GET", "/networks/nope").message == "network nope not found"
    predefined = call("DELETE", "/networks/bridge")
    assert (predefined.status, predefined.message) == (
        403,
        "bridge is a pre-defined network and cannot be removed",
    )
    engine.images.pull("nginx")
    container = engine.containers.create("nginx", network="nonet")
    with pytest.raises(APIError, match="network nonet not found"):
        container.start()


def test_a_volume_lives_while_it_is_mounted(engine: docker.DockerClient, call: Call) -> None:
    volume = engine.volumes.create("data", labels={"a": "b"})
    assert volume.attrs["Mountpoint"] == "/var/lib/docker/volumes/data/_data"
    mounts = {"data": {"bind": "/data", "mode": "rw"}, "fresh": {"bind": "/x", "mode": "ro"}}
    web = engine.containers.run("nginx", detach=True, volumes=mounts)
    assert {v.name for v in engine.volumes.list()} == {"data", "fresh"}
    web.reload()
    shown = {m["Destination"]: (m["Name"], m["RW"]) for m in web.attrs["Mounts"]}
    assert shown == {"/data": ("data", True), "/x": ("fresh", False)}
    busy = call("DELETE", "/volumes/data")
    assert (busy.status, busy.message) == (
        409,
        f"remove data: volume is in use - [{web.id}]",
    )
    assert engine.volumes.list(filters={"dangling": True}) == []
    web.remove(force=True)
    assert len(engine.volumes.list(filters={"label": "a=b"})) == 1
    volume.remove()
    with pytest.raises(NotFound, match="volume data not found"):
        engine.volumes.get("data")
    assert engine.volumes.prune()["VolumesDeleted"] == []
    assert engine.volumes.prune({"all": "true"})["VolumesDeleted"] == ["fresh"]


def test_a_volume_that_is_there_is_given_whatever_is_asked_of_it(call: Call) -> None:
    first = call("POST", "/volumes/create", {"Name": "data"}).json()
    options = {"Name": "data", "DriverOpts": {"type": "tmpfs"}}
    assert call("POST", "/volumes/create", options).json() == first
    refused = call("POST", "/volumes/create", {**options, "Name": "other"})
    assert refused.message == 'create other: missing required option: "device"'


def test_a_volume_is_made_once(engine: docker.DockerClient, call: Call) -> None:
    first = engine.volumes.create("data")
    assert engine.volumes.create("data").attrs == first.attrs
    assert len(engine.volumes.create().name) == 64
    wrong = call("POST", "/volumes/create", {"Name": "a/b"})
    assert (wrong.status, wrong.message) == (
        400,
        'create a/b: "a/b" includes invalid characters for a local volume name, only '
        '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use '
        "absolute path",
    )
    driver = call("POST", "/volumes/create", {"Name": "a", "Driver": "foo"})
    assert driver.message == (
        'create a: error looking up volume plugin foo: plugin "foo" not found'
    )
    assert call("DELETE", "/volumes/nope").message == "volume nope not found"
    assert call("DELETE", "/volumes/nope?force=1").status == 204


def test_disk_usage_counts_what_is_there(engine: docker.DockerClient) -> None:
    engine.containers.run("alpine", detach=True, volumes={"data": {"bind": "/d"}}).wait()
    usage = engine.df()
    assert [image["Containers"] for image in usage["Images"]] == [1]
    assert [volume["UsageData"]["RefCount"] for volume in usage["Volumes"]] == [1]
    assert len(usage["Containers"]) == 1
    assert usage["LayersSize"] == usage["Images"][0]["Size"]


def test_what_was_asked_of_a_network_and_of_a_place_on_it_is_shown(
    engine: docker.DockerClient,
) -> None:
    pools = [
        docker.types.IPAMPool(
            subnet="172.28.0.0/16",
            iprange="172.28.5.0/24",
            gateway="172.28.5.254",
            aux_addresses={"a": "172.28.5.1"},
        ),
        docker.types.IPAMPool(subnet="2001:db8::/64"),
    ]
    ipam = docker.types.IPAMConfig(pool_configs=pools)
    network = engine.networks.create("asked", ipam=ipam, enable_ipv6=True)
    assert network.attrs["EnableIPv6"] is True
    assert network.attrs["IPAM"]["Options"] is None
    assert network.attrs["IPAM"]["Config"] == [
        {
            "Subnet": "172.28.0.0/16",
            "IPRange": "172.28.5.0/24",
            "Gateway": "172.28.5.254",
            "AuxiliaryAddresses": {"a": "172.28.5.1"},
        },
        {"Subnet": "2001:db8::/64"},
    ]
    engine.images.pull("alpine", tag="3.10")
    container = engine.containers.create("alpine:3.10", "top", network="none")
    network.connect(
        engine.containers.create("alpine:3.10", "top", name="one"),
        aliases=["foo"],
        links=[("two", "bar")],
        ipv4_address="172.28.5.24",
        link_local_ips=["169.254.8.8"],
        driver_opt={"a": "b"},
        mac_address="02:42:ac:11:00:02",
    )
    place = engine.containers.get("one").attrs["NetworkSettings"]["Networks"]["asked"]
    assert place["Aliases"] == ["foo"]
    assert place["Links"] == ["two:bar"]
    assert place["DriverOpts"] == {"a": "b"}
    assert place["MacAddress"] == "02:42:ac:11:00:02"
    assert place["IPAMConfig"] == {"IPv4Address": "172.28.5.24", "LinkLocalIPs": ["169.254.8.8"]}
    assert engine.api.inspect_network("asked", scope="local")["Id"] == network.id
    with pytest.raises(docker.errors.NotFound):
        engine.api.inspect_network("asked", scope="swarm")
    container.remove()


def test_top_goes_on_until_it_is_stopped(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", tag="3.10")
    container = engine.containers.run("alpine:3.10", "top", detach=True)
    network = engine.networks.create("joined")
    network.connect(container)
    network.reload()
    assert [each.id for each in network.containers] == [container.id]
    assert container.logs(tail=0) == b""
    container.reload()
    assert container.status == "running"
    container.remove(force=True)
    assert b"PID USER" in engine.containers.run("alpine:3.10", ["top", "-n", "2", "-d", "1"])


def test_a_container_has_an_address_on_each_of_its_networks(engine: docker.DockerClient) -> None:
    front, back = (engine.networks.create(name) for name in ("front", "back"))
    box = engine.containers.run(
        "alpine", "sleep infinity", name="box", network="front", detach=True
    )
    back.connect(box)
    other = engine.containers.run("nginx", name="web", network="back", detach=True)

    def places() -> dict[str, str]:
        box.reload()
        shown = box.attrs["NetworkSettings"]["Networks"]
        return {name: place["IPAddress"] for name, place in shown.items()}

    first, second = places()["front"], places()["back"]
    assert first
    assert second
    assert first.split(".")[1] != second.split(".")[1]
    back.reload()
    attached = back.attrs["Containers"]
    assert attached[box.id]["IPv4Address"] == f"{second}/16"
    assert attached[other.id]["IPv4Address"] != f"{second}/16"
    assert box.exec_run(["wget", "-qO-", "http://web/"])[0] == 0
    assert f"{second}\t" in box.exec_run("cat /etc/hosts")[1].decode()
    front.disconnect(box)
    assert places() == {"back": second}
    box.restart(timeout=0)
    front.connect(box)
    assert set(places()) == {"front", "back"}
    assert all(places().values())
