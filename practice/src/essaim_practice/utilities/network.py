"""ping, nslookup, ip and ifconfig: the practice network, seen from a container."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from errno import ENETUNREACH
from ipaddress import IPv4Network

from essaim_practice.files import books
from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import Interface, NoSuchHost
from essaim_practice.programs.steps import Interrupted, Steps, Wait, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Misuse, options, tool


def own_address(context: Context) -> str:
    """The container's address, as its /etc/hosts tells it."""
    for row in books.lines(context.fs, "/etc/hosts"):
        address, *names = row.split() or [""]
        if context.hostname in names:
            return address
    return "127.0.0.1"


def resolved(host: str, context: Context) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        return context.net.resolve(host)
    except NoSuchHost:
        raise Complaint(f"bad address '{host}'", 1) from None


@tool("ping", usage="[OPTIONS] HOST")
def ping(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "46Aq", "csiItwWp")
    if not asked.words:
        raise Misuse("")
    host, count = asked.words[0], asked.number("c", 10**9)
    deadline = asked.number("w", 10**9)
    address, sent, came = resolved(host, context), 0, 0
    yield line(f"PING {host} ({address}): 56 data bytes")
    try:
        while sent < min(count, deadline):
            sent += 1
            if _comes_back(address, context):
                came += 1
                if "q" not in asked:
                    yield line(f"64 bytes from {address}: seq={sent - 1} ttl=64 time=0.090 ms")
            yield Wait(1.0 if sent < count or came < sent else 0.001)
    except Interrupted:
        pass
    lost = 100 - 100 * came // max(sent, 1)
    yield line(f"\n--- {host} ping statistics ---")
    yield line(f"{sent} packets transmitted, {came} packets received, {lost}% packet loss")
    if came:
        yield line("round-trip min/avg/max = 0.090/0.090/0.090 ms")
    return int(not came)


def _comes_back(address: str, context: Context) -> bool:
    """Whether a packet does. Raises Complaint where there is not even a way for it."""
    try:
        context.net.reach(address)
    except OSError as error:
        if error.errno == ENETUNREACH:
            raise Complaint("sendto: Network unreachable", 1) from None
        return False
    return True


@tool("nslookup", usage="[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]")
def nslookup(argv: list[str], context: Context) -> Steps:
    words = [word for word in argv[1:] if not word.startswith("-")]
    if not words:
        raise Misuse("")
    yield line("Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n")
    try:
        addresses = context.net.resolve_all(words[0])
    except NoSuchHost:
        said = f"** server can't find {words[0]}: NXDOMAIN\n"
        yield line(f"{said}\n{said}")
        return 1
    answers = "".join(f"Name:\t{words[0]}\nAddress: {address}\n" for address in addresses)
    yield line(f"Non-authoritative answer:\n{answers}")
    yield line("Non-authoritative answer:\n")
    return 0


@tool("getent", usage="hosts NAME")
def getent(argv: list[str], context: Context) -> Steps:
    if argv[1:2] not in (["hosts"], ["ahosts"]) or len(argv) < 3:
        return 1
    try:
        yield line(f"{context.net.resolve(argv[2]):<15} {argv[2]}")
    except NoSuchHost:
        return 2
    return 0


@tool("ip", usage="[OPTIONS] address|route|link|neigh|rule [ARGS]")
def ip(argv: list[str], context: Context) -> Steps:
    flags = [word for word in argv[1:] if word.startswith("-")]
    words = [word for word in argv[1:] if not word.startswith("-")]
    match (words or [""])[0][:1]:
        case "a" | "l":
            only = _device(words[1:])
            found = [card for card in _cards(context) if only in ("", card.name)]
            if not found:
                raise Complaint(f"can't find device '{only}'", 1)
            for card in found:
                yield line(_brief(card) if "-br" in flags else _card(card, words[0][0] == "a"))
        case "r":
            for row in _routes(context):
                yield line(row)
        case "n":
            return 0
        case _:
            raise Misuse("")
    return 0


@dataclass(frozen=True, slots=True)
class _Card:
    """An interface as ``ip`` numbers it."""

    number: int
    interface: Interface

    @property
    def name(self) -> str:
        return self.interface.name


def _device(words: list[str]) -> str:
    """The interface that ``ip`` is asked for: ``show dev eth0``; "" for all."""
    rest = [word for word in words if word not in ("show", "list", "ls", "s", "dev")]
    return rest[0] if rest else ""


def _cards(context: Context) -> list[_Card]:
    found = context.net.interfaces()
    address = own_address(context)
    if not found and address != "127.0.0.1":
        found = [Interface("eth0", address, 16, 3)]
    every = [Interface("lo", "127.0.0.1", 8), *found]
    cards = [_Card(max(number, one.peer - 1), one) for number, one in enumerate(every, 1)]
    return sorted(cards, key=lambda card: card.number)


def _card(card: _Card, whole: bool) -> str:
    one = card.interface
    if one.name == "lo":
        rows = [
            "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000",
            "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00",
        ]
    else:
        pair = f"@if{one.peer}" if one.peer else ""
        state = "BROADCAST,MULTICAST,UP,LOWER_UP" + (",M-DOWN" if one.peer else "")
        rows = [
            f"{card.number}: {one.name}{pair}: <{state}> mtu 1500 qdisc noqueue ",
            f"    link/ether {_hardware(one.address)} brd ff:ff:ff:ff:ff:ff",
        ]
    if whole:
        scope = "host lo" if one.name == "lo" else f"global {one.name}"
        wide = "" if one.name == "lo" else f" brd {_network(one).broadcast_address}"
        rows.append(f"    inet {one.address}/{one.bits}{wide} scope {scope}")
        rows.append("       valid_lft forever preferred_lft forever")
    return "\n".join(rows)


def _brief(card: _Card) -> str:
    one = card.interface
    state = "UNKNOWN" if one.name == "lo" else "UP"
    return f"{one.name:<16} {state:<14} {one.address}/{one.bits} "


def _network(one: Interface) -> IPv4Network:
    return IPv4Network(f"{one.address}/{one.bits}", strict=False)


def _routes(context: Context) -> Iterator[str]:
    for one in sorted((card.interface for card in _cards(context)[1:]), key=_is_inner):
        network = _network(one)
        if not _is_inner(one):
            yield f"default via {network[1]} dev {one.name} "
        yield f"{network} dev {one.name} scope link  src {one.address} "


def _is_inner(one: Interface) -> bool:
    """Whether the default route does not go by it."""
    return one.name != "eth0"


@tool("ifconfig")
def ifconfig(argv: list[str], context: Context) -> Steps:
    only = next((word for word in argv[1:] if not word.startswith("-")), "")
    cards = sorted(_cards(context), key=lambda card: card.name)
    found = [card.interface for card in cards if only in ("", card.name)]
    if not found:
        raise Complaint(f"{only}: error fetching interface information: Device not found", 1)
    for one in found:
        network = _network(one)
        if one.name == "lo":
            yield line("lo        Link encap:Local Loopback  ")
            yield line("          inet addr:127.0.0.1  Mask:255.0.0.0")
            yield line("          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n")
            continue
        yield line(f"{one.name:<9} Link encap:Ethernet  HWaddr {_hardware(one.address).upper()}  ")
        wide = f"Bcast:{network.broadcast_address}  Mask:{network.netmask}"
        yield line(f"          inet addr:{one.address}  {wide}")
        yield line("          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n")
    return 0


def _hardware(address: str) -> str:
    parts = [int(part) % 256 for part in address.split(".") if part.isdecimal()]
    return "02:42:" + ":".join(f"{part:02x}" for part in parts[:4])
