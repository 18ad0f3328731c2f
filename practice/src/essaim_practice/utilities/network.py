"""ping, nslookup, ip and ifconfig: the practice network, seen from a container."""

from __future__ import annotations

from errno import ENETUNREACH

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Interrupted, Steps, Wait, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import Misuse, options, tool


def own_address(context: Context) -> str:
    """The container's address, as its /etc/hosts tells it."""
    try:
        rows = decoded(context.fs.read("/etc/hosts")).splitlines()
    except OSError:
        rows = []
    for row in rows:
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
        address = context.net.resolve(words[0])
    except NoSuchHost:
        said = f"** server can't find {words[0]}: NXDOMAIN\n"
        yield line(f"{said}\n{said}")
        return 1
    yield line(f"Non-authoritative answer:\nName:\t{words[0]}\nAddress: {address}\n")
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
    words = [word for word in argv[1:] if not word.startswith("-")]
    address = own_address(context)
    start = address.rpartition(".")[0]
    match (words or [""])[0][:1]:
        case "a" | "l":
            yield line("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000")
            yield line("    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00")
            if words[0].startswith("a"):
                yield line("    inet 127.0.0.1/8 scope host lo")
                yield line("       valid_lft forever preferred_lft forever")
            yield line(
                "2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue "
            )
            yield line(f"    link/ether {_hardware(address)} brd ff:ff:ff:ff:ff:ff")
            if words[0].startswith("a"):
                yield line(f"    inet {address}/16 scope global eth0")
                yield line("       valid_lft forever preferred_lft forever")
        case "r":
            yield line(f"default via {start}.1 dev eth0 ")
        case _:
            raise Misuse("")
    return 0


@tool("ifconfig")
def ifconfig(argv: list[str], context: Context) -> Steps:
    address = own_address(context)
    yield line(f"eth0      Link encap:Ethernet  HWaddr {_hardware(address).upper()}  ")
    wide = f"{address.rsplit('.', 2)[0]}.255.255"
    yield line(f"          inet addr:{address}  Bcast:{wide}  Mask:255.255.0.0")
    yield line("          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n")
    yield line("lo        Link encap:Local Loopback  ")
    yield line("          inet addr:127.0.0.1  Mask:255.0.0.0")
    yield line("          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n")
    return 0


def _hardware(address: str) -> str:
    parts = [int(part) % 256 for part in address.split(".") if part.isdecimal()]
    return "02:42:" + ":".join(f"{part:02x}" for part in parts[:4])
