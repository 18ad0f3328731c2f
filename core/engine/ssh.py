"""Connections to an engine on another machine: ``docker system dial-stdio`` there, over ssh.

The docker command does the same. docker-py has two ways of its own: one ignores a part of
~/.ssh/config, the other gives streams that can neither time out nor be interrupted.
"""

from __future__ import annotations

import http.client
import shlex
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any
from urllib.parse import unquote, urlsplit

import urllib3.connection
import urllib3.connectionpool
from docker.transport import UnixHTTPAdapter

from core.errors import EngineUnreachable
from core.i18n import later as _

#: Seconds for ssh to connect. The engine's answer may take longer.
FIND = 10
#: Seconds between an attempt that failed and the next: the first pause, and the longest. Some
#: machines lock out a client that tries too often.
PAUSE, LONGEST_PAUSE = 1.0, 15.0
#: Batch mode: nobody is at the server's terminal to answer ssh.
_OPTIONS = ("-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={FIND}", "-o", "LogLevel=ERROR")
#: Characters kept of ssh's messages: the last ones give the reason.
_MOST_WORDS = 300
#: Seconds for ssh to end by itself, and once it is told to.
_LEAVE = 2.0


def command(url: str) -> list[str]:
    """The ssh command for an address such as ``ssh://me@host:22``.

    A path in the address names the engine's socket there.
    """
    parts = urlsplit(url)
    user = ["-l", unquote(parts.username)] if parts.username else []
    port = ["-p", str(parts.port)] if parts.port else []
    name = parts.netloc.rpartition("@")[2]  # as written, for ~/.ssh/config
    name = (parts.hostname or "") if name.startswith("[") else name.partition(":")[0]
    path = unquote(parts.path) if parts.path != "/" else ""
    host = ["--host", shlex.quote(f"unix://{path}")] if path else []
    return [
        *("ssh", *_OPTIONS, *user, *port, "--", name),
        *("docker", *host, "system", "dial-stdio"),
    ]


class Pipe(socket.socket):
    """A socket to the input and output of a program, which ends with the socket."""

    def __init__(self, command: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        # Not a pipe, which nobody would empty.
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            with theirs:
                self._program = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=self._words,
                    start_new_session=True,  # so that Ctrl-C does not end it
                )
        except BaseException:
            self._words.close()
            ours.close()
            raise
        self._closing = threading.Lock()
        self._said, self._over = "", False  # over: the program has closed its output
        super().__init__(ours.family, ours.type, ours.proto, ours.detach())

    def shutdown(self, how: int) -> None:
        super().shutdown(how)
        if how == socket.SHUT_RDWR:
            self._program.terminate()

    def recv_into(self, *given: Any) -> int:
        try:
            count = super().recv_into(*given)
        except ConnectionError:
            self._over = True
            raise
        self._over = self._over or not count
        return count

    def last_words(self) -> str:
        """The messages of a program that failed by itself, once this socket is closed."""
        return self._said

    def _real_close(self, *given: Any) -> None:
        # Called by close() once nothing reads any more; ssl's sockets override it, too.
        super()._real_close(*given)  # type: ignore[misc]
        if not self._closing.acquire(blocking=False):
            return  # called again
        if not self._over or not self._ends():
            self._program.terminate()
            if not self._ends():
                self._program.kill()
                self._program.wait()
        elif self._program.returncode:
            self._words.seek(0)
            said = " ".join(self._words.read().decode(errors="replace").split())
            self._said = (
                said.removeprefix("ssh: ")[-_MOST_WORDS:] or f"exit {self._program.returncode}"
            )
        self._words.close()

    def _ends(self) -> bool:
        try:
            self._program.wait(_LEAVE)
        except subprocess.TimeoutExpired:
            return False
        return True


class Dialer:
    """Dials one machine's engine, for any number of clients. now: seconds of a monotonic clock."""

    def __init__(self, command: Sequence[str], now: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._again = 0.0  # the earliest time of the next attempt
        self._why: EngineUnreachable | None = None

    def adapter(self, timeout: float) -> UnixHTTPAdapter:
        """What docker-py's client mounts to go this dialer."""
        return _Adapter(self, timeout)

    def dial(self) -> Pipe:
        """Start ssh. Raises EngineUnreachable if an attempt just failed, or ssh is missing."""
        with self._lock:
            if self._why and self._now() < self._again:
                raise self._why.kept()
        try:
            return Pipe(self._command)
        except OSError as error:
            why = _("{program} cannot be started here: {words}.")
            raise self.failed(
                EngineUnreachable(why, program=self._command[0], words=error.strerror)
            ) from None

    def failed(self, why: EngineUnreachable) -> EngineUnreachable:
        """Make the next attempt wait, longer each time. Returns the error."""
        with self._lock:
            pause = min(PAUSE * 2**self._failures, LONGEST_PAUSE)
            self._failures = min(self._failures + 1, 10)
            self._again, self._why = self._now() + pause, why
        return why

    def arrived(self) -> None:
        """Forget failures: the engine has answered."""
        with self._lock:
            self._failures, self._why = 0, None


class _Connection(urllib3.connection.HTTPConnection):
    def __init__(self, dialer: Dialer, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._dialer = dialer

    def connect(self) -> None:
        self.sock = self._dialer.dial()
        self.sock.settimeout(self.timeout)

    def getresponse(self) -> Any:
        pipe = self.sock
        try:
            answer = super().getresponse()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException):
            self.close()
            words = pipe.last_words() if isinstance(pipe, Pipe) else ""
            if not words:
                raise
        else:
            self._dialer.arrived()
            return answer
        why = _("The engine cannot be reached by ssh: {words}")
        raise self._dialer.failed(EngineUnreachable(why, words=words))


class _Pool(urllib3.connectionpool.HTTPConnectionPool):
    def __init__(self, dialer: Dialer, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout, maxsize=4)
        self._dialer, self._seconds = dialer, timeout

    def _new_conn(self) -> Any:
        return _Connection(self._dialer, self._seconds)


class _Adapter(UnixHTTPAdapter):  # type: ignore[misc]  # docker-py has no types
    """docker-py's adapter of a local socket, with a Pipe for each connection."""

    def __init__(self, dialer: Dialer, timeout: float) -> None:
        super().__init__("http+unix:///", timeout)
        self._pool = _Pool(dialer, timeout)

    def get_connection(self, url: str, proxies: Any = None) -> _Pool:
        # One pool for all addresses: docker-py would make one, and so another ssh, for each.
        return self._pool

    def close(self) -> None:
        super().close()
        self._pool.close()
