"""A machine's files, over the routes that a practice engine has for them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import requests

from core.cluster.failures import daemon_errors
from core.engine.way import Way
from core.errors import EngineRejected, InvalidCommand
from core.i18n import later as _

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

    def read_all(self, folder: str, most: int) -> dict[str, bytes]:
        """All files of a folder, by their path in it. Links are left out.

        most: bytes of the whole archive. Raises InvalidCommand where it is larger.
        """
        packed = bytearray()
        with self.asked("GET", "archive", {"path": folder}) as answer:
            for piece in answer.iter_content(PIECE):
                packed += piece
                if len(packed) > most:
                    sentence = _("The files to build from are larger than {size} kB in all.")
                    raise InvalidCommand(sentence, size=most // 1000)
        found: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            for member in tar:
                held = tar.extractfile(member) if member.isreg() else None
                if held is not None:
                    found[member.name.partition("/")[2]] = held.read()
        return found

    def make(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Make a folder with these files, by their path in it."""
        parent, _slash, name = folder.rstrip("/").rpartition("/")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, content in files.items():
                member = tarfile.TarInfo(f"{name}/{path}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        with self.asked("PUT", "archive", {"path": parent or "/"}, body=packed.getvalue()):
            pass
