"""The command ``python -m essaim_practice.worker``: a process that holds many practice clusters."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from essaim_practice import PracticeError, WorkerClient, __version__
from essaim_practice.hosting.settings import Settings

_PATIENCE = 3.0  # seconds for the answer to a check
_EPILOG = """\
Whoever directs it asks over HTTP: GET /worker tells how it fares, PUT /worker/clusters/ID opens a
cluster, DELETE ends it, GET /worker/changes tells what changes. Of a worker that listens at a unix
socket, the engines are at FOLDER/ID/node1.sock; of one that listens at a TCP port, at
tcp://HOST:PORT/clusters/ID/engines/node1.

At a TCP port every request must show the secret that ESSAIM_WORKER_SECRET holds, or the file that
ESSAIM_WORKER_SECRET_FILE names: Authorization: Bearer SECRET.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m essaim_practice.worker",
        description="Holds many practice clusters in one process.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--version", action="version", version=__version__)
    add(
        "--listen",
        required=True,
        metavar="ADDRESS",
        help="unix:///FOLDER/worker0.sock, in a folder of yours alone, or tcp://0.0.0.0:7070; "
        "with - it loads all it needs, and waits for a line with the address on its standard input",
    )
    add("--data", type=Path, metavar="FOLDER", help="keep the clusters there; else in memory only")
    add("--most", type=_most, default=100, metavar="NUMBER", help="clusters at a time (100)")
    add(
        "--child",
        action="store_true",
        help="end when the standard input ends, and take an empty folder away",
    )
    add(
        "--docker",
        type=shlex.split,
        default=[],
        metavar="COMMAND",
        help="what does the docker lines typed on machines: python -m core.commands.server",
    )
    add("--check", action="store_true", help="start nothing: exit with 0 if a worker answers there")
    return parser


def _most(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= len(text) <= 6 or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number of clusters: 1 or more")
    return int(text)


def _secret(environ: Mapping[str, str]) -> str:
    """Raises OSError and UnicodeDecodeError when the file of the secret cannot be read."""
    if named := environ.get("ESSAIM_WORKER_SECRET_FILE", ""):
        return Path(named).read_text(encoding="utf-8").strip()
    return environ.get("ESSAIM_WORKER_SECRET", "").strip()


def main() -> int:
    """Serve until SIGTERM, Ctrl-C, or the end of the standard input with --child.

    Returns the exit code: 1 where it cannot listen.
    """
    options = _parser().parse_args()
    if options.check:
        return _check(options.listen)
    if options.listen == "-":
        _load()
        options.listen = sys.stdin.readline().strip()
        if not options.listen:
            return 0  # nobody needs it any more
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: ended.set())
    if options.child:  # Ctrl-C reaches all that a terminal runs: its parent tells when to end
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_until_input_ends, args=(ended,), daemon=True).start()
    try:
        return _serve(options, ended)
    except _Refused as refused:
        print(f"This worker does not start: {refused}.", file=sys.stderr)
        return 1


def _check(host: str) -> int:
    """0 if a worker answers there."""
    try:
        WorkerClient(host, _secret(os.environ), _PATIENCE).status()
    except (PracticeError, OSError, ValueError):
        return 1
    return 0


def _load() -> None:
    """Import what takes most of a start."""
    import essaim_practice.worker.server  # noqa: F401


class _Refused(Exception):
    """It cannot start; the text says why."""


def _serve(options: argparse.Namespace, ended: threading.Event) -> int:
    # Loaded here: --help and a wrong option need no engine.
    from essaim_practice.hosting.clusters import Clusters
    from essaim_practice.worker import garbage
    from essaim_practice.worker.address import InFolder, OnPort, Unfit, parse
    from essaim_practice.worker.server import Worker
    from essaim_practice.worker.usage import raise_open_files

    try:
        address = parse(options.listen)
        secret = _secret(os.environ) if isinstance(address, OnPort) else ""
    except (Unfit, UnicodeDecodeError) as error:
        raise _Refused(str(error)) from None
    except OSError as error:
        raise _Refused(f"{error.filename} cannot be read: {error.strerror}") from None
    if isinstance(address, OnPort) and not secret:
        raise _Refused(
            "whoever reaches a TCP port may do anything with the clusters; set "
            "ESSAIM_WORKER_SECRET or ESSAIM_WORKER_SECRET_FILE to a secret that requests must show"
        )
    raise_open_files()
    clusters = Clusters(
        Settings(bind_ports=False), most=options.most, idle_after=None, folder=options.data
    )
    try:
        worker = Worker(address, clusters, secret, options.docker)
        try:
            clusters.run(worker.open())
        except OSError as error:
            raise _Refused(f"{options.listen}: {error.strerror or error}") from None
        print(f"listening at {address.own.host}", flush=True)
        garbage.wait(ended)
        clusters.run(worker.close())
    finally:
        clusters.stop()
    if options.child and isinstance(address, InFolder):
        with suppress(OSError):  # others are there still
            address.folder.rmdir()
    return 0


def _until_input_ends(ended: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
