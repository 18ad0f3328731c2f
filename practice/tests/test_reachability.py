"""Who reaches whom: what ping and wget say in clusters of every shape is what the model says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from essaim_practice.engine.cluster import Cluster
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.images import local as images
from essaim_practice.images.catalogue import look_up
from essaim_practice.images.reference import parse
from essaim_practice.network import addresses, picture, topology
from essaim_practice.programs import base
from essaim_practice.store import containers
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.objects import Container, Image, Network, Service
from essaim_practice.swarm import canonical, membership
from essaim_practice.swarm.records import new_id

from .playing import Playing

LOST, CAME = "100% packet loss", ", 0% packet loss"
NO_WAY, NO_NAME = "Network is unreachable", "bad address"


@dataclass(frozen=True, slots=True)
class Net:
    """A network that is drawn."""

    name: str
    overlay: bool
    internal: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A container that is drawn. networks: names, or ``none`` or ``host`` alone."""

    name: str
    engine: str
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawnService:
    """A service that is drawn, on one overlay; its alias is ``the-NAME``."""

    name: str
    network: str
    replicas: int
    turns: bool  # endpoint mode dnsrr


@st.composite
def services(draw: st.DrawFn, nets: list[Net]) -> list[DrawnService]:
    """A service or two where there is an overlay."""
    overlays = [net.name for net in nets if net.overlay]
    found = []
    for number in range(draw(st.integers(1, 2)) if overlays else 0):
        network, replicas = draw(st.sampled_from(overlays)), draw(st.integers(0, 2))
        found.append(DrawnService(f"s{number}", network, replicas, draw(st.booleans())))
    return found


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[Net], list[Drawn], list[DrawnService]]:
    """Some networks, and containers on none, one or two of them; bridges are node1's."""
    kinds = st.tuples(st.booleans(), st.booleans())
    nets = [Net(f"n{i}", *draw(kinds)) for i in range(draw(st.integers(1, 3)))]
    known = [Net("bridge", overlay=False, internal=False), *nets]
    found = []
    for number in range(draw(st.integers(2, 4))):
        engine = draw(st.sampled_from(["node1", "node1", "node2"]))
        here = [net.name for net in known if net.overlay or engine == "node1"]
        some = st.lists(st.sampled_from(here), min_size=1, max_size=2, unique=True)
        alone = st.sampled_from([["none"], ["host"]])
        networks = draw(st.one_of(some, some, some, alone) if here else alone)
        found.append(Drawn(f"c{number}", engine, tuple(networks)))
    return nets, found, draw(services(nets))


def _made(nets: list[Net], drawn: list[Drawn], asked: Sequence[DrawnService] = ()) -> Cluster:
    clock = ManualClock()
    cluster = Cluster(clock, Random(1), nodes=2)
    store = cluster.store
    for net in nets:
        if net.overlay:
            network = Network(
                id=f"overlay{net.name}",
                name=net.name,
                driver="overlay",
                scope="swarm",
                engine="",
                created=0.0,
                labels={},
                subnet=(subnet := membership.free_subnet(store)),
                gateway=subnet.replace(".0/24", ".1"),
                attachable=True,
                internal=net.internal,
            )
            store.put(network)
        else:
            subnet = addresses.free_subnet(store, "node1")
            addresses.add_local(
                *(store, cluster.random, "node1", net.name, "bridge", subnet, {}),
                internal=net.internal,
            )
    for engine in ("node1", "node2"):
        for name in ("nginx", "alpine"):
            reference = parse(name)
            published = look_up(reference)
            assert published is not None
            images.add_pulled(store, engine, reference, published)
    for one in drawn:
        host = {"NetworkMode": one.networks[0]}
        body = {"Image": "nginx"}
        new = (one.engine, one.name, body, host, one.networks)
        store.put(replace(containers.new(store, cluster.random, *new), desired="running"))
        clock.advance(1)
    for service in asked:
        _serve(cluster, service)
    clock.advance(10 if asked else 0)
    return cluster


def _serve(cluster: Cluster, asked: DrawnService) -> None:
    store, now, version = cluster.store, cluster.clock.now(), cluster.store.next_version()
    attached = {"Target": f"overlay{asked.network}", "Aliases": [f"the-{asked.name}"]}
    spec = canonical.stored(
        {
            "Name": asked.name,
            "TaskTemplate": {"ContainerSpec": {"Image": "nginx:latest"}, "Networks": [attached]},
            "Mode": {"Replicated": {"Replicas": asked.replicas}},
            "EndpointSpec": {"Mode": "dnsrr" if asked.turns else "vip"},
        }
    )
    store.put(Service(new_id(cluster.random), version, now, now, spec, version))


