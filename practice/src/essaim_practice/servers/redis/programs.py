"""The programs of the image redis: the server and the command line client."""

from __future__ import annotations

from functools import partial

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.steps import Interrupted, Steps, Wait, Work, line, printing
from essaim_practice.servers.redis.client import Client
from essaim_practice.servers.redis.server import Server, configuration
from essaim_practice.store.memory import allocated

_IMAGES = ("redis",)
_ENDING = frozenset({signals.INT, signals.TERM})
_WORK = Work(2000)
_BANNER = r"""                _._
           _.-``__ ''-._
      _.-``    `.  `_.  ''-._           Redis {version} (00000000/0) 64 bit
  .-`` .-```.  ```\/    _.,_ ''-._
 (    '      ,       .-`  | `,    )     Running in standalone mode
 |`-._`-...-` __...-.``-._|'` _.-'|     Port: {port}
 |    `-._   `._    /     _.-'    |     PID: {pid}
  `-._    `-._  `-./  _.-'    _.-'
 |`-._`-._    `-.__.-'    _.-'_.-'|
 |    `-._`-._        _.-'_.-'    |           http://redis.io
  `-._    `-._`-.__.-'_.-'    _.-'
 |`-._`-._    `-.__.-'    _.-'_.-'|
 |    `-._`-._        _.-'_.-'    |
  `-._    `-._`-.__.-'_.-'    _.-'
      `-._    `-.__.-'    _.-'
          `-._        _.-'
              `-.__.-'
"""


def version_of(context: Context) -> str:
    return context.env.get("REDIS_VERSION", "8.2.2")


@executable(_IMAGES, "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:] or ["redis-server"]
    if words[0].startswith("-") or words[0].endswith(".conf"):
        words = ["redis-server", *words]
    return program(words, context)


@executable(_IMAGES, "redis-server")
def redis_server(argv: list[str], context: Context) -> Program:
    version = version_of(context)
    match argv[1:]:
        case ["-v" | "--version"]:
            shown = f"Redis server v={version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0"
            return Program(printing(shown))
    words, path = argv[1:], ""
    if words and not words[0].startswith("-"):
        path, *words = words
        text = context.file(path)
        if text is None:
            text_ = f"Fatal error, can't open config file '{context.path(path)}': No such file"
            return Program(printing(f"{text_} or directory", 1, 2))
        found = configuration(words, text.decode(errors="replace"))
    else:
        found = configuration(words, "")
    if isinstance(found, str):
        return Program(printing(found, 1, 2))
    server = Server(context, version, found)
    return Program(
        _serving(server, path),
        processes=(f"redis-server *:{server.port}",),
        hears=_ENDING,
        talks={server.port: partial(Client, server)},
    )


def _serving(server: Server, path: str) -> Steps:
    new, port = server.numbers, server.port
    star = "*" if new >= (7, 2) else "#"
    server.data.room = allocated()
    try:
        if new >= (4,):
            ooo = "oO0OoO0OoO0Oo"
            yield line(server.said(f"{ooo} Redis is starting {ooo}", star, "C"))
            text = f"Redis version={server.version}, bits=64, commit=00000000, modified=0"
            yield line(server.said(f"{text}, pid={server.context.pid}, just started", star, "C"))
        if path:
            yield line(server.said("Configuration loaded", star, "C"))
        else:
            example = "redis-server /path/to/redis.conf"
            text = "Warning: no config file specified, using the default config. In order to "
            yield line(server.said(f"{text}specify a config file use {example}", "#", "C"))
        yield Wait(0.01)
        if new >= (6, 2):
            yield line(server.said("monotonic clock: POSIX clock_gettime"))
        if new < (6,):
            banner = _BANNER.format(version=server.version, port=port, pid=server.context.pid)
            yield line(banner)
        else:
            yield line(server.said(f"Running mode=standalone, port={port}."))
        if new < (4,):
            yield line(server.said(f"Server started, Redis version {server.version}", "#"))
        else:
            yield line(server.said("Server initialized", "*" if new >= (7, 2) else "#"))
        try:
            for text in server.load():
                yield line(text) if text else _WORK
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            yield line(server.said(f"Fatal error loading the DB, check server logs. {reason}", "#"))
            return 1
        if new >= (7, 2):
            yield line(server.said("Ready to accept connections tcp"))
        elif new >= (4,):
            yield line(server.said("Ready to accept connections"))
        else:
            text = f"The server is now ready to accept connections on port {port}"
            yield line(server.said(text))
        try:
            yield from server.serve()
        except Interrupted as interrupted:
            yield from _told_to_end(server, interrupted.signal)
        yield from _ending(server)
        return 0
    finally:
        server.hang_up()


def _told_to_end(server: Server, signal: int) -> Steps:
    name, now = "SIGTERM" if signal == signals.TERM else "SIGINT", int(server.context.now())
    yield line(
        f"{server.context.pid}:signal-handler ({now}) Received {name} scheduling shutdown..."
    )
    yield Wait(0.05)
    star = "*" if server.numbers >= (7, 2) else "#"
    yield line(server.said("User requested shutdown...", star))
    return 0


def _ending(server: Server) -> Steps:
    star = "*" if server.numbers >= (7, 2) else "#"
    if server.config["save"].strip() not in ("", '""'):
        yield line(server.said("Saving the final RDB snapshot before exiting."))
        try:
            server.save()
        except OSError as error:
            yield line(server.said(f"Error trying to save the DB: {error.strerror}", "#"))
        else:
            yield line(server.said("DB saved on disk"))
    text = "Redis is now ready to exit, bye bye..."
    yield line(server.said(text, "#" if server.numbers >= (5,) else star))
    return 0
