"""Who is on a network, as inspection shows it, and who may be put there."""

from __future__ import annotations

import docker
import pytest

from .conftest import Call

pytestmark = pytest.mark.edition("28.5")

_DENIED = (
    "Could not attach to network back: rpc error: code = PermissionDenied desc = network back "
    "not manually attachable"
)
_PRIVATE = (
    "container cannot be connected to multiple networks with one of the networks in private "
    "(none) mode"
)
_SHARED = (
    "container sharing network namespace with another container or host cannot be connected to "
    "any other network"
)


def _run(engine: docker.DockerClient, name: str, **more: object) -> str:
    id: str = engine.containers.run("alpine", "sleep 900", name=name, detach=True, **more).id
    return id


def test_an_overlay_shows_its_peers_and_balancer(engine: docker.DockerClient, call: Call) -> None:
    back = engine.networks.create("back", driver="overlay", attachable=True)
    assert "Peers" not in back.attrs  # no node has it yet
    assert (back.attrs["Containers"], back.attrs["Labels"]) == (None, None)
    app = _run(engine, "app", network="back")
    shown = call("GET", "/networks/back").json()
    assert list(shown["Containers"]) == sorted([app, "lb-back"])
    assert shown["Containers"]["lb-back"]["Name"] == "back-endpoint"
    addresses = {e["IPv4Address"] for e in shown["Containers"].values()}
    assert sorted(a.partition("/")[2] for a in addresses) == ["24", "24"]
    [peer] = shown["Peers"]
    assert (peer["IP"], len(peer["Name"])) == ("192.168.0.11", 12)
    assert shown["Labels"] == {}
    assert "Services" not in shown
    verbose = call("GET", "/networks/back?verbose=true").json()["Services"]
    assert verbose[""]["VIP"] == "<nil>"
    assert [task["Name"] for task in verbose[""]["Tasks"]] == ["app"]
    assert verbose[""]["Tasks"][0]["Info"] == {"Host IP": "192.168.0.11"}


def test_the_mesh_shows_every_node_and_what_it_publishes(
    engine: docker.DockerClient, call: Call
) -> None:
    ingress = call("GET", "/networks/ingress").json()
    assert list(ingress["Containers"]) == ["ingress-sbox"]
    assert ingress["Containers"]["ingress-sbox"]["Name"] == "ingress-endpoint"
    assert [p["IP"] for p in ingress["Peers"]] == [f"192.168.0.1{n}" for n in (1, 2, 3)]
    assert ingress["Labels"] == {}


def test_the_way_out_of_the_mesh_keeps_its_bridge(call: Call) -> None:
    busy = call("DELETE", "/networks/docker_gwbridge")
    assert (busy.status, busy.message.partition(" id:")[0]) == (
        403,
        "error while removing network: network docker_gwbridge has active endpoints "
        '(name:"gateway_ingress-sbox"',
    )


def test_two_endpoints_have_a_comma_between_them(engine: docker.DockerClient, call: Call) -> None:
    engine.networks.create("front")
    ids = [_run(engine, name, network="front") for name in ("one", "two")]
    ends = call("GET", "/networks/front").json()["Containers"]
    told = ", ".join(f'name:"{ends[i]["Name"]}" id:"{ends[i]["EndpointID"][:12]}"' for i in ids)
    busy = call("DELETE", "/networks/front")
    assert busy.message.endswith(f"network front has active endpoints ({told})")


