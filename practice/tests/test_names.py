"""Names in containers: services and aliases, the containers' own, /etc/hosts and /etc/resolv.conf.

What is expected was recorded from a real Docker 28.5.
"""

from __future__ import annotations

from collections.abc import Callable

import docker
import pytest
from docker.models.containers import Container
from docker.types import EndpointSpec, NetworkAttachmentConfig, ServiceMode

from essaim_practice import PracticeServer

from .conftest import Call

Said = Callable[..., str]

pytestmark = pytest.mark.edition("28.5")


def _run(engine: docker.DockerClient, line: str, **more: object) -> str:
    """What a line writes in a new alpine, whatever becomes of it."""
    made = engine.containers.run("alpine", ["sh", "-c", line], detach=True, **more)
    made.wait()
    text = made.logs().decode()
    made.remove()
    return str(text)


def _in(container: Container, line: str) -> str:
    return str(container.exec_run(["sh", "-c", line]).output.decode())


def _asked(answer: str) -> list[str]:
    """The addresses in an answer of nslookup, after that of the server."""
    rows = answer.partition("\n\n")[2].splitlines()
    return [row.partition(": ")[2] for row in rows if row.startswith("Address: ")]


@pytest.fixture
def shop(practice: PracticeServer, engine: docker.DockerClient) -> Container:
    """A container on an overlay with a service that has an alias, and one in mode dnsrr."""
    engine.images.pull("alpine", "latest")
    network = engine.networks.create("shop", driver="overlay", attachable=True)
    two = ServiceMode("replicated", 2)
    attached = [NetworkAttachmentConfig(network.id, aliases=["vote"])]
    engine.services.create("nginx", name="s_vote", mode=two, networks=attached)
    turns = EndpointSpec(mode="dnsrr")
    engine.services.create(
        "nginx", name="s_rr", mode=two, networks=[network.id], endpoint_spec=turns
    )
    engine.services.create(
        "nginx", name="s_none", mode=ServiceMode("replicated", 0), networks=[network.id]
    )
    practice.clock.step(30)
    return engine.containers.run("alpine", "sleep 1000", detach=True, network="shop")


def test_a_service_has_its_name_and_its_aliases(
    shop: Container, engine: docker.DockerClient
) -> None:
    [virtual] = _asked(_in(shop, "nslookup s_vote"))
    assert engine.services.get("s_vote").attrs["Endpoint"]["VirtualIPs"][0]["Addr"] == (
        f"{virtual}/24"
    )
    assert _asked(_in(shop, "nslookup vote")) == [virtual]
    replicas = _asked(_in(shop, "nslookup tasks.vote"))
    assert len({*replicas, virtual}) == 3
    assert set(_asked(_in(shop, "nslookup tasks.s_vote"))) == set(replicas)
    for name in ("vote", "tasks.vote", "s_vote.shop"):
        assert ", 0% packet loss" in _in(shop, f"ping -c 1 {name}")
        assert "Welcome to nginx!" in _in(shop, f"wget -qO- http://{name}")
    assert _in(shop, "ping -c 1 s_none") == "ping: bad address 's_none'\n"


def test_the_replicas_of_a_service_without_a_virtual_address_take_turns(shop: Container) -> None:
    first = _asked(_in(shop, "nslookup s_rr"))
    assert len(set(first)) == 2
    assert _asked(_in(shop, "nslookup s_rr")) == first[::-1]
    assert set(_asked(_in(shop, "nslookup tasks.s_rr"))) == set(first)
    shown = {_in(shop, "ping -c 1 s_rr").splitlines()[0] for _ in range(2)}
    assert shown == {f"PING s_rr ({address}): 56 data bytes" for address in first}


