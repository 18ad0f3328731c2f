"""nc, telnet and netstat: connections, and the ports that wait for them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.sockets import Socket
from essaim_practice.programs.steps import READ, Hear, Steps, Wait, Write, line
from essaim_practice.programs.talk import Talk
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.base import Doing, Misuse, options, reason, tool
from essaim_practice.utilities.interfaces import table
from essaim_practice.utilities.network import gave_up, resolved

_MOST = 64 * 1024  # bytes that wait in one direction
_PAUSE = 0.002  # seconds that the last bytes are on their way
_NC = """[-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]

Open a pipe to IP:PORT or FILE

\t-l\tListen mode, for inbound connects
\t\t(use -ll with -e for persistent server)
\t-p PORT\tLocal port
\t-w SEC\tConnect timeout
\t-i SEC\tDelay interval for lines sent
\t-f FILE\tUse file (ala /dev/ttyS0) instead of network
\t-e PROG\tRun PROG after connect"""
_NETSTAT = """[-ral] [-tuwx] [-en]

Display networking information

\t-r\tRouting table
\t-a\tAll sockets
\t-l\tListening sockets
\t\tElse: connected sockets
\t-t\tTCP sockets
\t-u\tUDP sockets
\t-w\tRaw sockets
\t-x\tUnix sockets
\t\tElse: all socket types
\t-e\tOther/more information
\t-n\tDon't resolve names"""


class _Guest(Talk):
    """A connection that was accepted: its caller hears and speaks as to any server."""

    def __init__(self, news: Callable[[], None]) -> None:
        self.came = b""  # from the caller
        self.over = False  # the caller has closed it
        self._news = news
        self._said = b""

    def hear(self, data: bytes) -> bytes:
        if data:
            self.came = (self.came + data)[-_MOST:]
            self._news()
        said, self._said, self.ready = self._said, b"", False
        return said

    def say(self, data: bytes) -> None:
        self._said = (self._said + data)[-_MOST:]
        self._call()

    def close(self) -> None:
        self.closed = True
        self._call()

    def _call(self) -> None:
        self.ready = True
        if self.listener is not None:
            self.listener()

    def end(self) -> None:
        super().end()
        self.over = True
        self._news()


class _Door:
    """A port that takes one caller; a Channel that is ready when there is something new."""

    def __init__(self) -> None:
        self.listener: Callable[[], None] | None = None
        self.guest: _Guest | None = None
        self._ready = False

    @property
    def ready(self) -> bool:
        return self._ready

    def open(self, source: str) -> Talk:
        guest = _Guest(self._news)
        if self.guest is None:
            self.guest = guest
            self._news()
        else:
            guest.close()
        return guest

    def taken(self) -> None:
        self._ready = False

    def _news(self) -> None:
        self._ready = True
        if self.listener is not None:
            self.listener()


@tool("nc", usage=_NC)
def nc(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "l", "iwpfe")
    if "e" in asked or "f" in asked:
        raise Complaint("unsupported by the practice engine", 1)
    if "l" in asked:
        own = asked.get("p") or next(iter(asked.words), "0")
        yield from _served(_port(own), context)
        return 0
    if len(asked.words) != 2:
        raise Misuse("")
    host, port = asked.words
    talk = yield from _called(host, port, float(asked.number("w", 10**6)), context)
    yield from _spoken(talk)
    return 0


@tool("telnet", usage="[-a] [-l USER] HOST [PORT]")
def telnet(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "a", "l")
    if not asked.words:
        raise Misuse("")
    host, port = asked.words[0], (asked.words[1:] or ["23"])[0]
    talk = yield from _called(host, port, inf, context)
    yield line(f"Connected to {host}\n\nEntering character mode\nEscape character is '^]'.\n")
    yield from _spoken(talk)
    yield line("Connection closed by foreign host", 2)
    return 1


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:6]) < 65536):
        raise Complaint(f"bad port '{text}'", 1)
    return int(text)


