"""The docker command server: a process that does the docker lines typed on a worker's machines.

The worker shares a socket with it. For each line it sends one end of a new connection over it, and
speaks over the other end in the frames of ``programs.docker_lines``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from essaim_practice.programs.docker_lines import NoDocker

log = logging.getLogger("essaim_practice")

_LATER = 1.0  # seconds between two beginnings
_PATIENCE = 5.0  # seconds for its end


class DockerServer:
    """The process, begun anew when it ends. Its methods are called on the loop's thread.

    words: the command that starts it; none: there is no docker command.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = float("-inf")
        self._stopped = False

    def start(self) -> None:
        """Start it, unless it is there: it takes a moment until it answers."""
        if not self._words or self._stopped or self._control is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._begun + _LATER:  # it does not last
            return
        self._begun = loop.time()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603
                    self._words,
                    env=_environ(),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the worker, which ends it
                )
        except OSError:
            log.exception("the docker command %s cannot be started", self._words[0])
            ours.close()
            return
        ours.setblocking(False)
        self._control = ours
        loop.add_reader(ours, self._over)

    def open(self) -> socket.socket:
        """The connection of a new line. Raises NoDocker."""
        if not self._words:
            raise NoDocker("this worker has no docker command")
        self.start()
        if self._control is not None:
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    socket.send_fds(self._control, [b"l"], [theirs.fileno()])
                except OSError:
                    ours.close()
                else:
                    ours.setblocking(False)
                    return ours
        raise NoDocker("the docker command does not answer: try again")

    def _over(self) -> None:
        """It has ended: the next one is there before it is missed."""
        self._let_go()
        loop = asyncio.get_running_loop()
        loop.call_later(max(0.0, self._begun + _LATER - loop.time()) + 0.01, self.start)

    def _let_go(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
            self._control = None
        if self._process is not None:
            process, self._process = self._process, None
            with suppress(subprocess.TimeoutExpired):
                process.wait(0)
                return
            process.kill()
            process.wait(_PATIENCE)

    def stop(self) -> None:
        """End it, and all its lines."""
        self._stopped = True
        self._let_go()


def _environ() -> dict[str, str]:
    """What it needs of ours to start; it forgets that, too."""
    kept = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return found | {"MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
