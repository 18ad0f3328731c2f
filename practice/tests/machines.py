"""A machine's shell for tests, as a browser's terminal has it."""

from __future__ import annotations

import re
import socket
import time
from types import TracebackType
from typing import Any

import docker

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
HALF_COLOUR = re.compile(r"\x1b(\[[0-9;]*)?\Z")
LONGEST = 1000  # characters that what is waited for may have
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
        self.seen, self._half = "", ""

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

    def until(self, wanted: str | re.Pattern[str], patience: float = 120) -> str:
        """What was shown up to there, without colours. Raises TimeoutError."""
        pattern = wanted if isinstance(wanted, re.Pattern) else re.compile(re.escape(wanted))
        deadline, looked = time.monotonic() + patience, 0
        while not (match := pattern.search(self.seen, looked)):
            looked = max(0, len(self.seen) - LONGEST)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(self.seen[-LONGEST:])
            self.socket.settimeout(left)
            data = self.socket.recv(65536)
            if not data:
                raise EOFError(self.seen)
            new = self._half + data.decode(errors="replace")
            half = HALF_COLOUR.search(new)
            new, self._half = (new[: half.start()], half[0]) if half else (new, "")
            self.seen += COLOUR.sub("", new)
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