def test_containers_are_put_only_where_they_may_be(engine: docker.DockerClient, call: Call) -> None:
    engine.networks.create("back", driver="overlay")
    engine.networks.create("open", driver="overlay", attachable=True)
    for name, more in (
        ("app", {}),
        ("hosted", {"network_mode": "host"}),
        ("alone", {"network_mode": "none"}),
        ("beside", {"network_mode": "container:app"}),
    ):
        _run(engine, name, **more)
    engine.images.pull("nginx")
    still = engine.containers.create("nginx", name="still")

    def refused(action: str, network: str, container: str, **more: object) -> tuple[int, str]:
        answer = call("POST", f"/networks/{network}/{action}", {"Container": container, **more})
        return answer.status, "" if answer.status == 200 else answer.message

    assert refused("connect", "back", "app") == (403, _DENIED)
    assert refused("connect", "open", "app") == (200, "")
    again = "app is already attached to network open"
    assert refused("connect", "open", "app") == (409, again)
    assert refused("connect", "nosuch", "nosuch") == (404, "No such container: nosuch")
    assert refused("connect", "host", "app")[1].startswith("cannot connect container to host")
    assert refused("connect", "none", "app") == (400, _PRIVATE)
    assert refused("connect", "bridge", "hosted") == (400, _SHARED)
    assert refused("connect", "bridge", "beside") == (400, _SHARED)
    assert refused("connect", "bridge", "alone") == (400, _PRIVATE)
    leaves = refused("disconnect", "host", "hosted")[1]
    assert leaves.startswith("cannot disconnect container from host network")
    # What does not run is connected to whatever name is given, and told at its start.
    assert refused("connect", "nosuch", "still") == (200, "")
    start = call("POST", "/containers/still/start")
    assert "network nosuch not found" in start.message
    gone = f"container {still.id} is not connected to the network nowhere"
    assert refused("disconnect", "nowhere", "still") == (403, gone)
    assert refused("disconnect", "nosuch", "still") == (200, "")
    assert refused("disconnect", "nosuch", "app") == (404, "network nosuch not found")
    assert refused("disconnect", "nosuch", "nosuch") == (404, "No such container: nosuch")
    assert refused("disconnect", "bridge", "nosuch", Force=True) == (
        404,
        "endpoint nosuch not found",
    )


def test_pruning_removes_unused_networks_of_the_swarm_too(
    engine: docker.DockerClient, call: Call
) -> None:
    for name in ("used", "free", "labelled"):
        engine.networks.create(name, driver="overlay", labels={"a": "b"} if "l" in name else {})
    engine.services.create("nginx", name="web", networks=["used"])
    assert engine.networks.prune({"label": "a=b"})["NetworksDeleted"] == ["labelled"]
    engine.networks.create("own")
    assert engine.networks.prune()["NetworksDeleted"] == ["free", "own"]
    names = {n["Name"] for n in call("GET", "/networks").json()}
    assert names == {"bridge", "host", "none", "docker_gwbridge", "ingress", "used"}


def test_a_list_of_networks_may_be_asked_for_with_a_slash(call: Call) -> None:
    assert call("GET", "/networks/").json() == call("GET", "/networks").json()


def test_networks_beside_the_machine_are_made(engine: docker.DockerClient, call: Call) -> None:
    options = {"parent": "eth0"}
    config = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="10.93.0.0/24")])
    made = engine.networks.create("lan", driver="macvlan", options=options, ipam=config)
    assert (made.attrs["Driver"], made.attrs["Options"]) == ("macvlan", options)
    engine.networks.create("l3", driver="ipvlan", options={"ipvlan_mode": "l3"})
    _run(engine, "app", network="lan")
    made.reload()
    assert [e["IPv4Address"] for e in made.attrs["Containers"].values()] == ["10.93.0.2/24"]
    for driver, options, message in (
        (
            "macvlan",
            {"parent": "nosuch0"},
            "invalid subinterface vlan name nosuch0, example formatting is eth0.10",
        ),
        (
            "macvlan",
            {"macvlan_mode": "foo"},
            "requested macvlan mode 'foo' is not valid, 'bridge' mode is the macvlan driver "
            "default",
        ),
    ):
        body = {"Name": "x", "Driver": driver, "Options": options}
        assert call("POST", "/networks/create", body).message == message


def test_a_bridge_has_one_subnet(call: Call) -> None:
    config = [{"Subnet": "10.78.0.0/24"}, {"Subnet": "10.79.0.0/24"}]
    answer = call("POST", "/networks/create", {"Name": "x", "IPAM": {"Config": config}})
    assert answer.message == "bridge driver doesn't support multiple subnets"
