"""A machine's shell for tests, as a browser's terminal has it."""

from __future__ import annotations

import re
import socket
import time
from types import TracebackType
from typing import Any

import docker

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PROMPT = re.compile(r"\[node\d+\] \(local\) root@[0-9.]+ \S+\r\n\$ \Z")


class Shell:
    """The login shell of a machine, in a terminal of 24 by 80."""

    def __init__(self, api: docker.APIClient, **config: Any) -> None:
        self.api = api
        asked = {"Tty": True, "AttachStdin": True, "AttachStdout": True, "AttachStderr": True}
        answer = api._post_json(
            api._url("/_practice/machine/exec"), {**asked, "ConsoleSize": [24, 80], **config}
        )
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["Id"]
        stream = api.exec_start(self.id, socket=True, tty=True)
        self._hold = stream
        self.socket: socket.socket = stream._sock
        self.socket.settimeout(20)
        self.seen = ""

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cut the connection."""
        self.socket.close()
        self._hold.close()

    def type(self, keys: str | bytes) -> None:
        self.socket.sendall(keys if isinstance(keys, bytes) else keys.encode())

    def until(self, wanted: str | re.Pattern[str]) -> str:
        """What was shown up to there, without colours. Raises TimeoutError."""
        pattern = wanted if isinstance(wanted, re.Pattern) else re.compile(re.escape(wanted))
        deadline = time.monotonic() + 20
        while not (match := pattern.search(self.seen)):
            if time.monotonic() > deadline:
                raise TimeoutError(self.seen)
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self.seen)
            self.seen = COLOUR.sub("", self.seen + data.decode(errors="replace"))
        shown, self.seen = self.seen[: match.end()], self.seen[match.end() :]
        return shown

    def run(self, line: str) -> str:
        """What a line shows, up to the next prompt."""
        if not getattr(self, "_asked", False):
            self.until(PROMPT)
            self._asked = True
        self.type(line + "\r")
        shown = self.until(PROMPT)
        return PROMPT.sub("", shown.partition("\r\n")[2]).replace("\r\n", "\n")