def test_the_default_bridge_has_no_names(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    said = _run(engine, "nslookup me; nslookup localhost", name="me")
    assert said == "".join(
        "Server:\t\t8.8.8.8\nAddress:\t8.8.8.8:53\n\n"
        f"** server can't find {name}: NXDOMAIN\n\n** server can't find {name}: NXDOMAIN\n\n"
        for name in ("me", "localhost")
    )
    assert _run(engine, "ping -c 1 me", name="me") == "ping: bad address 'me'\n"
    assert "(172.17.0." in _run(engine, "ping -c 1 $(hostname)")


def test_a_network_knows_containers_by_all_their_names(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    engine.networks.create("back")
    config = {"back": engine.api.create_endpoint_config(aliases=["www"])}
    web = engine.containers.run(
        *("nginx",), name="web", hostname="host", detach=True, network="back",
        networking_config=config,
    )  # fmt: skip
    web.reload()
    address = web.attrs["NetworkSettings"]["Networks"]["back"]["IPAddress"]
    asking = engine.containers.run("alpine", "sleep 1000", detach=True, network="back")
    for name in ("web", "www", "host", "web.back", web.id[:12]):
        assert _asked(_in(asking, f"nslookup {name}")) == [address]
    assert "name = web.back\n" in _in(asking, f"nslookup {address}")
    assert "can't find nosuch: SERVFAIL" in _in(asking, "nslookup nosuch")


def test_links_and_hosts_asked_for_are_in_the_hosts_file(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    web = engine.containers.run("nginx", name="web", detach=True)
    hosts = {"old": "10.1.2.3", "up": "host-gateway"}
    linked = {"links": {"web": "db"}, "extra_hosts": hosts}
    rows = _run(engine, "tail -n 4 /etc/hosts; ping -c 1 db | head -1", **linked).splitlines()
    assert rows[:3] == [
        "10.1.2.3\told",
        "172.17.0.1\tup",
        f"172.17.0.2\tdb {web.id[:12]} web",
    ]
    assert rows[4] == "PING db (172.17.0.2): 56 data bytes"
    added = _run(engine, "echo 1.2.3.4 mine >> /etc/hosts; ping -c 1 -W 1 mine | head -1")
    assert added == "PING mine (1.2.3.4): 56 data bytes\n"


def test_the_servers_asked_for_stand_behind_the_name_service(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    engine.networks.create("back")
    asked = {"dns": ["1.2.3.4"], "dns_search": ["ex.com"], "dns_opt": ["ndots:2"]}
    text = _run(engine, "tail -n +5 /etc/resolv.conf", network="back", **asked)
    assert text == (
        "nameserver 127.0.0.11\nsearch ex.com\noptions ndots:2\n\n"
        "# Based on host file: '/etc/resolv.conf' (internal resolver)\n"
        "# ExtServers: [1.2.3.4]\n# Overrides: [nameservers search options]\n"
        "# Option ndots from: override\n"
    )


def test_a_container_may_have_the_network_of_another(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    engine.containers.run("nginx", name="web", hostname="host", detach=True)
    shown = _run(engine, "hostname; wget -qO- http://localhost", network_mode="container:web")
    assert shown.startswith("host\n")
    assert "Welcome to nginx!" in shown
    assert "172.17.0.2/16" in _run(engine, "ip addr", network_mode="container:web")


def test_a_container_may_have_the_network_of_its_machine(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    shown = _run(engine, "hostname; ip -4 addr; tail -n 1 /etc/hosts", network_mode="host")
    assert shown.startswith("node1\n")
    assert "inet 192.168.0.11/23" in shown
    assert shown.endswith("192.168.0.11\tnode1\n")
    engine.containers.run("nginx", detach=True, network_mode="host")
    assert "Welcome to nginx!" in _run(engine, "wget -qO- http://172.17.0.1")


def test_ipv6_addresses_are_given(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    pools = [docker.types.IPAMPool(subnet="fd00:0db8::/64")]
    ipam = docker.types.IPAMConfig(pool_configs=pools)
    engine.networks.create("six", ipam=ipam, enable_ipv6=True)
    web = engine.containers.run("nginx", name="web", detach=True, network="six")
    asking = engine.containers.run("alpine", "sleep 1000", detach=True, network="six")
    assert _asked(_in(asking, "nslookup web"))[1] == "fd00:db8::2"
    assert "PING web (fd00:db8::2): 56 data bytes" in _in(asking, "ping -c 1 web")
    assert "inet6 fd00:db8::3/64 scope global" in _in(asking, "ip -6 addr show eth0")
    assert "default via fd00:db8::1 dev eth0" in _in(asking, "ip -6 route")
    assert f"fd00:db8::3\t{asking.id[:12]}\n" in _in(asking, "cat /etc/hosts")
    assert "Welcome to nginx!" in _in(asking, "wget -qO- 'http://[fd00:db8::2]'")
    web.reload()
    place = web.attrs["NetworkSettings"]["Networks"]["six"]
    assert (place["GlobalIPv6Address"], place["GlobalIPv6PrefixLen"]) == ("fd00:db8::2", 64)
    assert place["IPv6Gateway"] == "fd00:db8::1"
    shown = engine.networks.get("six").attrs["Containers"][web.id]
    assert shown["IPv6Address"] == "fd00:db8::2/64"
    made = engine.networks.create("own", enable_ipv6=True).attrs["IPAM"]["Config"]
    assert [":" in pool["Subnet"] for pool in made] == [False, True]
    assert made[1]["Gateway"] == made[1]["Subnet"].replace("/64", "1")
    other = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="fd00:db8::/60")])
    with pytest.raises(docker.errors.APIError, match="Pool overlaps with other one"):
        engine.networks.create("again", ipam=other, enable_ipv6=True)


def test_a_ping_needs_its_capability(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    said = _run(engine, "ping -c 1 127.0.0.1", cap_drop=["ALL"])
    assert said.splitlines()[-1] == "ping: permission denied (are you root?)"


def test_a_closed_network_has_no_gateway(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    engine.networks.create("back", internal=True)
    inside = engine.containers.run("alpine", "sleep 1000", detach=True, network="back")
    inside.reload()
    assert inside.attrs["NetworkSettings"]["Networks"]["back"]["Gateway"] == ""
    assert _in(inside, "ping -c 1 8.8.8.8").splitlines() == [
        "PING 8.8.8.8 (8.8.8.8): 56 data bytes",
        "ping: sendto: Network is unreachable",
    ]
    assert _in(inside, "ping -c 1 -W 1 172.17.0.1").endswith("Network is unreachable\n")


def test_the_default_route_goes_by_priority_then_by_name(
    engine: docker.DockerClient, call: Call
) -> None:
    engine.images.pull("alpine", "latest")
    for name in ("a", "b"):
        engine.networks.create(name)
    both = {"NetworkingConfig": {"EndpointsConfig": {"a": {}, "b": {"GwPriority": 5}}}}
    asked = {"Image": "alpine", "Cmd": ["ip", "route"], "HostConfig": {"NetworkMode": "a"}}
    for more, card in ((both, "eth0"), ({}, "eth0")):
        made = call("POST", "/containers/create", asked | more).json()["Id"]
        container = engine.containers.get(made)
        container.start()
        container.wait()
        first = container.logs().decode().splitlines()[0]
        network = engine.networks.get("b" if more else "a")
        gateway = network.attrs["IPAM"]["Config"][0]["Gateway"]
        assert first == f"default via {gateway} dev {card} "


def test_a_port_answers_where_it_is_published(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    engine.containers.run("nginx", detach=True, ports={"80/tcp": ("127.0.0.1", 8080)})
    line = "wget -qO- http://127.0.0.1:8080 | grep -c '<title>'; netstat -tln | grep 8080"
    row = "tcp        0      0 127.0.0.1:8080          0.0.0.0:*               LISTEN      \n"
    assert _run(engine, line, network_mode="host") == f"1\n{row}"
    refused = "wget: can't connect to remote host (172.17.0.1): Connection refused\n"
    assert _run(engine, "wget -qO- http://172.17.0.1:8080") == refused


def test_a_host_name_has_its_domain(engine: docker.DockerClient) -> None:
    engine.images.pull("alpine", "latest")
    line = "hostname; hostname -f; hostname -d; hostname -s; dnsdomainname; hostname -i"
    said = _run(engine, line, hostname="a.b.c")
    assert said == "a.b.c\na.b.c\nb.c\na\nb.c\n172.17.0.2\n"
    assert _run(engine, line, hostname="me") == "me\nme\nme\n172.17.0.2\n"
    asked = {"hostname": "me", "domainname": "ex.com"}
    assert _run(engine, "hostname -f; hostname -d", **asked) == "me.ex.com\nex.com\n"
    lost = _run(engine, "hostname -i", hostname="me", network="none")
    assert lost == "hostname: me: Host name lookup failure\n"


def test_debian_s_ping_speaks_as_iputils(engine: docker.DockerClient) -> None:
    engine.networks.create("back")
    engine.containers.run("nginx", name="web", detach=True, network="back")
    box = engine.containers.run("ubuntu", "sleep 1000", detach=True, network="back")
    _in(box, "apt-get update && apt-get install -y iputils-ping")
    rows = _in(box, "ping -c 1 web").splitlines()
    address = rows[0].split()[2]
    assert rows[0] == f"PING web {address} 56(84) bytes of data."
    assert rows[1] == f"64 bytes from web.back {address}: icmp_seq=1 ttl=64 time=0.090 ms"
    assert rows[3] == "--- web ping statistics ---"
    assert rows[4].startswith("1 packets transmitted, 1 received, 0% packet loss, time ")
    assert _in(box, "ping -c 1 nosuch") == "ping: nosuch: Name or service not known\n"
    assert "64 bytes from dns.google (8.8.8.8)" not in _in(box, "ping -c 1 8.8.8.8")
    assert "1 received, 0% packet loss" in _in(box, "ping -c 1 www.github.com")


def test_a_network_may_have_ipv6_alone(engine: docker.DockerClient, call: Call) -> None:
    engine.images.pull("alpine", "latest")
    asked = {"Name": "six", "EnableIPv4": False, "EnableIPv6": True}
    pool = {"Subnet": "fd00:db8::/64"}
    call("POST", "/networks/create", asked | {"IPAM": {"Config": [pool]}})
    shown = engine.networks.get("six").attrs
    assert (shown["EnableIPv4"], shown["IPAM"]["Config"]) == (False, [pool])
    web = engine.containers.run("nginx", name="web", detach=True, network="six")
    box = engine.containers.run("alpine", "sleep 1000", detach=True, network="six")
    web.reload()
    place = web.attrs["NetworkSettings"]["Networks"]["six"]
    given = [place[name] for name in ("IPAddress", "IPPrefixLen", "Gateway", "GlobalIPv6Address")]
    assert given == ["", 0, "", "fd00:db8::2"]
    assert engine.networks.get("six").attrs["Containers"][web.id]["IPv4Address"] == ""
    assert "inet " not in _in(box, "ip addr show eth0; ifconfig eth0")
    assert _in(box, "ip route") == ""
    assert _in(box, "tail -n 1 /etc/hosts") == f"fd00:db8::3\t{box.id[:12]}\n"
    assert "PING web (fd00:db8::2): 56 data bytes" in _in(box, "ping -c 1 web")
    assert "Welcome to nginx!" in _in(box, "wget -qO- http://web")
    assert "Network is unreachable" in _in(box, "ping -c 1 8.8.8.8")
