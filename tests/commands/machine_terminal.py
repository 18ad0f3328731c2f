"""A worker with a docker command, and terminals on the machines of a cluster of it: for tests."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import docker

from essaim_practice import WorkerClient

PROMPT = re.compile(r"\[node\d+\] \(local\) root@[0-9.]+ \S+\r\n\$ ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[mJKH]")


class Terminal:
    """The login shell of a machine, in a terminal of 24 by 80."""

    def __init__(self, api: docker.APIClient) -> None:
        self.api = api
        asked = {"Tty": True, "AttachStdin": True, "AttachStdout": True, "ConsoleSize": [24, 80]}
        self.id = api._post_json(api._url("/_practice/machine/exec"), asked).json()["Id"]
        self._stream = api.exec_start(self.id, socket=True, tty=True)
        self.socket: socket.socket = self._stream._sock
        self.socket.settimeout(1)
        self.seen = ""

    def __enter__(self) -> Self:
        self.until(PROMPT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()
        self._stream.close()
        with suppress(OSError, ValueError):
            self._stream._response.close()

    def type(self, keys: str) -> None:
        self.socket.sendall(keys.encode())

    def until(self, wanted: str | re.Pattern[str], seconds: float = 40) -> str:
        """What is shown up to there. Raises TimeoutError."""
        pattern = wanted if isinstance(wanted, re.Pattern) else re.compile(re.escape(wanted))
        deadline = time.monotonic() + seconds
        while not (found := pattern.search(self.seen)):
            if time.monotonic() > deadline:
                raise TimeoutError(self.seen)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not data:
                raise EOFError(self.seen)
            self.seen = _COLOUR.sub("", self.seen + data.decode(errors="replace"))
        shown, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return shown

    def run(self, line: str) -> str:
        """What a line prints."""
        self.type(f"{line}\r")
        shown = self.until(PROMPT)
        return PROMPT.sub("", shown.partition("\r\n")[2]).replace("\r\n", "\n")


class Worker:
    """A worker process. command: starts its docker command server."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        words = [sys.executable, "-m", "essaim_practice.worker", "--docker", command]
        self.process = subprocess.Popen(
            [*words, "--listen", f"unix://{folder}/w.sock", "--child"],
            env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("listening at ")
        self.client = WorkerClient(f"unix://{folder}/w.sock")
        self._apis: dict[str, docker.APIClient] = {}

    def api(self, cluster: str, engine: str = "node1") -> docker.APIClient:
        place = f"unix://{self.folder}/{cluster}/{engine}.sock"
        if place not in self._apis:
            self.client.open(cluster, nodes=2, speed=10)
            self._apis[place] = docker.APIClient(base_url=place, timeout=60)
        return self._apis[place]

    def terminal(self, cluster: str, engine: str = "node1") -> Terminal:
        return Terminal(self.api(cluster, engine))

    def docker_server(self) -> int:
        """The process id of its docker command server."""
        pid = self.process.pid
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                if b"core.commands.server" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        raise ProcessLookupError(pid)

    def stop(self) -> None:
        for api in self._apis.values():
            api.close()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.process.stdout.close()


@contextmanager
def worker(command: str = "") -> Iterator[Worker]:
    """command: starts the docker command server; '' stands for Essaim's."""
    with tempfile.TemporaryDirectory(prefix="w", dir="/tmp") as folder:
        made = Worker(Path(folder), command or f"{sys.executable} -m core.commands.server")
        try:
            yield made
        finally:
            made.stop()
