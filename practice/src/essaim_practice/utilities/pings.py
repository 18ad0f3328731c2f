"""ping: BusyBox's, and that of iputils, which Debian's images have once it is installed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Interrupted, Steps, Wait, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Doing, Misuse, Options, gnu, options, tool
from essaim_practice.utilities.network import comes_back, resolved

_SIZE = 56  # bytes of a ping
_PATIENCE = 10.0  # seconds that a ping waits for the last answer
_PING = """[OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

\t-4,-6\t\tForce IP or IPv6 name resolution
\t-c CNT\t\tSend only CNT pings
\t-s SIZE\t\tSend SIZE data bytes in packets (default 56)
\t-i SECS\t\tInterval
\t-A\t\tPing as soon as reply is received
\t-t TTL\t\tSet TTL
\t-I IFACE/IP\tSource interface or IP address
\t-W SEC\t\tSeconds to wait for the first response (default 10)
\t\t\t(after all -c CNT packets are sent)
\t-w SEC\t\tSeconds until ping exits (default:infinite)
\t\t\t(can exit earlier with -c CNT)
\t-q\t\tQuiet, only display output at start/finish
\t-p HEXBYTE\tPayload pattern"""


@dataclass(slots=True)
class _Echo:
    """What came of the pings so far."""

    sent: int = 0
    came: int = 0


@tool("ping", "ping6", usage=_PING)
def ping(argv: list[str], context: Context) -> Steps:
    if gnu(context):
        return (yield from _iputils(argv, context))
    asked = options(argv, "46Aq", "csiItwWp")
    if not asked.words:
        raise Misuse("")
    host, version = asked.words[0], 6 if "6" in asked or argv[0].endswith("6") else 0
    size, _ = asked.number("s", _SIZE), asked.number("c", 1)
    address = resolved(host, context, 4 if "4" in asked else version)
    yield line(f"PING {host} ({address}): {size} data bytes")
    done = _Echo()
    if not context.rights.can("NET_RAW"):
        raise Complaint("permission denied (are you root?)", 1)
    with suppress(Interrupted):
        yield from _pinged(address, size, asked, context, done)
    lost = 100 - 100 * done.came // max(done.sent, 1)
    yield line(f"\n--- {host} ping statistics ---")
    counted = f"{done.sent} packets transmitted, {done.came} packets received"
    yield line(f"{counted}, {lost}% packet loss")
    if done.came:
        yield line("round-trip min/avg/max = 0.090/0.090/0.090 ms")
    return int(not done.came)


def _pinged(address: str, size: int, asked: Options, context: Context, done: _Echo) -> Doing[None]:
    """Send pings until there were enough, or the time is over."""
    count, pause = asked.number("c", 10**9), _seconds(asked, "i", 1.0)
    left = _seconds(asked, "w", 1e9)
    patience = _seconds(asked, "W", _PATIENCE)
    while done.sent < count and left > 0:
        came = comes_back(address, context)
        done.sent += 1
        if came:
            done.came += 1
            if "q" not in asked:
                row = f"{size + 8} bytes from {address}: seq={done.sent - 1} ttl=64"
                yield line(f"{row} time=0.090 ms")
        last = done.sent >= count
        wait = (0.001 if came else patience) if last else pause
        yield Wait(min(wait, left))
        left -= wait


def _seconds(asked: Options, letter: str, otherwise: float) -> float:
    text = asked.get(letter, str(otherwise))
    try:
        return max(0.001, float(text))
    except ValueError:
        raise Complaint(f"invalid number '{text}'", 1) from None


def _iputils(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "46aAbBdDfhLnOqrRUvV", "cFiIlmMpQsStTwW")
    if not asked.words:
        raise Complaint("usage error: Destination address required", 1)
    host, count = asked.words[-1], asked.number("c", 10**9)
    try:
        address = resolved(host, context, 6 if "6" in asked else 4 if "4" in asked else 0)
    except Complaint:
        yield line(f"ping: {host}: Name or service not known", 2)
        return 2
    size, pause, began = asked.number("s", _SIZE), _seconds(asked, "i", 1.0), context.now()
    left, patience = _seconds(asked, "w", 1e9), _seconds(asked, "W", _PATIENCE)
    try:
        comes_back(address, context)
    except Complaint:
        yield line("ping: connect: Network is unreachable", 2)
        return 2
    shown = f"{_name(address, context)} ({address})" if host != address else address
    yield line(f"PING {host} ({address}) {size}({size + 28}) bytes of data.")
    done = _Echo()
    with suppress(Interrupted):
        while done.sent < count and left > 0:
            came = comes_back(address, context)
            done.sent += 1
            done.came += came
            if came and "q" not in asked:
                row = f"{size + 8} bytes from {shown}: icmp_seq={done.sent} ttl=64"
                yield line(f"{row} time=0.090 ms")
            wait = (0.001 if came else patience) if done.sent >= count else pause
            yield Wait(min(wait, left))
            left -= wait
    lost = 100 - 100 * done.came // max(done.sent, 1)
    took = int(1000 * (context.now() - began))
    yield line(f"\n--- {host} ping statistics ---")
    counted = f"{done.sent} packets transmitted, {done.came} received"
    yield line(f"{counted}, {lost}% packet loss, time {took}ms")
    yield line("rtt min/avg/max/mdev = 0.090/0.090/0.090/0.000 ms" if done.came else "")
    return int(not done.came)


def _name(address: str, context: Context) -> str:
    """The name that belongs to an address, or the address."""
    try:
        return context.net.name_of(address)
    except NoSuchHost:
        return "localhost" if address == "127.0.0.1" else address
