"""HTTP over a connection that carries bytes: for nc, telnet and the like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

from essaim_practice.network.mesh import Refused
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.talk import Talk

Ask = Callable[[str, str, Mapping[str, str], bytes], tuple[HttpResponse, dict[str, str]]]

_LONGEST = 64 * 1024  # bytes of a request
_HEAD = re.compile(rb"\r?\n\r?\n")
_BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HttpTalk(Talk):
    """A web server's side of a connection; ``ask`` sends it one request."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._heard = b""

    def hear(self, data: bytes) -> bytes:
        """The answers to the requests that are whole by now."""
        self._heard += data
        said = b""
        while not self.closed and (answer := self._answered()):
            said += answer
        if len(self._heard) > _LONGEST:
            self.closed = True
        return said

    def _answered(self) -> bytes:
        end = _HEAD.search(self._heard)
        if end is None:
            return b""
        first, *rows = self._heard[: end.start()].decode("latin-1").splitlines() or [""]
        pairs = (row.partition(":") for row in rows)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        words = first.split()
        size = headers.get("content-length", "0")
        if len(words) not in (2, 3) or not (size.isascii() and size.isdecimal() and len(size) < 9):
            self.closed = True
            return _BAD
        body = self._heard[end.end() : end.end() + int(size)]
        if len(body) < int(size):
            return b""
        self._heard = self._heard[end.end() + int(size) :]
        old = words[2:] != ["HTTP/1.1"]
        self.closed = old or headers.get("connection", "").lower() == "close"
        try:
            page, _ = self._ask(words[0], words[1], headers, body)
        except Refused:
            self.closed = True
            return b""
        return _head(page, self.closed) + (b"" if words[0] == "HEAD" else page.body)


def _head(page: HttpResponse, closes: bool) -> bytes:
    known = [status.value for status in HTTPStatus]
    phrase = HTTPStatus(page.status).phrase if page.status in known else ""
    headers = {name.title(): value for name, value in page.headers.items()}
    headers.setdefault("Content-Length", str(len(page.body)))
    headers["Connection"] = "close" if closes else "keep-alive"
    rows = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {page.status} {phrase}\r\n{rows}\r\n".encode("latin-1", "replace")
