"""RabbitMQ as far as it starts and is asked how it is: its protocol AMQP is not played."""

from __future__ import annotations

import time
from errno import ECONNREFUSED

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Interrupted, Step, Steps, Wait, line
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.daemon import Daemon

_IMAGES = ("rabbitmq",)
_ENDING = frozenset({signals.INT, signals.TERM})
_PORT = 5672


class _Client(Talk):
    """A connection, which ends with its first words."""

    def __init__(self, server: _Server, address: str) -> None:
        self._server = server
        self._address = address
        server.connections.add(self)

    def hear(self, data: bytes) -> bytes:
        if not data:
            return b""
        self.closed = True
        words = "the practice engine does not play AMQP: the connection is closed"
        self._server.log(_stamped(self._server.context, f"{self._address}: {words}", "error"))
        return b"AMQP\0\0\x09\x01"


class _Server(Daemon):
    """One running broker."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.open = False


def _stamped(context: Context, text: str, level: str = "info") -> str:
    now = context.now()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
    return f"{stamp}.{int(now % 1 * 10**6):06d}+00:00 [{level}] <0.{len(text) + 200}.0> {text}"


@executable(_IMAGES, "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:] or ["rabbitmq-server"]
    return program(words, context)


@executable(_IMAGES, "rabbitmq-server")
def rabbitmq_server(argv: list[str], context: Context) -> Program:
    server = _Server(context)

    def opened(address: str) -> Talk:
        if not server.open:
            raise ConnectionRefusedError(ECONNREFUSED, "Connection refused")
        return _Client(server, address)

    title = "/opt/erlang/lib/erlang/erts/bin/beam.smp -- -root /opt/erlang -progname erl"
    return Program(_serving(server), processes=(title,), hears=_ENDING, talks={_PORT: opened})


def _serving(server: _Server) -> Steps:
    context = server.context
    version = context.env.get("RABBITMQ_VERSION", "4.1")

    def told(text: str) -> Step:
        return line(_stamped(context, text))

    try:
        yield told(f"Starting RabbitMQ {version} on Erlang 27 [jit] (simulated: without AMQP)")
        yield line(
            f"\n  ##  ##      RabbitMQ {version}\n  ##  ##\n"
            "  ##########  Copyright (c) 2007-2025 Broadcom Inc and/or its subsidiaries\n"
            "  ######  ##\n  ##########  Licensed under the MPL 2.0. "
            "Website: https://rabbitmq.com\n"
        )
        yield Wait(2.0)
        yield line(f"  Starting broker...{_stamped(context, f'node: {_node(context)}')}")
        yield Wait(2.0)
        yield told(f"started TCP listener on [::]:{_PORT}")
        server.open = True
        yield line(" completed with 4 plugins.")
        yield told("Server startup complete; 4 plugins started.")
        try:
            return (yield from server.serve())
        except Interrupted:
            yield told("RabbitMQ is asked to stop...")
            yield Wait(0.3)
            return 0
    finally:
        server.open = False
        server.hang_up()


def _node(context: Context) -> str:
    return f"rabbit@{context.hostname}"


@executable(_IMAGES, "rabbitmqctl", "rabbitmq-diagnostics")
def asked(argv: list[str], context: Context) -> Program:
    return Program(_asked(argv, context))


def _asked(argv: list[str], context: Context) -> Steps:
    quiet = bool({"-q", "--quiet", "-s", "--silent"} & set(argv))
    words = [word for word in argv[1:] if not word.startswith("-")]
    order, node = words[0] if words else "", _node(context)
    try:
        context.net.converse("127.0.0.1", _PORT).end()
    except (NoSuchHost, OSError):
        yield line(f"Error: unable to perform an operation on node '{node}'.", 2)
        return 69
    head = {
        "ping": f"Will ping {node}. This only checks if the OS process is running and registered "
        "with epmd. Timeout: 60000 ms.\nPing succeeded",
        "check_running": f"Checking if RabbitMQ is running on node {node} ...\n"
        f"RabbitMQ on node {node} is fully booted and running",
        "status": f"Status of node {node} ...\nRuntime\n\n"
        f"RabbitMQ version: {context.env.get('RABBITMQ_VERSION', '')}\nNode name: {node}",
        "list_queues": "Timeout: 60.0 seconds ...\nListing queues for vhost / ...",
        "list_users": "Listing users ...\nuser\ttags\n"
        f"{context.env.get('RABBITMQ_DEFAULT_USER', 'guest')}\t[administrator]",
        "list_vhosts": "Listing vhosts ...\nname\n/",
    }
    head["check_port_connectivity"] = (
        f"Testing TCP connections to all active listeners on node {node} ...\n"
        f"Successfully connected to ports {_PORT} on node {node}."
    )
    if order not in head:
        yield line(f"{argv[0]}: the practice engine does not play '{order}'", 2)
        return 64
    text = head[order]
    yield line(text.rpartition("\n")[2] if quiet and order == "ping" else text)
    return 0
