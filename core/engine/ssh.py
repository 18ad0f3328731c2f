"""The way to an engine on another machine: `docker system dial-stdio` there, by this machine's ssh.

This is how the docker command goes. docker-py has two ways of its own: one reads a part only of
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

#: Seconds until ssh gives up to find the other machine. An answer's first byte may take longer.
FIND = 10
#: Seconds without another attempt after one that failed, and at most: there are machines that shut
#: out who knocks too often.
PAUSE, LONGEST_PAUSE = 1.0, 15.0
#: Nobody sits at the server's terminal: whatever ssh would ask for is refused.
_OPTIONS = ("-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={FIND}", "-o", "LogLevel=ERROR")
#: Characters that are kept of what ssh says: its last words are the reason.
_MOST_WORDS = 300
#: Seconds that ssh gets to end, first by itself, then when it is told to.
_LEAVE = 2.0


def command(url: str) -> list[str]:
    """The command that leads to the engine at an address such as ``ssh://me@host:22``.

    A path in it names the engine's socket there.
    """
    parts = urlsplit(url)
    user = ["-l", unquote(parts.username)] if parts.username else []
    port = ["-p", str(parts.port)] if parts.port else []
    name = parts.netloc.rpartition("@")[2]  # as it is written: ~/.ssh/config may have it so
    name = (parts.hostname or "") if name.startswith("[") else name.partition(":")[0]
    path = unquote(parts.path) if parts.path != "/" else ""
    host = ["--host", shlex.quote(f"unix://{path}")] if path else []
    return [
        *("ssh", *_OPTIONS, *user, *port, "--", name),
        *("docker", *host, "system", "dial-stdio"),
    ]


class Pipe(socket.socket):
    """A socket whose other end is a program's input and output. It ends with the socket."""

    def __init__(self, command: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        # No pipe: nobody would empty it.
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            with theirs:
                self._program = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=self._words,
                    start_new_session=True,  # the terminal's Ctrl-C is not for it
                )
        except BaseException:
            self._words.close()
            ours.close()
            raise
        self._closing = threading.Lock()
        self._said, self._over = "", False  # over: it has nothing more to say
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
        """What the program said, once it has ended without our doing and this socket is closed."""
        return self._said

    def _real_close(self, *given: Any) -> None:
        # Called by close(), once nothing reads from it any more; ssl's sockets have one, too.
        super()._real_close(*given)  # type: ignore[misc]
        if not self._closing.acquire(blocking=False):
            return  # it may be called again
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
    """One machine's engine, for any number of clients. now: seconds that never go back."""

    def __init__(self, command: Sequence[str], now: Callable[[], float] = time.monotonic) -> None:
        self._command = command
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._again = 0.0  # not before
        self._why: EngineUnreachable | None = None

    def adapter(self, timeout: float) -> UnixHTTPAdapter:
        """What docker-py's client mounts to go this dialer."""
        return _Adapter(self, timeout)

    def dial(self) -> Pipe:
        """Begin to go. Raises EngineUnreachable where it failed a moment ago, or ssh is missing."""
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
        """It led nowhere: let some time pass, longer each time. Answers the same error."""
        with self._lock:
            pause = min(PAUSE * 2**self._failures, LONGEST_PAUSE)
            self._failures = min(self._failures + 1, 10)
            self._again, self._why = self._now() + pause, why
        return why

    def arrived(self) -> None:
        """The engine has answered."""
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
    """docker-py's for a local socket, where each connection is a Pipe instead."""

    def __init__(self, dialer: Dialer, timeout: float) -> None:
        super().__init__("http+unix:///", timeout)
        self._pool = _Pool(dialer, timeout)

    def get_connection(self, url: str, proxies: Any = None) -> _Pool:
        # One for all addresses: docker-py would have one, and so another ssh, for each.
        return self._pool

    def close(self) -> None:
        super().close()
        self._pool.close()