def _called(host: str, port: str, patience: float, context: Context) -> Doing[Talk]:
    """A connection. Raises Complaint where there is none."""
    number, address = _port(port), resolved(host, context)
    try:
        return context.net.converse(address, number)
    except NoSuchHost:
        raise Complaint(f"bad address '{host}'", 1) from None
    except OSError as error:
        if (yield from gave_up(error, patience)):
            raise Complaint("timed out", 1) from None
        said = f"can't connect to remote host ({address}): {reason(error)}"
        raise Complaint(said, 1) from None


def _spoken(talk: Talk) -> Doing[None]:
    """Say what is typed, and show what is heard, until one side ends."""
    said, reading = talk.hear(b""), True
    try:
        while True:
            if said:
                yield Write(said)
            if talk.closed or not reading:
                break
            data = yield Hear((talk,), READ)
            said = talk.hear(b"") if talk.ready else b""
            if data:
                said += talk.hear(data)
            elif data is not None:
                reading = False
                said += talk.hear(b"")
    finally:
        talk.end()
    yield Wait(_PAUSE)  # so that who listens in the same shell has its turn


def _served(port: int, context: Context) -> Doing[None]:
    """Wait for one caller, show what it says, and say what is typed."""
    door = _Door()
    try:
        close = context.net.listen(port, Socket(talks=door.open))
    except OSError as error:
        raise Complaint(f"bind: {reason(error)}", 1) from None
    guest, reading = None, True
    try:
        while True:
            data = yield Hear((door,), READ if guest is not None and reading else None)
            door.taken()
            guest = door.guest
            if guest is None:
                continue
            if guest.came:
                came, guest.came = guest.came, b""
                yield Write(came)
            if data:
                guest.say(data)
            elif data is not None:
                reading = False
            if guest.over:
                return
    finally:
        close()
        if guest is not None:
            guest.close()


@tool("netstat", usage=_NETSTAT)
def netstat(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "ralentuwx")
    if "r" in asked:
        for row in table(context, "n" in asked, windows=True):
            yield line(row)
        return 0
    some = {"t", "u", "w", "x"} & asked.given.keys()
    listens, every = "l" in asked, "a" in asked
    which = "only servers" if listens else "servers and established" if every else "w/o servers"
    if some != {"x"}:
        yield line(f"Active Internet connections ({which})")
        yield line(
            "Proto Recv-Q Send-Q Local Address           Foreign Address         State       "
        )
        if (listens or every) and ("t" in some or not some):
            for address, port in context.net.listening():
                local = f"{address}:{port}"
                yield line(f"tcp        0      0 {local:<23} {_foreign(address):<23} LISTEN      ")
    if "x" in some or not some:
        yield line(f"Active UNIX domain sockets ({which})")
        yield line("Proto RefCnt Flags       Type       State         I-Node Path")
    return 0


def _foreign(address: str) -> str:
    return ":::*" if ":" in address else "0.0.0.0:*"


@tool("arping", usage="[-fqbDUA] [-c CNT] [-w TIMEOUT] [-I IFACE] [-s SRC_IP] DST_IP")
def arping(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "fqbDUA", "cwIsi")
    if not asked.words:
        raise Misuse("")
    address = asked.words[0]
    card = next(iter(context.net.interfaces()), None)
    if card is None:
        raise Complaint("interface eth0 not found: No such device", 1)
    yield line(f"ARPING {address} from {card.address} {card.name}")
    count = min(asked.number("c", 3), 100)
    try:
        context.net.reach(address)
        came = count
    except OSError:
        came = 0
    for _ in range(came):
        yield line(f"Unicast reply from {address} [{_hardware(address)}] 0.007ms")
    yield line(f"Sent {count} probe(s) (0 broadcast(s))")
    yield line(f"Received {came} response(s) (0 request(s), 0 broadcast(s))")
    return int(not came)


def _hardware(address: str) -> str:
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))
