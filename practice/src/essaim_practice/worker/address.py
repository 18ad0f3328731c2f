"""Where a worker listens, and where the engines of its clusters are reached."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from essaim_practice.store.errors import ApiError
from essaim_practice.wire.places import LONGEST_PATH, Place, Places, Port, ServerPath, UnixSocket

#: Seconds of silence, seconds between questions, questions; milliseconds for what was sent.
_LOSS = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 50_000}
_LONGEST_NAME = len("node999999.sock")


class Unfit(Exception):
    """A worker cannot listen there; the text says why, to a person."""


class Address(Protocol):
    """Where a worker listens."""

    @property
    def own(self) -> Place:
        """Of the worker itself."""

    def check(self, cluster: str) -> None:
        """Raises ApiError 400 where this cluster's engines can have no place."""

    def engines(self, cluster: str) -> Places:
        """Of a cluster's engines, which do not listen yet. Raises OSError."""

    def leave(self, cluster: str) -> None:
        """A cluster is no more."""


@dataclass(frozen=True, slots=True)
class OnPort:
    """A TCP port: engines are reached by paths of it."""

    own: Port

    def check(self, cluster: str) -> None:
        """Any path will do."""

    def engines(self, cluster: str) -> Places:
        return lambda engine: ServerPath(f"/clusters/{cluster}/engines/{engine}")

    def leave(self, cluster: str) -> None:
        """Nothing is left of it."""


@dataclass(frozen=True, slots=True)
class InFolder:
    """A unix socket in a folder of this user's; each engine has a socket beside it."""

    own: UnixSocket
    folder: Path

    def check(self, cluster: str) -> None:
        longest = len(os.fsencode(self.folder / cluster)) + 1 + _LONGEST_NAME
        if longest > LONGEST_PATH:
            raise ApiError(
                400,
                f"the sockets of this cluster would have paths of {longest} bytes, and a unix "
                f"socket has at most {LONGEST_PATH}: give a shorter ID, or let the worker listen "
                "in a folder with a shorter path",
            )

    def engines(self, cluster: str) -> Places:
        """Makes the folder of the cluster's sockets, and clears it of those of an ended worker."""
        there = self.folder / cluster
        there.mkdir(mode=0o700, exist_ok=True)
        _clear(there.iterdir())
        return partial(_engine_socket, there)

    def leave(self, cluster: str) -> None:
        with suppress(OSError):  # another worker has opened it meanwhile
            (self.folder / cluster).rmdir()


def _engine_socket(folder: Path, engine: str) -> UnixSocket:
    return UnixSocket(folder / f"{engine}.sock")


def _clear(found: Iterable[Path]) -> None:
    for path in found:
        if path.is_socket():
            path.unlink()


def notice_loss(writer: asyncio.StreamWriter) -> None:
    """Let a TCP connection end within a minute, when its other end is gone without a word."""
    connection = writer.get_extra_info("socket")
    if connection.family == socket.AF_UNIX:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _LOSS.items():
        if hasattr(socket, name):  # Linux has them all, macOS some
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def parse(text: str) -> Address:
    """``unix:///FOLDER/worker0.sock`` or ``tcp://ADDRESS:PORT``. Raises Unfit."""
    try:
        place = urlsplit(text)
        port = place.port
    except ValueError as error:
        raise Unfit(f"{text!r} is no address: {error}") from None
    if place.scheme == "unix" and place.path.startswith("/") and not place.netloc:
        path = Path(place.path)
        _check(path)
        return InFolder(UnixSocket(path), path.parent)
    if place.scheme == "tcp" and place.hostname and port is not None and place.path in ("", "/"):
        return OnPort(Port(place.hostname, port))
    raise Unfit(f"{text!r} is no address: write unix:///FOLDER/worker0.sock or tcp://0.0.0.0:7070")


def _check(path: Path) -> None:
    """Make the folder of a socket, where it is missing. Raises Unfit where it will not do."""
    if (length := len(os.fsencode(path))) > LONGEST_PATH:
        raise Unfit(
            f"{path} has {length} bytes, and the path of a unix socket has at most "
            f"{LONGEST_PATH}: choose a folder with a shorter path"
        )
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = folder.stat()
    except OSError as error:
        raise Unfit(f"{folder} cannot be used: {error.strerror or error}") from None
    if known.st_uid != os.geteuid() or known.st_mode & 0o077:
        raise Unfit(
            f"whoever enters {folder} may do anything with the clusters: "
            "make it yours alone (chmod 700), or choose another folder"
        )
    if path.exists() and not path.is_socket():
        raise Unfit(f"{path} is there already, and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(1)
        try:
            knock.connect(str(path))
        except OSError:
            return  # nothing, or what an ended worker left
    raise Unfit(f"another worker listens at {path}")
