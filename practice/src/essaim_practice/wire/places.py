"""Where an engine is reached: a TCP port, a unix socket, or a path of another server."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LOOPBACK = "127.0.0.1"
#: Bytes that the path of a unix socket may have: sockaddr_un of Linux, less the NUL. (macOS: 103)
LONGEST_PATH = 107
_BACKLOG = 1024  # connections that wait to be accepted; a unix socket refuses one more at once

_TAKEN = 4  # of those, how many are accepted in one turn of the loop

Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Place(Protocol):
    """Where one engine is reached, for as long as it has power."""

    @property
    def host(self) -> str:
        """The DOCKER_HOST that leads there."""

    async def open(self, accept: Accept) -> asyncio.Server | None:
        """Listen, where the place has a listener of its own. Raises OSError."""

    def leave(self) -> None:
        """Take away what reminds of it: its machine is gone for good."""


#: The place of each engine, by its name.
Places = Callable[[str], Place]


def _let_wait(listener: asyncio.Server) -> None:
    """Let more connections wait than are accepted at once, which asyncio has one number for."""
    for each in listener.sockets:
        with each.dup() as same:
            same.listen(_BACKLOG)


class Port:
    """A TCP port of this computer. Port 0 takes a free one and keeps it."""

    def __init__(self, address: str = LOOPBACK, port: int = 0) -> None:
        self._address = address
        self._port = port

    @property
    def host(self) -> str:
        """``tcp://127.0.0.1:PORT``."""
        there = {"": LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}.get(self._address, self._address)
        return f"tcp://[{there}]:{self._port}" if ":" in there else f"tcp://{there}:{self._port}"

    async def open(self, accept: Accept) -> asyncio.Server:
        """Raises OSError where the port is taken."""
        listener = await asyncio.start_server(accept, self._address, self._port, backlog=_TAKEN)
        self._port = listener.sockets[0].getsockname()[1]
        _let_wait(listener)
        return listener

    def leave(self) -> None:
        """A closed port leaves nothing behind."""


class UnixSocket:
    """A unix socket, which only this user may open.

    Its file outlives the listener until ``leave``: meanwhile clients are refused, as by a machine
    whose daemon is down.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode: int | None = None

    @property
    def host(self) -> str:
        """``unix:///PATH``."""
        return f"unix://{self._path}"

    async def open(self, accept: Accept) -> asyncio.Server:
        """Takes the place of a socket that is there already. Raises OSError."""
        fresh = _fresh(self._path)
        fresh.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(fresh))
            fresh.chmod(0o600)
            listener = await asyncio.start_server(accept, sock=listening, backlog=_TAKEN)
            _let_wait(listener)
            self._inode = fresh.stat().st_ino
            os.replace(fresh, self._path)  # only now: whoever finds the file is heard
        except BaseException:
            listening.close()
            fresh.unlink(missing_ok=True)
            raise
        return listener

    def leave(self) -> None:
        """Remove the file, unless another process has put its own there since."""
        with suppress(FileNotFoundError):
            if self._inode is not None and self._path.stat().st_ino == self._inode:
                self._path.unlink()


@dataclass(frozen=True, slots=True)
class ServerPath:
    """A path of another server, which passes on what it is asked there."""

    host: str  # the path alone: nobody here knows by which name that server is reached

    async def open(self, accept: Accept) -> None:
        """That server listens."""

    def leave(self) -> None:
        """That server finds it no more."""


def sockets(first: Path) -> Places:
    """Unix sockets beside each other: ``x.sock`` of node1, ``x-node2.sock`` of node2, and so on.

    Raises OSError where one cannot be made there, and where something is there that is not the
    socket of a server that has ended.
    """
    first = first.absolute()

    def place(engine: str) -> UnixSocket:
        path = first
        if engine != "node1":
            path = first.with_name(f"{first.stem}-{engine}{first.suffix}")
        check(path)
        return UnixSocket(path)

    return place


def _fresh(path: Path) -> Path:
    """Where a socket is made before it takes its place."""
    return path.with_suffix(".new")


def check(path: Path) -> None:
    """Raises OSError where a unix socket cannot be made, or something is there that is in use."""
    length = max(len(os.fsencode(each)) for each in (path, _fresh(path)))
    if length > LONGEST_PATH:
        text = f"a socket's path has at most {LONGEST_PATH} bytes, this one {length}"
        raise OSError(errno.ENAMETOOLONG, text, str(path))
    if not path.parent.is_dir():
        raise OSError(errno.ENOENT, f"there is no folder {path.parent}", str(path))
    for each in (_fresh(path), path):
        if os.path.lexists(each) and not stat.S_ISSOCK(each.lstat().st_mode):
            raise OSError(errno.EEXIST, "something else than a socket is there", str(each))
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        knock.settimeout(1)
        try:
            knock.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return  # of a server that has ended without a word
        except OSError:
            pass
    raise OSError(errno.EADDRINUSE, "another program listens there", str(path))


def ports(address: str, first: int, engines: Iterable[str]) -> Places:
    """Ports in a row from the first on for these engines, and any free ones for later engines."""
    row = {name: first + number if first else 0 for number, name in enumerate(engines)}
    return lambda engine: Port(address, row.pop(engine, 0))