def _typed(cluster: Cluster, name: str, *argv: str) -> str:
    """What a line says in a container, typed with the programs of alpine."""
    container = _called(cluster, name)
    alpine = next(i for i in cluster.store.all(Image) if "alpine" in i.tags[0])
    context = cluster.runtime.contexts.of(container, alpine)
    program = base.find(argv[0], replace(context, inside=_files(alpine, context)))
    assert program is not None
    return Playing().play(program(list(argv), context)).text


def _files(image: Image, context: base.Context) -> base.Files:
    return base.Files(FileSystem(image.files, context.now))


def _called(cluster: Cluster, name: str) -> Container:
    return next(c for c in cluster.store.all(Container) if c.name == name)


def _shared(one: Drawn, other: Drawn) -> list[str]:
    return [
        name for name in one.networks if name in other.networks and name not in ("none", "host")
    ]


def _expected(nets: list[Net], one: Drawn, other: Drawn, network: str) -> str:
    """What a ping from one to the other's address on a network must come to."""
    kinds = {net.name: net for net in nets} | {"bridge": Net("bridge", False, False)}
    if network in one.networks:
        return CAME
    if one.networks == ("none",):
        return NO_WAY
    if one.networks == ("host",):
        near = not kinds[network].overlay and one.engine == other.engine
        return CAME if near else LOST
    gets_out = any(not kinds[name].internal for name in one.networks)
    return LOST if gets_out else NO_WAY


@settings(max_examples=100)
@given(clusters())
def test_ping_and_wget_say_what_the_model_says(
    found: tuple[list[Net], list[Drawn], list[DrawnService]],
) -> None:
    nets, drawn, asked = found
    cluster = _made(nets, drawn, asked)
    named = {net.name for net in nets}
    for one in drawn:
        asking = _called(cluster, one.name)
        reaches = list(picture.reached_from(cluster.store, asking))
        for other in drawn:
            if other is one:
                continue
            target = _called(cluster, other.name)
            drawn_reach = {reach.network for reach in reaches if reach.target == target.id}
            assert drawn_reach == set(_shared(one, other))
            for network in topology.networks(cluster.store, target):
                if address := topology.address_of(cluster.store, target, network):
                    said = _typed(cluster, one.name, "ping", "-c1", "-W1", address)
                    assert _expected(nets, one, other, network.name) in said
                    answered = "Welcome to nginx!" in _typed(
                        cluster, one.name, "wget", "-qO-", f"http://{address}"
                    )
                    assert answered == (CAME in said)
            said = _typed(cluster, one.name, "wget", "-qO-", f"http://{other.name}")
            if named & set(_shared(one, other)):
                assert "Welcome to nginx!" in said
            else:
                assert NO_NAME in said
        for service in asked:
            near = service.network in one.networks and service.replicas > 0
            for name in (service.name, f"the-{service.name}", f"tasks.{service.name}"):
                assert (CAME if near else NO_NAME) in _typed(cluster, one.name, "ping", "-c1", name)
                said = _typed(cluster, one.name, "wget", "-qO-", f"http://{name}")
                assert (f"<strong>{service.name}." if near else NO_NAME) in said
        outside = _typed(cluster, one.name, "ping", "-c1", "8.8.8.8")
        kinds = {net.name: net for net in nets}
        inner = all(name in kinds and kinds[name].internal for name in one.networks)
        assert (NO_WAY in outside) == (inner or one.networks == ("none",))


def test_what_is_drawn_is_who_is_where() -> None:
    nets = [Net("back", overlay=False, internal=True), Net("shop", overlay=True, internal=False)]
    drawn = [
        Drawn("web", "node1", ("back", "shop")),
        Drawn("db", "node1", ("back",)),
        Drawn("far", "node2", ("shop",)),
    ]
    cluster = _made(nets, drawn)
    ids = {c.id: c.name for c in cluster.store.all(Container)}
    shown = {n.name: n for n in picture.drawn(cluster.store)}
    assert {ids[m.container] for m in shown["back"].members} == {"web", "db"}
    assert {ids[m.container] for m in shown["shop"].members} == {"web", "far"}
    assert not shown["back"].leads_out
    reaches = {
        (ids[r.source], ids[r.target], r.network)
        for c in cluster.store.all(Container)
        for r in picture.reached_from(cluster.store, c)
    }
    assert reaches == {
        ("web", "db", "back"),
        ("db", "web", "back"),
        ("web", "far", "shop"),
        ("far", "web", "shop"),
    }
