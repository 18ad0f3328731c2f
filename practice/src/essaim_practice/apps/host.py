"""The process that runs learners' plain Streamlit scripts: one for all clusters of this process.

The first browser that opens an app starts it (``process.py``, 150 MB). It ends when nobody has
looked at an app for a while, and with this process. What makes it crash ends the apps of all these
clusters for some seconds; a script may only draw (``programs/script_check.py``), and not too much.
"""

from __future__ import annotations

import atexit
import hashlib
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

_PROCESS = Path(__file__).with_name("process.py")
_ROOT = Path(__file__).parents[2]  # where `essaim_practice` is found
_PATIENCE = 60.0  # real seconds until Streamlit answers; a busy machine takes ten
MOST_SCRIPTS = 50  # of one cluster
#: Seconds without a viewer until the process is ended.
IDLE = 120.0
#: Seconds for which everybody waits after the process ended by itself: else one page that asks
#: again and again would have it started, and ended, without end.
PAUSE = 20.0


class Unavailable(Exception):
    """The process of the apps does not start; the message is for a person."""


class Ended(Exception):
    """The process of the apps exceeded its limits, and does not start again yet."""


@dataclass(slots=True)
class _Scripts:
    """The scripts of one cluster."""

    cluster: weakref.ref[object]
    names: dict[str, None] = field(default_factory=dict)  # digests, the oldest first


class Host:
    """Starts the process on first use, and ends it when this process ends.

    now: seconds that never go back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._scripts: dict[int, _Scripts] = {}  # by the cluster's id()
        self._ended: float | None = None  # when it ended by itself
        self._used = 0.0
        self._viewers = 0
        self._alarm: threading.Timer | None = None

    @staticmethod
    def possible() -> bool:
        """Whether Streamlit is installed here."""
        return find_spec("streamlit") is not None

    def serve(self, cluster: object, source: str) -> tuple[int, str]:
        """The loopback port that answers for a script of a cluster, and the script's name there.

        cluster: what tells one cluster from another; it is only remembered while it lives.
        Waits until Streamlit answers. Raises Unavailable, Ended.
        """
        with self._lock:
            self._used = self._now()
            if self._process is not None and not self._process.alive:
                self._end()
                self._ended = self._now()
            if self._ended is not None and self._now() - self._ended < PAUSE:
                raise Ended
            if self._process is None:
                self._process = _Process()
                try:
                    self._process.wait()
                except Unavailable:
                    self._end()
                    raise
                self._ended = None
            self._watch()
            return self._process.port, self._keep(self._process, cluster, source)

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """A context manager: the process is in use while a viewer looks at an app."""
        self._viewers += 1
        try:
            yield
        finally:
            self._viewers -= 1
            self._used = self._now()

    @property
    def pid(self) -> int:
        """Of the process; 0 where there is none."""
        return self._process.pid if self._process else 0

    def rest(self) -> None:
        """End the process where nobody has looked at an app for a while."""
        with self._lock:
            if not self._viewers and self._now() - self._used > IDLE:
                self._end()
            self._alarm = None
            if self._process is not None:
                self._watch()

    def stop(self) -> None:
        if (starting := self._process) is not None:
            starting.kill()  # who waits for it gives up
        with self._lock:
            self._end()
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None

    def _watch(self) -> None:
        if self._alarm is None:
            self._alarm = threading.Timer(IDLE / 2, self.rest)
            self._alarm.daemon = True
            self._alarm.start()

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None
        self._scripts.clear()

    def _keep(self, process: _Process, cluster: object, source: str) -> str:
        """Write a script into the folder of the process; returns its name."""
        name = hashlib.sha256(source.encode()).hexdigest()
        for key, scripts in list(self._scripts.items()):
            if scripts.cluster() is None:
                del self._scripts[key]
        own = self._scripts.setdefault(id(cluster), _Scripts(weakref.ref(cluster)))
        process.file(name).write_text(source, encoding="utf-8")
        own.names[name] = None
        if len(own.names) > MOST_SCRIPTS:
            del own.names[next(iter(own.names))]
        wanted = {name for scripts in self._scripts.values() for name in scripts.names}
        for path in process.folder.iterdir():
            if path.suffix == ".py" and path.stem not in wanted:
                path.unlink()
        return name


_NO_START = "Streamlit does not start on the machine of the practice engine"


class _Process:
    """One process of ``process.py``; it ends when its input does."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="essaim-apps-")
        self.folder = Path(self._home.name)
        self.port = _free_port()
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(paths),
            "HOME": self._home.name,
            "OPENBLAS_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
        }
        if sys.platform == "win32":  # whose sockets do not work without
            settings["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_PROCESS), str(self.port), self._home.name],
            cwd=self._home.name,  # not ours: its .streamlit would dress the app in our colours
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for its parent, which ends it
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.py"

    def wait(self) -> None:
        """Wait until Streamlit answers. Raises Unavailable."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.alive:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise Unavailable(_NO_START)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        assert self._process.stdin is not None
        self.kill()
        self._process.wait()
        self._process.stdin.close()
        self._home.cleanup()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


HOST = Host()
atexit.register(HOST.stop)
