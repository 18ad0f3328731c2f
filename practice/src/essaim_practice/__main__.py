"""The command ``essaim-practice``: a practice Swarm for the docker command and for docker-py."""

from __future__ import annotations

import argparse
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from essaim_practice import Limits, PracticeServer, Settings, __version__
from essaim_practice.hosting.settings import ENGINE
from essaim_practice.store.edition import EDITIONS

_LOOPBACK = "127.0.0.1"
_PORT = 2375
_MOST_SWARMS = 100
_EPILOG = """\
Node1's API answers at HOST:PORT, node2's at the next port, and so on. Type the line that is
printed, `export DOCKER_HOST=...`, in another terminal, and use docker and docker-py there.
`docker build` needs DOCKER_BUILDKIT=0.

The API has no password and no encryption: whoever reaches its ports may do anything with the
simulated cluster. So nothing listens for other computers, unless --host says so; a published port
then answers through the API alone, at http://HOST:PORT/_practice/open/node1/8080/.

A cluster holds so much at most; --limit changes it, once for each:
"""


def _parser() -> argparse.ArgumentParser:
    limits = textwrap.fill(", ".join(f"{each.name}={each.default}" for each in fields(Limits)), 96)
    called = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(
        prog="python -m essaim_practice" if called == "__main__" else called,
        description="A simulated Docker Swarm that speaks the Docker Engine API over HTTP.",
        epilog=_EPILOG + limits,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add(
        "--host",
        default=_LOOPBACK,
        metavar="ADDRESS",
        help=f"listen at this address of this computer ({_LOOPBACK}); 0.0.0.0: at all of them",
    )
    add(
        "--port",
        type=_port,
        help=f"of node1's API ({_PORT}); the other nodes take the next ones",
    )
    add(
        "--socket",
        type=Path,
        metavar="PATH",
        help="listen at unix sockets in place of ports: with x.sock, node1's is x.sock, node2's "
        "x-node2.sock beside it; they are removed at the end",
    )
    add(
        "--swarms",
        type=_swarms,
        default=1,
        metavar="NUMBER",
        help="so many clusters that share nothing (1): the next one's ports follow the last one's; "
        "its sockets have -swarm2 in their names",
    )
    add(
        "--share",
        type=lambda text: Path(text).absolute(),
        metavar="DIR",
        help="bind mounts of this folder and of what is below it show its real files, read only; "
        "without it no file of this computer is seen",
    )
    add("--nodes", type=int, default=3, help="machines, 1 to 100 (3)")
    add("--swarm", choices=("formed", "empty"), default="formed", help="one Swarm already, or none")
    add(
        "--speed",
        type=float,
        default=1.0,
        help="simulated seconds per second, 0.1 to 100 (1); 0: time stands still until it is "
        "stepped, by POST /_practice/clock",
    )
    add("--seed", type=int, help="the same number gives the same run")
    add(
        "--engine",
        choices=tuple(EDITIONS),
        default=ENGINE,
        help=f"the version of the Docker engine that is played ({ENGINE})",
    )
    add(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="how much the cluster may hold: containers=20; see below",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return int(text)


def _swarms(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_SWARMS:
        raise argparse.ArgumentTypeError(f"{text}: write a number from 1 to {_MOST_SWARMS}")
    return int(text)


def _limit(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in (each.name for each in fields(Limits)):
        raise argparse.ArgumentTypeError(f"{name} is no limit: see --help")
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text}: write a whole number after the =")
    return name, int(number)


def _settings(options: argparse.Namespace) -> Iterator[Settings]:
    """Of each cluster. Raises ValueError."""
    alone = options.swarms == 1
    for number in range(options.swarms):
        yield Settings(
            nodes=options.nodes,
            formed=options.swarm == "formed",
            speed=options.speed,
            seed=None if options.seed is None else options.seed + number,
            limits=Limits(**dict(options.limit)),
            bind_ports=options.host == _LOOPBACK,
            claim_ports=options.host == _LOOPBACK and alone,
            engine=options.engine,
            share=options.share,
        )


def _start(options: argparse.Namespace) -> Iterator[PracticeServer]:
    """Each cluster, listening. Raises ValueError, and OSError where one cannot."""
    path, port = options.socket, options.port or _PORT
    for number, settings in enumerate(_settings(options)):
        if path is None:
            first = port + number * options.nodes
            yield PracticeServer.from_settings(settings, port=first, address=options.host)
        else:
            own = path.with_name(f"{path.stem}-swarm{number + 1}{path.suffix}") if number else path
            yield PracticeServer.from_settings(settings, path=own)


def _say(servers: list[PracticeServer]) -> None:
    """Where they are: a line for each on standard output, and all of it for a person."""
    for server in servers:
        print(f"export DOCKER_HOST={server.urls[0]}", flush=True)
    print("A simulation: no container really runs. Ctrl-C ends it.", file=sys.stderr)
    for number, server in enumerate(servers, 1):
        names = ", ".join(f"{name} {url}" for name, url in server.hosts.items())
        print(f"Swarm {number}: {names}." if servers[1:] else f"{names}.", file=sys.stderr)


def main() -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit code: 1 where it cannot listen."""
    parser = _parser()
    options = parser.parse_args()
    if options.socket is not None and (options.port or options.host != _LOOPBACK):
        parser.error("--socket listens at no port: leave --port and --host out")
    servers: list[PracticeServer] = []
    try:
        servers.extend(_start(options))
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        last = (options.port or _PORT) + options.swarms * options.nodes - 1
        where = f"ports {options.port or _PORT} to {last} of {options.host}"
        if options.socket is not None:
            where = str(error.filename or options.socket)
        print(f"Cannot listen on {where}: {error.strerror or error}.", file=sys.stderr)
        return 1
    else:
        _serve(servers, options.host)
        return 0
    finally:
        for server in servers:
            server.stop()


def _serve(servers: list[PracticeServer], address: str) -> None:
    # Asked for by name: a shell starts what runs in the background with Ctrl-C switched off.
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: ended.set())
    _say(servers)
    if address != _LOOPBACK:
        print(
            f"It listens at {address}, without a password: whoever reaches these ports may "
            "do anything with the cluster.",
            file=sys.stderr,
        )
    ended.wait()


if __name__ == "__main__":
    sys.exit(main())
