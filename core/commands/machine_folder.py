"""The files of a practice machine, for the commands that are typed there."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import requests

from core.cluster.failures import daemon_errors
from core.commands.command import Client
from core.commands.streams import Folder

_BY_WORDS = {os.strerror(number).lower(): number for number in errno.errorcode}
_BY_STATUS = {403: errno.EACCES, 404: errno.ENOENT, 409: errno.EEXIST, 507: errno.ENOSPC}


class MachineFolder(Folder):
    """The machine's files, as its engine gives them. here: where the line was typed."""

    def __init__(self, asking: Callable[[], Client], here: str) -> None:
        self._asking, self._here = asking, here

    def read(self, path: str) -> bytes:
        return self._ask("get", "file", path).content

    def write(self, path: str, content: Iterable[bytes]) -> None:
        self._ask("put", "file", path, data=b"".join(content))

    def is_folder(self, path: str) -> bool:
        try:
            self._ask("get", "files", path)
        except OSError:
            return False
        return True

    def archive(self, path: str) -> bytes:
        return self._ask("get", "archive", path).content

    def unpack(self, path: str, tar: bytes) -> None:
        self._ask("put", "archive", path, data=tar)

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
