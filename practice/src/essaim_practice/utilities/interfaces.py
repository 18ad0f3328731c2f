"""ip, ifconfig, route, arp and hardware addresses: the network interfaces of a container."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import Interface
from essaim_practice.programs.steps import Steps, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Misuse, options, tool

_LO = Interface("lo", "127.0.0.1", 8, number=1, mtu=65536, address6="::1", bits6=128)
_IP = """[OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]

OPTIONS := -f[amily] inet|inet6|link | -o[neline]

ip addr add|del IFADDR dev IFACE | show|flush [dev IFACE] [to PREFIX]
ip route list|flush|add|del|change|append|replace|test ROUTE
ip link set IFACE [up|down] [arp on|off] [multicast on|off]
\t[promisc on|off] [mtu NUM] [name NAME] [qlen NUM] [address MAC]
\t[master IFACE | nomaster] [netns PID]
ip tunnel add|change|del|show [NAME]
\t[mode ipip|gre|sit] [remote ADDR] [local ADDR] [ttl TTL]
ip neigh show|flush [to PREFIX] [dev DEV] [nud STATE]
ip rule [list] | add|del SELECTOR ACTION"""
_KINDS = ("address", "route", "link", "tunnel", "neigh", "rule")
_CHANGES = ("add", "del", "delete", "set", "change", "replace", "append", "flush")
_SHOW = ("show", "list", "ls", "lst", "s", "dev", "sh")
_RULES = (("0", "local"), ("32766", "main"), ("32767", "default"))
_FOREVER = "       valid_lft forever preferred_lft forever"


def cards(context: Context) -> list[Interface]:
    """All interfaces, lo first."""
    return [_LO, *sorted(context.net.interfaces(), key=lambda card: card.number)]


@tool("ip", usage=_IP)
def ip(argv: list[str], context: Context) -> Steps:
    flags = {word for word in argv[1:] if word.startswith("-")}
    if not flags <= {"-4", "-6", "-o", "-oneline"}:
        raise Misuse("")
    words = [word for word in argv[1:] if word not in flags]
    kind = next((k for k in _KINDS if words and words[0] and k.startswith(words[0])), "")
    if not kind or kind == "tunnel":
        raise Misuse("")
    rest = words[1:]
    if rest and rest[0] in _CHANGES:
        why = "SIOCSIFFLAGS" if kind == "link" and rest[0] == "set" else "RTNETLINK answers"
        yield line(f"ip: {why}: Operation not permitted", 2)
        return 2
    match kind:
        case "address" | "link":
            only = _device(rest)
            found = [card for card in cards(context) if only in ("", card.name)]
            if not found:
                raise Complaint(f"can't find device '{only}'", 1)
            for card in found:
                for row in _shown(card, kind == "address", flags):
                    yield line(row)
        case "route":
            for row in _asked_routes(rest, "-6" in flags, context):
                yield line(row)
        case "rule":
            for number, name in _RULES:
                yield line(f"{number}:\tfrom all lookup {name} ")
    return 0


def _device(words: list[str]) -> str:
    """The interface that ``ip`` is asked for: ``show dev eth0``; "" for all."""
    rest = [word for word in words if word not in _SHOW]
    return rest[0] if rest else ""


def _shown(card: Interface, whole: bool, flags: set[str]) -> Iterator[str]:
    """The rows of one interface."""
    versions = [v for v in (4, 6) if not flags & {"-4", "-6"} or f"-{v}" in flags]
    rows = [row for version in versions for row in _addresses(card, version)] if whole else []
    if flags & {"-o", "-oneline"}:
        for row in rows:
            yield f"{card.number}: {card.name}    {row}\\{_FOREVER}"
        return
    if whole and flags and not rows:
        return
    queue = "" if "-6" in flags else "qdisc noqueue "
    if card.name == "lo":
        yield f"1: lo: <LOOPBACK,UP,LOWER_UP> mtu {card.mtu} {queue}qlen 1000"
        if not flags:
            yield "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00"
    else:
        pair = f"@if{card.peer}" if card.peer else ""
        state = "BROADCAST,MULTICAST,UP,LOWER_UP" + (",M-DOWN" if card.peer else "")
        yield f"{card.number}: {card.name}{pair}: <{state}> mtu {card.mtu} {queue}"
        if not flags:
            yield f"    link/ether {card.mac} brd ff:ff:ff:ff:ff:ff"
    for row in rows:
        yield f"    {row}"
        yield _FOREVER


def _addresses(card: Interface, version: int) -> Iterator[str]:
    lo = card.name == "lo"
    if version == 4 and not card.address:
        return
    if version == 4:
        wide = "" if lo else f" brd {network(card).broadcast_address}"
        scope = "host" if lo else "global"
        yield f"inet {card.address}/{card.bits}{wide} scope {scope} {card.name}"
    elif card.address6:
        scope = "host" if lo else "global flags 02"
        yield f"inet6 {card.address6}/{card.bits6} scope {scope} "
        if not lo:
            yield f"inet6 {link_local(card.mac)}/64 scope link "


def network(card: Interface) -> IPv4Network:
    """The IPv4 network of an interface."""
    return IPv4Network(f"{card.address}/{card.bits}", strict=False)


def link_local(mac: str) -> str:
    """The IPv6 address that an interface makes of its hardware address."""
    part = [int(pair, 16) for pair in mac.split(":")]
    eight = [part[0] ^ 2, *part[1:3], 0xFF, 0xFE, *part[3:]]
    low = int.from_bytes(bytes(eight), "big")
    return str(ip_address((0xFE80 << 112) + low))


def _asked_routes(words: list[str], six: bool, context: Context) -> Iterator[str]:
    if words[:1] == ["get"] and len(words) > 1:
        yield _way_to(words[1], context)
        return
    yield from _routes6(context) if six else _routes(context)


def _way_to(address: str, context: Context) -> str:
    every = _on_ipv4(context)
    for card in every:
        if ip_address(address) in network(card):
            return f"{address} dev {card.name}  src {card.address} "
    for card in every:
        if card.gateway:
            return f"{address} via {card.gateway} dev {card.name}  src {card.address} "
    raise Complaint("RTNETLINK answers: Network unreachable", 2)


def _on_ipv4(context: Context) -> list[Interface]:
    """The interfaces with an IPv4 address, but for lo."""
    return [card for card in cards(context)[1:] if card.address]


def _routes(context: Context) -> Iterator[str]:
    every = _on_ipv4(context)
    for card in every:
        if card.gateway:
            yield f"default via {card.gateway} dev {card.name} "
    for card in sorted(every, key=network):
        yield f"{network(card)} dev {card.name} scope link  src {card.address} "


def _routes6(context: Context) -> Iterator[str]:
    every = [card for card in cards(context)[1:] if card.address6]
    for card in every:
        block = ip_network(f"{card.address6}/{card.bits6}", strict=False)
        yield f"{IPv6Network(block)} dev {card.name}  metric 256 "
    for card in every:
        yield f"fe80::/64 dev {card.name}  metric 256 "
    for card in every:
        if card.gateway6:
            yield f"default via {card.gateway6} dev {card.name}  metric 1024 "
    for card in every:
        yield f"multicast ff00::/8 dev {card.name}  metric 256 "


@tool("ifconfig", usage="[-a] [IFACE]")
def ifconfig(argv: list[str], context: Context) -> Steps:
    words = [word for word in argv[1:] if not word.startswith("-")]
    only = words[0] if words else ""
    found = sorted(cards(context), key=lambda card: card.name)
    found = [card for card in found if only in ("", card.name)]
    if not found:
        raise Complaint(f"{only}: error fetching interface information: Device not found", 1)
    if len(words) > 1:
        raise Complaint("SIOCSIFADDR: Operation not permitted", 1)
    for card in found:
        for row in _configured(card):
            yield line(row)
    return 0


def _configured(card: Interface) -> Iterator[str]:
    lo = card.name == "lo"
    if lo:
        yield "lo        Link encap:Local Loopback  "
        yield f"          inet addr:{card.address}  Mask:{network(card).netmask}"
        yield f"          inet6 addr: {card.address6}/{card.bits6} Scope:Host"
        yield f"          UP LOOPBACK RUNNING  MTU:{card.mtu}  Metric:1"
    else:
        yield f"{card.name:<9} Link encap:Ethernet  HWaddr {card.mac.upper()}  "
        if card.address:
            block = network(card)
            wide = f"Bcast:{block.broadcast_address}  Mask:{block.netmask}"
            yield f"          inet addr:{card.address}  {wide}"
        if card.address6:
            yield f"          inet6 addr: {link_local(card.mac)}/64 Scope:Link"
            yield f"          inet6 addr: {card.address6}/{card.bits6} Scope:Global"
        yield f"          UP BROADCAST RUNNING MULTICAST  MTU:{card.mtu}  Metric:1"
    got = (0, 0, 0, 0) if lo else (2, 200, 1, 42)  # as of one that has just begun
    yield f"          RX packets:{got[0]} errors:0 dropped:0 overruns:0 frame:0"
    yield f"          TX packets:{got[2]} errors:0 dropped:0 overruns:0 carrier:0"
    yield f"          collisions:0 txqueuelen:{1000 if lo else 0} "
    counted = f"RX bytes:{got[1]} ({got[1]}.0 B)  TX bytes:{got[3]} ({got[3]}.0 B)"
    yield f"          {counted}\n"


@tool("route", usage="[{add|del|delete}]")
def route(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "neA")
    if asked.words:
        raise Complaint("SIOCADDRT: Operation not permitted", 1)
    for row in table(context, "n" in asked, "e" in asked):
        yield line(row)
    return 0


def table(context: Context, numeric: bool, windows: bool) -> Iterator[str]:
    """The kernel's routes, as ``route`` and ``netstat -r`` show them."""
    yield "Kernel IP routing table"
    head = "  MSS Window  irtt Iface" if windows else "Metric Ref    Use Iface"
    yield f"Destination     Gateway         Genmask         Flags {head}"
    rest = "     0 0          0 " if windows else " 0      0        0 "
    anywhere, nobody = ("0.0.0.0", "0.0.0.0") if numeric else ("default", "*")
    every = _on_ipv4(context)
    rows = [(anywhere, card.gateway, "0.0.0.0", "UG", card) for card in every if card.gateway]
    for card in sorted(every, key=network):
        block = network(card)
        rows.append((str(block.network_address), nobody, str(block.netmask), "U", card))
    for target, gateway, mask, letters, card in rows:
        shown = f"{target:<15} {gateway:<15} {mask:<15} {letters:<5}"
        yield f"{shown}{rest}{card.name}"


@tool("arp", usage="[-vn]\t[-H HWTYPE] [-i IF] -a [HOSTNAME]")
def arp(argv: list[str], context: Context) -> Steps:
    if any(word[:1] == "-" and set(word[1:]) - set("anvHit") for word in argv[1:]):
        raise Misuse("")
    return 0
    yield
