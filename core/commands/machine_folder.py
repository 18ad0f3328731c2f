"""The files of a practice machine, for the commands that are typed there."""

from __future__ import annotations

import errno
import io
import os
import posixpath
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import requests

from core.cluster.failures import daemon_errors
from core.commands.command import Client
from core.commands.streams import Folder

_BY_WORDS = {os.strerror(number).lower(): number for number in errno.errorcode}
_PIECE = 65536  # bytes
_BY_STATUS = {403: errno.EACCES, 404: errno.ENOENT, 409: errno.EEXIST, 507: errno.ENOSPC}


class MachineFolder(Folder):
    """The machine's files, as its engine gives them.

    here: where the line was typed. most: bytes of what is read at a time; more raises OSError.
    """

    def __init__(self, asking: Callable[[], Client], here: str, most: int = sys.maxsize) -> None:
        self._asking, self._here, self._most = asking, here, most

    def read(self, path: str) -> bytes:
        return self._content("file", path)

    def write(self, path: str, content: Iterable[bytes]) -> None:
        self._ask("put", "file", path, data=b"".join(content))

    def is_folder(self, path: str) -> bool:
        try:
            self._ask("get", "files", path)
        except OSError:
            return False
        return True

    def archive(self, path: str) -> bytes:
        return self._content("archive", path)

    def unpack(self, path: str, tar: bytes) -> None:
        self._ask("put", "archive", path, data=tar)

    def _content(self, what: str, path: str) -> bytes:
        content = io.BytesIO()
        with self._ask("get", what, path, stream=True) as answer, daemon_errors():
            for piece in answer.iter_content(_PIECE):
                content.write(piece)
                if content.tell() > self._most:
                    break
        if content.tell() > self._most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return content.getvalue()

    def _ask(self, method: str, what: str, path: str, **more: Any) -> requests.Response:
        api = self._asking().api
        url = f"{api.base_url}/_practice/machine/{what}"
        params: Mapping[str, str] = {"path": posixpath.join(self._here, path)}
        with daemon_errors():
            answer: requests.Response = getattr(api, method)(url, params=params, **more)
        if answer.status_code >= 300:
            raise _refusal(answer, path)
        return answer


def _refusal(answer: requests.Response, path: str) -> OSError:
    """The error of the system's that the machine speaks of."""
    try:
        words = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        words = answer.reason
    for said, number in _BY_WORDS.items():
        if words.lower().endswith(said):
            return OSError(number, os.strerror(number), path)
    number = _BY_STATUS.get(answer.status_code, errno.EIO)
    return OSError(number, words, path)
