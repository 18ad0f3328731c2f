"""The two-way stream of a program in a container: attach and exec through docker-py's sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import docker
import docker.errors

from core.cluster.failures import daemon_errors
from core.commands.attached import early
from core.commands.command import Command, Report, no_report
from core.commands.execs import AttachContainer, ExecContainer, StartContainers
from core.commands.runs import RunContainer
from core.errors import EngineRejected, EssaimError
from core.terminal.cooked import Cooked, Frames
from core.threads.supervised import SupervisedThread

#: Seconds that one read or write waits.
PATIENCE = 5.0
READ = 65536  # bytes
PAUSE = 0.25  # seconds between two parts of the exit keys
SHELLS = 3  # so many, one within the other, are told to leave
_BOTH_WAYS = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}


class Stream:
    """A program's output and input. One thread reads; any thread writes.

    raw: docker-py's socket. tty: whether the program has a terminal; else it gets whole lines, as
    from a terminal in cooked mode. size: called with (columns, rows). code: asks for the exit code.
    interrupt: what Ctrl-C does without a terminal. exit_keys: typed one by one at the end.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        raw: Any,
        title: str,
        *,
        tty: bool,
        size: Callable[[int, int], None],
        code: Callable[[], int | None],
        interrupt: Callable[[], None] = lambda: None,
        exit_keys: Sequence[bytes] = (),
    ) -> None:
        self.title = title
        self._client = client
        self._raw = raw  # kept: without it, the connection would be closed
        self._socket: socket.socket = getattr(raw, "_sock", raw)
        self._early = early(raw, self._socket)
        self._socket.settimeout(PATIENCE)
        self._size, self._code, self._interrupt = size, code, interrupt
        self._exit_keys = exit_keys
        self._closing = threading.Lock()  # taken for good by the first call of close
        self._frames = None if tty else Frames()
        self._cooked = None if tty else Cooked()

    def read(self) -> bytes:
        """Its next output; b"" at its end. Raises TimeoutError after PATIENCE seconds."""
        while True:
            data, self._early = self._early, b""
            if not data:
                try:
                    data = self._socket.recv(READ)
                except TimeoutError:
                    raise
                except OSError:
                    data = b""
            if not data:
                self._exit_keys = ()  # the program has ended
            if not data or self._frames is None:
                return data
            if text := self._frames.take(data):
                return text

    def write(self, data: bytes, show: Callable[[bytes], None] = lambda echo: None) -> None:
        """Type this. ``show`` gets the terminal's echo, before the program can answer.

        A program that does not read for PATIENCE seconds misses the input.
        """
        if self._cooked is not None:
            typed = self._cooked.take(data)
            data = typed.line
            show(typed.echo)
            if typed.interrupted:
                self._interrupt()
        with suppress(OSError):
            if data:
                self._socket.sendall(data)
            if self._cooked is not None and self._cooked.ended:
                # Of the plain socket: TLS would close the reading half too.
                socket.socket.shutdown(self._socket, socket.SHUT_WR)

    def resize(self, columns: int, rows: int) -> None:
        with suppress(docker.errors.DockerException, OSError):  # it may have ended meanwhile
            self._size(columns, rows)

    def code(self) -> int | None:
        """The exit code of an ended program; None where it is unknown."""
        with suppress(EssaimError), daemon_errors():
            return self._code()
        return None

    def close(self) -> None:
        """Hang up. The container goes on, but a shell of exec gets its exit keys."""
        if not self._closing.acquire(blocking=False):
            return
        if self._exit_keys:
            SupervisedThread("exit_keys", self._leave).start()
        else:
            self._hang_up()

    def _leave(self) -> None:
        """Type the exit keys one by one: a terminal may drop input that comes with a Ctrl-C."""
        with suppress(OSError):
            for keys in self._exit_keys:
                self._socket.sendall(keys)
                time.sleep(PAUSE)
        self._hang_up()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._raw.close()
        if isinstance(self._raw, socket.socket):  # over TLS, where the answer still holds it
            with suppress(OSError, ValueError):
                self._raw._response.close()  # type: ignore[attr-defined]
        with suppress(OSError):
            self._socket.close()
        self._client.close()


def opened(command: Command, client: docker.DockerClient, report: Report = no_report) -> Stream:
    """Begin a command that takes input; its stream closes the client at its end.

    Raises EngineUnreachable, EngineRejected and InvalidCommand, as ``Command.run`` does.
    """
    with daemon_errors():
        if isinstance(command, ExecContainer):
            return _exec(command, client)
        if isinstance(command, RunContainer):
            container, _news = command.create(client, report)
            return _attached(client, container.id, remove=command.remove)
        if isinstance(command, StartContainers):
            return _attached(client, command.containers[0])
        if isinstance(command, AttachContainer):
            return _attached(client, command.container, start=False)
    raise TypeError(f"{command} needs no keyboard")


def _exec(command: ExecContainer, client: docker.DockerClient) -> Stream:
    api = client.api
    id = api.exec_create(command.container, list(command.command), **command.settings())["Id"]
    return Stream(
        client,
        api.exec_start(id, tty=command.tty, socket=True),
        f"{command.container}: {' '.join(command.command)}",
        tty=command.tty,
        size=lambda columns, rows: api.exec_resize(id, height=rows, width=columns),
        code=lambda: api.exec_inspect(id)["ExitCode"],
        # Nobody can attach to an exec again. Ctrl-C ends the shell's command, Ctrl-D the shell, and
        # another Ctrl-D the shell that it was begun from.
        exit_keys=(b"\x03\x04", b"\x04") * SHELLS if command.tty else (),
    )


def _attached(
    client: docker.DockerClient, name: str, *, start: bool = True, remove: bool = False
) -> Stream:
    api = client.api
    container = client.containers.get(name)
    id = container.id
    if not start and container.status != "running":  # the docker command's own words
        raise EngineRejected("You cannot attach to a stopped container, start it first")
    raw = api.attach_socket(id, _BOTH_WAYS)
    try:
        if start:
            container.start()
    except docker.errors.APIError:
        raw.close()
        if remove:  # what never started leaves nothing behind, as with the docker command
            with suppress(docker.errors.APIError):
                container.remove()
        raise
    return Stream(
        client,
        raw,
        container.name,
        tty=bool(container.attrs["Config"]["Tty"]),
        size=lambda columns, rows: api.resize(id, height=rows, width=columns),
        code=lambda: None if remove else api.inspect_container(id)["State"]["ExitCode"],
        interrupt=lambda: _interrupt(api, id),
    )


def _interrupt(api: docker.APIClient, id: str) -> None:
    with suppress(docker.errors.APIError):
        api.kill(id, signal="SIGINT")
