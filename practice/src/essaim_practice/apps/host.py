"""The processes that run learners' plain Streamlit scripts: one per cluster that opens an app.

The apps of one cluster cannot affect those of another. The first browser that opens an app starts
the spawner (``spawner.py``, 150 MB). It forks the process of each cluster in half a second, for
45 MB more. Where there are too many, a process without a viewer ends.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_SPAWNER = Path(__file__).with_name("spawner.py")
_ROOT = Path(__file__).parents[2]  # where `essaim_practice` is found
_PATIENCE = 60.0  # real seconds until Streamlit answers; a busy machine takes ten
MOST_SCRIPTS = 50  # of one cluster
#: Processes at a time: what a class of thirty needs, in 1.5 GB.
MOST_PROCESSES = 32
#: Seconds without a viewer until a process is ended.
IDLE = 120.0
#: Seconds for which a cluster waits after its process ended by itself: else one page that asks
#: again and again would have it started, and ended, without end.
PAUSE = 20.0


class Unavailable(Exception):
    """The process of the apps does not start; the message is for a person."""


class Ended(Exception):
    """The process of the cluster exceeded its limits, and does not start again yet."""


@dataclass(slots=True)
class _Process:
    """The Streamlit process of a cluster, and its scripts."""

    cluster: weakref.ref[object]
    folder: tempfile.TemporaryDirectory[str]
    lock: threading.Lock = field(default_factory=threading.Lock)  # while it is started
    pid: int = 0  # 0: not started
    port: int = 0
    ended: float | None = None  # when it ended by itself
    used: float = 0.0
    viewers: int = 0
    scripts: dict[str, None] = field(default_factory=dict)  # digests, the oldest first

    def keep(self, source: str) -> str:
        """Write a script into the folder of the process; returns its name."""
        name = hashlib.sha256(source.encode()).hexdigest()
        if name not in self.scripts:
            self._file(name).write_text(source, encoding="utf-8")
            self.scripts[name] = None
        if len(self.scripts) > MOST_SCRIPTS:
            oldest = next(iter(self.scripts))
            del self.scripts[oldest]
            self._file(oldest).unlink(missing_ok=True)
        return name

    def _file(self, name: str) -> Path:
        return Path(self.folder.name) / f"{name}.py"


class Host:
    """Starts the process of a cluster on first use, and ends all when this process ends.

    now: seconds that never go back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._spawner = _Spawner()
        self._processes: dict[int, _Process] = {}  # by the cluster's id()

    @staticmethod
    def possible() -> bool:
        """Whether Streamlit is installed here."""
        return find_spec("streamlit") is not None

    def serve(self, cluster: object, source: str) -> tuple[int, str]:
        """The loopback port that answers for a script of a cluster, and the script's name there.

        cluster: what tells one cluster from another; it is only remembered while it lives.
        Waits until Streamlit answers. Raises Unavailable, Ended.
        """
        while True:
            process = self._of(cluster)
            with process.lock:
                if self._processes.get(id(cluster)) is process:  # else room was made just now
                    return self._served(process, source)

    @contextmanager
    def viewer(self, cluster: object) -> Iterator[None]:
        """A context manager: the process of a cluster is in use while a viewer looks at an app."""
        process = self._of(cluster)
        process.viewers += 1
        try:
            yield
        finally:
            process.viewers -= 1
            process.used = self._now()

    @property
    def pids(self) -> tuple[int, ...]:
        """The pids of the spawner and of the process of each cluster."""
        own = tuple(process.pid for process in self._processes.values() if process.pid)
        return ((self._spawner.pid, *own)) if self._spawner.pid else own

    def stop(self) -> None:
        with self._lock:
            self._spawner.stop()
            for process in self._processes.values():
                process.folder.cleanup()
            self._processes.clear()

    def _served(self, process: _Process, source: str) -> tuple[int, str]:
        process.used = self._now()
        if process.pid and not self._spawner.alive(process.pid):
            process.pid, process.ended = 0, self._now()
        if process.ended is not None and self._now() - process.ended < PAUSE:
            raise Ended
        name = process.keep(source)
        if not process.pid:
            process.port = _free_port()
            process.pid = self._spawner.start(process.port, process.folder.name)
            self._wait(process)
            process.ended = None
        return process.port, name

    def _of(self, cluster: object) -> _Process:
        with self._lock:
            found = self._processes.get(id(cluster))
            if found is None or found.cluster() is not cluster:
                self._make_room()
                folder = tempfile.TemporaryDirectory(prefix="essaim-apps-")
                found = _Process(weakref.ref(cluster), folder, used=self._now())
                self._processes[id(cluster)] = found
            return found

    def _make_room(self) -> None:
        """End the processes of clusters that are gone or idle, and the least used of too many."""
        by_use = sorted(
            self._processes.items(), key=lambda item: (item[1].viewers > 0, item[1].used)
        )
        for key, process in by_use:
            idle = not process.viewers and self._now() - process.used > IDLE
            full = len(self._processes) >= MOST_PROCESSES
            if (idle or full or process.cluster() is None) and process.lock.acquire(blocking=False):
                del self._processes[key]
                if process.pid:
                    self._spawner.end(process.pid)
                    process.pid = 0
                process.folder.cleanup()
                process.lock.release()

    def _wait(self, process: _Process) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._spawner.alive(process.pid):
            try:
                socket.create_connection(("127.0.0.1", process.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self._spawner.end(process.pid)
        process.pid = 0
        raise Unavailable(_NO_START)


_NO_START = "Streamlit does not start on the machine of the practice engine"


class _Spawner:
    """The process that forks the others, asked one line at a time; see ``spawner.py``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self, port: int, folder: str) -> int:
        """A process that serves the scripts of a folder; its pid. Raises Unavailable."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._begin()
            pid = self._ask({"start": [port, folder]})
        if not pid:
            raise Unavailable(_NO_START)
        return pid

    def alive(self, pid: int) -> bool:
        with self._lock:
            return self._ask({"alive": [pid]}) == pid

    def end(self, pid: int) -> None:
        with self._lock:
            self._ask({"end": [pid]})

    def stop(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, line: dict[str, list[object]]) -> int:
        """The answer; 0 where there is no spawner, or it has ended: then its children have, too."""
        process = self._process
        if process is None:
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(line).encode() + b"\n")
            process.stdin.flush()
            return int(process.stdout.readline() or 0)
        except (OSError, ValueError):
            return 0

    def _begin(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="essaim-apps-")
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(paths),
            "HOME": self._home.name,
            # Whatever starts threads or reserves memory before the fork makes each process dearer.
            "OPENBLAS_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
        }
        if sys.platform == "win32":  # whose sockets do not work without
            settings["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_SPAWNER)],
            cwd=self._home.name,  # not ours: its .streamlit would dress the app in our colours
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for its parent, which ends it
        )

    def _end(self) -> None:
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()  # its input ends, so it does
            self._process.wait()
            self._process = None
        if self._home is not None:
            self._home.cleanup()
            self._home = None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


HOST = Host()
atexit.register(HOST.stop)
