"""docker network: what containers and services speak to each other through."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from core.cluster.engine_json import Json, items, text
from core.commands.api import Request, path
from core.commands.command import Client, Report, command, each, spoken
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.inspections import Inspection
from core.commands.kinds import OnEach, OneCall, Prune
from core.commands.listing import Column, Listing, labelled
from core.commands.source import Call, given
from core.commands.streams import Streams
from core.commands.subnets import configs
from core.commands.table import moment_of, short
from core.commands.values import FILTER, INTEGER, MAP, MARK, STRINGS, filters, listed, pairs
from core.errors import DockerRefused, EngineRejected

_INGRESS = (
    "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run "
    "the same docker engine version. Otherwise, removal may not be effective and functionality of "
    "newly create ingress networks will be impaired."
)


@command("network ls", "network list")
class ListNetworks(Listing):
    """List the networks that this node knows."""

    columns = (
        Column("CreatedAt", "CREATED AT", lambda network: moment_of(network["Created"])),
        Column("Driver", "DRIVER", lambda network: text(network, "Driver")),
        Column("ID", "NETWORK ID", lambda it: short(it["Id"]), lambda it: it["Id"]),
        Column("IPv4", "IPV4", lambda it: str(bool(it.get("EnableIPv4", True))).lower()),
        Column("IPv6", "IPV6", lambda it: str(bool(it.get("EnableIPv6"))).lower()),
        Column("Internal", "INTERNAL", lambda it: str(bool(it.get("Internal"))).lower()),
        Column("Labels", "LABELS", labelled),
        Column("Name", "NAME", lambda network: text(network, "Name")),
        Column("Scope", "SCOPE", lambda network: text(network, "Scope")),
    )
    shown = ("ID", "Name", "Driver", "Scope")
    kind = "*network.networkContext"
    loop = ("network", "print(network.short_id, network.name)")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    no_trunc: bool = switch("--no-trunc")
    quiet: bool = switch("--quiet", "-q")

    def _call(self) -> Call:
        return Call("client.networks.list", **given(filters=filters(self.filter)))

    def _found(self, client: Client) -> Iterable[Json]:
        found = client.api.networks(**given(filters=filters(self.filter))) or []
        return sorted(found, key=lambda network: text(network, "Name"))


@command("network create", changes=True)
class CreateNetwork(OneCall):
    """Make a network: of one node, or with -d overlay of the whole Swarm."""

    attachable: bool = switch("--attachable")
    aux_address: tuple[str, ...] = options("--aux-address", value=MAP)
    config_from: str = option("--config-from")
    config_only: bool = switch("--config-only")
    driver: str = option("-d", "--driver", default="bridge")
    gateway: tuple[str, ...] = options("--gateway", value=STRINGS)
    ingress: bool = switch("--ingress")
    internal: bool = switch("--internal")
    ip_range: tuple[str, ...] = options("--ip-range", value=STRINGS)
    ipam_driver: str = option("--ipam-driver", default="default")
    ipam_opt: tuple[str, ...] = options("--ipam-opt", value=MAP)
    ipv4: bool | None = switch("--ipv4", default=None)
    ipv6: bool | None = switch("--ipv6", default=None)
    label: tuple[str, ...] = options("--label", value=MARK)
    opt: tuple[str, ...] = options("-o", "--opt", value=MAP)
    scope: str = option("--scope")
    subnet: tuple[str, ...] = options("--subnet", value=STRINGS)
    network: str = argument("NETWORK")

    @property
    def _in_docker_py(self) -> bool:
        return not (self.config_only or self.config_from or self.ipv4 is not None) and (
            self.ipv6 is not False
        )

    def _ipam(self) -> Json:
        """Raises DockerRefused."""
        subnets, ranges = listed(self.subnet), listed(self.ip_range)
        found = configs(subnets, ranges, listed(self.gateway), pairs(self.aux_address))
        ipam: Json = {"Driver": self.ipam_driver, "Config": found}
        return ipam | {"Options": pairs(self.ipam_opt)}

    def _call(self) -> Call:
        try:
            ipam = self._ipam()
        except DockerRefused:  # the text says what was asked for; only the doing refuses it
            ipam = {
                "Driver": self.ipam_driver,
                "Config": [{"Subnet": each} for each in self.subnet],
            }
        flags = {"attachable": self.attachable, "ingress": self.ingress, "internal": self.internal}
        return Call(
            "client.api.create_network",
            self.network,
            driver=self.driver,
            **given(
                enable_ipv6=self.ipv6,
                ipam=ipam,
                labels=pairs(self.label),
                options=pairs(self.opt),
                scope=self.scope,
            ),
            **{name: True for name, said in flags.items() if said},
        )

    def _request(self) -> Request:
        body: Json = {"Name": self.network, "Driver": self.driver, "IPAM": self._ipam()}
        body |= {"Options": pairs(self.opt), "Labels": pairs(self.label), "Scope": self.scope}
        body |= {"Internal": self.internal, "Attachable": self.attachable, "Ingress": self.ingress}
        body |= {"ConfigOnly": self.config_only}
        body |= {"EnableIPv4": self.ipv4} if self.ipv4 is not None else {}
        body |= {"EnableIPv6": self.ipv6} if self.ipv6 is not None else {}
        body |= {"ConfigFrom": {"Network": self.config_from}} if self.config_from else {}
        return Request("post", "/networks/create", body=body)

    def _python(self) -> str:
        if not self._in_docker_py:
            with suppress(DockerRefused):
                return self._request().text('print(answer.json()["Id"])')
        return f'print({self._call()}["Id"])\n'

    def _run(self, client: Client, report: Report) -> str:
        self._ipam()
        made = self._call().on(client) if self._in_docker_py else self._request().json(client)
        return self._said(client, made)

    def _said(self, client: Client, answer: Any) -> str:
        return str(answer["Id"])


@command("network inspect", reveals=True)
class InspectNetworks(Inspection):
    """Show all that this node knows about networks, and who is in them."""

    struct = "network.Inspect"
    format: str = option("--format", "-f")
    verbose: bool = switch("--verbose", "-v")
    networks: tuple[str, ...] = arguments("NETWORK")

    def _call(self, name: str) -> Call:
        return Call("client.api.inspect_network", name, **given(verbose=self.verbose or None))


@command("network rm", "network remove", changes=True, destructive=True)
class RemoveNetworks(OnEach):
    """Remove networks that nobody is in."""

    method = "api.remove_network"
    force: bool = switch("--force", "-f")
    networks: tuple[str, ...] = arguments("NETWORK")

    def _call(self, name: str) -> Call:
        return Call("client.api.remove_network", name)

    def _run(self, client: Client, report: Report) -> str:
        refusals: list[EngineRejected] = []

        def remove(name: str) -> str:
            try:
                return each([name], lambda one: self._call(one).on(client))
            except EngineRejected as error:
                if not (self.force and error.status == 404):
                    refusals.append(error)
                return ""

        gone = "\n".join(filter(None, map(remove, self.networks)))
        if refusals:
            why = EngineRejected("\n".join(map(str, refusals)), refusals[0].status)
            why.spoken = "\n".join([*map(spoken, refusals), "exit status 1"])
            why.printed = gone
            raise why
        return gone

    def _play(self, client: Client, streams: Streams) -> int:
        """The network of the mesh is removed only by who says yes."""
        for name in self.networks:
            known = [it for it in client.api.networks() or () if name in (it["Name"], it["Id"])]
            if any(network.get("Ingress") for network in known) and not streams.agreed(_INGRESS):
                return 0
        return OnEach._play(self, client, streams)


@command("network connect", changes=True)
class ConnectNetwork(OneCall):
    """Put a container into one more network."""

    alias: tuple[str, ...] = options("--alias", value=STRINGS)
    driver_opt: tuple[str, ...] = options("--driver-opt", value=MAP)
    gw_priority: int = option("--gw-priority", value=INTEGER, default=0)
    ip: str = option("--ip")
    ip6: str = option("--ip6")
    link: tuple[str, ...] = options("--link")
    link_local_ip: tuple[str, ...] = options("--link-local-ip", value=STRINGS)
    network: str = argument("NETWORK")
    container: str = argument("CONTAINER")

    def _call(self) -> Call:
        links = [
            (name, alias or name) for name, _, alias in (it.partition(":") for it in self.link)
        ]
        return Call(
            "client.api.connect_container_to_network",
            self.container,
            self.network,
            **given(
                aliases=listed(self.alias),
                driver_opt=pairs(self.driver_opt),
                ipv4_address=self.ip,
                ipv6_address=self.ip6,
                link_local_ips=listed(self.link_local_ip),
                links=links,
            ),
        )

    def _request(self) -> Request:
        addresses = given(
            IPv4Address=self.ip, IPv6Address=self.ip6, LinkLocalIPs=listed(self.link_local_ip)
        )
        endpoint: dict[str, object] = {"Aliases": listed(self.alias)}
        endpoint |= given(
            DriverOpts=pairs(self.driver_opt),
            GwPriority=self.gw_priority,
            IPAMConfig=addresses,
            Links=list(self.link),
        )
        body = {"Container": self.container, "EndpointConfig": endpoint}
        return Request("post", path("/networks/{}/connect", self.network), body=body)

    def _python(self) -> str:
        return self._request().text() if self.gw_priority else self._call()

    def _run(self, client: Client, report: Report) -> str:
        self._request().on(client)
        return ""

    def _said(self, client: Client, answer: Any) -> str:
        return ""


@command("network disconnect", changes=True)
class DisconnectNetwork(OneCall):
    """Take a container out of a network."""

    force: bool = switch("-f", "--force")
    network: str = argument("NETWORK")
    container: str = argument("CONTAINER")

    def _call(self) -> Call:
        flags = {"force": True} if self.force else {}
        function = "client.api.disconnect_container_from_network"
        return Call(function, self.container, self.network, **flags)

    def _said(self, client: Client, answer: Any) -> str:
        return ""


@command("network prune", changes=True, destructive=True)
class PruneNetworks(Prune):
    """Remove every network that no container is in."""

    things = "Networks"
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("--force", "-f")

    def _doomed(self) -> str:
        return "custom networks not used by at least one container"

    def _call(self) -> Call:
        return Call("client.networks.prune", **given(filters=filters(self.filter)))

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return items(pruned, "NetworksDeleted")

    def _said(self, client: Client, answer: Json | None) -> str:
        gone = self.told(answer or {})
        return f"{gone}\n" if gone else ""
