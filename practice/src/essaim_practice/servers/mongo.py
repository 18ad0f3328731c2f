"""MongoDB as far as it starts and is asked whether it is there: documents are not played."""

from __future__ import annotations

import json
import re
import time
from errno import ECONNREFUSED

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Interrupted, Step, Steps, Wait, line, printing
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.daemon import Daemon

_IMAGES = ("mongo",)
_ENDING = frozenset({signals.INT, signals.TERM})
_PORT = 27017
_UNPLAYED = "the practice engine does not play MongoDB's documents"
_PING = re.compile(r"""ping["']?\s*(?::\s*1\s*\}?)?\s*\)(\.ok)?""")
_PLAIN = re.compile(r"db\.(?:runCommand|adminCommand)\(")


class _Server(Daemon):
    """One running mongod."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.open = False

    def entry(self, part: str, number: int, where: str, text: str, **more: object) -> str:
        """A line of the log, as JSON."""
        now = self.context.now()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        when = {"$date": f"{stamp}.{int(now * 1000) % 1000:03d}+00:00"}
        row = {"t": when, "s": "I", "c": part, "id": number, "ctx": where, "msg": text}
        return json.dumps(row | ({"attr": more} if more else {}), separators=(",", ":"))


class _Client(Talk):
    """A connection, which ends with its first words."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        server.connections.add(self)

    def hear(self, data: bytes) -> bytes:
        if data:
            self.closed = True
            self._server.log(self._server.entry("NETWORK", 1, "conn1", _UNPLAYED))
        return b""


@executable(_IMAGES, "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:] or ["mongod"]
    return program(["mongod", *words] if words[0].startswith("-") else words, context)


@executable(_IMAGES, "mongod")
def mongod(argv: list[str], context: Context) -> Program:
    version = context.env.get("MONGO_VERSION", "8.0")
    if "--version" in argv:
        return Program(printing(f"db version v{version}"))
    given = ("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD")
    if len([name for name in given if context.env.get(name)]) == 1:
        text = f"\nerror: missing '{given[0]}' or '{given[1]}'\n       both must be specified for a"
        return Program(printing(f"{text} user to be created\n", 1, 2))
    server = _Server(context)

    def opened(address: str) -> Talk:
        if not server.open:
            raise ConnectionRefusedError(ECONNREFUSED, "Connection refused")
        return _Client(server)

    title = " ".join([*argv, *(["--bind_ip_all"] if "--bind_ip_all" not in argv else [])])
    return Program(
        _serving(server, version), processes=(title,), hears=_ENDING, talks={_PORT: opened}
    )


def _serving(server: _Server, version: str) -> Steps:
    def told(part: str, number: int, text: str, **more: object) -> Step:
        return line(server.entry(part, number, "initandlisten", text, **more))

    try:
        starting = {"pid": 1, "port": _PORT, "dbPath": "/data/db", "architecture": "64-bit"}
        yield told("CONTROL", 4615611, "MongoDB starting", **starting)
        yield told("CONTROL", 23403, "Build Info", buildInfo={"version": version})
        yield told("CONTROL", 1, f"(simulated) {_UNPLAYED}")
        yield Wait(0.5)
        yield told("NETWORK", 23015, "Listening on", address="0.0.0.0")
        server.open = True
        yield told("NETWORK", 23016, "Waiting for connections", port=_PORT, ssl="off")
        try:
            return (yield from server.serve())
        except Interrupted:
            text = "Received signal, will attempt to exit after all requests"
            yield line(server.entry("CONTROL", 23377, "SignalHandler", text))
            yield Wait(0.1)
            yield line(server.entry("CONTROL", 23138, "SignalHandler", "Shutting down", exitCode=0))
            return 0
    finally:
        server.open = False
        server.hang_up()


@executable(_IMAGES, "mongosh", "mongo")
def mongosh(argv: list[str], context: Context) -> Program:
    if "--version" in argv:
        return Program(printing("2.5.9"))
    return Program(_asked(argv, context))


def _asked(argv: list[str], context: Context) -> Steps:
    words = argv[1:]
    host = words[words.index("--host") + 1] if "--host" in words[:-1] else "127.0.0.1"
    script = words[words.index("--eval") + 1] if "--eval" in words[:-1] else ""
    try:
        context.net.converse(host.partition(":")[0], _PORT).end()
    except NoSuchHost:
        yield line(f"MongoNetworkError: getaddrinfo ENOTFOUND {host}", 2)
        return 1
    except OSError:
        yield line(f"MongoNetworkError: connect ECONNREFUSED {host}:{_PORT}", 2)
        return 1
    text = script.strip().rstrip(";")
    if _PLAIN.match(text) and (ping := _PING.search(text)):
        yield line("1" if ping[1] else "{ ok: 1 }")
        return 0
    if text == "db.version()":
        yield line(context.env.get("MONGO_VERSION", ""))
        return 0
    yield line(f"(simulated) {_UNPLAYED}", 2)
    return 1
