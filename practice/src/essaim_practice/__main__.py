"""``python -m essaim_practice``: a practice Swarm for the docker command and for docker-py."""

from __future__ import annotations

import argparse
import signal
import sys
import textwrap
import threading
from dataclasses import fields

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.store.limits import Limits

_EPILOG = """\
Node1's API answers at 127.0.0.1:PORT, node2's at the next port, and so on; nothing listens for
other machines. Type the line that is printed, `export DOCKER_HOST=...`, in another terminal, and
use docker and docker-py there. What a cluster may hold is set with --limit, once for each:
"""


def _parser() -> argparse.ArgumentParser:
    names = textwrap.fill(", ".join(f"{each.name}={each.default}" for each in fields(Limits)), 96)
    parser = argparse.ArgumentParser(
        prog="python -m essaim_practice",
        description="A simulated Docker Swarm that speaks the Docker Engine API on the loopback.",
        epilog=_EPILOG + names,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=_port, default=2375, help="of node1's API (2375)")
    parser.add_argument("--nodes", type=_nodes, default=3, help="machines, 1 to 100 (3)")
    parser.add_argument(
        "--swarm", choices=("formed", "empty"), default="formed", help="one Swarm already, or none"
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        help="simulated seconds per second, 0.1 to 100; 0 stands still until it is told to step",
    )
    parser.add_argument("--seed", type=int, help="makes every run alike")
    parser.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="such as containers=20; the names are below, with what they are else",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535")
    return int(text)


def _nodes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no number of nodes: 1 to 100")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if speed and not 0.1 <= speed <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no speed: 0, or from 0.1 to 100")
    return speed


def _limit(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in (each.name for each in fields(Limits)):
        raise argparse.ArgumentTypeError(f"{name} is no limit: see --help")
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text}: write a whole number after the =")
    return name, int(number)


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    if options.port + options.nodes - 1 > 65535:
        parser.error(f"{options.nodes} nodes from port {options.port} on: ports end at 65535")
    try:
        server = PracticeServer.start(
            nodes=options.nodes,
            formed=options.swarm == "formed",
            port=options.port,
            speed=options.speed,
            seed=options.seed,
            limits=Limits(**dict(options.limit)),
        )
    except OSError as error:
        last = options.port + options.nodes - 1
        reason = error.strerror or error
        print(f"Cannot listen on ports {options.port} to {last}: {reason}.", file=sys.stderr)
        return 1
    # Asked for by name: a shell starts what runs in the background with Ctrl-C switched off.
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: ended.set())
    print(f"export DOCKER_HOST={server.urls[0]}", flush=True)
    names = ", ".join(f"node{n} {url}" for n, url in enumerate(server.urls, 1))
    print(f"A simulation: no container really runs. {names}. Ctrl-C ends it.", file=sys.stderr)
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
