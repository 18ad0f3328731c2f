"""nslookup, getent, traceroute and hostname: whom a container reaches, by which names."""

from __future__ import annotations

from collections.abc import Iterator
from errno import EHOSTUNREACH, ENETUNREACH
from ipaddress import ip_address

from essaim_practice.files import books
from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Steps, Wait, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Doing, Misuse, gnu, options, reason, tool

_UNKNOWN_HOST = 3.07  # seconds until Linux gives up asking who has an address
_LOST = 130.0  # seconds until Linux gives a connection up that nobody answers
_NSLOOKUP = """[-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]

Query DNS about HOST

QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any"""
_INNER = "127.0.0.11"  # the name service of networks


def _in_hosts(name: str, context: Context) -> Iterator[str]:
    return (address for address, _ in _rows(name, context))


def _rows(name: str, context: Context) -> Iterator[tuple[str, list[str]]]:
    """Address and names of the rows of /etc/hosts that have a name; there may be thousands."""
    for row in books.lines(context.fs, "/etc/hosts"):
        if name in row:
            address, *names = row.partition("#")[0].split() or [""]
            if name in names:
                yield address, names


def addresses(host: str, context: Context) -> list[str]:
    """The addresses of a host: its own, those of /etc/hosts, of the name service. NoSuchHost."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        found = list(_in_hosts(host, context))
    if found:
        return sorted(found, key=lambda address: ":" in address)
    return context.net.resolve_all(host)


def resolved(host: str, context: Context, version: int = 0) -> str:
    """An address of a host, of IPv4 or (version 6) IPv6. Raises Complaint.

    Version 0 is either; IPv6 comes first where host and container have it, as the C library sorts.
    """
    try:
        found = addresses(host, context)
    except NoSuchHost:
        found = []
    six = [address for address in found if ":" in address and address != "::1"]
    if version == 6:
        found = [address for address in found if ":" in address]
    elif version == 4 or not any(one.address6 for one in context.net.interfaces()):
        found = [address for address in found if ":" not in address] or found
    elif six:
        found = six
    if not found:
        raise Complaint(f"bad address '{host}'", 1)
    return found[0]


def gave_up(error: OSError, patience: float = _LOST) -> Doing[bool]:
    """Wait as Linux does before it reports that an address is not reached.

    patience: seconds after which the caller gives up itself; True where it did.
    """
    takes = {EHOSTUNREACH: _UNKNOWN_HOST}.get(error.errno or 0, _LOST)
    if error.errno in (ENETUNREACH, None) or "refused" in reason(error):
        return False
    yield Wait(min(takes, patience))
    return patience < takes


def comes_back(address: str, context: Context) -> bool:
    """Whether a packet does. Raises Complaint where there is not even a way for it."""
    try:
        context.net.reach(address)
    except OSError as error:
        if error.errno == ENETUNREACH:
            raise Complaint("sendto: Network is unreachable", 1) from None
        return False
    return True


@tool("nslookup", usage=_NSLOOKUP)
def nslookup(argv: list[str], context: Context) -> Steps:
    words = [word for word in argv[1:] if not word.startswith("-")]
    if not words:
        raise Misuse("")
    rows = books.lines(context.fs, "/etc/resolv.conf")
    known = next((row.split()[1] for row in rows if row.startswith("nameserver ")), _INNER)
    server = words[1] if len(words) > 1 else known
    if server != _INNER:
        try:
            context.net.reach(server)
        except OSError as error:
            yield from gave_up(error)
            if error.errno == ENETUNREACH:
                raise Complaint(
                    f"can't connect to remote host ({server}): {reason(error)}", 1
                ) from None
            raise Complaint("write to '" + server + "': Connection refused", 1) from None
    yield line(f"Server:\t\t{server}\nAddress:\t{server}:53\n")
    kind = next((w.partition("=")[2].lower() for w in argv[1:] if w.startswith("-type")), "")
    found = _answers(words[0], kind, context)
    if not found:
        name = (not kind and _reverse(words[0])) or words[0]
        said = f"** server can't find {name}: {'SERVFAIL' if server == _INNER else 'NXDOMAIN'}\n"
        yield line(said if kind or _reverse(words[0]) else f"{said}\n{said}")
        return 1
    for answer in found:
        yield line(f"Non-authoritative answer:\n{answer}")
    return 0


def _answers(name: str, kind: str, context: Context) -> list[str]:
    """What the name service answers, question by question; nothing where it knows no such name."""
    try:
        if (pointer := _reverse(name)) and not kind:
            return [f"{pointer}\tname = {context.net.name_of(name)}\n"]
        found = context.net.look_up(name)
    except NoSuchHost:
        return []
    rows = {
        "a": [f"Name:\t{name}\nAddress: {one}\n" for one in found if ":" not in one],
        "aaaa": [f"Name:\t{name}\nAddress: {one}\n" for one in found if ":" in one],
    }
    return ["".join(rows.get(each, [])) for each in ([kind] if kind else ["a", "aaaa"])]


def _reverse(text: str) -> str:
    """The name that stands for an address: ``2.0.17.172.in-addr.arpa``; "" for a name."""
    try:
        return ip_address(text).reverse_pointer
    except ValueError:
        return ""


@tool("getent", usage="hosts NAME")
def getent(argv: list[str], context: Context) -> Steps:
    if argv[1:2] not in (["hosts"], ["ahosts"]) or len(argv) < 3:
        return 1
    if argv[1] == "ahosts":
        try:
            found = addresses(argv[2], context)
        except NoSuchHost:
            return 2
        for address in found:
            for number, kind in enumerate(("STREAM", "DGRAM", "RAW")):
                yield line(f"{address:<15} {kind:<6} {'' if number else argv[2]}")
        return 0
    for address, names in _rows(argv[2], context):
        if argv[2] != "localhost" or ":" in address:
            yield line(f"{address:<15} {' '.join(names)}")
            return 0
    try:
        found = context.net.resolve_all(argv[2])
    except NoSuchHost:
        return 2
    six = [address for address in found if ":" in address]
    for address in six or found:
        yield line(f"{address:<15} {argv[2]}")
    return 0


@tool("traceroute", usage="[-46FIlnrv] [-f 1ST_TTL] [-m MAXTTL] [-w SEC] HOST [BYTES]")
def traceroute(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "46FIlnrv", "fmpqstwgi")
    if not asked.words:
        raise Misuse("")
    host, most = asked.words[0], asked.number("m", 30)
    address = resolved(host, context)
    yield line(f"traceroute to {host} ({address}), {most} hops max, 46 byte packets")
    try:
        came = comes_back(address, context)
    except Complaint:
        raise Complaint("sendto: Network is unreachable", 1) from None
    if came:
        name = "localhost" if address == "127.0.0.1" else host
        shown = address if "n" in asked else f"{name} ({address})"
        yield line(f" 1  {shown}  0.004 ms  0.001 ms  0.001 ms")
        return 0
    for number in range(1, most + 1):
        yield Wait(3.0 * asked.number("w", 5))
        yield line(f"{number:2}  *  *  *")
    return 0


def _looked_up(context: Context) -> list[str]:
    """What the name service says of the host's own name."""
    try:
        return context.net.look_up(context.hostname)
    except NoSuchHost:
        return []


