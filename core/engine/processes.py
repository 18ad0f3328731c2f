"""The processes of our own workers: one is kept ready, so that a lost one is replaced at once."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path


class Processes:
    """Starts processes that end when this one does, or closes their standard input.

    most: how many clusters each may hold. data: the folder to keep them in, if any.
    """

    def __init__(self, most: int, data: Path | None) -> None:
        self._most, self._data = most, data
        self._lock = threading.Lock()
        self._ready: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def at(self, host: str) -> subprocess.Popen[bytes]:
        """One that listens there: that which is ready, if any. Raises OSError."""
        with self._lock:
            process, self._ready = self._ready, None
        if process is not None:
            with suppress(OSError):  # it has ended meanwhile
                return _told(process, host)
            _end(process)
        return _told(self._start(), host)

    def prepare(self) -> None:
        """Have one ready that has loaded all it needs, which is most of a start."""
        with self._lock:
            if self._ready is None and not self._stopped:
                self._ready = self._start()

    def stop(self) -> None:
        """End the one that is ready, and prepare no other."""
        with self._lock:
            self._stopped, process, self._ready = True, self._ready, None
        if process is not None:
            _end(process)

    def _start(self) -> subprocess.Popen[bytes]:
        kept = ("--data", str(self._data)) if self._data else ()
        # What is ours to know, such as the password, is not theirs.
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("ESSAIM_", "DOCKER_"))}
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # the same code as ours
        return subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-m", "essaim_practice.worker", "--child"),
                *("--listen", "-", "--most", str(self._most), *kept),
                *("--docker", shlex.join([sys.executable, "-m", "core.commands.server"])),
            ],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process, which ends it
        )


def _told(process: subprocess.Popen[bytes], host: str) -> subprocess.Popen[bytes]:
    """Tell it where to listen. Raises OSError."""
    assert process.stdin is not None
    process.stdin.write(f"{host}\n".encode())
    process.stdin.flush()
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # it holds nothing
    process.wait()
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
