"""The one process that runs learners' plain Streamlit scripts, for every cluster of this process.

It takes 190 MB, however many apps it shows, and is started by the first browser that opens one.
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
from importlib.util import find_spec
from pathlib import Path

_CHILD = Path(__file__).with_name("child.py")
_ROOT = Path(__file__).parents[3]  # where `core` is found
_PATIENCE = 60.0  # real seconds until Streamlit answers; a busy machine takes ten
MOST_SCRIPTS = 1000


class Unavailable(Exception):
    """The apps' process does not start; says why, for a person."""


class Host:
    """Starts the process on first use, again after it has died, and ends it with this one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._port = 0
        self._scripts: dict[str, None] = {}  # digests, the oldest first

    @staticmethod
    def possible() -> bool:
        """Whether Streamlit is installed here."""
        return find_spec("streamlit") is not None

    def serve(self, source: str) -> tuple[int, str]:
        """The loopback port that answers for a script, and the script's name there.

        Waits until it does. Raises Unavailable.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)
                self._process = None
            if self._process is None:
                self._process = self._start()
            return self._port, self._keep(source)

    @property
    def pid(self) -> int:
        """The process's; 0 while there is none."""
        return self._process.pid if self._process else 0

    def stop(self) -> None:
        with self._lock:
            if self._process is not None:
                _end(self._process)
                self._process = None
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None
            self._scripts.clear()

    def _keep(self, source: str) -> str:
        name = hashlib.sha256(source.encode()).hexdigest()
        if name not in self._scripts:
            (self._scripts_folder() / f"{name}.py").write_text(source, encoding="utf-8")
            self._scripts[name] = None
        if len(self._scripts) > MOST_SCRIPTS:
            oldest = next(iter(self._scripts))
            del self._scripts[oldest]
            (self._scripts_folder() / f"{oldest}.py").unlink(missing_ok=True)
        return name

    def _scripts_folder(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="essaim-apps-")
        return Path(self._folder.name)

    def _start(self) -> subprocess.Popen[bytes]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        folder = str(self._scripts_folder())
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(paths),
            "HOME": folder,
            "ESSAIM_APPS": folder,
        }
        if sys.platform == "win32":  # whose sockets do not work without
            settings["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_CHILD), str(self._port)],
            cwd=folder,  # not ours: its .streamlit would dress the app in our colours
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for its parent, which ends it
        )
        self._wait(process)
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        _end(process)
        raise Unavailable("Streamlit does not start on the machine of the practice engine")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()  # waits, and closes the pipe to it


HOST = Host()
atexit.register(HOST.stop)
