"""Dashboards for the benches, of any source tree; memory and time of all their processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.browser.conftest import ROOT, free_port

PATIENCE = 120.0  # seconds


@dataclass(slots=True)
class Server:
    """A dashboard with the routes of ``class_app``, which can be started again.

    tree: whose code runs. log: where it writes what it would say on a terminal.
    """

    environment: dict[str, str]
    tree: Path = ROOT
    log: Path = Path(os.devnull)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Raises RuntimeError where it ends, or does not answer for two minutes."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "ESSAIM_"))}
        paths = os.pathsep.join(map(str, (self.tree / "practice/src", self.tree)))
        app = str(self.tree / "bench/class_app.py")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", app, "--server.port", str(self.port)],
                cwd=self.tree,
                env=kept | {"PYTHONPATH": paths} | self.environment,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while not self._healthy():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the dashboard of {self.tree} does not come: see {self.log}")
            time.sleep(0.05)

    def _healthy(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=5).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    def hosts(self) -> dict[str, str]:
        """By key of a learner's cluster, the DOCKER_HOST value of its first machine."""
        found: dict[str, str] = requests.get(f"{self.address}/bench/hosts", timeout=PATIENCE).json()
        return found

    def host(self, key: str) -> str:
        """The same for one key, which is waited for. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := self.hosts().get(key):
                return found
            time.sleep(0.05)
        raise TimeoutError(f"there is no cluster of {key}")

    def workers(self) -> list[int]:
        """The processes in which practice clusters live, or may soon.

        None where they live in the dashboard.
        """
        return [pid for pid in family(self.pid)[1:] if "essaim_practice.worker" in words(pid)]

    def kill(self, alone: bool = False) -> None:
        """End it and, unless alone, all its processes at one instant, without a word."""
        everybody = [self.pid] if alone else family(self.pid)
        for way in (signal.SIGSTOP, signal.SIGKILL):  # none may see another one go
            for pid in everybody:
                with suppress(ProcessLookupError):
                    os.kill(pid, way)
        assert self.process is not None
        self.process.wait()

    def stop(self) -> None:
        """End it as a system does that shuts down."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def server(tree: Path = ROOT, /, **environment: str) -> Iterator[Server]:
    """A dashboard until the end of the block, with a folder of its own to keep things in."""
    with tempfile.TemporaryDirectory(prefix="essaim") as folder:
        made = Server({"ESSAIM_DATA": folder} | environment, tree)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def family(pid: int) -> list[int]:
    """A process, its children, theirs and so on, of those that live."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def words(pid: int) -> list[str]:
    """The words of its command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def memory(pid: int) -> float:
    """Bytes of a process and its family: what several share is counted once (PSS)."""
    return sum(map(_share, family(pid)))


def _share(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * float(line.split()[1])
    return 0.0


def processor(pid: int) -> float:
    """Seconds of processor time of a process and its family so far."""
    return sum(map(_ticks, family(pid))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
