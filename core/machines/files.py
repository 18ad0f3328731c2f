"""A machine's files, over the routes that a practice engine has for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import requests

from core.cluster.failures import daemon_errors
from core.engine.way import Way
from core.errors import EngineRejected

TIMEOUT = 30.0  # seconds that the engine may be silent
#: Where a shell of a machine begins, and where its files are kept.
HOME = "/root"
PIECE = 65536  # bytes


@dataclass(frozen=True, slots=True)
class MachineFiles:
    """The files of the machine whose engine is reached this way.

    Every path is absolute. Methods raise EngineRejected, with the system's words such as
    "No such file or directory", and EngineUnreachable.
    """

    way: Way

    @contextmanager
    def asked(
        self,
        method: str,
        part: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: IO[bytes] | bytes | None = None,
        json: Any = None,
    ) -> Iterator[requests.Response]:
        """The answer of one call, with its content unread. part: of ``/_practice/machine``."""
        with self.way.session(TIMEOUT) as session:
            with daemon_errors():
                answer = session.request(
                    method,
                    f"{self.way.url}/_practice/machine/{part}",
                    params=query,
                    headers=headers,
                    data=body,
                    json=json,
                    timeout=TIMEOUT,
                    stream=True,
                    allow_redirects=False,
                )
                answer.raise_for_status()
            with answer, daemon_errors():
                yield answer

    def is_there(self, folder: str) -> bool:
        try:
            with self.asked("GET", "files", {"path": folder}):
                return True
        except EngineRejected as error:
            if error.status == 404:
                return False
            raise

    def make(self, folder: str) -> None:
        with self.asked("POST", "files", json={"path": folder, "kind": "folder"}):
            pass

    def write(self, path: str, content: bytes) -> None:
        """Make a file anew, in a folder that is there."""
        with self.asked("PUT", "file", {"path": path}, body=content):
            pass