@tool("hostname", usage="[-sidf] [HOSTNAME | -F FILE]")
def hostname(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "sidf" + ("AI" if gnu(context) else ""), "F")
    if asked.words:
        raise Complaint("sethostname: Operation not permitted", 1)
    if "I" in asked:
        cards = context.net.interfaces()
        found = [a for card in cards for a in (card.address, card.address6) if a]
        yield line("".join(f"{address} " for address in found))
    elif "i" in asked:
        found = list(_in_hosts(context.hostname, context)) or _looked_up(context)
        if not found and gnu(context):
            raise Complaint("Temporary failure in name resolution", 1)
        if not found:
            raise Complaint(f"{context.hostname}: Host name lookup failure", 1)
        yield line(" ".join(found) if gnu(context) else found[0])
    elif "f" in asked:
        yield line(_whole_name(context))
    elif "s" in asked:
        yield line(context.hostname.partition(".")[0])
    elif "d" in asked:
        yield from _domain(context)
    else:
        yield line(context.hostname)
    return 0


@tool("dnsdomainname")
def dnsdomainname(argv: list[str], context: Context) -> Steps:
    yield from _domain(context)
    return 0


def _domain(context: Context) -> Doing[None]:
    if domain := _whole_name(context).partition(".")[2]:
        yield line(domain)


def _whole_name(context: Context) -> str:
    """The host's name with its domain: the first one in its row of /etc/hosts."""
    for _, names in _rows(context.hostname, context):
        return names[0]
    return context.hostname
